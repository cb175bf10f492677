"""A trained generator that is given its latents instead of having them drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.abilities import DrawsLatents, Styled
from gan_lightning.components import Generator
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import CHUNK
from gan_lightning.trained import Trained

#: Latents that the mean of the styles is taken over (Karras et al. 2019, arXiv:1912.04958, appendix D).
_TYPICAL = 10_000


@dataclass(frozen=True)
class Inputs:
    """What a generator makes samples of.

    Args:
        latents: ``[N, *latent_shape]``.
        labels: Classes ``[N]`` of a conditional game, None of another.
    """

    latents: Tensor
    labels: Tensor | None

    def __getitem__(self, rows: slice) -> Inputs:
        """Return some of them."""
        return Inputs(self.latents[rows], None if self.labels is None else self.labels[rows])


def joined(parts: Sequence[Inputs]) -> Inputs:
    """Return inputs of one generator one after the other."""
    labels = [part.labels for part in parts if part.labels is not None]
    return Inputs(torch.cat([part.latents for part in parts]), torch.cat(labels) if labels else None)


@dataclass(frozen=True)
class StyleStatistics:
    """Mean ``[1, layers, width]`` of many styles, and the root of their mean squared distance to it, in one layer."""

    mean: Tensor
    spread: float


def latent_generator(trained: Trained, weights: Literal["ema", "raw"]) -> tuple[Generator, DrawsLatents]:
    """Return the generator of a trained game, averaged or raw, and the game as what draws its inputs.

    Raises:
        UserError: The game has none that makes samples from latents alone.
    """
    game = trained.module.game
    generator = trained.module.networks(averaged=weights == "ema").get("generator")
    if not isinstance(generator, Generator) or not isinstance(game, DrawsLatents):
        raise UserError(f"{type(game).__name__} has no generator that makes samples from latents alone")
    return generator, game


class Maker:
    """Makes images of latents, and of styles where the generator has such.

    Args:
        trained: A trained game.
        weights: The averaged generator, or the raw one.

    Raises:
        UserError: It makes no images, or its generator does not make them from latents.
    """

    def __init__(self, trained: Trained, weights: Literal["ema", "raw"] = "ema") -> None:
        if trained.data.kind != "images":
            raise UserError(f"this generator makes {trained.data}: only those of images can be edited")
        generator, self.game = latent_generator(trained, weights)
        self.trained, self.generator = trained, generator.eval()
        self.device = next((weight.device for weight in generator.parameters()), torch.device("cpu"))
        self.normal = getattr(self.game, "prior", "normal") == "normal"

    def draw(self, count: int, seed: int, label: int | str | None = None) -> Inputs:
        """Draw inputs as `count` samples of a seed have them."""
        chunks = [self._chunk(seed, index) for index in range(-(-count // CHUNK))]
        return self._labelled(joined(chunks)[:count], label)

    def of_seeds(self, seeds: Sequence[int], label: int | str | None = None) -> Inputs:
        """Return for each seed the inputs of its first sample, the one that ``sample --seed`` makes."""
        return self._labelled(joined([self._chunk(seed, 0)[:1] for seed in seeds]), label)

    def _chunk(self, seed: int, index: int) -> Inputs:
        random = Randomness(seed, device=self.device).at("sample", index)
        latents = self.game.draw_latents(CHUNK, random, self.generator)
        return Inputs(latents, self.game.draw_labels(CHUNK, random))

    def _labelled(self, drawn: Inputs, label: int | str | None) -> Inputs:
        if label is None:
            return drawn
        number = self.trained.class_number(label)
        return Inputs(drawn.latents, torch.full((len(drawn.latents),), number, device=self.device))

    def image(self, inputs: Inputs) -> Tensor:
        """Return images ``[N, C, H, W]`` of N inputs at once, differentiable; noise in layers is the same each time."""
        with self._still():
            return self._whole(self.generator(inputs.latents, inputs.labels))

    def image_of_styles(self, styles: Tensor) -> Tensor:
        """Return images ``[N, C, H, W]`` of styles ``[N, layers, width]``, as `image` does."""
        with self._still():
            return self._whole(self.styled.synthesis(styles))

    def _still(self) -> AbstractContextManager[None]:
        return Randomness(0, device=self.device).at("editing").layers()

    def _whole(self, made: Tensor) -> Tensor:
        """Repeat the pixels of a generator that has not grown to its full size."""
        full = self.trained.data.shape[1:]
        return (made if made.shape[2:] == full else interpolate(made, size=full, mode="nearest")).float()

    @torch.no_grad()
    def images(self, inputs: Inputs) -> Iterator[Tensor]:
        """Yield images ``[<= 64, C, H, W]`` in [-1, 1]."""
        for start in range(0, len(inputs.latents), CHUNK):
            part = inputs[slice(start, start + CHUNK)]
            yield self.image(part)

    @property
    def styled(self) -> Styled:
        """The generator, as one that makes images by way of styles.

        Raises:
            UserError: It has no styles.
        """
        if not isinstance(self.generator, Styled):
            raise UserError(f"{type(self.generator).__name__} has no styles, only latents; it needs a style-based one")
        return self.generator

    @torch.no_grad()
    def styles(self, inputs: Inputs) -> Tensor:
        """Return styles ``[N, layers, width]``."""
        return self.styled.mapping(inputs.latents, inputs.labels)

    @torch.no_grad()
    def synthesise(self, styles: Tensor) -> Iterator[Tensor]:
        """Yield images ``[<= 64, C, H, W]`` of styles."""
        for part in torch.split(styles, CHUNK):
            yield self.image_of_styles(part)

    def style_statistics(self, label: int | str | None = None) -> StyleStatistics:
        """Return what styles are like, of one class or as the classes are in the data."""
        styles = self.styles(self.draw(_TYPICAL, 0, label))
        mean = styles.mean(0, keepdim=True)
        return StyleStatistics(mean, (styles - mean).square().sum(2).mean().sqrt().item())

    @cached_property
    def latent_spread(self) -> float:
        """Standard deviation of a latent's entries."""
        return 1.0 if self.normal else 3**-0.5

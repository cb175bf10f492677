"""A trained game that makes images from images, on images of any number and size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_lightning.abilities import Translating
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import evaluating
from gan_lightning.trained import Trained


@dataclass(frozen=True)
class Translator:
    """Makes images from images.

    Args:
        trained: A trained game that is `Translating`.
        weights: Whether the averaged networks are used, or the raw ones.
        label: The class wanted, by number or name, of a conditional game.
        backward: The way back, from what the game makes to what it makes it from.
        seed: What is drawn besides, if anything is, is a function of it and of the batch's number.

    Raises:
        UserError: The game makes no images from images, or has no such class.
    """

    trained: Trained
    weights: Literal["ema", "raw"] = "ema"
    label: int | str | None = None
    backward: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Look for what it takes."""
        game = self.trained.module.game
        if not isinstance(game, Translating):
            raise UserError(f"{type(game).__name__} makes no images from images: use gan-lightning sample")
        if self.label is not None:
            self.trained.class_number(self.label)

    @property
    def taken(self) -> tuple[int, ...]:
        """Shape of the images in training that it makes others from."""
        return self.trained.data.shape if self.backward else tuple(self.trained.data.partners["source"])

    @property
    def made(self) -> tuple[int, ...]:
        """Shape of the images in training that it makes."""
        return tuple(self.trained.data.partners["source"]) if self.backward else self.trained.data.shape

    @cached_property
    def multiple(self) -> int | None:
        """What sides must be a multiple of, or None where only the size of training will do."""
        game = self.trained.module.game
        assert isinstance(game, Translating)
        return game.side_multiple(self._networks)

    @cached_property
    def _networks(self) -> dict[str, torch.nn.Module]:
        return self.trained.module.networks(averaged=self.weights == "ema")

    @torch.no_grad()
    def __call__(self, images: Tensor, number: int = 0) -> Tensor:
        """Translate images ``[N, C, H, W]`` in [-1, 1]; those of odd sides are continued by their mirror meanwhile.

        Args:
            images: What others are made from.
            number: Number of the batch, which what is drawn depends on.

        Returns:
            ``[N, *made]`` in [-1, 1], or larger or smaller as the images are.

        Raises:
            UserError: Images have not the shape of those in training, where that matters.
        """
        self._require_fitting(images)
        game = self.trained.module.game
        assert isinstance(game, Translating)
        labels = None
        if self.label is not None:
            labels = torch.full((len(images),), self.trained.class_number(self.label))
        random = Randomness(self.seed, device=images.device).at("translate", number)
        padded = _continued(images, self.multiple or 1)
        with evaluating(self._networks), random.layers():
            made = game.translate(self._networks, padded, random, labels, backward=self.backward)
        height, width = (round(side * self.made[1] / self.taken[1]) for side in images.shape[2:])
        return made[:, :, :height, :width].clamp(-1, 1)

    def _require_fitting(self, images: Tensor) -> None:
        shape = tuple(images.shape[1:])
        if shape[0] != self.taken[0] or (self.multiple is None and shape != self.taken):
            raise UserError(f"this game takes images of shape {self.taken}, got {shape}")


def _continued(images: Tensor, multiple: int) -> Tensor:
    """Continue images to the right and below until their sides are multiples, by their mirror where that is enough."""
    right, below = (-side % multiple for side in (images.shape[3], images.shape[2]))
    if not right and not below:
        return images
    mirrored = right < images.shape[3] and below < images.shape[2]
    return pad(images, (0, right, 0, below), mode="reflect" if mirrored else "replicate")

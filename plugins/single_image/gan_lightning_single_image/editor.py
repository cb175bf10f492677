"""What can be made of the image that a game has learned: other sizes, other images put in, films."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.trained import Trained
from gan_lightning_single_image.singan import SinGANGenerator
from gan_lightning_single_image.singan_game import SinGANGame
from gan_lightning_single_image.sizes import FIELD, Size, resized

_STEP = 0.5 ** (1 / 3)  # ratio of sizes in super-resolution: an octave in three steps


@dataclass(frozen=True)
class Motion:
    """How noise moves from frame to frame (arXiv:1905.01164, supplementary).

    Args:
        pull: Share of z* in each frame, alpha.
        inertia: Share of the movement so far in each step, beta; the rest is new noise.
    """

    pull: float = 0.1
    inertia: float = 0.9


class Editor:
    """Makes images with the scales of a trained generator.

    Images are ``[N, C, H, W]`` in [-1, 1]; what is made may leave the range a little.

    Args:
        trained: A game of one image.
        weights: The averaged generator, or the raw one.

    Raises:
        UserError: It is another game, or some scales have not been trained.
    """

    def __init__(self, trained: Trained, weights: str = "ema") -> None:
        game = trained.module.game
        if not isinstance(game, SinGANGame):
            raise UserError(f"{type(game).__name__} has not learned one image by scales; train one with game singan")
        generator = trained.module.networks(averaged=weights == "ema")["generator"]
        assert isinstance(generator, SinGANGenerator)
        self.game, self.generator = game, generator.eval()
        self.finest = generator.depth - 1
        if generator.depth < len(generator.sizes):
            raise UserError(f"only {generator.depth} of {len(generator.sizes)} scales have been begun; train on first")

    @torch.no_grad()
    def samples(self, count: int, random: Randomness, size: Size | None = None, start: int = 0) -> Tensor:
        """Make random samples of any size.

        Args:
            count: How many.
            random: Where their noise comes from.
            size: Height and width; those of the image if None. Noise maps of all scales are as much larger.
            start: Scales before have z* instead of noise: 0 for most variety, 1 or 2 for the layout of the image.

        Raises:
            UserError: There is no such scale, or a noise map would be smaller than what a network sees around a pixel.
        """
        self._require_scale(start, 0)
        sizes = self._sizes(size or self.generator.sizes[-1])[start:]
        below = None
        if start:
            below = self.generator.refine(self.game.reference_noise(start)).expand(count, -1, -1, -1)
        return self.generator.refine(self.game.draw_noise(count, random, sizes, start), below, start)

    @torch.no_grad()
    def reconstruction(self) -> Tensor:
        """Return what the scales make of z*, ``[1, C, H, W]``."""
        return self.generator.refine(self.game.reference_noise(self.finest + 1))

    @torch.no_grad()
    def injected(self, images: Tensor, random: Randomness, start: int) -> Tensor:
        """Put images in place of what the scales before have made.

        Args:
            images: ``[N, C, h, w]`` of any size.
            random: Where the noise of the other scales comes from.
            start: The first scale that adds to them, from 1 on: the earlier, the more is changed.

        Raises:
            UserError: There is no such scale.
        """
        self._require_scale(start, 1)
        noise = self.game.draw_noise(len(images), random, self.generator.sizes[start:], start)
        return self.generator.refine(noise, resized(images, self.generator.sizes[start - 1]), start)

    @torch.no_grad()
    def enlarged(self, images: Tensor, random: Randomness, times: float) -> Tensor:
        """Return larger images, to which the finest scale has added detail again and again.

        The paper trains for this with ratios of the cube root of 1/2 and a reconstruction factor of 100.

        Args:
            images: ``[N, C, h, w]`` of any size.
            random: Where noise comes from.
            times: Factor on their sides, more than 1.

        Raises:
            UserError: `times` is too small.
        """
        if times <= 1:
            raise UserError(f"times: expected more than 1, got {times}")
        steps = max(1, round(math.log(1 / times) / math.log(_STEP)))
        height, width = images.shape[2:]
        for step in range(1, steps + 1):
            factor = times ** (step / steps)
            size = (round(height * factor), round(width * factor))
            noise = self.game.draw_noise(len(images), random.at(step), [size], self.finest)
            images = self.generator.refine(noise, images, self.finest)
        return images

    @torch.no_grad()
    def frames(self, count: int, random: Randomness, start: int = 2, motion: Motion | None = None) -> Iterator[Tensor]:
        """Yield the frames ``[1, C, H, W]`` of a film, in which noise moves around z*.

        z' = a z* + (1 - a)(z + b (z - z_before) + (1 - b) u),  u ~ N(0, 1), from z* and 0.95 z* + 0.05 u on.

        Args:
            count: How many.
            random: Where noise comes from.
            start: Scales before keep z*.
            motion: How noise moves; the paper has an inertia of 0.8 to 0.95.

        Raises:
            UserError: There is no such scale.
        """
        self._require_scale(start, 0)
        pull, inertia = (motion or Motion()).pull, (motion or Motion()).inertia
        rest = self.game.reference_noise(self.finest + 1)
        before, now = rest, rest
        for frame in range(count):
            fresh = self.game.draw_noise(1, random.at(frame), self.generator.sizes)
            moved = [
                pull * still + (1 - pull) * (z + inertia * (z - old) + (1 - inertia) * u)
                for still, z, old, u in zip(rest, now, before, fresh, strict=True)
            ]
            if frame == 0:
                moved = [0.95 * still + 0.05 * u for still, u in zip(rest, fresh, strict=True)]
            before, now = now, [*rest[:start], *moved[start:]]
            yield self.generator.refine(now)

    def _sizes(self, size: Size) -> list[Size]:
        """Return the sizes of all scales for images of another size."""
        full = self.generator.sizes[-1]
        made = [
            (round(height * size[0] / full[0]), round(width * size[1] / full[1]))
            for height, width in self.generator.sizes[:-1]
        ]
        coarsest = (made or [size])[0]
        if min(coarsest) < FIELD:
            raise UserError(
                f"size: {size[0]}x{size[1]} begins with {coarsest[0]}x{coarsest[1]}, and sides must be {FIELD} or more"
            )
        return [*made, size]

    def _require_scale(self, scale: int, least: int) -> None:
        if not least <= scale <= self.finest:
            raise UserError(f"scale: expected {least} to {self.finest}, got {scale}")

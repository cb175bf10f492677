"""AutoGAN: a generator of cells that were found by search, with skips from each to all later ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from gan_lightning.components import Architecture, Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import BatchNorm2d, UpsampleConv, at_least, doublings, glorot_uniform
from gan_lightning.origin import Origin
from gan_lightning_resnet.sngan import SNGANDiscriminator

# What the search of the paper found for CIFAR-10, its architecture A: how each cell enlarges, and whether it has a
# shortcut. Further cells, of larger images, are as the last.
_FOUND = (("nearest", True), ("bilinear", True), ("nearest", False))


def _interpolated(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(inputs, outputs, 3, padding=1)
    )


_ENLARGING: dict[str, Callable[[int, int], nn.Module]] = {"nearest": UpsampleConv, "bilinear": _interpolated}


class Cell(nn.Module):
    """Doubles both sides: ReLU-up-conv3, plus conv1 of each skip, -ReLU-conv3, plus conv1 of the enlarged input.

    What a cell hands on to later cells is its map after the skips were added to it: the authors' code adds them in
    place to the tensor that it hands on, and their weights are trained so. There is no normalisation.

    Args:
        channels: Channels in and out.
        mode: How it enlarges its input and the skips, ``nearest`` or ``bilinear``.
        skips: How many earlier cells it reads.
        shortcut: Whether the input is added at the end.
    """

    def __init__(self, channels: int, *, mode: str, skips: int, shortcut: bool) -> None:
        super().__init__()
        self.mode = mode
        self.enlarge = _ENLARGING[mode](channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.skips = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(skips))
        self.shortcut = nn.Conv2d(channels, channels, 1) if shortcut else None

    def forward(self, x: Tensor, earlier: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Map ``[N, C, H, W]`` and the skips of earlier cells to its own skip and its output ``[N, C, 2 H, 2 W]``."""
        skip = self.enlarge(relu(x))
        for convolution, one in zip(self.skips, earlier, strict=True):
            skip = skip + interpolate(convolution(one), skip.shape[2:], mode=self.mode)
        made = self.second(relu(skip))
        if self.shortcut is not None:
            made = made + interpolate(self.shortcut(x), made.shape[2:], mode=self.mode)
        return skip, made


class AutoGANGenerator(Generator):
    """Latent - linear - cells, each doubling both sides - norm - ReLU - conv3 - tanh (arXiv:1908.03835).

    The search itself is not part of this. Weights are Glorot uniform, biases as torch draws them.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2, at best of 8, as 32x32 and 48x48.
        classes: Number of classes; it must be 0, since nothing in the cells could be told of them.
        channels: Width of all cells.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1, or there are classes.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 256, latent: int = 128) -> None:
        super().__init__()
        if classes:
            raise UserError("game.conditional: autogan was searched without classes; expected false")
        at_least(1, channels=channels, latent=latent)
        count = min(doublings(data), key=lambda steps: abs(steps - len(_FOUND)))
        self.latent_shape = (latent,)
        self.start = (channels, data.shape[1] >> count, data.shape[2] >> count)
        self.linear = nn.Linear(latent, math.prod(self.start))
        found = [_FOUND[min(index, len(_FOUND) - 1)] for index in range(count)]
        self.cells = nn.ModuleList(
            Cell(channels, mode=mode, skips=index, shortcut=shortcut) for index, (mode, shortcut) in enumerate(found)
        )
        self.norm = BatchNorm2d(channels)
        self.to_image = nn.Conv2d(channels, data.shape[0], 3, padding=1)
        glorot_uniform(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        del labels
        maps = self.linear(latents).view(-1, *self.start)
        skips: list[Tensor] = []
        for cell in self.cells:
            skip, maps = cell(maps, skips)
            skips.append(skip)
        return torch.tanh(self.to_image(relu(self.norm(maps))))


class AutoGANDiscriminator(SNGANDiscriminator):
    """SNGAN's discriminator, whose logit has no bias.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        final_bias: Whether the logit has a bias; the authors' code has none.
    """

    def __init__(self, data: DataSpec, classes: int, *, final_bias: bool = False, **options: Any) -> None:
        super().__init__(data, classes, final_bias=final_bias, **options)


AutoGAN = Architecture(
    {"generator": AutoGANGenerator, "discriminator": AutoGANDiscriminator},
    Origin(
        "Gong et al., AutoGAN: Neural Architecture Search for Generative Adversarial Networks",
        2019,
        "1908.03835",
        descends_from=("sngan",),
        cures=("image quality",),
    ),
)

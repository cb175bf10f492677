"""Residual networks for super-resolution."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least
from gan_lightning_translation.enlarging import Enlarging


class SRResNet(Enlarging):
    """9x9 convolution, residual blocks with a long skip, sub-pixel convolutions, 9x9 (arXiv:1609.04802, figure 4).

    PReLU has one slope a layer; nothing keeps the images in [-1, 1].

    Args:
        data: What is generated, and its partner: sides of samples are 1, 2, 4, 8... times those of sources.
        classes: Must be 0.
        channels: Width of all maps.
        blocks: Residual blocks.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, blocks: int = 16) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels, blocks=blocks)
        self.first = nn.Sequential(nn.Conv2d(self.latent_shape[0], channels, 9, padding=4), nn.PReLU())
        self.blocks = nn.ModuleList(_residual(channels) for _ in range(blocks))
        self.last = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels))
        self.up = nn.Sequential()
        for _ in range(self.doublings):
            wide = nn.Conv2d(channels, 4 * channels, 3, padding=1)
            self.up.extend([wide, nn.PixelShuffle(2), nn.PReLU()])
        self.up.append(nn.Conv2d(channels, data.shape[0], 9, padding=4))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map sources ``[N, C, h, w]`` to images ``[N, C', H, W]``."""
        del labels
        first = self.first(latents)
        x = first
        for block in self.blocks:
            x = x + block(x)
        made: Tensor = self.up(first + self.last(x))
        return made


class MSRResNet(Enlarging):
    """SRResNet without normalisation, on top of the bilinearly enlarged source (Wang et al. 2018, arXiv:1809.00219).

    3x3 convolutions throughout, ReLU in the blocks and leaky ReLU of 0.1 elsewhere; residuals and their weights begin
    ten times smaller.

    Args:
        data: What is generated, and its partner: sides of samples are 1, 2, 4, 8... times those of sources.
        classes: Must be 0.
        channels: Width of all maps.
        blocks: Residual blocks.

    Raises:
        UnsupportedShapeError: Sources have other channels than samples.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, blocks: int = 16) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels, blocks=blocks)
        self.first = nn.Conv2d(self.latent_shape[0], channels, 3, padding=1)
        self.blocks = nn.ModuleList(_plain(channels) for _ in range(blocks))
        self.up = nn.ModuleList(nn.Conv2d(channels, 4 * channels, 3, padding=1) for _ in range(self.doublings))
        self.high = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, data.shape[0], 3, padding=1)
        begin_small(self.blocks)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map sources ``[N, C, h, w]`` to images ``[N, C, H, W]``."""
        del labels
        x = leaky_relu(self.first(latents), 0.1)
        for block in self.blocks:
            x = x + block(x)
        for layer in self.up:
            x = leaky_relu(nn.functional.pixel_shuffle(layer(x), 2), 0.1)
        made: Tensor = self.last(leaky_relu(self.high(x), 0.1))
        factor = float(2**self.doublings)
        return made + interpolate(latents[:, : made.shape[1]], scale_factor=factor, mode="bilinear")


def begin_small(network: nn.Module, factor: float = 0.1) -> None:
    """Draw the weights of convolutions as for ReLU (He et al. 2015), times a factor; zero biases (arXiv:1809.00219)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            layer.weight.data.mul_(factor)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _residual(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1),
        nn.BatchNorm2d(channels),
        nn.PReLU(),
        nn.Conv2d(channels, channels, 3, padding=1),
        nn.BatchNorm2d(channels),
    )


def _plain(channels: int) -> nn.Sequential:
    first, second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
    return nn.Sequential(first, nn.ReLU(), second)

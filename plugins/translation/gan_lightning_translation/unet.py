"""A U-Net: an image halved to a pixel and doubled again, with each map handed across."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, leaky_relu, relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least
from gan_lightning_translation.norms import NORMS, Norm, has_bias, initialise
from gan_lightning_translation.translators import SameSizeTranslator

_WIDEST = 8
_MOST_LEVELS = 8
_FULL = 4  # the first level both of whose maps have full width


class Noise(nn.Module):
    """Dropout that never rests: the only noise of pix2pix, in samples as in training (arXiv:1611.07004, section 3.2).

    Args:
        share: Share of the activations that is dropped.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Drop a share of ``[N, C, H, W]``, in evaluation mode too."""
        return dropout(x, self.share, training=True)


class UNet(SameSizeTranslator):
    """4x4 convolutions of stride 2 down and up, each map joined to the one of its size (arXiv:1611.07004, 6.1.1).

    Widths are 1, 2, 4, 8, 8... times `channels`. There is no normalisation in the first layer, the innermost and the
    last. Dropout, which samples have too, is in the three levels inside of 8 for 256x256; in two for 128x128, and in
    one for smaller images, where the published rule would leave none at 32x32.

    Args:
        data: What is generated, and its partner: sides are a multiple of 4.
        classes: Must be 0.
        channels: Width of the outermost map.
        levels: Halvings; None for as many as sides can be halved evenly, up to 8.
        dropout: Share of the activations that is dropped in samples as in training; 0 makes the network a function.
        norm: ``batch``, with running statistics in samples; ``instance``; or ``instance_affine``, which is what the
            paper's batches of one, with their own statistics in samples too, come to.

    Raises:
        UnsupportedShapeError: Sides cannot be halved so often, or sources have another size.
        UserError: A number is out of its range.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 64,
        levels: int | None = None,
        dropout: float = 0.5,
        norm: Norm = "batch",
    ) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels)
        at_least(2, levels=levels)
        levels = _halvings(data, levels)
        self.side_multiple = 2**levels
        widths = [channels * min(2**level, _WIDEST) for level in range(levels)]
        down, up = [self.latent_shape[0], *widths], [data.shape[0], *widths]
        noisy = _noisy_levels(levels) if dropout else range(0)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level in range(levels):
            inner, outer = level == levels - 1, level == 0
            halved = nn.Conv2d(down[level], down[level + 1], 4, 2, 1, bias=has_bias(norm))
            self.down.append(nn.Sequential(halved, *([] if inner or outer else [NORMS[norm](down[level + 1])])))
            inputs = up[level + 1] * (1 if inner else 2)
            doubled = nn.ConvTranspose2d(inputs, up[level], 4, 2, 1, bias=outer or has_bias(norm))
            behind = [nn.Tanh()] if outer else [NORMS[norm](up[level]), *([Noise(dropout)] if level in noisy else [])]
            self.up.append(nn.Sequential(doubled, *behind))
        initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map sources ``[N, C, H, W]`` to images ``[N, C', H, W]`` in [-1, 1]."""
        del labels
        maps: list[Tensor] = []
        x = latents
        for level, layer in enumerate(self.down):
            x = layer(leaky_relu(x, 0.2) if level else x)
            maps.append(x)
        x = self.up[-1](relu(maps.pop()))
        for layer in reversed(self.up[:-1]):  # type: ignore[arg-type]
            x = layer(relu(torch.cat([maps.pop(), x], dim=1)))
        made: Tensor = x
        return made


def _noisy_levels(levels: int) -> range:
    """Return the levels with dropout, next to the innermost one."""
    return range(max(1, min(_FULL, levels - 2)), levels - 1)


def _halvings(data: DataSpec, wanted: int | None) -> int:
    height, width = data.shape[1:]
    most = max(count for count in range(_MOST_LEVELS + 1) if height % 2**count == width % 2**count == 0)
    if most < 2 or (wanted or 0) > most:
        raise UnsupportedShapeError(
            f"data: a U-Net of {wanted or 2} levels halves sides evenly as often; {height}x{width} can be halved "
            f"{most} times"
        )
    return wanted or most

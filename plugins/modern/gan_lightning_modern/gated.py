"""Gated blocks and excited skips, of FastGAN (Liu et al. 2021, arXiv:2101.04775)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import glu

from gan_lightning.layers import SNConv2d, UpsampleConv, batch_norm
from gan_lightning.layers.conditional_norm import NormMaker

_DECODED = (4, 2, 2, 1)  # widths of a decoder behind each doubling, in parts of that behind the fourth

#: A convolution whose bias the batch normalisation behind it would take away again.
unbiased = partial(SNConv2d, bias=False)


class Noise(nn.Module):
    """x + strength * n, with one map n of standard normal numbers for each sample; the strength begins at 0."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Add noise to ``[N, C, H, W]``."""
        noise = torch.randn(x.shape[0], 1, *x.shape[2:], dtype=x.dtype, device=x.device)
        return torch.addcmul(x, self.strength, noise)


class FirstMap(SNConv2d):
    """A latent as a map: the transposed convolution of ``[N, inputs, 1, 1]``, normalised by its output channels.

    Args:
        inputs: Numbers in a latent.
        outputs: Channels.
        size: Height and width of the map.
    """

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int]) -> None:
        super().__init__(inputs, outputs, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map latents ``[N, inputs]`` to ``[N, outputs, *size]``."""
        return torch.einsum("ni,oihw->nohw", x, self.normalized_weight())


class GatedUpBlock(nn.Module):
    """Doubles both sides: nearest neighbours, then twice conv3 - noise - norm - GLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        norm: Makes the normalisation of so many channels, with ``forward(x, labels)``.
    """

    def __init__(self, inputs: int, outputs: int, norm: NormMaker) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            [UpsampleConv(inputs, 2 * outputs, unbiased), unbiased(outputs, 2 * outputs, 3, padding=1)]
        )
        self.noises = nn.ModuleList([Noise(), Noise()])
        self.norms = nn.ModuleList([norm(2 * outputs), norm(2 * outputs)])

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map ``[N, inputs, H, W]`` and labels ``[N]`` to ``[N, outputs, 2 H, 2 W]``."""
        for convolution, noise, norm in zip(self.convolutions, self.noises, self.norms, strict=True):
            x = glu(norm(noise(convolution(x)), labels), dim=1)
        return x


class SkipExcitation(nn.Module):
    """Scales the channels of a large map by what a small one says of them (arXiv:2101.04775, equation 3).

    Args:
        inputs: Channels of the map that is looked at.
        outputs: Channels of the map that is scaled.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            unbiased(inputs, outputs, 4),
            nn.SiLU(),
            unbiased(outputs, outputs, 1),
            nn.Sigmoid(),
        )

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scale ``[N, outputs, H, W]`` by ``[N, inputs, h, w]``."""
        return target * self.gate(source)  # type: ignore[no-any-return]


class ExcitedBlocks(nn.Module):
    """Blocks in a row, the map before each scaling the channels of the one that `span` blocks make of it.

    Args:
        blocks: Each maps ``[N, C, H, W]``, and whatever else `forward` is given, to the next map.
        widths: Channels of the map before the first block and after each.
        span: Blocks from a map to the one it scales.
        most: Most skips there are, from the first map on.
    """

    def __init__(self, blocks: Sequence[nn.Module], widths: Sequence[int], span: int, most: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        pairs = list(zip(widths[:-span], widths[span:], strict=True))[:most]
        self.skips = nn.ModuleList(SkipExcitation(source, target) for source, target in pairs)
        self.span = span

    def forward(self, x: Tensor, *given: Tensor | None) -> list[Tensor]:
        """Return ``[N, C, H, W]`` and the map after each block."""
        maps = [x]
        for level, block in enumerate(self.blocks, start=1):
            made = block(maps[-1], *given)
            source = level - self.span
            maps.append(self.skips[source](maps[source], made) if 0 <= source < len(self.skips) else made)
        return maps


class Decoder(nn.Module):
    """Makes images of maps: conv3 - norm - GLU behind each doubling, then conv3 - tanh.

    Args:
        inputs: Channels of the map.
        channels: Channels of the image.
        doublings: How many times the sides double; 4 if it is more.
        width: Channels behind the fourth doubling; 4, 2, 2 times that behind the first three.
    """

    def __init__(self, inputs: int, channels: int, doublings: int, width: int) -> None:
        super().__init__()
        widths = [inputs, *(factor * width for factor in _DECODED[:doublings])]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [UpsampleConv(before, 2 * after, unbiased), batch_norm(0)(2 * after), nn.GLU(dim=1)]
        self.layers = nn.Sequential(*layers, unbiased(widths[-1], channels, 3, padding=1), nn.Tanh())

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to images ``[N, channels, ...]``."""
        return self.layers(maps)  # type: ignore[no-any-return]

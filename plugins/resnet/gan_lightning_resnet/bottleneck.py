"""Residual blocks of BigGAN-deep (Brock et al. 2019, arXiv:1809.11096, appendix B, figure 16).

Two 3x3 convolutions stand between 1x1 ones that narrow to a quarter of the channels and widen again; shortcuts have no
weights for channels that are already there. All ReLUs are out of place, since the shortcut reads the same input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from gan_lightning.layers import SNConv2d, UpsampleConv
from gan_lightning.layers.conditional_norm import NormMaker

_NARROWING = 4


class BottleneckUpBlock(nn.Module):
    """norm-ReLU-conv1-norm-ReLU-up-conv3-norm-ReLU-conv3-norm-ReLU-conv1, plus the first `outputs` channels, upsampled.

    Args:
        inputs: Channels in.
        outputs: Channels out, not more than come in.
        norm: Makes the normalisation of so many channels, with ``forward(x, condition)``.
        doubles: Whether both sides are doubled, by repeating pixels.
    """

    def __init__(self, inputs: int, outputs: int, norm: NormMaker, *, doubles: bool) -> None:
        super().__init__()
        hidden = max(1, inputs // _NARROWING)
        self.outputs = outputs
        self.doubles = doubles
        self.norms = nn.ModuleList([norm(inputs), norm(hidden), norm(hidden), norm(hidden)])
        resizing = UpsampleConv(hidden, hidden, SNConv2d) if doubles else SNConv2d(hidden, hidden, 3, padding=1)
        self.convolutions = nn.ModuleList(
            [
                SNConv2d(inputs, hidden, 1),
                resizing,
                SNConv2d(hidden, hidden, 3, padding=1),
                SNConv2d(hidden, outputs, 1),
            ]
        )

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map ``[N, inputs, H, W]`` under conditions to ``[N, outputs, H, W]``, or twice that high and wide."""
        inner = x
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            inner = convolution(relu(norm(inner, condition)))
        kept = x[:, : self.outputs]
        return inner + (interpolate(kept, scale_factor=2.0, mode="nearest") if self.doubles else kept)


class BottleneckDownBlock(nn.Module):
    """ReLU-conv1-ReLU-conv3-ReLU-conv3-ReLU-pool-conv1, plus the input, pooled, with the channels it lacks beside it.

    The missing channels are made of the pooled input by a 1x1 convolution.

    Args:
        inputs: Channels in.
        outputs: Channels out, not fewer than come in.
        halves: Whether both sides are halved.
    """

    def __init__(self, inputs: int, outputs: int, *, halves: bool) -> None:
        super().__init__()
        hidden = max(1, outputs // _NARROWING)
        self.halves = halves
        self.convolutions = nn.ModuleList(
            [
                SNConv2d(inputs, hidden, 1),
                SNConv2d(hidden, hidden, 3, padding=1),
                SNConv2d(hidden, hidden, 3, padding=1),
                SNConv2d(hidden, outputs, 1),
            ]
        )
        self.shortcut = SNConv2d(inputs, outputs - inputs, 1) if outputs > inputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H, W]``, or to ``[N, outputs, H // 2, W // 2]``."""
        *narrow, widening = self.convolutions
        inner = x
        for convolution in narrow:
            inner = convolution(relu(inner))
        inner = widening(self._resized(relu(inner)))
        kept = self._resized(x)
        return inner + (kept if self.shortcut is None else torch.cat([kept, self.shortcut(kept)], dim=1))  # type: ignore[no-any-return]

    def _resized(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, 2) if self.halves else x

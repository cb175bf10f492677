"""Residual blocks with pre-activation, of generators and discriminators (arXiv:1704.00028 and arXiv:1802.05957).

The two 3x3 convolutions of a block are its ``convolutions``, its 1x1 convolution is in ``shortcut``: initialisations
treat them differently. All ReLUs are out of place, since the shortcut reads the same input.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu

from gan_lightning.layers.conditional_norm import BatchNorm2d, NormMaker
from gan_lightning.layers.resampling import ConvPool, UpsampleConv
from gan_lightning.layers.weights import Conv2d, ConvolutionClass


class UpBlock(nn.Module):
    """Doubles both sides: norm-ReLU-up-conv3-norm-ReLU-conv3, plus up-conv1.

    The 1x1 convolution comes before the upsampling, with which it commutes, at a quarter of the cost.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        hidden: Channels between the two convolutions; `outputs` if None.
        norm: Makes the normalisation of so many channels, with ``forward(x, labels)``.
        convolution: `Conv2d` or `SNConv2d`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        hidden: int | None = None,
        norm: NormMaker = BatchNorm2d,
        convolution: ConvolutionClass = Conv2d,
    ) -> None:
        super().__init__()
        hidden = outputs if hidden is None else hidden
        self.norms = nn.ModuleList([norm(inputs), norm(hidden)])
        self.convolutions = nn.ModuleList(
            [UpsampleConv(inputs, hidden, convolution), convolution(hidden, outputs, 3, padding=1)]
        )
        self.shortcut = nn.Sequential(convolution(inputs, outputs, 1), nn.Upsample(scale_factor=2, mode="nearest"))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map ``[N, inputs, H, W]`` and labels ``[N]`` to ``[N, outputs, 2 H, 2 W]``."""
        inner = x
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            inner = convolution(relu(norm(inner, labels)))
        return inner + self.shortcut(x)  # type: ignore[no-any-return]


class PlainBlock(nn.Module):
    """Keeps both sides: ReLU-conv3-ReLU-conv3, plus conv1, or the input itself where the width stays.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        hidden: Channels between the two convolutions; `inputs` if None (arXiv:1809.11096 has `outputs`).
        convolution: `Conv2d` or `SNConv2d`.
    """

    def __init__(
        self, inputs: int, outputs: int, *, hidden: int | None = None, convolution: ConvolutionClass = Conv2d
    ) -> None:
        super().__init__()
        hidden = inputs if hidden is None else hidden
        self.convolutions = nn.ModuleList(
            [convolution(inputs, hidden, 3, padding=1), convolution(hidden, outputs, 3, padding=1)]
        )
        self.shortcut: nn.Module = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H, W]``."""
        return _pre_activated(x, self.convolutions) + self.shortcut(x)  # type: ignore[no-any-return]


class _Halving(nn.Module):
    """The layers of a block that halves both sides.

    The shortcut pools before its 1x1 convolution, with which pooling commutes, at a quarter of the cost.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, convolution: ConvolutionClass) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            [convolution(inputs, hidden, 3, padding=1), ConvPool(hidden, outputs, convolution)]
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), convolution(inputs, outputs, 1))


class DownBlock(_Halving):
    """Halves both sides: ReLU-conv3-ReLU-conv3-pool, plus conv1-pool.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        hidden: Channels between the two convolutions; `inputs` if None (arXiv:1809.11096 has `outputs`).
        convolution: `Conv2d` or `SNConv2d`.
    """

    def __init__(
        self, inputs: int, outputs: int, *, hidden: int | None = None, convolution: ConvolutionClass = Conv2d
    ) -> None:
        super().__init__(inputs, inputs if hidden is None else hidden, outputs, convolution)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H // 2, W // 2]``."""
        return _pre_activated(x, self.convolutions) + self.shortcut(x)  # type: ignore[no-any-return]


class FirstDownBlock(_Halving):
    """The first block of a discriminator, on images, which no ReLU may cut: conv3-ReLU-conv3-pool, plus pool-conv1.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        hidden: Channels between the two convolutions; `outputs` if None.
        convolution: `Conv2d` or `SNConv2d`.
    """

    def __init__(
        self, inputs: int, outputs: int, *, hidden: int | None = None, convolution: ConvolutionClass = Conv2d
    ) -> None:
        super().__init__(inputs, outputs if hidden is None else hidden, outputs, convolution)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H // 2, W // 2]``."""
        first, second = self.convolutions
        return second(relu(first(x))) + self.shortcut(x)  # type: ignore[no-any-return]


def _pre_activated(x: Tensor, convolutions: nn.ModuleList) -> Tensor:
    for convolution in convolutions:
        x = convolution(relu(x))
    return x

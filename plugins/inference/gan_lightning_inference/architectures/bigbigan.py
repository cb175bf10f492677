"""Small residual networks in the way of BigBiGAN's."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, softplus

from gan_lightning.components import Architecture, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import (
    BatchNorm2d,
    DownBlock,
    FirstDownBlock,
    ModulatedBatchNorm2d,
    PlainBlock,
    SNConv2d,
    SNLinear,
    UpBlock,
    at_least,
    doublings,
    orthogonal,
    with_labels,
)
from gan_lightning_inference.architectures.linear_block import LinearBlock
from gan_lightning_inference.encoder import GaussianEncoder
from gan_lightning_inference.games.bigbigan import BIGBIGAN_PAPER
from gan_lightning_inference.pairs import PairDiscriminator

_WIDEST = 4
_LEAST_DEVIATION = 1e-4


class BigBiGANGenerator(Generator):
    """Linear - residual blocks, each doubling both sides, whose normalisations hear the latent - norm - conv3 - tanh.

    Weights are spectrally normalised and begin orthogonal. A class is read as a one-hot vector beside the latent.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last block; that of the others doubles towards the smallest, up to 4 times.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, latent: int = 100) -> None:
        super().__init__()
        widths, start = _widths(data, channels)
        at_least(1, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        norm = partial(ModulatedBatchNorm2d, modulation=partial(SNLinear, latent + classes, bias=False))
        self.start = (widths[-1], *start)
        self.first = SNLinear(latent + classes, torch.Size(self.start).numel())
        steps = pairwise([widths[-1], *reversed(widths)])
        self.blocks = nn.ModuleList([UpBlock(*step, norm=norm, convolution=SNConv2d) for step in steps])
        self.last = nn.Sequential(
            BatchNorm2d(channels), nn.ReLU(), SNConv2d(channels, data.shape[0], 3, padding=1), nn.Tanh()
        )
        orthogonal(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        heard = with_labels(latents, labels, self.classes)
        maps: Tensor = self.first(heard).view(-1, *self.start)
        for block in self.blocks:
            maps = block(maps, heard)
        return self.last(maps)  # type: ignore[no-any-return]


class BigBiGANEncoder(GaussianEncoder):
    """Residual blocks with batch normalisation between - mean over the map - two linear blocks - means and deviations.

    Deviations are softplus of an output. A class is read as constant maps beside the image's channels.

    Args:
        data: What is encoded; see `BigBiGANGenerator`.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first block; that of the others doubles, up to 4 times. Features are the means over the
            last map, as in the paper.
        hidden: Width inside the residual blocks of linear layers.
        latent: Length of the codes: the generator's.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, channels: int = 64, hidden: int = 256, latent: int = 100
    ) -> None:
        super().__init__()
        widths, _ = _widths(data, channels)
        at_least(1, hidden=hidden, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.blocks = nn.Sequential(FirstDownBlock(data.shape[0] + classes, widths[0]), BatchNorm2d(widths[0]))
        for inputs, outputs in pairwise(widths):
            self.blocks.extend([DownBlock(inputs, outputs, hidden=outputs), BatchNorm2d(outputs)])
        wide = widths[-1]
        blocks = [LinearBlock(wide, hidden, nn.Linear) for _ in range(2)]
        self.last = nn.Sequential(*blocks, nn.ReLU(), nn.Linear(wide, 2 * latent))
        orthogonal(self)

    def features(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the means over the last map ``[N, D]``."""
        features: Tensor = relu(self.blocks(with_labels(samples, labels, self.classes))).mean(dim=(2, 3))
        return features

    def log_deviation(self, raw: Tensor) -> Tensor:
        """Return the logarithms of softplus, of the same shape."""
        return softplus(raw).add(_LEAST_DEVIATION).log()


class BigBiGANDiscriminator(PairDiscriminator):
    """F on samples, H on latents and J on both, each with a score of its own (arXiv:1907.02544, figure 1).

    F is residual blocks and the sum over the map; H and J are residual blocks of linear layers. All weights are
    spectrally normalised and begin orthogonal. Logits ``[N, 3]`` are the scores of sample, latent and pair. A class is
    read as constant maps beside the image's channels. Features ``[N, hidden]`` of its critiques are those of J.

    Args:
        data: What is judged with latents; see `BigBiGANGenerator`.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of F's first block; that of the others doubles, up to 4 times.
        hidden: Width of H and J.
        blocks: Residual blocks of each of H and J.
        latent: Length of the latents: the generator's.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 64,
        hidden: int = 64,
        blocks: int = 3,
        latent: int = 100,
    ) -> None:
        widths, _ = _widths(data, channels)
        at_least(1, hidden=hidden, blocks=blocks, latent=latent)
        super().__init__(data, latent)
        self.classes = classes
        self.of_samples = nn.Sequential(
            FirstDownBlock(data.shape[0] + classes, widths[0], convolution=SNConv2d),
            *(DownBlock(*step, hidden=step[1], convolution=SNConv2d) for step in pairwise(widths)),
            PlainBlock(widths[-1], widths[-1], convolution=SNConv2d),
        )
        wide = widths[-1]
        self.of_latents = _tower(latent, hidden, blocks)
        self.of_both = _tower(wide + hidden, hidden, blocks)
        self.scores = nn.ModuleList([SNLinear(width, 1) for width in (wide, hidden, hidden)])
        orthogonal(self)

    def judge(self, samples: Tensor, latents: Tensor, labels: Tensor | None) -> Critique:
        """Judge images ``[N, C, H, W]`` with latents ``[N, latent]`` and labels ``[N]``."""
        seen = relu(self.of_samples(with_labels(samples, labels, self.classes))).sum(dim=(2, 3))
        heard = self.of_latents(latents)
        features = self.of_both(torch.cat([seen, heard], dim=1))
        parts = zip(self.scores, (seen, heard, features), strict=True)
        return Critique(torch.cat([score(part) for score, part in parts], dim=1), features=features)


def _tower(inputs: int, width: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        SNLinear(inputs, width), *(LinearBlock(width, width, SNLinear) for _ in range(blocks)), nn.ReLU()
    )


def _widths(data: DataSpec, channels: int) -> tuple[list[int], tuple[int, int]]:
    """Return the width of each block from the largest map to the smallest, and the smallest map's size."""
    at_least(1, channels=channels)
    steps = doublings(data)[-1]
    _, height, width = data.shape
    return [channels * min(2**step, _WIDEST) for step in range(steps)], (height >> steps, width >> steps)


BIGBIGAN = Architecture(
    {"generator": BigBiGANGenerator, "discriminator": BigBiGANDiscriminator, "encoder": BigBiGANEncoder},
    BIGBIGAN_PAPER,
)

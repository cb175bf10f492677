"""The convolutional networks of adversarially learned inference (ALI)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, normal, with_labels
from gan_lightning.origin import Origin
from gan_lightning_inference.architectures.maxout import Maxout
from gan_lightning_inference.encoder import GaussianEncoder
from gan_lightning_inference.pairs import PairDiscriminator

_Size = int | tuple[int, int]
_KERNELS: tuple[_Size, ...] = (5, 4, 4, 4)
_STRIDES = (1, 2, 1, 2)
_WIDTHS = (1, 2, 4, 8, 16)
_SMALLEST, _LAST_CUT = 20, 16


class ALIGenerator(Generator):
    """Five transposed convolutions and two 1x1 convolutions, batch normalised but for the last; a stretched sigmoid.

    The authors' CIFAR-10 networks (arXiv:1606.00704, appendix A). Leaky ReLU (0.1) follows each, and no normalised
    layer has a bias. Weights begin at N(0, 0.01). A class is read as a one-hot vector beside the latent.

    Args:
        data: What is generated: images whose sides are multiples of 4 from 20 on. The first kernel is (side - 16) / 4:
            4x4 for 32x32, as in the paper.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last three layers; the first ones have 8, 4 and 2 times as many.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The data are no images of such a size.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 32, latent: int = 64) -> None:
        super().__init__()
        start = _start(data)
        at_least(1, channels=channels, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        widths = [latent + classes, *(channels * factor for factor in (8, 4, 2, 1, 1))]
        kernels: tuple[_Size, ...] = (start, *reversed(_KERNELS))
        strides = (1, *reversed(_STRIDES))
        self.layers = nn.Sequential(nn.Unflatten(1, (-1, 1, 1)))
        for (inputs, outputs), kernel, stride in zip(pairwise(widths), kernels, strides, strict=True):
            self.layers.append(nn.ConvTranspose2d(inputs, outputs, kernel, stride, bias=False))
            self.layers.extend(_normalised(outputs))
        self.layers.append(nn.Conv2d(channels, channels, 1, bias=False))
        self.layers.extend([*_normalised(channels), nn.Conv2d(channels, data.shape[0], 1), nn.Sigmoid()])
        normal(self, 0.01)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        brightness: Tensor = self.layers(with_labels(latents, labels, self.classes))
        return 2 * brightness - 1


class ALIEncoder(GaussianEncoder):
    """Five convolutions and a linear layer, batch normalised, to means and logarithms of deviations (arXiv:1606.00704).

    Leaky ReLU (0.1) follows each, and no normalised layer has a bias. Weights begin at N(0, 0.01). A class is read as
    constant maps beside the image's channels.

    Args:
        data: What is encoded; see `ALIGenerator`.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first map; the next ones have 2, 4, 8 and 16 times as many. Features are the last.
        latent: Length of the codes: the generator's.

    Raises:
        UnsupportedShapeError: The data are no images of such a size.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 32, latent: int = 64) -> None:
        super().__init__()
        start = _start(data)
        at_least(1, channels=channels, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        widths = [data.shape[0] + classes, *(channels * factor for factor in _WIDTHS)]
        self.layers = nn.Sequential()
        for (inputs, outputs), kernel, stride in zip(pairwise(widths), (*_KERNELS, start), (*_STRIDES, 1), strict=True):
            self.layers.append(nn.Conv2d(inputs, outputs, kernel, stride, bias=False))
            self.layers.extend(_normalised(outputs))
        self.layers.append(nn.Conv2d(widths[-1], widths[-1], 1, bias=False))
        self.layers.extend([*_normalised(widths[-1]), nn.Flatten()])
        self.last = nn.Linear(widths[-1], 2 * latent)
        normal(self, 0.01)

    def features(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the last hidden layer ``[N, 16 channels]``."""
        features: Tensor = self.layers(with_labels(samples, labels, self.classes))
        return features


class ALIDiscriminator(PairDiscriminator):
    """Maxout layers on samples and on latents, then on both together, with dropout and no normalisation.

    Of samples five convolutions of the encoder's geometry, of latents two layers, of both two layers and the logit
    (arXiv:1606.00704, appendix A). 20 % of the inputs and 50 % of hidden units are dropped in training. Weights begin
    at N(0, 0.01). A class is read as constant maps beside the image's channels. Features ``[N, 32 channels]`` of its
    critiques are the last hidden layer.

    Args:
        data: What is judged with latents; see `ALIGenerator`.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first map; the next ones have 2, 4, 8 and 16 times as many, layers on latents 16, and
            layers on both 32.
        latent: Length of the latents: the generator's.

    Raises:
        UnsupportedShapeError: The data are no images of such a size.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 32, latent: int = 64) -> None:
        start = _start(data)
        at_least(1, channels=channels, latent=latent)
        super().__init__(data, latent)
        self.classes = classes
        widths = [data.shape[0] + classes, *(channels * factor for factor in _WIDTHS)]
        layers = zip(pairwise(widths), (*_KERNELS, start), (*_STRIDES, 1), (0.2, *[0.5] * 4), strict=True)
        self.of_samples = nn.Sequential(
            *(
                Maxout(nn.Conv2d(inputs, 2 * outputs, kernel, stride), drop)
                for (inputs, outputs), kernel, stride, drop in layers
            ),
            nn.Flatten(),
        )
        wide = widths[-1]
        self.of_latents = nn.Sequential(_dense(latent, wide, 0.2), _dense(wide, wide, 0.5))
        self.of_both = nn.Sequential(_dense(2 * wide, 2 * wide, 0.5), _dense(2 * wide, 2 * wide, 0.5), nn.Dropout(0.5))
        self.last = nn.Linear(2 * wide, 1)
        normal(self, 0.01)

    def judge(self, samples: Tensor, latents: Tensor, labels: Tensor | None) -> Critique:
        """Judge images ``[N, C, H, W]`` with latents ``[N, latent]`` and labels ``[N]``."""
        seen = self.of_samples(with_labels(samples, labels, self.classes))
        features = self.of_both(torch.cat([seen, self.of_latents(latents)], dim=1))
        return Critique(self.last(features).squeeze(1), features=features)


def _dense(inputs: int, outputs: int, dropout: float) -> Maxout:
    return Maxout(nn.Linear(inputs, 2 * outputs), dropout)


def _normalised(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), nn.LeakyReLU(0.1))


def _start(data: DataSpec) -> tuple[int, int]:
    """Return the size of the smallest map, which one kernel covers."""
    if data.kind != "images":
        raise UnsupportedShapeError(f"data: architecture ali is for images, the data are {data}")
    _, *sides = data.shape
    if any(side % 4 or side < _SMALLEST for side in sides):
        near = "x".join(str(max(4 * round(side / 4), _SMALLEST)) for side in sides)
        raise UnsupportedShapeError(
            f"data: architecture ali is for images whose sides are multiples of 4 from {_SMALLEST} on, not "
            f"{sides[0]}x{sides[1]}; the nearest size is {near}"
        )
    height, width = ((side - _LAST_CUT) // 4 for side in sides)
    return height, width


ALI = Architecture(
    {"generator": ALIGenerator, "discriminator": ALIDiscriminator, "encoder": ALIEncoder},
    Origin("Dumoulin et al., Adversarially Learned Inference", 2016, "1606.00704", descends_from=("dcgan",)),
)

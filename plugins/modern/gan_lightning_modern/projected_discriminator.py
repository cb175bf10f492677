"""The discriminator of Projected GAN: small ones on fixed projections of a frozen network's maps."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.layers import SNEmbedding, at_least
from gan_lightning_modern.features import feature_maps
from gan_lightning_modern.gated import unbiased
from gan_lightning_modern.mixing import RandomMixing

_STRIDE = 32  # of the deepest map
_TRAINED_AT = 224
_SMALLEST = 64
_EMBEDDED = 64


class ProjectedDiscriminator(Discriminator):
    """Four discriminators, each on one of four maps of EfficientNet-Lite0, mixed at random across channels and scales.

    Neither the network nor the mixing is trained; gradients pass through both to the generator. The network is no part
    of this module, the mixing is drawn from torch's seed and kept in checkpoints. Images are resized bilinearly.

    Logits are ``[N, 4, H, W]``, a map of patches for each discriminator, so that a mean over them is the published mean
    over all. Features ``[N, D]`` are the means of the maps that the four last convolutions read. Batches are
    normalised: real and generated samples are not to be judged together.

    Args:
        data: What is judged: images of any size with 1 or 3 channels.
        classes: Number of classes, 0 for an unconditional network.
        channels: Channels of the first mixed map.
        resolution: The shorter side that images are resized to, a multiple of 32 from 64 on. Below 128 each
            discriminator halves once less. null: 224, or for larger images their own size, to the nearest multiple.

    Raises:
        UnsupportedShapeError: The data are no images of 1 or 3 channels.
        UserError: `channels` is below 1, or `resolution` is no multiple of 32 from 64 on.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, resolution: int | None = None) -> None:
        super().__init__()
        at_least(1, channels=channels)
        if resolution is not None and (resolution < _SMALLEST or resolution % _STRIDE):
            raise UserError(f"resolution: expected a multiple of 32 from 64 on, got {resolution}")
        if data.kind != "images" or data.shape[0] not in (1, 3):
            raise UnsupportedShapeError(f"data: this network is for images of 1 or 3 channels, the data are {data}")
        self.size = _size(data.shape[1:], resolution)
        halvings = 4 if min(self.size) >= 4 * _STRIDE else 3
        self.mixing = RandomMixing(channels)
        self.judges = nn.ModuleList(
            _Judge(width, [factor * channels for factor in (1, 2, 4, 8)][level + 4 - halvings :], classes)
            for level, width in enumerate(self.mixing.widths)
        )

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        resized = samples
        if samples.shape[2:] != self.size:
            resized = interpolate(samples, self.size, mode="bilinear", align_corners=False)
        maps = self.mixing(feature_maps(resized.expand(-1, 3, -1, -1)))
        told = [judge(map_, labels) for judge, map_ in zip(self.judges, maps, strict=True)]
        logits, features = zip(*told, strict=True)
        return Critique(torch.stack(logits, dim=1), features=torch.cat(features, dim=1))


class _Judge(nn.Module):
    """Halvings, each conv4 - norm - activation, then conv4 to a logit, or with classes to a label's projection.

    Args:
        inputs: Channels of the map.
        widths: Channels after each halving.
        classes: Number of classes, 0 for none.
    """

    def __init__(self, inputs: int, widths: list[int], classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([inputs, *widths]):
            layers += [unbiased(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.last = unbiased([inputs, *widths][-1], _EMBEDDED if classes else 1, 4)
        self.embedding = SNEmbedding(classes, _EMBEDDED) if classes else None

    def forward(self, x: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map ``[N, inputs, H, W]`` and labels ``[N]`` to logits ``[N, h, w]`` and features ``[N, D]``."""
        x = self.body(x)
        told = self.last(x)
        if self.embedding is not None:
            assert labels is not None
            told = told * self.embedding(labels)[:, :, None, None] / math.sqrt(_EMBEDDED)
        return told.sum(dim=1), x.mean(dim=(2, 3))


def _size(size: tuple[int, ...], shorter: int | None) -> tuple[int, int]:
    """Return height and width that images are resized to: about their proportions, multiples of 32."""
    if shorter is None:
        shorter = max(_TRAINED_AT, min(size))
    height, width = (max(2, round(side * shorter / min(size) / _STRIDE)) * _STRIDE for side in size)
    return height, width

"""What a small ImageNet network makes of images, and how far apart that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gan_lightning.metrics.efficientnet import EfficientNetLite0
from gan_lightning.metrics.frozen import to_rgb

#: Blocks whose outputs are compared: the last one of each size of the maps.
_BLOCKS = (0, 2, 4, 10, 15)
_SIZES = (128, 224)  # what images are enlarged to, the first that is not smaller than they are
_EPS = 1e-8


class PerceptualFeatures:
    """Five layers of EfficientNet-Lite0, for distances that gradients go through.

    Features are scaled to length 1 at each position, and `feature_distance` averages their squared differences over
    positions and adds them over layers: LPIPS without weights that were learned from people's answers (Zhang et al.
    2018, arXiv:1801.03924, equation 1). Such a distance is comparable with itself only.

    Args:
        side: The longer side of the images that are compared; they are scaled to 128x128, or above that to 224x224.
    """

    def __init__(self, side: int) -> None:
        self.size = next((size for size in _SIZES if size >= side), _SIZES[-1])

    @cached_property
    def _extractor(self) -> EfficientNetLite0:
        return EfficientNetLite0()

    def __call__(self, images: Tensor) -> Iterator[Tensor]:
        """Yield features ``[N, C, H, W]``, layer by layer, of images ``[N, C, H, W]`` in [-1, 1], up to 4 channels."""
        network: Any = self._extractor.network.to(images.device)
        colours = to_rgb(images).clamp(-1, 1)
        resized = functional.interpolate(colours, (self.size, self.size), mode="bicubic", antialias=True)
        # The network was trained on (x - 127) / 128 for x in [0, 255]
        values = network._swish(network._bn0(network._conv_stem((resized * 127.5 + 0.5) / 128)))
        for index, block in enumerate(network._blocks):
            values = block(values)
            if index in _BLOCKS:
                yield values / (values.square().sum(1, keepdim=True) + _EPS).sqrt()

    def protocol(self) -> dict[str, Any]:
        """Return what distances depend on beside the images."""
        facts = self._extractor.protocol()
        return {
            "network": facts["extractor"],
            "weights_sha256": facts["weights_sha256"],
            "resize": f"bicubic-antialias-{self.size}",
            "blocks": list(_BLOCKS),
        }


def feature_distance(features: Iterable[Tensor], wanted: Iterable[Tensor]) -> Tensor:
    """Return the distances ``[N]`` of images by what `PerceptualFeatures` makes of them and of others."""
    parts = [(own - other).square().sum(1).mean((1, 2)) for own, other in zip(features, wanted, strict=True)]
    return torch.stack(parts).sum(0)

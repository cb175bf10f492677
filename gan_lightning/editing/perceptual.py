"""How far images are from one: by pixels, and by what a small ImageNet network makes of them."""

from __future__ import annotations

from collections.abc import Iterator
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


class PerceptualDistance:
    """Squared distance of features in five layers of EfficientNet-Lite0, plus the mean squared difference of pixels.

    Features are scaled to length 1 at each position, their squared differences are averaged over positions and added
    over layers: LPIPS without weights that were learned from people's answers (Zhang et al. 2018, arXiv:1801.03924,
    equation 1). It is comparable with itself only.

    Args:
        target: The image ``[C, H, W]`` in [-1, 1] that distances are measured to.
        pixels: Weight of the difference of pixels in [-1, 1].

    Raises:
        UserError: The image has more than 4 channels.
    """

    def __init__(self, target: Tensor, pixels: float = 1.0) -> None:
        self.target, self.pixels = target[None], pixels
        self.extractor = EfficientNetLite0()
        self.size = next((size for size in _SIZES if size >= max(target.shape[1:])), _SIZES[-1])
        with torch.no_grad():
            self.wanted = list(self._features(self.target))

    def __call__(self, images: Tensor) -> Tensor:
        """Return the distance ``[N]`` of each image ``[N, C, H, W]`` in [-1, 1], differentiable."""
        distance = self.pixels * (images - self.target).square().mean((1, 2, 3))
        for features, wanted in zip(self._features(images), self.wanted, strict=True):
            distance = distance + (features - wanted).square().sum(1).mean((1, 2))
        return distance

    def protocol(self) -> dict[str, Any]:
        """Return what the distance depends on beside the images."""
        facts = self.extractor.protocol()
        return {
            "network": facts["extractor"],
            "weights_sha256": facts["weights_sha256"],
            "resize": f"bicubic-antialias-{self.size}",
            "blocks": list(_BLOCKS),
            "pixels": self.pixels,
        }

    def _features(self, images: Tensor) -> Iterator[Tensor]:
        network: Any = self.extractor.network.to(images.device)
        colours = to_rgb(images).clamp(-1, 1)
        resized = functional.interpolate(colours, (self.size, self.size), mode="bicubic", antialias=True)
        # The network was trained on (x - 127) / 128 for x in [0, 255]
        values = network._swish(network._bn0(network._conv_stem((resized * 127.5 + 0.5) / 128)))
        for index, block in enumerate(network._blocks):
            values = block(values)
            if index in _BLOCKS:
                yield values / (values.square().sum(1, keepdim=True) + _EPS).sqrt()

"""How far images are from one: by pixels, and by what a small ImageNet network makes of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan_lightning.metrics.perceptual import PerceptualFeatures, feature_distance


class PerceptualDistance:
    """Distance of features, see `PerceptualFeatures`, plus the mean squared difference of pixels.

    Args:
        target: The image ``[C, H, W]`` in [-1, 1] that distances are measured to.
        pixels: Weight of the difference of pixels in [-1, 1].

    Raises:
        UserError: The image has more than 4 channels.
    """

    def __init__(self, target: Tensor, pixels: float = 1.0) -> None:
        self.target, self.pixels = target[None], pixels
        self.features = PerceptualFeatures(max(target.shape[1:]))
        with torch.no_grad():
            self.wanted = list(self.features(self.target))

    def __call__(self, images: Tensor) -> Tensor:
        """Return the distance ``[N]`` of each image ``[N, C, H, W]`` in [-1, 1], differentiable."""
        distance = self.pixels * (images - self.target).square().mean((1, 2, 3))
        return distance + feature_distance(self.features(images), self.wanted)

    def protocol(self) -> dict[str, Any]:
        """Return what the distance depends on beside the images."""
        return {**self.features.protocol(), "pixels": self.pixels}

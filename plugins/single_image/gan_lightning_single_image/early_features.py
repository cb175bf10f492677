"""Features of pretrained networks from before most of the image has been seen at once: one vector a position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from gan_lightning.metrics.efficientnet import EfficientNetLite0
from gan_lightning.metrics.frozen import FrozenNetwork, to_rgb
from gan_lightning.metrics.inception import Inception

Source = Literal["efficientnet_lite0", "inception"]


class EarlyFeatures:
    """The first layers of a pretrained network, which see images at their own size.

    Args:
        source: ``"efficientnet_lite0"``, whose weights are at hand: 24 features in every 4th row and column.
            ``"inception"``, as published: the 64 before the first max-pooling, in every 2nd. Both see 11x11 pixels.
        weights: A file of Inception's weights; see `Inception`. EfficientNet-Lite0 takes none.

    Raises:
        UserError: There is no such file, or at first use the weights cannot be had.
    """

    def __init__(self, source: Source, weights: Path | None = None) -> None:
        self.source = source
        self.extractor: FrozenNetwork = _EXTRACTORS[source](weights)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Return features ``[N, positions, D]`` of uint8 images ``[N, C, H, W]``."""
        network = self.extractor.network.to(images.device)
        maps = _EARLY[self.source](network, to_rgb(images).float())
        return maps.flatten(2).transpose(1, 2)

    def protocol(self) -> dict[str, Any]:
        """Return what features depend on."""
        return {
            "features": f"{self.source}-{_NAMES[self.source]}",
            "features_sha256": self.extractor.weights_sha256,
            "features_resize": "none",
        }


def _of_efficientnet(network: nn.Module, images: Tensor) -> Tensor:
    x = network._swish(network._bn0(network._conv_stem((images - 127.0) / 128.0)))  # type: ignore[operator]
    for block in list(network._blocks)[:2]:  # type: ignore[arg-type]
        x = block(x)
    return x  # type: ignore[no-any-return]


def _of_inception(network: nn.Module, images: Tensor) -> Tensor:
    x = (images - 128.0) / 128.0
    for layer in network.get_submodule("trunk").children():
        if isinstance(layer, nn.MaxPool2d):
            break
        x = layer(x)
    return x


_EXTRACTORS: Mapping[Source, Callable[[Path | None], FrozenNetwork]] = {
    "efficientnet_lite0": lambda weights: EfficientNetLite0(),
    "inception": Inception,
}
_EARLY: Mapping[Source, Callable[[nn.Module, Tensor], Tensor]] = {
    "efficientnet_lite0": _of_efficientnet,
    "inception": _of_inception,
}
_NAMES: Mapping[Source, str] = {"efficientnet_lite0": "block-2-24", "inception": "before-first-max-pool-64"}

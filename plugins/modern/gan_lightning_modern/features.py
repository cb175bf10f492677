"""Maps of a frozen network, as a function: no part of any module, so nothing trains, saves, copies or sends it."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from gan_lightning.metrics.efficientnet import EfficientNetLite0

#: Channels of the four maps.
CHANNELS = (24, 40, 112, 320)
# The blocks that make them: the last of each resolution.
_LAST_BLOCKS = (2, 4, 10, 15)


def feature_maps(images: Tensor) -> list[Tensor]:
    """Return four maps of EfficientNet-Lite0, trained on ImageNet, with a graph to the images.

    The network is read once for each device, is always in evaluation mode and has its batch normalisations folded. Its
    weights come with a package that the core depends on.

    Args:
        images: ``[N, 3, H, W]`` in [-1, 1], sides multiples of 32.

    Returns:
        Maps of `CHANNELS` channels and a 4th, an 8th, a 16th and a 32nd of the sides, in the type of the images.
    """
    network = _network(images.device)
    maps = []
    x = network._swish(network._bn0(network._conv_stem(images.float())))  # type: ignore[operator]
    for index, block in enumerate(network._blocks):  # type: ignore[arg-type]
        x = block(x)
        if index in _LAST_BLOCKS:
            maps.append(x.to(images.dtype))
    return maps


@cache
def _network(device: torch.device) -> nn.Module:
    return EfficientNetLite0().network.to(device).eval()

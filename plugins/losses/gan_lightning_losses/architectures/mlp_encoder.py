"""A fully connected encoder."""

from __future__ import annotations

import math

from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, with_labels
from gan_lightning_losses.architectures.stack import stack


class MLPEncoder(nn.Module):
    """Linear layers with leaky ReLU (0.2) between, from flattened samples to latents.

    A class is read as a one-hot vector beside the sample.

    Args:
        data: What is encoded: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.
        latent: Length of the latent vector: the generator's.

    Raises:
        UserError: A width is below 1, or the number of layers below 0.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 128, layers: int = 2, latent: int = 64) -> None:
        super().__init__()
        at_least(1, hidden=hidden, latent=latent)
        at_least(0, layers=layers)
        self.classes = classes
        self.layers = stack(math.prod(data.shape) + classes, hidden, layers, latent)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and labels ``[N]`` to latents ``[N, latent]``."""
        inputs = with_labels(samples.flatten(1), labels, self.classes)
        latents: Tensor = self.layers(inputs)
        return latents


MLP_ENCODER = Architecture({"encoder": MLPEncoder})

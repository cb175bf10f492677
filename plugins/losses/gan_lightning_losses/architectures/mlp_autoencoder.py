"""A fully connected autoencoder as discriminator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, with_labels
from gan_lightning.origin import Origin
from gan_lightning_losses.architectures.stack import stack

Reduction = Literal["mean", "sum"]


class MLPAutoencoder(Discriminator):
    """Linear layers with leaky ReLU (0.2) between, from flattened samples to codes and back.

    A sample's logit is minus its energy, the squared error of its reconstruction (Zhao, Mathieu & LeCun 2016,
    arXiv:1609.03126, equation 5, where the norm is not squared); ``features`` ``[N, code]`` are the codes, which the
    pulling-away term is about, and ``extras["reconstructed"]`` ``[N, *shape]`` the reconstructions. A class is read as
    a one-hot vector beside the sample.

    Args:
        data: What is judged: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        layers: Number of hidden layers before the code, and behind it.
        code: Length of a code.
        energy: Whether the error is the ``mean`` over a sample's values or their ``sum``; the margin of the loss goes
            with it.

    Raises:
        UserError: A width is below 1, or the number of layers below 0.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        hidden: int = 128,
        layers: int = 2,
        code: int = 32,
        energy: Reduction = "mean",
    ) -> None:
        super().__init__()
        at_least(1, hidden=hidden, code=code)
        at_least(0, layers=layers)
        self.classes = classes
        self.energy = energy
        values = math.prod(data.shape)
        self.encoder = stack(values + classes, hidden, layers, code)
        self.decoder = stack(code, hidden, layers, values)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *shape]`` with labels ``[N]``."""
        codes = self.encoder(with_labels(samples.flatten(1), labels, self.classes))
        made = self.decoder(codes).view_as(samples)
        error = (made - samples).flatten(1).square()
        return Critique(-_REDUCED[self.energy](error, 1), features=codes, extras={"reconstructed": made})


_REDUCED: Mapping[Reduction, Callable[[Tensor, int], Tensor]] = {"mean": torch.mean, "sum": torch.sum}


MLP_AUTOENCODER = Architecture(
    {"discriminator": MLPAutoencoder},
    Origin("Zhao, Mathieu & LeCun, Energy-based Generative Adversarial Network", 2016, "1609.03126"),
)

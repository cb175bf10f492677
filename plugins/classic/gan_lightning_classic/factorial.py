"""The networks of Predictability Minimization: a code of units, and a net for each that guesses it from the others."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, hidden_layers
from gan_lightning.origin import Origin
from gan_lightning_classic.fully_connected import MLPGenerator

PREDICTABILITY_PAPER = Origin("Schmidhuber, Learning Factorial Codes by Predictability Minimization", 1992)


class Encoder(nn.Module):
    """Sigmoid units on the sample, with ReLU layers between if wanted.

    A single layer, the default, is what the author coded images with.

    Args:
        data: What is coded: images or points of any shape.
        classes: Must be 0: a code is of the sample alone.
        units: Units of the code.
        layers: Number of hidden layers.
        hidden: Width of the hidden layers.

    Raises:
        ValueError: There are classes.
        UserError: A number is too small.

    Attributes:
        units: Units of the code.
    """

    def __init__(self, data: DataSpec, classes: int, *, units: int = 16, layers: int = 0, hidden: int = 128) -> None:
        super().__init__()
        _refuse_classes(classes)
        at_least(2, units=units)
        at_least(0, layers=layers)
        at_least(1, hidden=hidden)
        self.units = units
        inputs = math.prod(data.shape)
        self.hidden = hidden_layers(inputs, hidden, layers, nn.ReLU)
        self.last = nn.Linear(hidden if layers else inputs, units)

    def forward(self, samples: Tensor) -> Tensor:
        """Map samples ``[N, *shape]`` to codes ``[N, units]`` between 0 and 1."""
        return torch.sigmoid(self.last(self.hidden(samples.flatten(1))))


class Predictors(nn.Module):
    """As many nets as a code has units: net i sees all units but i, and says what it takes unit i to be.

    They are one product of matrices. The author's nets for images have no hidden units; these have a ReLU layer each,
    without which a unit that is the XOR of two others goes unseen.

    Args:
        data: The codes: points with a dimension for each unit.
        classes: Must be 0.
        hidden: Hidden units of each net; with 0 each is one sigmoid unit.

    Raises:
        UnsupportedShapeError: The data are no points of two dimensions or more.
        ValueError: There are classes.
        UserError: The number is below 0.
    """

    places: Tensor

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 16) -> None:
        super().__init__()
        _refuse_classes(classes)
        at_least(0, hidden=hidden)
        if data.kind != "points" or data.shape[0] < 2:
            raise UnsupportedShapeError(
                f"data: predictors see codes of at least 2 units as points, the data are {data}"
            )
        (units,) = data.shape
        self.units = units
        outputs = hidden or 1
        reach = 1 / math.sqrt(units - 1)
        self.weight = nn.Parameter(torch.empty(units * (units - 1), outputs).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.empty(units, outputs).uniform_(-reach, reach))
        self.last = nn.Parameter(torch.empty(units, hidden).uniform_(-1, 1) / math.sqrt(hidden)) if hidden else None
        self.last_bias = nn.Parameter(torch.zeros(units)) if hidden else None
        apart = ~torch.eye(units, dtype=torch.bool)
        self.register_buffer("places", apart.flatten().nonzero().squeeze(1), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Map codes ``[N, units]`` to what each unit is taken to be, ``[N, units]`` between 0 and 1."""
        units, outputs = self.bias.shape
        whole = self.weight.new_zeros(units * units, outputs).index_copy(0, self.places, self.weight)
        # whole[i * units + k] is what net i makes of unit k, and 0 where k is i
        matrix = whole.view(units, units, outputs).transpose(1, 2).reshape(units * outputs, units)
        told = nn.functional.linear(codes, matrix, self.bias.flatten()).view(-1, units, outputs)
        if self.last is None or self.last_bias is None:
            return torch.sigmoid(told.squeeze(2))
        return torch.sigmoid((torch.relu(told) * self.last).sum(dim=2) + self.last_bias)


class CodeDecoder(MLPGenerator):
    """Makes samples of codes: a linear layer, with ReLU layers before it if wanted; tanh at the end for images.

    Args:
        data: What is made: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        layers: Number of hidden layers.
        latent: Units of the code, as many as the encoder has.
    """

    def __init__(self, data: DataSpec, classes: int, *, layers: int = 1, latent: int = 16, **options: int) -> None:
        super().__init__(data, classes, layers=layers, latent=latent, **options)


def _refuse_classes(classes: int) -> None:
    if classes:
        raise ValueError(f"classes: a code is of the sample alone, expected 0, got {classes}")


PREDICTABILITY = Architecture(
    {"encoder": Encoder, "predictors": Predictors, "decoder": CodeDecoder}, PREDICTABILITY_PAPER
)

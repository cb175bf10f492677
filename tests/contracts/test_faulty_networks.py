"""The conformance kit notices networks that break what they promise: each here breaks one promise."""

import random as python_random

import pytest
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from gan_lightning.components import Architecture
from gan_lightning.critique import Critique
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.testing import (
    check_architecture,
)
from gan_lightning.testing.toys import TOY_NETWORKS, ToyDiscriminator, ToyGenerator


class Loud(ToyGenerator):
    """Leaves the range of images."""

    def forward(self, latents, labels=None):
        return 1.5 * super().forward(latents, labels)


class Deaf(ToyGenerator):
    """Hears no labels."""

    def forward(self, latents, labels=None):
        return super().forward(latents, None if labels is None else torch.zeros_like(labels))


class Idle(ToyGenerator):
    """Has a parameter that nothing depends on."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.spare = nn.Parameter(torch.ones(2))


class Cancelled(ToyGenerator):
    """Has a parameter whose effect is multiplied by nothing."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.spare = nn.Parameter(torch.ones(()))

    def forward(self, latents, labels=None):
        return super().forward(latents, labels) + 0 * self.spare


class Hidden(ToyGenerator):
    """Keeps a random tensor outside its state."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.shift = torch.rand(())

    def forward(self, latents, labels=None):
        return super().forward(latents + self.shift, labels)


class Private(ToyGenerator):
    """Begins from a stream of its own."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        nn.init.constant_(self.layers[0].bias, python_random.random())


class Shared(ToyGenerator):
    """Gives its copies the same weights."""

    def __deepcopy__(self, memo):
        return self


class Narrow(ToyGenerator):
    """Knows no shape at all."""

    def __init__(self, data, classes, *, width: int = 16):
        raise UnsupportedShapeError(f"{data.shape} is too much")


class Crashing(ToyGenerator):
    """Does not say that it cannot make points."""

    def __init__(self, data, classes, *, width: int = 16):
        _, _, _ = data.shape
        super().__init__(data, classes, width=width)


class Columns(ToyDiscriminator):
    """Returns a column of logits, which broadcasts against a row."""

    def forward(self, samples, labels=None):
        return Critique(super().forward(samples, labels).logits[:, None])


class Iterating(ToyDiscriminator):
    """Moves the vector of its power iteration whenever it is asked."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.register_buffer("vector", torch.randn(1, 1))

    def forward(self, samples, labels=None):
        self.vector.add_(0.1)
        return super().forward(samples, labels)


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x * 1.0

    @staticmethod
    @once_differentiable
    def backward(context, gradient):
        return gradient


class OnceDifferentiable(ToyDiscriminator):
    """Has a layer without a second derivative."""

    def forward(self, samples, labels=None):
        return super().forward(_Once.apply(samples), labels)


class NotInHalf(ToyDiscriminator):
    """Overflows in low precision."""

    def forward(self, samples, labels=None):
        made = super().forward(samples, labels)
        return Critique(made.logits * (float("inf") if torch.is_autocast_enabled("cpu") else 1.0))


NETWORKS = {
    Loud: "makes samples like the data",
    Deaf: "listens to labels: generator at .* with labels: other labels change nothing",
    Idle: "trains every parameter: .*parameter spare gets no gradient",
    Cancelled: "trains every parameter: .*the gradient of parameter spare is zero",
    Hidden: "is rebuilt from its state: .*a network with the same state answers otherwise",
    Private: r"begins the same from the same seed: generator: layers\.0\.bias differs",
    Shared: "can be copied and averaged: .*a copy changes with the original",
    Narrow: "takes a shape and refuses others: generator accepts none",
    Crashing: "takes a shape and refuses others: ValueError",
    Columns: r"gives a logit for each sample: .*expected logits \[4\]",
    Iterating: "keeps its state in evaluation: .*vector changes in evaluation mode",
    OnceDifferentiable: "differentiates twice: RuntimeError",
    NotInHalf: "runs in bfloat16: .*outputs are not finite",
}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_faulty_networks_are_caught(network):
    roles = dict(TOY_NETWORKS.roles)
    roles["generator" if issubclass(network, ToyGenerator) else "discriminator"] = network
    with pytest.raises(AssertionError, match=NETWORKS[network]):
        check_architecture(Architecture(roles), "faulty")


def test_sound_networks_pass():
    check_architecture(TOY_NETWORKS, "sound")


def test_relu_discriminators_pass_the_second_derivative():
    class Kinked(ToyDiscriminator):
        """Has ReLUs, whose second derivative is zero almost everywhere."""

        def __init__(self, data, classes, *, width: int = 16):
            super().__init__(data, classes, width=width)
            self.body[1] = nn.ReLU()

    check_architecture(Architecture({**TOY_NETWORKS.roles, "discriminator": Kinked}), "kinked")

"""The conformance kit notices penalties that break what they promise: each here breaks one promise."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from gan_lightning.components import Penalty
from gan_lightning.testing import (
    check_penalty,
)


@dataclass(frozen=True)
class Steepness(Penalty):
    """A sound penalty on the slope at real samples.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
    """

    def __call__(self, play):
        samples = play.real.detach().requires_grad_()
        logits = play.judge(samples, play.real_labels, "real").logits
        (slope,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
        return self.shaped(slope)

    def shaped(self, slope):
        return slope.square().sum()


class Negative(Steepness):
    """Has the wrong sign."""

    def shaped(self, slope):
        return -slope.square().sum()


class Graphless(Steepness):
    """Forgets the graph."""

    def shaped(self, slope):
        return slope.detach().square().sum().requires_grad_()


class Forgetful(Steepness):
    """Draws from torch's global stream."""

    def shaped(self, slope):
        return (slope.square() * torch.rand_like(slope)).sum()


class Bystander(Steepness):
    """Names a player that it does not reach."""

    players: ClassVar[tuple[str, ...]] = ("generator",)


PENALTIES = {
    Negative: "gives a finite scalar: expected a finite number of at least 0",
    Graphless: "reaches the weights of its players: no weight of its player gets a gradient",
    Forgetful: "repeats itself: two terms of the same turn differ",
    Bystander: "reaches the weights of its players",
}


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.__name__)
def test_faulty_penalties_are_caught(penalty):
    check_penalty(Steepness)
    with pytest.raises(AssertionError, match=PENALTIES[penalty]):
        check_penalty(penalty)

"""Relativistic losses over any base, against the paper's formulas on logits of a batch."""

from __future__ import annotations

import pytest
import torch
from critics import CATALOG, numbers
from torch.nn.functional import logsigmoid, softplus

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError

#: f1 and f2 as the paper has them.
BASES = {
    "standard": (lambda y: -logsigmoid(y), lambda y: -torch.log1p(-torch.sigmoid(y))),
    "least_squares": (lambda y: (y - 1) ** 2, lambda y: (y + 1) ** 2),
    "hinge": (lambda y: (1 - y).clamp(min=0), lambda y: (1 + y).clamp(min=0)),
    "wasserstein": (lambda y: -y, lambda y: y),
}
NAMED = {
    "softplus_minus": lambda y: softplus(-y),
    "softplus_plus": softplus,
    "squared_minus": BASES["least_squares"][0],
    "squared_plus": BASES["least_squares"][1],
    "hinge_minus": BASES["hinge"][0],
    "hinge_plus": BASES["hinge"][1],
    "minus": lambda y: -y,
    "plus": lambda y: y,
    "zero": torch.zeros_like,
}
REAL, FAKE = numbers(8).double(), numbers(8, seed=1).double()


def found(name, **options):
    loss = CATALOG.find("loss", name).component(**options)
    return [float(term(Critique(REAL), Critique(FAKE))) for term in (loss.discriminator, loss.generator)]


@pytest.mark.parametrize("base", BASES)
def test_pairs(base):
    """L_D = E f1(r - f) and L_G = E g1(f - r) with g1 = f1: the paper's RGAN, whose two terms are one."""
    f1, f2 = BASES[base]
    apart = REAL - FAKE
    torch.testing.assert_close(f1(apart), f2(-apart))
    assert found("relativistic", base=base) == pytest.approx([float(f1(apart).mean()), float(f1(-apart).mean())])


@pytest.mark.parametrize("base", BASES)
def test_averages(base):
    f1, f2 = BASES[base]
    of_real, of_fake = REAL - FAKE.mean(), FAKE - REAL.mean()
    wanted = [float(f1(of_real).mean() + f2(of_fake).mean()), float(f2(of_real).mean() + f1(of_fake).mean())]
    assert found("relativistic_average", base=base) == pytest.approx(wanted)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(("place", "player", "side"), [("f1", 0, 0), ("f2", 0, 1), ("g1", 1, 0), ("g2", 1, 1)])
def test_each_of_the_four_functions_can_be_another(name, place, player, side):
    """With a base of zeros but for one function, that one is all that is paid."""
    zeros = dict.fromkeys(("f1", "f2", "g1", "g2"), "zero")
    apart = [REAL - FAKE.mean(), FAKE - REAL.mean()][side]
    wanted = [0.0, 0.0]
    wanted[player] = float(NAMED[name](apart).mean())
    assert found("relativistic_average", **{**zeros, place: name}) == pytest.approx(wanted)


def test_pairs_are_pairs():
    with pytest.raises(UserError, match=r"expected equal batches, got 8 and 3"):
        CATALOG.find("loss", "relativistic").component(base="hinge").generator(Critique(REAL), Critique(FAKE[:3]))

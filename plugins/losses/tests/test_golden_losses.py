"""Every loss of logits against values that were computed elsewhere, and what the first three formulas promise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique

CASES = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
LOSSES = Catalog.installed()

#: The recipe's words for the values that have another name.
SPELLED = {
    "relativistic_average_least_squares": ("relativistic_average", {"base": "least_squares"}),
    "relativistic_average_hinge": ("relativistic_average", {"base": "hinge"}),
}


def loss(name, **options):
    return LOSSES.find("loss", name).component(**options)


def spelled(name):
    bare, _, divergence = name.partition(":")
    name, options = SPELLED.get(name, (bare, {"divergence": divergence} if divergence else {}))
    return loss(name, **options)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("name", CASES[0]["expected"])
def test_values_are_those_computed_elsewhere(name, case):
    real, fake = (Critique(torch.tensor(case[side], dtype=torch.float64)) for side in ("real", "fake"))
    expected = case["expected"][name]
    assert float(spelled(name).discriminator(real, fake)) == pytest.approx(expected["discriminator"], abs=1e-6)
    assert float(spelled(name).generator(real, fake)) == pytest.approx(expected["generator"], abs=1e-6)


def test_hinge_lets_samples_beyond_the_margin_go():
    logits = torch.tensor([1.5, -0.5], requires_grad=True)
    loss("hinge").discriminator(Critique(logits), Critique(torch.tensor([-2.0]))).backward()
    assert logits.grad.tolist() == [0.0, -0.5], "only the real sample inside the margin pulls"


def test_non_saturating_keeps_a_gradient_where_the_discriminator_is_sure():
    logits = torch.tensor([-30.0], requires_grad=True)
    loss("non_saturating").generator(Critique(logits), Critique(logits)).backward()
    assert float(logits.grad) == pytest.approx(-1.0)


def test_wasserstein_measures_the_shift_of_parallel_lines():
    """A 1-Lipschitz critic, D(x) = x, on samples shifted by theta loses exactly -theta."""
    theta = 3.0
    fake = torch.randn(64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    value = loss("wasserstein").discriminator(Critique(fake + theta), Critique(fake))
    assert float(value) == pytest.approx(-theta)

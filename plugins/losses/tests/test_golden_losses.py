"""Every loss against values that were computed elsewhere, and what its formula promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique

CASES = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
LOSSES = Catalog.installed()


def loss(name, **options):
    return LOSSES.find("loss", name).component(**options)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("name", ["hinge", "non_saturating", "wasserstein"])
def test_values_are_those_computed_elsewhere(name, case):
    real, fake = (Critique(torch.tensor(case[side], dtype=torch.float64)) for side in ("real", "fake"))
    expected = case["expected"][name]
    assert float(loss(name).discriminator(real, fake)) == pytest.approx(expected["discriminator"], abs=1e-6)
    assert float(loss(name).generator(real, fake)) == pytest.approx(expected["generator"], abs=1e-6)


def test_hinge_lets_samples_beyond_the_margin_go():
    logits = torch.tensor([1.5, -0.5], requires_grad=True)
    loss("hinge").discriminator(Critique(logits), Critique(torch.tensor([-2.0]))).backward()
    assert logits.grad.tolist() == [0.0, -0.5], "only the real sample inside the margin pulls"


def test_non_saturating_keeps_a_gradient_where_the_discriminator_is_sure():
    logits = torch.tensor([-30.0], requires_grad=True)
    loss("non_saturating").generator(Critique(logits), Critique(logits)).backward()
    assert float(logits.grad) == pytest.approx(-1.0)


def test_non_saturating_is_finite_for_extreme_logits():
    real, fake = Critique(torch.tensor([-1e4, 1e4])), Critique(torch.tensor([1e4, -1e4]))
    assert torch.isfinite(loss("non_saturating").discriminator(real, fake))


def test_wasserstein_measures_the_shift_of_parallel_lines():
    """A 1-Lipschitz critic, D(x) = x, on samples shifted by theta loses exactly -theta."""
    theta = 3.0
    fake = torch.randn(64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    value = loss("wasserstein").discriminator(Critique(fake + theta), Critique(fake))
    assert float(value) == pytest.approx(-theta)

"""Stacks of three digits, and the classifier that tells their modes."""

from pathlib import Path

import pytest
import torch

from gan_lightning.data.samples import to_network
from gan_lightning.data.stacked_digits import StackedDigits
from gan_lightning.errors import UserError
from gan_lightning.metrics.modes import ModeCoverage


@pytest.fixture(scope="module")
def stacks():
    return StackedDigits(resolution=16, count=600).load(Path())


def test_channels_are_the_digits_that_the_class_spells(stacks):
    digits = StackedDigits(resolution=16, count=600, seed=1).load(Path())
    assert stacks.values.shape == (600, 3, 16, 16)
    assert stacks.class_names[int(stacks.labels[0])] == f"{int(stacks.labels[0]):03d}"
    assert stacks.fingerprint != digits.fingerprint
    mode_of = stacks.facts["mode_of"]
    swapped = to_network(stacks.values).flip(1)
    spelt = torch.tensor([int(stacks.class_names[label][::-1]) for label in stacks.labels])
    assert (mode_of(swapped) == spelt).double().mean() > 0.97


def test_modes_of_the_data_are_those_of_their_labels(stacks):
    metric = ModeCoverage()
    metric.prepare(stacks, 600)
    for part in to_network(stacks.values).split(250):
        metric.update(part, real=False)
    found = {name: float(value) for name, value in metric.compute().items()}
    assert found["modes"] == pytest.approx(len(stacks.labels.unique()), rel=0.03)
    assert found["mode_kl"] < 1.0


def test_copies_of_one_stack_are_one_mode(stacks):
    metric = ModeCoverage()
    metric.prepare(stacks, 50)
    metric.update(to_network(stacks.values[:1]).expand(50, -1, -1, -1), real=False)
    found = metric.compute()
    assert found["modes"] == 1
    assert float(found["mode_kl"]) == pytest.approx(6.9078, abs=1e-3)  # log 1000


def test_there_must_be_some():
    with pytest.raises(UserError, match=r"data\.count: expected 1 or more, got 0"):
        StackedDigits(count=0).load(Path())

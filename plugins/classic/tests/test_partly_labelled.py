"""Which labels are known, what is held out, and how batches are made of both halves."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_classic.partly_labelled import InTurns, PartlyLabelled
from PIL import Image

from gan_lightning.data.digits import Digits
from gan_lightning.data.loader import Plan, RoundLoader
from gan_lightning.errors import UserError


def load(tmp_path, **options):
    return PartlyLabelled(**{"options": {"resolution": 8}, **options}).load(tmp_path)


def rows_of(samples):
    """Return the numbers of the training samples, of those with a label, and of what is held out."""
    training, again = samples.values.rows.chunk(2)
    return training, again, samples.facts["held_out"][0].rows


def test_every_digit_is_for_training_or_held_out(tmp_path):
    training, again, held = rows_of(load(tmp_path))
    assert len(held) == round(0.25 * 1797)
    assert sorted([*training.tolist(), *held.tolist()]) == list(range(1797))
    assert set(again.tolist()) <= set(training.tolist())


def test_so_many_labels_of_each_class_are_known_and_right(tmp_path):
    samples = load(tmp_path, labelled=7)
    _, again, held = rows_of(samples)
    right = Digits().load(tmp_path).labels
    known = again.unique()
    assert right[known].bincount().tolist() == [7] * 10
    half = len(again)
    assert torch.equal(samples.labels[half:], right[again])
    assert (samples.labels[:half] == 10).all()
    assert samples.class_names[10] == "unlabelled"
    assert sum(samples.spec.class_counts[:10]) == samples.spec.class_counts[10] == half
    assert torch.equal(samples.facts["held_out"][1], right[held])


def test_batches_are_half_of_each_and_an_epoch_shows_every_sample_once(tmp_path):
    samples = load(tmp_path)
    rounds = iter(RoundLoader(samples, lambda _: Plan(1, 16), seed=0))
    for _ in range(5):
        assert (next(rounds).labels == 10).sum() == 8
    draws = {"first": 0, "second": 1}
    order = InTurns().piece(0, 20, lambda part: torch.Generator().manual_seed(draws[part]))
    assert sorted(order.tolist()) == list(range(20))
    assert order.view(10, 2).lt(10).tolist() == [[True, False]] * 10


def test_the_choice_is_a_function_of_its_seed(tmp_path):
    first, again, other = (load(tmp_path, choice_seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.values.rows, again.values.rows)
    assert first.fingerprint == again.fingerprint
    assert not torch.equal(first.values.rows, other.values.rows)
    assert first.fingerprint != other.fingerprint


def test_a_data_set_may_bring_its_own_test_samples(tmp_path):
    samples = load(tmp_path, test={"resolution": [8, 8]})
    assert len(samples) == 2 * 1797
    assert len(samples.facts["held_out"][0]) == 1797


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labelled": 0}, "labelled: expected at least 1"),
        ({"labelled": 1000}, r"data\.labelled: a class has 1\d\d samples for training, 1000 are asked for"),
        ({"held_out": 1.0}, "held_out: expected a share between 0 and 1, got 1"),
        ({"of": "folder", "options": {"path": ".", "labels": False}}, r"data\.of: folder has no labels"),
    ],
)
def test_choices_that_leave_nothing_are_refused(tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    Image.new("L", (8, 8)).save("image.png")
    with pytest.raises(UserError, match=said):
        load(tmp_path, **options)

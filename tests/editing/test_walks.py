"""Walks between latents, styles and classes."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from gan_lightning.editing.classes import between_classes
from gan_lightning.editing.walk import Walk, lerp, slerp
from gan_lightning.errors import UserError


def test_a_great_circle_keeps_lengths_and_divides_the_angle():
    start, end = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    (third,) = slerp(start, end, torch.tensor([1 / 3]))
    assert torch.allclose(third, 3 * torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6)]), atol=1e-6)


@pytest.mark.parametrize("way", [lerp, slerp])
def test_a_walk_begins_and_ends_at_its_keys(way):
    start, end = torch.randn(2, 5, 4, 2, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(way(start, end, torch.zeros(5)), start, atol=1e-6)
    assert torch.allclose(way(start, end, torch.ones(5)), end, atol=1e-6)


def test_latents_in_one_line_have_no_circle():
    start = torch.tensor([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    end = torch.tensor([[2.0, 4.0], [-1.0, -2.0], [1.0, 0.0]])
    between = slerp(start, end, torch.full((3,), 0.25))
    assert torch.allclose(between[:2], lerp(start, end, torch.full((3,), 0.25))[:2])
    assert between.isfinite().all()


def test_a_loop_shows_each_key_once_and_an_open_walk_ends_at_the_last():
    keys = torch.eye(3)
    loop = Walk.through(3, 4, loop=True).between(keys, lerp)
    assert len(loop) == 12
    assert torch.equal(loop[::4], keys)
    assert torch.allclose(loop[-1], torch.tensor([0.75, 0.0, 0.25]))
    path = Walk.through(3, 4, loop=False).between(keys, lerp)
    assert len(path) == 8
    assert torch.equal(path[[0, 4, 7]], keys)


@pytest.mark.parametrize(("keys", "steps"), [(1, 4), (3, 1)])
def test_a_walk_to_nowhere_is_refused(keys, steps):
    with pytest.raises(UserError, match="two keys and two steps"):
        Walk.through(keys, steps, loop=True)


class Indexing(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(5, 3))

    def forward(self, labels):
        return self.table[labels]


READERS = {
    "embedding": nn.Embedding(5, 3),
    "one-hot": lambda labels: one_hot(labels, 5).float(),
    "rows": Indexing(),
    "index_select": lambda labels: torch.index_select(torch.eye(5), 0, labels),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_whatever_reads_classes_reads_a_mixture(reader):
    labels, others, share = torch.tensor([0, 1]), torch.tensor([2, 3]), torch.tensor([0.25, 1.0])
    with between_classes(labels, others, share):
        mixed = reader(labels)
    assert torch.allclose(mixed, torch.lerp(reader(labels).float(), reader(others).float(), share[:, None]))


def test_classes_that_nothing_mixes_are_refused():
    labels = torch.tensor([0, 1])
    with pytest.raises(UserError, match="name one class"), between_classes(labels, labels + 1, torch.zeros(2)):
        (labels * 2).float()
    with between_classes(labels, labels, torch.zeros(2)):
        (labels * 2).float()

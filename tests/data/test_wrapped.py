"""Data sets made of another: loaded by name, and some of its samples."""

from __future__ import annotations

import pytest
import torch

from gan_lightning.data.samples import Samples, take
from gan_lightning.data.wrapped import Chosen, load_named
from gan_lightning.errors import UserError


def test_a_data_set_is_loaded_as_a_recipe_would(tmp_path):
    samples = load_named("digits", {"resolution": 8}, tmp_path)
    assert samples.values.shape == (1797, 1, 8, 8)
    with pytest.raises(UserError, match=r"^data\.options\.resolutoin: "):
        load_named("digits", {"resolutoin": 8}, tmp_path)
    with pytest.raises(UserError, match="digits"):
        load_named("digit", {}, tmp_path)


class Decoded:
    """Values that are no tensor, as those that are decoded when they are asked for."""

    shape, dtype = torch.Size((6, 2)), torch.float32

    def __len__(self):
        return 6

    def __getitem__(self, rows):
        return torch.arange(12.0).view(6, 2)[rows]


@pytest.mark.parametrize("values", [Decoded()[:], Decoded()], ids=["tensor", "decoded"])
def test_some_samples_come_in_the_order_and_as_often_as_they_were_chosen(values):
    chosen = Chosen(values, torch.tensor([5, 0, 5]))
    assert (len(chosen), chosen.shape, chosen.dtype) == (3, (3, 2), torch.float32)
    assert chosen[torch.tensor([2, 1])].tolist() == [[10, 11], [0, 1]]
    assert chosen[1:].tolist() == [[0, 1], [10, 11]]
    assert take(chosen, torch.tensor([0])).tolist() == [[10, 11]]
    assert Samples(chosen, None, "some", "some").spec.shape == (2,)

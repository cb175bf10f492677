"""Data whose factorial code is known, and scores of codes."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_classic.independence import (
    BitsRecovered,
    CodeIndependence,
    entropy,
    mutual_information,
    recovered_share,
)
from gan_lightning_classic.redundant_bits import RedundantBits, mixed
from torch import nn

from gan_lightning.data.digits import Digits
from gan_lightning.errors import UserError


class Known(nn.Module):
    """A game whose code is the bits of the data, and whose decoder mixes them again."""

    def __init__(self, data):
        super().__init__()
        self.mixing = data.facts["mixing"]
        pixels = map(tuple, data.values.flatten(1).tolist())
        self.codebook = dict(zip(pixels, data.facts["bits"], strict=True))

    def encode(self, networks, samples, labels=None):
        pixels = ((samples + 1) * 127.5).round().byte()
        return torch.stack([self.codebook[tuple(row.flatten().tolist())] for row in pixels]).float()

    def reconstruct(self, networks, samples, labels=None):
        bits = self.encode(networks, samples)
        return mixed(bits, self.mixing).view_as(samples).float() * 2 - 1


class Constant(Known):
    """A code that is always the same."""

    def encode(self, networks, samples, labels=None):
        return torch.ones(len(samples), 6)


def told(score, data, kind=Known):
    score.prepare(data, 1)
    score.meet(kind(data), {"encoder": nn.Linear(1, 1)})
    score.update(torch.zeros(1), real=False)
    return {name: value.item() for name, value in score.compute().items()}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return RedundantBits(count=3000).load(tmp_path_factory.mktemp("cache"))


def test_pixels_are_what_their_bits_vote_for(data):
    mixing, bits = data.facts["mixing"], data.facts["bits"]
    assert data.values.shape == (3000, 1, 7, 7)
    assert (mixing.abs().sum(dim=1) == 3).all(), "three votes each"
    votes = mixing.abs().sum(dim=0)
    assert votes.max() - votes.min() <= 1, "each bit has as many pixels as the others"
    white = data.values.flatten(1) == 255
    assert torch.equal(white, mixed(bits, mixing))
    assert white[0, 4] == (((2 * bits[0].float() - 1) * mixing[4]).sum() > 0)
    assert (bits.float().mean(dim=0) - 0.5).abs().max() < 0.04
    assert len(data.values.unique(dim=0)) == 64, "no two settings of the bits look alike"


def test_bits_that_cannot_be_mixed_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"data\.votes: expected an odd number from 1 to 6, got 2"):
        RedundantBits(votes=2)
    with pytest.raises(UserError, match=r"data\.bits: expected 2 to 12, got 13"):
        RedundantBits(bits=13)
    with pytest.raises(UserError, match=r"data\.resolution: 4 pixels of 3 votes each do not tell 6 bits apart"):
        RedundantBits(resolution=2).load(tmp_path)


def test_information_of_independent_units_is_about_0_and_of_copies_their_entropy():
    first, second = torch.rand(2, 20_000, generator=torch.Generator().manual_seed(0)) < torch.tensor([[0.5], [0.2]])
    found = mutual_information(torch.stack([first, second, ~second, first ^ second], dim=1))
    assert abs(found[0, 1]) < 3e-4
    assert found[1, 2].item() == pytest.approx(entropy(second[:, None]).item(), abs=1e-3)
    assert found[1, 2].item() == pytest.approx(0.722, abs=0.02)
    assert found[0, 3] > 0.2
    torch.testing.assert_close(found, found.T)


def test_the_estimate_is_not_too_high_by_the_number_of_samples():
    """The plain estimate would be 1 / (2 N ln 2) bits too high on average."""
    draws = torch.rand(2000, 40, 2, generator=torch.Generator().manual_seed(0)) < 0.5
    mean = torch.stack([mutual_information(draw)[0, 1] for draw in draws]).mean().item()
    assert abs(mean) < 0.25 / (2 * 40 * 0.693)


def test_a_unit_that_never_changes_tells_nothing_and_has_no_entropy():
    units = torch.stack([torch.ones(100).bool(), torch.arange(100) % 2 == 0], dim=1)
    assert mutual_information(units)[0, 1] == 0
    assert entropy(units).tolist() == pytest.approx([0.0, 1.0])


def test_scores_of_the_true_bits_are_perfect(data):
    values = told(CodeIndependence(), data)
    assert abs(values["code_information_mean"]) < 5e-4
    assert values["code_information_max"] < 5e-3
    assert values["code_entropy"] > 0.995
    assert values["decoded_right"] == 1
    assert values["decoding_error"] == 0
    assert told(BitsRecovered(), data) == {"bits_recovered": 1.0}


def test_a_constant_code_is_independent_but_says_nothing(data):
    values = told(CodeIndependence(), data, Constant)
    assert values["code_information_max"] == 0
    assert values["code_entropy"] == 0
    assert 0.3 < values["decoded_right"] < 0.7


def test_a_bit_is_recovered_by_one_unit_whichever_and_however_signed():
    bits = torch.rand(1000, 3, generator=torch.Generator().manual_seed(0)) < 0.5
    assert recovered_share(~bits[:, [2, 0, 1]], bits) == 1
    assert recovered_share(bits[:, [0, 0, 0]], bits) == pytest.approx(2 / 3, abs=0.03), "one unit serves one bit"
    assert recovered_share(bits[:, :1], bits) == pytest.approx(2 / 3, abs=1e-6), "bits without a unit are guessed"


def test_scores_say_what_they_need(data, tmp_path):
    with pytest.raises(UserError, match="digits is made of no bits; take data redundant_bits"):
        BitsRecovered().prepare(Digits(8).load(tmp_path), 1)
    score = CodeIndependence()
    score.prepare(data, 1)
    with pytest.raises(UserError, match="Linear has no encoder whose code could be scored"):
        score.meet(nn.Linear(1, 1), {})
    score.update(torch.zeros(1), real=False)
    with pytest.raises(UserError, match="it asks the networks of a trained game"):
        score.compute()

"""Scores that ask the discriminator: what they say of answers that are known."""

from __future__ import annotations

import pytest
import torch
from classic_turns import make_game
from gan_lightning_classic.classification_error import ClassificationError
from gan_lightning_classic.code_accuracy import CodeAccuracy, matched_share
from gan_lightning_classic.infogan_game import InfoGANGame
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.samples import Samples
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.two_player import TwoPlayerGame

LABELS = torch.arange(12) % 3
PIXELS = (LABELS * 100).byte().view(12, 1, 1, 1)


class Reading(nn.Module):
    """Tells the class of a sample by its brightness, but takes class 2 for class 1 while it trains."""

    def __init__(self, output):
        super().__init__()
        self.output = output
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, samples, labels=None):
        told = ((samples.flatten() + 1) * 127.5 / 100).round().long()
        if self.training:
            told = told.clamp(max=1)
        return Critique(samples.flatten(), extras={self.output: nn.functional.one_hot(told, 3).float()})


def samples(**facts):
    return Samples(PIXELS, LABELS, "grays", "grays", ("black", "gray", "white"), facts)


def evaluated(tmp_path, score, game, networks, data, *, meet=True):
    evaluator = Evaluator(data, None, {"tried": score}, 4, seed=0, cache=tmp_path)
    if meet:
        evaluator.meet(game, networks)
    return evaluator.evaluate([torch.zeros(4, 1, 1, 1)], "ema")[0].values


def two_player():
    return make_game(TwoPlayerGame, DataSpec((1, 1, 1)))


def test_the_error_is_the_share_of_wrong_classes(tmp_path):
    told = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 1, 1])
    data = samples(held_out=(PIXELS, told))
    discriminator = Reading("classes")
    values = evaluated(tmp_path, ClassificationError(), two_player(), {"discriminator": discriminator}, data)
    assert values == {"classification_error": pytest.approx(2 / 12)}
    assert discriminator.training, "the mode is put back"


def test_an_error_needs_samples_that_are_held_out_an_output_and_a_game(tmp_path):
    with pytest.raises(UserError, match="nothing of grays is held out; take data partly_labelled"):
        ClassificationError().prepare(samples(), 4)
    data = samples(held_out=(PIXELS, LABELS))
    networks = {"discriminator": Reading("auxiliary_classifier")}
    with pytest.raises(UserError, match="no output 'classes'; choose from: auxiliary_classifier"):
        evaluated(tmp_path, ClassificationError(), two_player(), networks, data)
    assert evaluated(tmp_path, ClassificationError("auxiliary_classifier"), two_player(), networks, data)
    with pytest.raises(UserError, match="'classification_error': it asks the networks of a trained game"):
        evaluated(tmp_path, ClassificationError(), two_player(), networks, data, meet=False)


def test_categories_are_matched_with_classes_as_best_they_can_be():
    classes = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    assert matched_share((classes + 1) % 3, classes) == 1
    assert matched_share(torch.tensor([1, 1, 1, 1, 1, 0, 0, 5]), classes) == 5 / 8
    assert matched_share(torch.zeros(8, dtype=torch.long), classes) == 3 / 8


def test_a_code_is_asked_of_q(tmp_path):
    game = make_game(InfoGANGame, DataSpec((1, 1, 1)), categorical=(3,), continuous=0)
    networks = {"discriminator": Reading("codes")}
    assert evaluated(tmp_path, CodeAccuracy(), game, networks, samples()) == {"code_accuracy": 1.0}
    with pytest.raises(UserError, match="it needs game infogan with a categorical code"):
        evaluated(tmp_path, CodeAccuracy(), two_player(), networks, samples())

"""The consistency term: two draws of dropout, the margin, and a critic without dropout."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, make_game, numbers, penalty, take_turn
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError


class Alternating(nn.Dropout):
    """Multiplies by 1, then by 3, then by 1 again."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        return x * (1.0 if self.calls % 2 else 3.0)


class Dropping(nn.Module):
    """D(x) = s * the sum of its features, which are the sample behind dropout."""

    def __init__(self, dropout):
        super().__init__()
        self.dropout = dropout
        self.scale = nn.Parameter(torch.tensor(0.5))

    def forward(self, samples, labels=None):
        features = self.dropout(samples)
        return Critique(self.scale * features.sum(1), features=features)


def turn_of(critic, **options):
    rule = penalty("consistency_term", **options)
    return rule, take_turn(make_game(critic, Affine(), {"consistency_term": rule}), numbers(8, 4))


@pytest.mark.parametrize(("inner", "margin"), [(0.1, 0.0), (0.7, 0.0), (0.1, 1.0)])
def test_squared_changes_of_score_and_features_beyond_the_margin(inner, margin):
    """Features change by twice the sample, scores by twice half its sum."""
    rule, turn = turn_of(Dropping(Alternating(0.5)), inner=inner, margin=margin)
    x = turn.real
    wanted = (x.sum(1).square() + inner * (2 * x).square().mean(1) - margin).clamp(min=0).mean()
    assert float(rule(turn).detach()) == pytest.approx(float(wanted), rel=1e-5)


def test_real_dropout_is_drawn_twice():
    torch.manual_seed(0)
    rule, turn = turn_of(Dropping(nn.Dropout(0.5)))
    term = rule(turn)
    term.backward()
    assert float(term.detach()) > 0.0
    assert float(turn.game.networks["discriminator"].scale.grad) > 0.0


@pytest.mark.parametrize("critic", [Bent(), Dropping(nn.Dropout(0.0))])
def test_a_critic_that_sees_a_sample_the_same_way_twice_is_refused(critic):
    with pytest.raises(UserError, match=r"^penalties\.consistency_term: it compares two draws .* which has none$"):
        turn_of(critic)


@pytest.mark.parametrize("options", [{"inner": -0.1}, {"margin": -1.0}])
def test_what_would_reward_change_is_refused(options):
    with pytest.raises(UserError, match=rf"^penalties\.consistency_term\.{next(iter(options))}: expected at least 0"):
        penalty("consistency_term", **options)

"""Predictability Minimization: who is taught what by which way, and what codes are drawn from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from classic_turns import take_turn
from gan_lightning_classic.factorial import CodeDecoder, Encoder, Predictors
from gan_lightning_classic.predictability import PredictabilityMinimization, prediction_error
from torch import nn

from gan_lightning.abilities import Encoding
from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.game import Parts
from gan_lightning.randomness import Randomness

IMAGES = DataSpec((1, 4, 4))
UNITS = 5


def parts(**changes):
    networks = {
        "encoder": partial(Encoder, units=UNITS),
        "predictors": partial(Predictors, hidden=4),
        "decoder": partial(CodeDecoder, latent=UNITS, hidden=8),
    }
    return replace(Parts(IMAGES, 16, networks), **changes)


def game(**options):
    return PredictabilityMinimization(parts(), **options)


def images(count=16, seed=0):
    return Batch(torch.randint(0, 2, (count, 1, 4, 4), generator=torch.Generator().manual_seed(seed)).byte() * 255)


def paid(played, player, batch=None):
    turn = take_turn(played, batch or images(), player)
    return turn, turn.phase.losses(turn)


def graded(played):
    return {name for name, network in played.networks.items() if any(w.grad is not None for w in network.parameters())}


@pytest.mark.parametrize("hidden", [0, 3])
def test_a_predictor_sees_every_unit_but_its_own(hidden):
    predictors = Predictors(DataSpec((UNITS,), kind="points"), 0, hidden=hidden)
    codes = torch.rand(1, UNITS)
    felt = torch.autograd.functional.jacobian(lambda row: predictors(row[None])[0], codes[0])
    assert torch.equal(felt.diagonal(), torch.zeros(UNITS))
    if not hidden:
        assert (felt != 0).sum() == UNITS * (UNITS - 1)


def test_predictors_are_the_single_nets_that_they_stand_for():
    predictors = Predictors(DataSpec((3,), kind="points"), 0, hidden=2)
    codes = torch.rand(7, 3)
    told = predictors(codes)
    for unit in range(3):
        others = [other for other in range(3) if other != unit]
        hidden = torch.relu(codes[:, others] @ predictors.weight.view(3, 2, 2)[unit] + predictors.bias[unit])
        alone = torch.sigmoid(hidden @ predictors.last[unit] + predictors.last_bias[unit])
        torch.testing.assert_close(told[:, unit], alone)


def test_networks_have_the_weights_of_n_nets_with_n_minus_1_inputs():
    count = lambda network: sum(weight.numel() for weight in network.parameters())  # noqa: E731
    assert count(Predictors(DataSpec((16,), kind="points"), 0, hidden=0)) == 16 * (15 + 1)
    assert count(Predictors(DataSpec((16,), kind="points"), 0, hidden=4)) == 16 * (15 * 4 + 4 + 4 + 1)
    assert count(Encoder(DataSpec((1, 8, 8)), 0, units=16)) == 65 * 16


def test_both_sides_are_paid_the_same_error_with_opposite_signs():
    played = game()
    _, theirs = paid(played, "predictors")
    turn, ours = paid(played, "encoder")
    by_hand = sum((turn.predicted[:, unit] - turn.codes[:, unit]).square().mean() for unit in range(UNITS))
    torch.testing.assert_close(theirs["error"], by_hand)
    torch.testing.assert_close(ours["escape"], -by_hand)
    assert list(ours) == ["escape"], "optional terms are left out"


def test_predictors_learn_from_codes_without_teaching_the_encoder():
    played = game()
    _, terms = paid(played, "predictors")
    terms["error"].backward()
    assert graded(played) == {"predictors"}


def test_the_encoder_feels_the_units_themselves_and_what_the_others_are_told():
    played = game()
    turn, terms = paid(played, "encoder")
    codes = turn.codes
    (whole,) = torch.autograd.grad(terms["escape"], codes, retain_graph=True)
    told, itself = codes.detach().clone().requires_grad_(), codes.detach().clone().requires_grad_()
    error = (played.networks["predictors"](told) - itself).square().mean(dim=0).sum()
    by_others, by_itself = torch.autograd.grad(-error, [told, itself])
    torch.testing.assert_close(whole, by_others + by_itself)
    assert by_others.abs().max() > 0
    assert by_itself.abs().max() > 0
    terms["escape"].backward()
    assert graded(played) == {"encoder"}


def test_the_decoder_learns_from_codes_that_it_has_no_say_in_unless_asked_for():
    played = game()
    _, terms = paid(played, "decoder")
    terms["reconstruction"].backward()
    assert graded(played) == {"decoder"}
    taught = game(reconstruction=2.0)
    turn, terms = paid(taught, "encoder")
    made = taught.reconstruct(taught.networks, turn.real)
    torch.testing.assert_close(terms["reconstruction"], 2 * (made - turn.real).square().mean())
    terms["reconstruction"].backward()
    assert graded(taught) == {"encoder"}


def test_the_variance_has_the_gradient_of_the_whole_batchs_variance():
    played = game(variance=0.5)
    turn, terms = paid(played, "encoder")
    by_hand = -0.5 * turn.codes.var(dim=0, unbiased=False).sum()
    torch.testing.assert_close(terms["variance"], by_hand)
    ours, theirs = (
        torch.autograd.grad(term, turn.codes, retain_graph=True)[0] for term in (terms["variance"], by_hand)
    )
    torch.testing.assert_close(ours, theirs)


def test_codes_stay_in_bounds_whatever_the_encoder_gains_by_leaving_them():
    played = game()
    optimizer = torch.optim.SGD(played.networks["encoder"].parameters(), lr=100.0)
    for index in range(20):
        _, terms = paid(played, "encoder", images(seed=index))
        optimizer.zero_grad()
        terms["escape"].backward()
        optimizer.step()
    codes = played.encode(played.networks, images().samples())
    assert codes.isfinite().all()
    assert codes.min() >= 0
    assert codes.max() <= 1


def test_units_that_copy_each_other_are_found_out_and_part():
    """Two units on two independent bits begin as copies of one bit; they end as one bit each."""
    torch.manual_seed(1)
    encoder = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        encoder.weight.copy_(torch.tensor([[2.0, 0.3], [2.0, -0.3]]))
    predictors = Predictors(DataSpec((2,), kind="points"), 0, hidden=0)
    optimizers = [torch.optim.Adam(part.parameters(), lr=rate) for part, rate in ((predictors, 0.05), (encoder, 0.02))]
    samples = torch.tensor([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    for _ in range(300):
        for side, sign, turns in ((0, 1, 5), (1, -1, 1)):
            for _ in range(turns):
                codes = torch.sigmoid(encoder(samples))
                error = (predictors(codes if side else codes.detach()) - (codes if side else codes.detach())).square()
                optimizers[side].zero_grad()
                (sign * error.mean(dim=0).sum()).backward()
                optimizers[side].step()
    bits = (torch.sigmoid(encoder(samples)) > 0.5).tolist()
    assert len({tuple(row) for row in bits}) == 4, "each of the four samples has a code of its own"


def test_samples_are_made_of_units_on_as_often_as_they_are_on_average(monkeypatch):
    played = game()
    played.activity.copy_(torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]))
    monkeypatch.setattr(played.networks["decoder"], "forward", lambda codes, labels=None: codes)
    codes = played.sample(played.networks, 4000, Randomness(0))
    assert set(codes.unique().tolist()) == {0.0, 1.0}
    assert (codes.mean(dim=0) - played.activity).abs().max() < 0.03
    assert torch.corrcoef(codes[:, 1:4].T).fill_diagonal_(0).abs().max() < 0.06


def test_mean_activations_follow_the_encoders_turns_and_are_kept():
    played = game(decay=0.5)
    turn, _ = paid(played, "predictors")
    played.after_batch(turn)
    assert (played.activity == 0.5).all(), "the encoder has not moved"
    turn, _ = paid(played, "encoder")
    played.after_batch(turn)
    torch.testing.assert_close(played.activity, (0.5 + turn.codes.detach().mean(dim=0)) / 2)
    assert "activity" in played.state_dict()


def test_a_round_has_more_turns_of_the_predictors_each_on_fresh_samples():
    played = game(turns=3)
    assert [(phase.player, phase.turns) for phase in played.phases()] == [
        ("predictors", 3),
        ("encoder", 1),
        ("decoder", 1),
    ]
    assert played.draws() == 3
    assert played.updates_per_round() == 1


def test_it_encodes_and_reconstructs():
    played = game()
    assert isinstance(played, Encoding)
    samples = images(3).samples()
    codes = played.encode(played.networks, samples)
    assert codes.shape == (3, UNITS)
    torch.testing.assert_close(played.reconstruct(played.networks, samples), played.networks["decoder"](codes))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"turns": 0}, r"game\.turns: expected at least 1"),
        ({"variance": -1.0}, r"game\.variance: expected at least 0"),
        ({"reconstruction": -1.0}, r"game\.reconstruction: expected at least 0"),
        ({"decay": 1.0}, r"game\.decay: expected a share"),
    ],
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        game(**options)


def test_parts_that_play_no_part_are_refused():
    penalty = Catalog.installed().find("penalty", "r1").component()
    with pytest.raises(UserError, match="penalties: what players of predictability_minimization pay is fixed"):
        PredictabilityMinimization(parts(penalties={"r1": penalty}))
    with pytest.raises(UserError, match=r"set architecture\.decoder\.latent to \$\{architecture\.encoder\.units\}"):
        PredictabilityMinimization(parts(networks={**parts().networks, "decoder": partial(CodeDecoder, latent=4)}))
    with pytest.raises(UnsupportedShapeError, match="predictors see codes"):
        Predictors(IMAGES, 0)
    for network in (Encoder, partial(Predictors)):
        with pytest.raises(ValueError, match="classes"):
            network(DataSpec((4,), kind="points"), 3)


def test_the_error_is_that_of_the_turns_player_only():
    """The predictors' step lowers V where the encoder's raises it."""
    played = game()
    before = prediction_error(take_turn(played, images(), "predictors")).item()
    for player, lower in (("predictors", True), ("encoder", False)):
        _, terms = paid(played, player)
        network = played.networks[player]
        network.zero_grad()
        sum(terms.values()).backward()
        torch.optim.SGD(network.parameters(), lr=0.5).step()
        after = prediction_error(take_turn(played, images(), "predictors")).item()
        assert (after < before) is lower
        before = after

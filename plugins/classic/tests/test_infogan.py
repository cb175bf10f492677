"""InfoGAN: how codes are drawn, what both players are paid for them, and who trains Q."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from classic_turns import make_game, take_turn, train
from gan_lightning_classic.codes import Codes
from gan_lightning_classic.infogan_game import HEAD, InfoGANGame

from gan_lightning.catalog import Catalog
from gan_lightning.cli import run
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import load_recipe

RECIPES = Path(__file__).parents[3] / "recipes"
IMAGES = DataSpec((1, 8, 8))
SMALL = {"generator": {"latent": 12, "hidden": 32}, "discriminator": {"hidden": 32}, "code_hidden": 16}


def small(categorical=(4,), continuous=2, **options):
    return make_game(InfoGANGame, IMAGES, **{**SMALL, "categorical": categorical, "continuous": continuous, **options})


def images(count=8, seed=0):
    return Batch(torch.randint(0, 256, (count, 1, 8, 8), generator=torch.Generator().manual_seed(seed)).byte())


def test_codes_are_one_hot_vectors_and_uniform_numbers():
    codes = Codes((3, 5), 2)
    drawn = codes.draw(4000, Randomness(0))
    (three, five), numbers = codes.split(drawn)
    for hot, size in ((three, 3), (five, 5)):
        assert torch.equal(hot.sum(dim=1), torch.ones(4000))
        assert set(hot.unique().tolist()) == {0.0, 1.0}
        assert (hot.mean(dim=0) - 1 / size).abs().max() < 0.03
    assert numbers.abs().max() <= 1
    assert numbers.mean(dim=0).abs().max() < 0.05
    assert (numbers.var(dim=0) - 1 / 3).abs().max() < 0.03
    assert torch.corrcoef(drawn[:, [0, 3, 8, 9]].T).fill_diagonal_(0).abs().max() < 0.06


def test_training_and_sampling_draw_the_same_codes(monkeypatch):
    game = small()
    seen = []
    monkeypatch.setattr(game.networks["generator"], "forward", lambda latents, labels: seen.append(latents) or latents)
    game.sample(game.networks, 5, Randomness(3))
    assert torch.equal(seen[0], game.draw_latents(5, Randomness(3), game.networks["generator"]))
    assert take_turn(game, images()).latents.shape == (8, 12)
    categorical, numbers = game.codes.split(seen[0][:, -6:])
    assert torch.equal(categorical[0].sum(dim=1), torch.ones(5))
    assert seen[0][:, :6].abs().max() <= 1
    assert numbers.shape == (5, 2)


def test_the_information_is_that_of_its_formula():
    codes = Codes((4,), 1)
    drawn = codes.draw(6, Randomness(0))
    categories, numbers = codes.information(drawn, torch.zeros(6, 5))
    assert categories.item() == pytest.approx(0, abs=1e-6), "logits that say nothing"
    assert numbers.item() == pytest.approx(
        math.log(2) - 0.5 * math.log(2 * math.pi) - 0.5 * drawn[:, 4].square().mean().item()
    )
    categories, numbers = codes.information(drawn, torch.cat([drawn[:, :4] * 100, drawn[:, 4:]], dim=1))
    assert categories.item() == pytest.approx(math.log(4))
    assert numbers.item() == pytest.approx(math.log(2) - 0.5 * math.log(2 * math.pi))


def test_both_players_pay_for_what_samples_do_not_tell():
    game = small(categorical_weight=0.5, continuous_weight=0.25)
    for player in ("discriminator", "generator"):
        turn = take_turn(game, images(), player)
        terms = turn.phase.losses(turn)
        assert list(terms) == ["loss", "information"]
        told = turn.fake_critique.extras[HEAD]
        categories, numbers = game.codes.information(turn.latents[:, -6:], told)
        torch.testing.assert_close(terms["information"], -(0.5 * categories + 0.25 * numbers))


def test_the_gradient_of_q_reaches_the_generator_through_the_samples():
    game = small()
    turn = take_turn(game, images(), "generator")
    turn.phase.terms["information"](turn).backward()
    for name, weight in game.networks["generator"].named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.any(), name
    assert all(weight.grad is None for weight in game.networks["discriminator"].parameters())


def test_q_and_its_trunk_are_trained_by_the_discriminator_alone():
    game = small()
    turn = take_turn(game, images())
    turn.phase.terms["information"](turn).backward()
    body, reader = game.networks["discriminator"].body, game.networks["discriminator"].heads[HEAD]
    assert all(weight.grad.any() for weight in body.hidden.parameters())
    assert body.last.weight.grad is None
    owners = {player.name: {id(weight) for weight in game.parameters_of(player)} for player in game.players}
    for weight in reader.parameters():
        assert weight.grad is not None
        assert [name for name, owned in owners.items() if id(weight) in owned] == ["discriminator"]


def test_q_learns_what_the_generator_was_given_and_the_generator_to_show_it():
    game = small(continuous=0)
    optimizers = {
        player.name: torch.optim.Adam(game.parameters_of(player), lr=5e-3, betas=(0.5, 0.99)) for player in game.players
    }
    train(game, [images(64, seed=index) for index in range(80)], optimizers)
    turn = take_turn(game, images(64), seed=1000)
    categories, _ = game.codes.information(turn.latents[:, -4:], turn.fake_critique.extras[HEAD])
    assert categories > 0.7 * math.log(4)


def test_a_sweep_changes_two_codes_and_nothing_else():
    game = small()
    latents = game.sweep(game.networks["generator"], Randomness(0), code=1, columns=3, span=2.0)
    assert latents.shape == (12, 12)
    assert (latents[:, :6] == latents[0, :6]).all()
    (categories,), numbers = game.codes.split(latents[:, -6:])
    assert torch.equal(categories.argmax(dim=1), torch.arange(4).repeat_interleave(3))
    assert torch.equal(categories.sum(dim=1), torch.ones(12))
    assert torch.equal(numbers, torch.tensor([[0.0, -2.0], [0.0, 0.0], [0.0, 2.0]]).repeat(4, 1))
    with pytest.raises(UserError, match="code: expected a continuous code from 0 to 1, got 2"):
        game.sweep(game.networks["generator"], Randomness(0), code=2)


def test_truncation_leaves_codes_as_they_are():
    game = small(prior="normal")
    latents = game.draw_latents(50, Randomness(0), game.networks["generator"])
    cut = game.truncate_latents(latents, 0.2, Randomness(0))
    assert cut[:, :6].abs().max() <= 0.2
    assert torch.equal(cut[:, 6:], latents[:, 6:])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"categorical": (11,)}, r"game\.categorical: codes take the last 13 .*latent to 13 or more"),
        ({"categorical": (1,)}, r"game\.categorical: expected at least 2 categories"),
        ({"categorical": (), "continuous": 0}, r"game\.continuous: there must be a code"),
        ({"pack": 2}, r"game\.pack: codes belong to single samples"),
    ],
)
def test_codes_that_cannot_be_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        small(**options)


def test_the_command_draws_the_codes_of_an_infogan_and_of_nothing_else(tmp_path, capsys):
    catalog = Catalog.installed()
    narrow = ["evaluate=null", "sample=null", "train.steps=1", "data.batch_size=4", "data.resolution=8"]
    for name in ("infogan", "cgan"):
        fit(load_recipe(RECIPES / f"{name}.yaml", [*narrow, f"run.dir={tmp_path / name}"]), catalog)
    assert run(["sweep", str(tmp_path / "infogan"), "--columns", "4", "--out", str(tmp_path)], catalog) == 0
    assert "40 samples in" in capsys.readouterr().out
    assert (tmp_path / "sweep-code0-seed0.png").stat().st_size > 100
    assert run(["sweep", str(tmp_path / "cgan"), "--out", str(tmp_path)], catalog) == 2
    assert "has no codes; train one with game infogan" in capsys.readouterr().err

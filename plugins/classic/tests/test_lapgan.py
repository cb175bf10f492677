"""LAPGAN: published levels, one operator up and down, and levels that know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from classic_turns import take_turn
from gan_lightning_classic.fully_connected import MLPGenerator
from gan_lightning_classic.lapgan import LAPGANDiscriminator, LAPGANGenerator
from gan_lightning_classic.lapgan_levels import ResidualDiscriminator, ResidualGenerator
from gan_lightning_classic.levels import LAPGANGame
from gan_lightning_classic.pyramid import pyramid_sizes, resized

from gan_lightning.catalog import Catalog
from gan_lightning.cli import run
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.fit import fit
from gan_lightning.game import Parts
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import load_recipe

RECIPES = Path(__file__).parents[3] / "recipes"
IMAGES = DataSpec((1, 20, 24), (10, 10, 10), ("a", "b", "c"))
CATALOG = Catalog.installed()


def parts(loss="non_saturating", **changes):
    networks = {
        "generator": partial(LAPGANGenerator, coarsest=5, channels=16, hidden=16, latent=3),
        "discriminator": partial(LAPGANDiscriminator, coarsest=5, channels=16, hidden=16, dropout=0.0),
    }
    return replace(Parts(IMAGES, 4, networks, CATALOG.find("loss", loss).component()), **changes)


def game(loss="non_saturating", **options):
    return LAPGANGame(parts(loss), **options)


def images(count=4, seed=0):
    values = torch.randint(0, 256, (count, 1, 20, 24), generator=torch.Generator().manual_seed(seed))
    return Batch(values.byte(), torch.arange(count) % 3)


def numbers(network):
    return sum(weight.numel() for weight in network.parameters())


def test_a_level_has_the_published_numbers_of_parameters():
    """Of CIFAR-10 from 16x16 to 32x32 with classes; each class map is a linear layer of 11,264 more."""
    generator = ResidualGenerator(3, (32, 32), 10, width=64)
    discriminator = ResidualDiscriminator(3, (32, 32), 10, width=64, dropout=0.5)
    assert numbers(generator.layers) == 221_315
    assert numbers(discriminator.layers) == 118_145
    assert numbers(generator.drawn) == numbers(discriminator.drawn) == 11_264
    assert generator.drawn is not discriminator.drawn


def test_sizes_are_halved_down_to_the_coarsest():
    assert pyramid_sizes(DataSpec((3, 32, 32)), 8) == [(8, 8), (16, 16), (32, 32)]
    assert pyramid_sizes(DataSpec((3, 28, 28)), 7) == [(7, 7), (14, 14), (28, 28)]
    assert pyramid_sizes(DataSpec((3, 24, 40)), 8) == [(12, 20), (24, 40)]
    assert pyramid_sizes(DataSpec((3, 9, 9)), 8) == [(9, 9)]
    with pytest.raises(UnsupportedShapeError, match="lapgan is for images of 8 pixels a side or more"):
        pyramid_sizes(DataSpec((3, 7, 32)), 8)
    with pytest.raises(UserError, match="coarsest: expected at least 5, got 4"):
        pyramid_sizes(DataSpec((3, 32, 32)), 4)


def test_images_are_added_to_the_enlarged_level_before():
    generator = game().networks["generator"]
    latents = torch.rand(2, *generator.latent_shape)
    made = generator.strip(latents)
    assert [tuple(level.shape[2:]) for level in made] == generator.sizes == [(5, 6), (10, 12), (20, 24)]
    start = 3
    for level in (1, 2):
        before = resized(made[level - 1], generator.sizes[level])
        noise = latents[:, start : start + before[0, 0].numel()]
        start += noise.shape[1]
        torch.testing.assert_close(made[level], before + generator.levels[level](noise, before, None))
    assert start == latents.shape[1], "every number of a latent has one place"
    assert torch.equal(generator(latents), made[-1])


def test_levels_are_trained_with_what_real_images_of_the_level_before_become():
    """With residuals of zero, what is judged is the enlarged real image, by the operator of sampling."""
    played = game()
    for level in list(played.generator.levels)[1:]:
        torch.nn.init.zeros_(level.layers[-1].weight)
        torch.nn.init.zeros_(level.layers[-1].bias)
    turn = take_turn(played, images(), "generator")
    for level in (1, 2):
        assert torch.equal(turn.fakes[level], resized(turn.reals[level - 1], played.generator.sizes[level]))
    assert torch.equal(turn.reals[2], turn.real)
    assert torch.equal(turn.reals[0], resized(turn.reals[1], (5, 6)))


def test_the_discriminator_sees_whole_images_and_not_residuals():
    played = game()
    turn = take_turn(played, images(), "discriminator")
    turn.phase.losses(turn)
    for level, (real, fake) in enumerate(turn.critiques):
        assert torch.equal(real.samples, turn.reals[level])
        assert torch.equal(fake.samples, turn.fakes[level])
        torch.testing.assert_close(fake.logits, played.discriminator.levels[level](turn.fakes[level], None))


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_no_level_teaches_another(player):
    played = game()
    names = ["loss_5x6", "loss_10x12", "loss_20x24"]
    for taught, name in enumerate(names):
        turn = take_turn(played, images(), player)
        assert list(turn.phase.terms) == names
        played.zero_grad()
        turn.phase.terms[name](turn).backward()
        for level, network in enumerate(played.networks[player].levels):
            felt = [weight.grad is not None and bool(weight.grad.any()) for weight in network.parameters()]
            assert all(felt) if level == taught else not any(felt)
        other = {"generator": "discriminator", "discriminator": "generator"}[player]
        assert all(weight.grad is None for weight in played.networks[other].parameters())


def test_levels_are_independent_of_what_coarser_levels_make():
    played = game()
    turn = take_turn(played, images(), "generator")
    before = turn.phase.terms["loss_20x24"](turn).item()
    with torch.no_grad():
        for weight in played.generator.levels[:2].parameters():
            weight.add_(1.0)
    again = take_turn(played, images(), "generator")
    assert again.phase.terms["loss_20x24"](again).item() == before


@pytest.mark.parametrize("loss", ["non_saturating", "hinge", "wasserstein"])
def test_each_level_pays_the_loss(loss):
    played = game(loss)
    for player in ("discriminator", "generator"):
        turn = take_turn(played, images(), player)
        paid = turn.phase.losses(turn)
        for critiques, term in zip(turn.critiques, paid.values(), strict=True):
            torch.testing.assert_close(term, getattr(played.parts.loss, player)(*critiques))


def test_classes_are_those_of_the_real_images_and_every_level_hears_them():
    played = game(conditional=True)
    turn = take_turn(played, images(), "discriminator")
    turn.phase.losses(turn)
    assert torch.equal(turn.critiques[1][1].labels, torch.tensor([0, 1, 2, 0]))
    with torch.no_grad():
        latents = torch.rand(2, *played.generator.latent_shape)
        one, other = (played.generator.strip(latents, torch.full((2,), label)) for label in (0, 1))
        assert all(not torch.equal(*pair) for pair in zip(one, other, strict=True))
        for level, real in enumerate(turn.reals):
            judged = [played.discriminator.judged(level, real, turn.labels.roll(shift)).logits for shift in (0, 1)]
            assert not torch.equal(*judged)


def test_dropout_is_in_every_level_of_the_discriminator():
    discriminator = LAPGANDiscriminator(IMAGES, 0, coarsest=5, channels=4, hidden=8)
    reals = discriminator.pyramid(images().samples())
    for level, real in enumerate(reals):
        assert not torch.equal(*(discriminator.judged(level, real).logits for _ in range(2)))
    discriminator.eval()
    summed = sum(discriminator.judged(level, real).logits for level, real in enumerate(reals))
    torch.testing.assert_close(discriminator(images().samples()).logits, summed)


def test_logits_of_all_levels_are_told():
    turn = take_turn(game(), images(), "discriminator")
    turn.phase.losses(turn)
    told = turn.observations()
    assert {name: len(values) for name, values in told.items()} == {"logits/real": 12, "logits/fake": 12}
    assert take_turn(game(), images(), "generator").observations() == {}


def test_noise_is_uniform_and_each_turn_draws_its_own():
    played = game()
    latents = played.draw_latents(100, Randomness(0), played.generator)
    assert latents.shape == (100, 3 + 120 + 480)
    assert -1 <= latents.min() < -0.98
    assert 0.98 < latents.max() <= 1


def test_what_has_no_levels_is_refused():
    penalty = CATALOG.find("penalty", "r1").component()
    with pytest.raises(UserError, match="penalties: the levels of lapgan are played with a loss alone; leave out r1"):
        LAPGANGame(parts(penalties={"r1": penalty}))
    with pytest.raises(UserError, match="take architecture lapgan"):
        LAPGANGame(parts(networks={**parts().networks, "generator": MLPGenerator}))
    other = partial(LAPGANDiscriminator, coarsest=8, channels=4, hidden=8)
    with pytest.raises(UserError, match="both networks must have the same levels"):
        LAPGANGame(parts(networks={**parts().networks, "discriminator": other}))


def test_the_command_draws_the_levels_of_a_lapgan_and_of_nothing_else(tmp_path, capsys):
    narrow = ["evaluate=null", "sample=null", "train.steps=1", "data.batch_size=4"]
    sizes = {"lapgan": "data.resolution=12", "cgan": "data.resolution=8"}
    for name, size in sizes.items():
        fit(load_recipe(RECIPES / f"{name}.yaml", [*narrow, size, f"run.dir={tmp_path / name}"]), CATALOG)
    assert run(["levels", str(tmp_path / "lapgan"), "-n", "3", "--class", "5", "--out", str(tmp_path)], CATALOG) == 0
    assert "3 samples at 2 levels in" in capsys.readouterr().out
    assert (tmp_path / "levels-seed0.png").stat().st_size > 100
    assert run(["levels", str(tmp_path / "cgan"), "--out", str(tmp_path)], CATALOG) == 2
    assert "has no levels; train one with game lapgan" in capsys.readouterr().err

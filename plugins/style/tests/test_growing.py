import pytest
import torch
from gan_lightning_style.growing import GrowingGame
from gan_lightning_style.growth import Size, doubled, faded, growth
from style_games import game_of, recipe_of, take_turn, trained
from torch.nn.functional import avg_pool2d

import gan_lightning
from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.game import Stage
from gan_lightning.sampling import draw_samples
from gan_lightning.testing import check_two_processes

MIXED = {"generator": {"name": "pggan", "channels": 8}, "discriminator": {"name": "dcgan", "channels": 8}}
SIZES = [(4, 4), (8, 8), (16, 16)]


def plan(first=0, stable=100, fade=50, batch_sizes=None, lr_factors=1.0):
    return growth(SIZES, first=first, stable=stable, fade=fade, batch_sizes=batch_sizes, lr_factors=lr_factors)


# --- The schedule -----------------------------------------------------------------------------------------------------


def test_each_size_is_faded_in_and_then_stays():
    sizes = {images: plan().at(images) for images in (0, 99, 100, 125, 150, 249, 250, 275, 10_000)}
    assert sizes == {
        0: Size(0, 1.0),
        99: Size(0, 1.0),
        100: Size(1, 0.0),
        125: Size(1, 0.5),
        150: Size(1, 1.0),
        249: Size(1, 1.0),
        250: Size(2, 0.0),
        275: Size(2, 0.5),
        10_000: Size(2, 1.0),
    }


def test_stages_may_differ_in_all_they_have():
    made = plan(stable=(10, 20), fade=(0, 40), batch_sizes=(8, 4, 2), lr_factors=(1.0, 1.0, 1.5)).stages
    assert made == (Stage("4x4", 0, 8, 1.0), Stage("8x8", 10, 4, 1.0), Stage("16x16", 30, 2, 1.5))


def test_the_first_size_need_not_be_the_smallest():
    made = plan(first=1)
    assert [stage.name for stage in made.stages] == ["8x8", "16x16"]
    assert made.at(0) == Size(1, 1.0), "there is nothing that it could be faded in from"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stable": (1, 2, 3)}, "game.stable: expected one number, or one for each of 2 sizes; got 3"),
        ({"batch_sizes": (1, 2)}, "game.batch_sizes: expected one number, or one for each of 3 sizes; got 2"),
        ({"stable": 0}, "game.stable: expected at least 1, got 0"),
        ({"fade": -1}, "game.fade: expected at least 0, got -1"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        plan(**options)


# --- Real images ------------------------------------------------------------------------------------------------------


def test_real_images_are_faded_as_generated_ones_are(tmp_path):
    game = game_of(tmp_path)
    for images, depth, alpha in ((0, 0, 1.0), (32, 1, 0.0), (48, 1, 0.5), (64, 1, 1.0), (104, 2, 0.25), (200, 2, 1.0)):
        play = take_turn(game, "discriminator", images)
        small = avg_pool2d(play.batch.samples(), 2 ** (2 - depth))
        blurred = doubled(avg_pool2d(small, 2))
        torch.testing.assert_close(play.real, alpha * small + (1 - alpha) * blurred)
        assert play.fake.shape == play.real.shape
        generator = game.networks["generator"]
        assert (generator.depth, generator.alpha) == (depth, alpha)


def test_at_the_start_of_a_fade_a_real_image_is_one_of_the_size_before():
    images = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(faded(images, 0, 0.0), doubled(faded(images, 1, 1.0)))


@pytest.mark.parametrize("penalty", ["gradient_penalty", "r1", "drift", "dragan", "consistency"])
def test_penalties_and_augmentations_see_the_size_that_is_played(penalty, tmp_path):
    game = game_of(tmp_path, penalties=[penalty], augment=["diffaugment"], loss="wasserstein")
    seen = []
    game.networks["discriminator"].register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[-1]))
    play = take_turn(game, "discriminator", 48)
    losses = play.phase.losses(play)
    assert sorted(losses) == sorted(["loss", penalty])
    sum(losses.values()).backward()
    assert set(seen) == {8}
    assert game.networks["discriminator"].from_image[1].weight.grad is not None


def test_a_classifier_may_be_put_on_a_discriminator_that_grows(tmp_path):
    game = {"name": "growing", "stable": 32, "fade": 32, "conditional": True, "discriminator_labels": False}
    game = game_of(tmp_path, game=game, penalties=["auxiliary_classifier"], loss="wasserstein")
    for images in (0, 48, 200):
        for player in ("discriminator", "generator"):
            play = take_turn(game, player, images)
            assert all(loss.isfinite() for loss in play.phase.losses(play).values())
    assert game.networks["discriminator"].body.depth == 2


# --- Training ---------------------------------------------------------------------------------------------------------


def test_optimisers_forget_at_each_new_size(tmp_path):
    before = trained(tmp_path / "a", train={"steps": 4})
    after = trained(tmp_path / "b", train={"steps": 6})
    assert _steps(before) == {4}, "32 images at 4x4"
    assert _steps(after) == {2}, "two more at 8x8"
    assert [name for name in after.game.enter(1)] == ["discriminator", "generator"]


def test_the_average_follows_new_layers(tmp_path):
    begun = trained(tmp_path / "a", train={"steps": 4})
    grown = trained(tmp_path / "b", train={"steps": 8})
    first, second = (module.ema.networks["generator"].state_dict() for module in (begun, grown))
    for name in ("blocks.0.conv.weight", "to_image.1.weight"):
        assert torch.equal(first[name], begun.game.networks["generator"].state_dict()[name]), (
            "nothing has trained it yet"
        )
        assert not torch.equal(first[name], second[name])
    assert torch.equal(first["to_image.2.weight"], second["to_image.2.weight"])


def test_batches_and_learning_rates_are_those_of_the_stage(tmp_path):
    game = {"name": "growing", "stable": 32, "fade": 0, "batch_sizes": [16, 8, 4], "lr_factors": [1.0, 2.0, 1.0]}
    module = trained(tmp_path / "a", game=game, train={"steps": 4})
    assert module.images == 2 * 16 + 2 * 8
    assert {group["lr"] for optimizer in module.optimizers() for group in optimizer.param_groups} == {2e-3}
    module = trained(tmp_path / "b", game=game, train={"steps": 8})
    assert module.images == 2 * 16 + 4 * 8 + 2 * 4
    assert {group["lr"] for optimizer in module.optimizers() for group in optimizer.param_groups} == {1e-3}


def test_a_run_that_stopped_within_a_fade_goes_on_as_if_it_had_not(tmp_path):
    def run(folder, steps, resume=None):
        sections = {"checkpoint": {"every": 2}, "game": {"name": "growing", "stable": 16, "fade": 32}}
        recipe = recipe_of(tmp_path / folder, train={"steps": steps}, **sections)
        return fit(recipe, Catalog.installed(), resume=resume).run

    whole = gan_lightning.load(run("whole", 6).last)
    run("parts", 4)  # 32 images: halfway in the fade of 8x8
    halfway = gan_lightning.load(tmp_path / "parts" / "checkpoints" / "last.ckpt")
    generator = halfway.networks["generator"]
    assert (generator.depth, generator.alpha) == (1, 0.5)
    parts = gan_lightning.load(run("parts", 6, resume="last").last)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, parts.module.state_dict()[name]), name
    assert torch.equal(whole.sample(3), parts.sample(3))


def test_samples_have_the_full_size_from_the_beginning(tmp_path):
    module = trained(tmp_path, train={"steps": 6})  # 48 images: halfway in the fade of 8x8
    for averaged in (True, False):
        networks = module.networks(averaged=averaged)
        assert (networks["generator"].depth, networks["generator"].alpha) == (1, 0.5)
        made = torch.cat(list(draw_samples(module.game, networks, 5, seed=0)))
        assert made.shape == (5, 1, 16, 16)
        torch.testing.assert_close(made, doubled(avg_pool2d(made, 2)), msg="pixels are repeated")


@pytest.mark.parametrize("images", [0, 48, 200])
def test_other_networks_that_grow_are_played(images, tmp_path):
    narrow = {"channels": 8, "width": 8, "latent": 8, "mapping_layers": 2}
    networks = {"name": "stylegan", "generator": narrow, "discriminator": {"channels": 8}}
    game = game_of(tmp_path, architecture=networks, penalties=["r1"])
    for player in ("discriminator", "generator"):
        play = take_turn(game, player, images)
        assert play.real.shape == play.fake.shape
        assert all(loss.isfinite() for loss in play.phase.losses(play).values())


@pytest.mark.slow
def test_two_processes_train_as_one():
    check_two_processes(GrowingGame)


# --- Mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"architecture": "dcgan"}, r"architecture.generator: DCGANGenerator cannot grow; expected one that can"),
        ({"architecture": MIXED}, r"architecture.discriminator: \w+ cannot grow"),
        ({"game": {"name": "growing", "start": 12}}, "game.start: expected one of the heights 4, 8, 16, got 12"),
        (
            {"game": {"name": "growing", "batch_sizes": [8, 8, 8], "generator_batch": 8}},
            "game.generator_batch: batches",
        ),
        ({"game": {"name": "growing", "batch_sizes": [8, 8, 3], "pack": 2}}, "game.batch_sizes: 3 samples cannot"),
    ],
)
def test_what_cannot_grow_is_refused_in_one_line(sections, said, tmp_path):
    with pytest.raises(UserError, match=said):
        game_of(tmp_path, **sections)


def test_batches_that_processes_cannot_share_are_refused(tmp_path):
    game = {"name": "growing", "batch_sizes": [8, 8, 3]}
    recipe = recipe_of(tmp_path, game=game, trainer={"accelerator": "cpu", "devices": 2})
    with pytest.raises(UserError, match="batches of 3 images at 16x16 cannot be shared out evenly to 2 processes"):
        Session.prepare(recipe, Catalog.installed())


def _steps(module):
    return {int(state["step"]) for optimizer in module.optimizers() for state in optimizer.state.values()}

"""pix2pix: the published networks, what the discriminator sees, what both pay, and noise in samples."""

import pytest
import torch
from gan_lightning_translation.patch_gan import PatchGAN
from gan_lightning_translation.pix2pix_game import Pix2Pix
from gan_lightning_translation.unet import Noise, UNet
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from translation_turns import count, make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.abilities import Translating
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples

SPEC = pairs_spec((1, 16, 16), (3, 16, 16))
SMALL = {"generator": {"channels": 4}, "discriminator": {"channels": 4}}


def small(spec=SPEC, **options):
    return make_game(Pix2Pix, spec, "pix2pix", **{**SMALL, "loss": "non_saturating", **options})


@pytest.mark.parametrize(("side", "published"), [(256, 54_413_955), (128, 41_828_995)])
def test_the_u_net_has_the_published_parameter_count(side, published):
    assert count("pix2pix", "generator", DataSpec((3, side, side))) == published


def test_patch_gan_has_the_published_parameter_counts():
    assert count("pix2pix", "discriminator", DataSpec((6, 256, 256))) == 2_768_705
    assert count("pix2pix", "discriminator", DataSpec((3, 256, 256)), norm="instance") == 2_764_737


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_a_patch_of_the_published_size(layers, field):
    network = PatchGAN(DataSpec((1, 128, 128)), 0, channels=2, layers=layers).eval()
    image = torch.randn(1, 1, 128, 128, requires_grad=True)
    logits = network(image).logits
    place = logits.shape[-1] // 2
    logits[0, 0, place, place].backward()
    assert image.grad[0, 0].abs().sum(0).count_nonzero() == field


@pytest.mark.parametrize(("side", "noisy"), [(256, 3), (128, 2), (64, 1), (32, 1), (4, 0)])
def test_dropout_is_in_the_inner_levels(side, noisy):
    with torch.device("meta"):
        network = UNet(DataSpec((3, side, side)), 0)
    places = [place for place, layers in enumerate(network.up) if any(isinstance(part, Noise) for part in layers)]
    levels = len(network.up)
    assert places == list(range(levels - 1 - noisy, levels - 1))


def test_outermost_and_innermost_maps_are_not_normalised():
    network = UNet(DataSpec((3, 32, 32)), 0, channels=2)
    normed = [any(isinstance(part, nn.BatchNorm2d) for part in layers) for layers in network.down]
    assert normed == [False, True, True, True, False]
    assert UNet(DataSpec((3, 8, 8)), 0, channels=2).train()(torch.randn(1, 3, 8, 8)).isfinite().all()


def test_what_is_handed_across_reaches_the_image():
    network = UNet(DataSpec((1, 32, 32)), 0, channels=2, dropout=0.0).eval()
    with torch.no_grad():
        network.up[1][0].weight.zero_()  # nothing from inside arrives any more
    source = torch.randn(1, 1, 32, 32)
    assert not torch.equal(network(source), network(source.flip(3)))


def test_the_discriminator_sees_the_source_beside_the_image():
    game = small()
    turn = take_turn(game, pairs(SPEC))
    assert turn.real.shape == turn.fake.shape == (4, 4, 16, 16)
    assert torch.equal(turn.real[:, :3], turn.fake[:, :3])
    assert torch.equal(turn.real[:, 3:], turn.targets)
    assert torch.equal(turn.fake[:, :3], turn.sources)
    assert not turn.fake.requires_grad


def test_both_pay_what_is_published():
    game = small(discriminator={"channels": 4, "norm": "instance"})
    batch = pairs(SPEC)
    turn = take_turn(game, batch)
    real, fake = turn.real_critique.logits, turn.fake_critique.logits
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    assert paid(turn) == {
        "loss": pytest.approx(0.5 * (cross_entropy(real, ones) + cross_entropy(fake, zeros)).item(), rel=1e-5)
    }
    turn = take_turn(game, batch, "generator")
    wanted = {
        "loss": cross_entropy(turn.fake_critique.logits, ones).item(),
        "l1": 100 * (turn.made - turn.targets).abs().mean().item(),
    }
    assert paid(turn) == pytest.approx(wanted, rel=1e-5)


def test_both_players_see_the_same_pairs():
    game = small()
    assert game.draws() == 1
    assert [(phase.player, phase.fresh) for phase in game.phases()] == [("discriminator", True), ("generator", False)]


def test_samples_have_noise_and_are_the_same_samples_each_time():
    game = small(generator={"channels": 4})
    sources = pairs(SPEC, 3).partners["source"].values
    first, again, other = (
        torch.cat(list(draw_samples(game, game.networks, 3, seed, sources=sources))) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    silent = small(generator={"channels": 4, "dropout": 0.0})
    first, other = (torch.cat(list(draw_samples(silent, silent.networks, 3, seed, sources=sources))) for seed in (0, 1))
    assert torch.equal(first, other)


def test_images_of_other_sizes_are_translated():
    game = small()
    assert isinstance(game, Translating)
    multiple = game.side_multiple(game.networks)
    assert multiple == 16
    sources = torch.zeros(2, 3, multiple, 3 * multiple)
    assert game.translate(game.networks, sources, Randomness(0)).shape == (2, 1, multiple, 3 * multiple)


def test_penalties_and_augmentations_are_played_on_pairs():
    game = small(penalties=("r1",), discriminator={"channels": 4, "norm": "instance"})
    turn = take_turn(game, pairs(SPEC))
    assert paid(turn)["r1"] > 0
    with pytest.raises(UserError, match=r"penalties\.r1: .*batch normalisation"):
        small(penalties=("r1",))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: small(DataSpec((3, 16, 16))), "these have no source to make them from"),
        (lambda: small(penalties=("latent_optimization",)), r"penalties\.latent_optimization: it is about latents"),
        (lambda: small().sample({}, 1, Randomness(0)), "use gan-lightning translate"),
        (lambda: small().draw_latents(1, Randomness(0), nn.Identity()), "has no latents"),
        (
            lambda: small().translate({}, torch.zeros(1, 1, 16, 16), Randomness(0), backward=True),
            "backward: Pix2Pix learns one direction",
        ),
        (lambda: UNet(SPEC, 3), r"game\.conditional: this network is told of no class"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: UNet(DataSpec((3, 30, 30)), 0),
        lambda: UNet(DataSpec((3, 16, 16)), 0, levels=5),
        lambda: UNet(pairs_spec((3, 32, 32), (3, 16, 16)), 0),
        lambda: PatchGAN(DataSpec((3, 16, 16)), 0, layers=3),
        lambda: PatchGAN(DataSpec((2,), kind="points"), 0),
    ],
)
def test_sizes_that_cannot_be_are_refused(make):
    with pytest.raises(UnsupportedShapeError):
        make()

"""BigBiGAN, the adversarial autoencoder and VAE/GAN: what each player pays and trains."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_inference.games.aae import AAEGame
from gan_lightning_inference.games.bigbigan import BigBiGANGame
from gan_lightning_inference.games.vae_gan import VAEGANGame
from gan_lightning_inference.pairs import joined
from inference_turns import CATALOG, SMALL, gradients, images, make_game, take_turn
from torch.nn.functional import relu, softplus

from gan_lightning.abilities import Encoding
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError

PLAIN = {**SMALL, "normalize": False}
NARROW = {"channels": 4, "latent": 4}
CODES = {"hidden": 16, "latent": 4}


def bigbigan(**options):
    return make_game(
        BigBiGANGame,
        "bigbigan",
        **{
            "loss": "hinge",
            "generator": NARROW,
            "discriminator": {**NARROW, "hidden": 8},
            "encoder": NARROW,
            **options,
        },
    )


def aae(**options):
    return make_game(AAEGame, "aae", **{"generator": PLAIN, "encoder": PLAIN, "discriminator": CODES, **options})


def vae_gan(**options):
    networks = {
        "generator": PLAIN,
        "encoder": {"name": "gaussian_encoder", **PLAIN},
        "discriminator": {"name": "mlp", "hidden": 16},
    }
    return make_game(VAEGANGame, "bigan", **{**networks, **options})


def test_bigbigan_pays_hinge_over_all_scores_and_linear_ones_without_a_margin():
    game = bigbigan()
    with torch.no_grad():
        for score in game.networks["discriminator"].scores:
            score.bias += torch.tensor([5.0])  # beyond the margin, where a hinge would be flat
    batch = images()
    turn = take_turn(game, batch)
    real, fake = turn.real_critique.logits, turn.fake_critique.logits
    assert real.shape == fake.shape == (8, 3)
    paid = turn.phase.losses(turn)["loss"]
    torch.testing.assert_close(paid, relu(1 - real).mean() + relu(1 + fake).mean())
    turn = take_turn(game, batch, "generator")
    torch.testing.assert_close(turn.phase.losses(turn)["loss"], -turn.fake_critique.logits.mean())
    turn = take_turn(game, batch, "encoder")
    torch.testing.assert_close(turn.phase.losses(turn)["loss"], turn.real_critique.logits.mean())
    assert turn.real_critique.logits.min() > 1


def test_bigbigan_has_three_players_and_the_encoder_makes_no_updates_and_no_samples():
    game = bigbigan(game={"n_dis": 2})
    assert [(phase.player, phase.turns, phase.counts) for phase in game.phases()] == [
        ("discriminator", 2, False),
        ("generator", 1, True),
        ("encoder", 1, False),
    ]
    batch = images()
    for player in ("generator", "encoder"):
        turn = take_turn(game, batch, player)
        found = gradients(game, turn.phase.losses(turn)["loss"])
        assert [name for name, gradient in found.items() if gradient is not None] == [player]
        assert found[player].any()
        game.zero_grad()
    assert "fake" not in vars(turn), "the encoder's turn pays for no generated sample"


def test_separate_turns_of_generator_and_encoder_are_one_step_from_one_forward():
    """Gradients of L_G + L_E by both, against those of the two turns with a step of G between."""
    game = bigbigan().eval()  # power iteration and batch statistics rest
    batch = images()
    turn = take_turn(game, batch, "generator")
    game.networks["encoder"].requires_grad_(True)
    both = gradients(game, turn.fake_critique.logits.mean().neg() + turn.real_critique.logits.mean())
    game.zero_grad()
    turn = take_turn(game, batch, "generator")
    first = gradients(game, turn.phase.losses(turn)["loss"])["generator"]
    torch.testing.assert_close(first, both["generator"])
    with torch.no_grad():
        for weight in game.networks["generator"].parameters():
            weight.sub_(0.1 * weight.grad)
    game.zero_grad()
    turn = take_turn(game, batch, "encoder")
    torch.testing.assert_close(gradients(game, turn.phase.losses(turn)["loss"])["encoder"], both["encoder"])


def test_an_autoencoder_is_judged_by_its_codes():
    game = aae(game={"reconstruction": 3.0})
    batch = images()
    networks = game.networks
    x = batch.samples()
    turn = take_turn(game, batch)
    real, fake = (
        networks["discriminator"](turn.latents).logits,
        networks["discriminator"](networks["encoder"](x)).logits,
    )
    torch.testing.assert_close(turn.phase.losses(turn)["loss"], softplus(-real).mean() + softplus(fake).mean())
    assert not turn.fake.requires_grad
    turn = take_turn(game, batch, "generator")
    paid = turn.phase.losses(turn)
    assert list(paid) == ["loss", "reconstruction"]
    torch.testing.assert_close(paid["loss"], softplus(-fake).mean())
    made = game.reconstruct(networks, x)
    torch.testing.assert_close(paid["reconstruction"], 3.0 * (x - made).square().mean())
    alone = torch.autograd.grad(paid["loss"], list(networks["generator"].parameters()), allow_unused=True)
    assert set(alone) == {None}, "what D says of codes teaches the encoder alone"
    torch.testing.assert_close(game.encode(networks, x), turn.codes)


@pytest.mark.parametrize("penalty", ["r1", "gradient_penalty"])
def test_penalties_of_an_autoencoder_see_codes(penalty):
    game = aae(penalties=[penalty])
    turn = take_turn(game, images(), term=penalty)
    assert turn.real.shape == turn.fake.shape == (8, 4)
    assert turn.phase.terms[penalty](turn).isfinite()


def test_a_conditional_autoencoder_tells_the_discriminator_the_class_of_what_is_encoded():
    game = aae(data=DataSpec((1, 8, 8), (4, 4)), game={"conditional": True})
    for player in ("discriminator", "generator"):
        turn = take_turn(game, images(data=game.data), player)
        assert turn.judged_labels is turn.real_labels
        sum(turn.phase.losses(turn).values()).backward()


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (
            aae,
            {"discriminator": {"name": "mlp"}},
            r"^architecture\.discriminator: .* must judge codes",
        ),
        (aae, {"discriminator": {**CODES, "latent": 5}}, r"^architecture\.discriminator\.latent: .*\(5,\).*\(4,\)"),
        (
            aae,
            {"augment": {"diffaugment": CATALOG.find("augmentation", "diffaugment").component()}},
            r"^augment: diffaugment transforms samples",
        ),
        (vae_gan, {"encoder": PLAIN}, r"^architecture\.encoder: it must tell distributions"),
        (vae_gan, {"game": {"prior": "uniform"}}, r"^game\.prior: "),
    ],
)
def test_what_does_not_go_is_refused_in_one_line(make, options, said):
    with pytest.raises(UserError, match=said) as caught:
        make(**options)
    assert "\n" not in str(caught.value)


def test_vae_gan_pays_each_player_by_the_algorithm():
    game = vae_gan(game={"likeness": 0.25})
    networks, batch = game.networks, images()
    x = batch.samples()
    mean, log_deviation = networks["encoder"].moments(x)
    deviation = log_deviation.exp()
    normal = torch.distributions.Normal
    divergence = torch.distributions.kl_divergence(normal(mean, deviation), normal(0.0, 1.0)).sum(dim=1).mean()

    turn = take_turn(game, batch, "discriminator")
    assert turn.fake.shape == (16, 1, 8, 8), "samples and reconstructions"
    torch.testing.assert_close(turn.fake[8:], networks["generator"](turn.codes))
    judge = networks["discriminator"]
    real, fake = judge(x), judge(turn.fake)
    paid = turn.phase.losses(turn)
    torch.testing.assert_close(paid["loss"], softplus(-real.logits).mean() + softplus(fake.logits).mean())
    distance = 0.5 * (real.features - fake.features[8:]).square().sum(dim=1).mean()

    turn = take_turn(game, batch, "generator")
    paid = turn.phase.losses(turn)
    assert list(paid) == ["loss", "likeness"]
    torch.testing.assert_close(paid["loss"], softplus(-fake.logits).mean())
    torch.testing.assert_close(paid["likeness"], 0.25 * distance)

    turn = take_turn(game, batch, "encoder")
    paid = turn.phase.losses(turn)
    assert list(paid) == ["prior", "likeness"], "the encoder is not paid by D"
    torch.testing.assert_close(paid["prior"], divergence)
    torch.testing.assert_close(paid["likeness"], distance)
    found = gradients(game, sum(paid.values()))
    assert [name for name, gradient in found.items() if gradient is not None] == ["encoder"]


def test_a_conditional_vae_gan_judges_both_kinds_of_fakes_with_their_classes():
    game = vae_gan(data=DataSpec((1, 8, 8), (4, 4)), game={"conditional": True})
    for player in ("discriminator", "generator", "encoder"):
        turn = take_turn(game, images(data=game.data), player)
        assert len(turn.judged_labels) == len(turn.fake) == 16
        sum(turn.phase.losses(turn).values()).backward()


@pytest.mark.parametrize("make", [bigbigan, aae, vae_gan])
def test_all_are_encoding(make):
    game = make().eval()
    assert isinstance(game, Encoding)
    x = images().samples()
    codes = game.encode(game.networks, x)
    assert codes.shape == (8, 4)
    assert torch.equal(codes, game.encode(game.networks, x)), "nothing is drawn"
    assert game.reconstruct(game.networks, x).shape == x.shape


def test_a_pair_is_a_row():
    samples, latents = torch.randn(3, 1, 2, 2), torch.randn(3, 5)
    assert torch.equal(joined(samples, latents)[:, 4:], latents)

"""BiGAN: what is judged, what both players pay, who trains whom, and what does not go."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_inference.games.bigan import BiGANGame
from inference_turns import CATALOG, SMALL, gradients, images, make_game, take_turn
from torch.nn.functional import softplus

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness

PLAIN = {**SMALL, "normalize": False}
NETWORKS = {"generator": PLAIN, "discriminator": PLAIN, "encoder": PLAIN}


def bigan(loss="non_saturating", **options):
    return make_game(BiGANGame, "bigan", loss=loss, **{**NETWORKS, **options})


def judged(game, turn):
    """Return D(x, E(x)) and D(G(z), z), put together here from the networks themselves."""
    networks = game.networks
    x = turn.batch.samples()
    real = networks["discriminator"].judge(x, networks["encoder"](x), None).logits
    fake = networks["discriminator"].judge(networks["generator"](turn.latents), turn.latents, None).logits
    return real, fake


def test_the_discriminator_judges_samples_with_their_codes_and_with_what_they_are_made_of():
    game = bigan()
    turn = take_turn(game, images())
    real, fake = judged(game, turn)
    paid = turn.phase.losses(turn)
    assert list(paid) == ["loss"]
    torch.testing.assert_close(paid["loss"], softplus(-real).mean() + softplus(fake).mean())
    turn.phase.losses(turn)["loss"].backward()
    assert not turn.real.requires_grad
    assert not turn.fake.requires_grad


CLOSED_FORMS = {
    "non_saturating": lambda real, fake: softplus(real).mean() + softplus(-fake).mean(),
    "minimax": lambda real, fake: -softplus(-real).mean() - softplus(fake).mean(),
    "hinge": lambda real, fake: real.mean() - fake.mean(),
    "wasserstein": lambda real, fake: real.mean() - fake.mean(),
    "fisher": lambda real, fake: real.mean() - fake.mean(),
    "least_squares": lambda real, fake: 0.5 * (real.square().mean() + (fake - 1).square().mean()),
    "relativistic": lambda real, fake: 2 * softplus(real - fake).mean(),
}


@pytest.mark.parametrize("loss", CLOSED_FORMS)
def test_generator_and_encoder_pay_for_swapped_labels(loss):
    game = bigan(loss)
    turn = take_turn(game, images(), "generator")
    torch.testing.assert_close(turn.phase.losses(turn)["loss"], CLOSED_FORMS[loss](*judged(game, turn)))


def test_the_factor_is_on_what_both_pay():
    game = bigan(game={"adversarial": 0.5})
    turn = take_turn(game, images(), "generator")
    paid = CLOSED_FORMS["non_saturating"](*judged(game, turn))
    torch.testing.assert_close(turn.phase.losses(turn)["loss"], 0.5 * paid)


def test_one_step_of_one_optimiser_trains_generator_and_encoder_from_one_forward(monkeypatch):
    game = bigan()
    calls = []
    for name in ("generator", "encoder"):
        network = game.networks[name]
        plain = network.forward
        monkeypatch.setattr(
            network, "forward", lambda *args, plain=plain, name=name: calls.append(name) or plain(*args)
        )
    assert [phase.player for phase in game.phases()] == ["discriminator", "generator"]
    assert [player.networks for player in game.players] == [("discriminator",), ("generator", "encoder")]
    turn = take_turn(game, images(), "generator")
    found = gradients(game, turn.phase.losses(turn)["loss"])
    assert sorted(calls) == ["encoder", "generator"]
    assert found["discriminator"] is None
    assert found["generator"].any()
    assert found["encoder"].any()


def test_an_encoder_of_distributions_draws_in_training_and_tells_its_means_otherwise():
    game = bigan(encoder={"name": "gaussian_encoder", **PLAIN})
    batch = images()
    first, same, other = (take_turn(game, batch, seed=seed).codes for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other), "without noise in E, D wins"
    mean, log_deviation = game.networks["encoder"].moments(batch.samples())
    noise = Randomness(0).normal("codes", 8, 4)
    torch.testing.assert_close(first, mean + log_deviation.exp() * noise)
    assert torch.equal(game.encode(game.networks, batch.samples()), mean)
    made = game.reconstruct(game.networks, batch.samples())
    torch.testing.assert_close(made, game.networks["generator"](mean))
    turn = take_turn(game, batch, "generator")
    turn.phase.losses(turn)["loss"].backward()
    assert game.networks["encoder"].last.weight.grad[4:].any(), "deviations are trained, too"


@pytest.mark.parametrize("penalty", ["r1", "r2", "gradient_penalty", "zero_centered", "dragan", "lecam", "wgan_div"])
def test_penalties_on_slopes_see_samples_and_latents(penalty):
    game = bigan(penalties=[penalty])
    turn = take_turn(game, images(), term=penalty)
    term = turn.phase.terms[penalty](turn)
    assert term.isfinite()
    if penalty == "r1":
        pairs = torch.cat([turn.samples.flatten(1), turn.codes], dim=1).requires_grad_()
        (slope,) = torch.autograd.grad(game.networks["discriminator"](pairs).logits.sum(), pairs)
        torch.testing.assert_close(term / 5.0, slope.square().sum(dim=1).mean())
        assert slope[:, -4:].any()


def test_slopes_and_batch_normalisation_do_not_go_together():
    with pytest.raises(UserError, match=r"penalties\.r1: .*BatchNorm1d"):
        bigan(penalties=["r1"], discriminator=SMALL)


@pytest.mark.parametrize("penalty", ["self_supervised", "consistency", "latent_consistency", "latent_optimization"])
def test_rules_that_have_samples_judged_alone_are_refused(penalty):
    with pytest.raises(UserError) as caught:
        game = bigan(penalties=[penalty])
        for phase in game.phases():
            turn = take_turn(game, images(), phase.player, term=next(iter(phase.terms)))
            turn.phase.losses(turn)
    assert "\n" not in str(caught.value)


def test_rules_with_outputs_of_their_own_are_played():
    game = bigan(penalties=["auxiliary_classifier"], data=DataSpec((1, 8, 8), (4, 4)), game={"conditional": True})
    turn = take_turn(game, images(data=game.data), term="auxiliary_classifier")
    assert turn.real_critique.extras["auxiliary_classifier"].shape == (8, 2)
    assert turn.phase.terms["auxiliary_classifier"](turn).isfinite()


def test_augmentations_change_samples_and_leave_latents():
    diffaugment = CATALOG.find("augmentation", "diffaugment").component()
    game = bigan(augment={"diffaugment": diffaugment})
    turn = take_turn(game, images())
    seen = turn.augmented(turn.real, "real")
    assert not torch.equal(seen[:, :64], turn.real[:, :64])
    assert torch.equal(seen[:, 64:], turn.real[:, 64:])


def test_a_conditional_game_tells_all_three_networks_the_class():
    game = bigan(data=DataSpec((1, 8, 8), (4, 4)), game={"conditional": True})
    batch = images(data=game.data)
    turn = take_turn(game, batch, "generator")
    turn.phase.losses(turn)["loss"].backward()
    x = batch.samples()
    assert not torch.equal(game.encode(game.networks, x, batch.labels), game.encode(game.networks, x, 1 - batch.labels))
    with pytest.raises(UserError, match="conditional; give the classes"):
        game.encode(game.networks, x)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoder": {**PLAIN, "latent": 5}}, r"^architecture\.encoder: it makes codes of shape \(5,\)"),
        ({"discriminator": {**PLAIN, "latent": 5}}, r"^architecture\.discriminator\.latent: .* 5, .* 4; set both"),
        ({"discriminator": {"name": "mlp"}}, r"^architecture\.discriminator: MLPDiscriminator judges samples alone"),
        ({"game": {"pack": 2}}, r"^game\.pack: codes belong to single samples"),
        ({"loss": "realness"}, r"^loss: realness reads .* take one of logits"),
    ],
)
def test_what_does_not_go_is_refused_in_one_line(options, said):
    with pytest.raises(UserError, match=said) as caught:
        bigan(**options)
    assert "\n" not in str(caught.value)


def test_generator_and_encoder_are_averaged_together():
    assert BiGANGame.averaged == ("generator", "encoder")

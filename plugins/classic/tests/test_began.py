"""BEGAN: published networks, energies with gradients on both sides, and a k that keeps their ratio."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from classic_turns import take_turn
from gan_lightning_classic.began import BEGANDiscriminator, BEGANGenerator
from gan_lightning_classic.convergence import BEGANConvergence
from gan_lightning_classic.equilibrium import EquilibriumGame
from gan_lightning_classic.fully_connected import MLPDiscriminator
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.samples import Samples
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.game import Parts
from gan_lightning.layers import mean_over_processes
from gan_lightning.two_player import TwoPlayerGame

IMAGES = DataSpec((1, 8, 8))
PUBLISHED = [
    (128, 64, 64, 1_716_611, 13_405_379),
    (64, 64, 64, 563_395, 4_011_651),
    (128, 128, 128, 2_536_067, 26_367_235),
    (64, 64, 32, 489_539, 2_310_979),
]


def parts(**changes):
    networks = {
        "generator": partial(BEGANGenerator, channels=4, latent=6),
        "discriminator": partial(BEGANDiscriminator, channels=4, hidden=6),
    }
    return replace(Parts(IMAGES, 8, networks), **changes)


def game(**options):
    return EquilibriumGame(parts(), **options)


def images(count=8):
    return Batch(torch.randint(0, 256, (count, 1, 8, 8), generator=torch.Generator().manual_seed(0)).byte())


def play_round(played, *batches, nan=False):
    """Take both players' turns, each of some batches, without steps; the generator's loss may be no number."""
    for player in ("discriminator", "generator"):
        for batch in batches or (images(),):
            turn = take_turn(played, batch, player)
            turn.phase.losses(turn)
            if nan and player == "generator":
                turn.fake_critique.logits.data.fill_(float("nan"))
            played.after_batch(turn)
        played.after_step(turn)


@pytest.mark.parametrize(("channels", "latent", "side", "generator", "discriminator"), PUBLISHED)
def test_networks_have_the_published_numbers_of_parameters(channels, latent, side, generator, discriminator):
    data = DataSpec((3, side, side))
    with torch.device("meta"):
        networks = (
            BEGANGenerator(data, 0, channels=channels, latent=latent),
            BEGANDiscriminator(data, 0, channels=channels, hidden=latent),
        )
    counts = [sum(weight.numel() for weight in network.parameters()) for network in networks]
    assert counts == [generator, discriminator]


def test_neither_decoder_ends_in_a_tanh_or_has_a_norm():
    networks = game().networks
    for decoder in (networks["generator"].layers, networks["discriminator"].decoder):
        assert isinstance(decoder[-1], nn.Conv2d)
    kinds = {type(layer) for layer in networks.modules() if not list(layer.children())}
    assert kinds == {nn.Linear, nn.Unflatten, nn.Conv2d, nn.ELU, nn.Upsample, nn.Flatten}
    assert not networks["generator"].bounded
    assert (networks["generator"](torch.full((1, 6), 100.0)).abs() > 1).any()


def test_an_energy_is_the_mean_absolute_error_of_its_own_sample():
    judge = game().networks["discriminator"]
    samples = images().samples()
    critique = judge(samples)
    by_hand = [(samples[i] - critique.extras["reconstruction"][i]).abs().mean() for i in range(8)]
    torch.testing.assert_close(critique.logits, -torch.stack(by_hand))
    assert critique.features.shape == (8, 6)


def test_gradients_come_by_way_of_the_sample_on_both_sides_of_the_energy():
    judge = game().networks["discriminator"]
    samples = images().samples().requires_grad_()
    (whole,) = torch.autograd.grad(-judge(samples).logits.sum(), samples)
    fixed, moving = samples.detach(), samples.detach().clone().requires_grad_()
    by_target = (moving - judge(fixed).extras["reconstruction"]).abs().flatten(1).mean(dim=1).sum()
    by_code = (fixed - judge(moving).extras["reconstruction"]).abs().flatten(1).mean(dim=1).sum()
    sides = [torch.autograd.grad(part, moving, retain_graph=True)[0] for part in (by_target, by_code)]
    assert all(side.abs().max() > 0 for side in sides)
    torch.testing.assert_close(whole, sides[0] + sides[1])


def test_players_pay_energies_and_fakes_of_the_discriminators_turn_teach_no_generator():
    played = game()
    played.k.fill_(0.3)
    turn = take_turn(played, images(), "discriminator")
    (paid,) = turn.phase.losses(turn).values()
    torch.testing.assert_close(paid, -turn.real_critique.logits.mean() + 0.3 * turn.fake_critique.logits.mean())
    assert not turn.fake.requires_grad
    paid.backward()
    assert all(weight.grad is None for weight in played.networks["generator"].parameters())
    other = take_turn(played, images(), "generator", seed=1)
    (paid,) = other.phase.losses(other).values()
    torch.testing.assert_close(paid, -other.fake_critique.logits.mean())
    paid.backward()
    assert all(weight.grad is not None for weight in played.networks["generator"].parameters())
    assert not torch.equal(turn.latents, other.latents), "each turn draws latents of its own"
    assert turn.latents.abs().max() <= 1, "uniform on [-1, 1]"


@pytest.mark.parametrize(("gamma", "real", "fake", "rises"), [(0.5, 1.0, 0.2, True), (0.5, 1.0, 0.8, False)])
def test_k_rises_where_generated_energies_are_below_their_share(gamma, real, fake, rises, monkeypatch):
    """With a low L(G) the generator is ahead: D must mind generated samples more."""
    played = game(gamma=gamma, lambda_k=0.1)
    played.k.fill_(0.5)
    energies = {True: real, False: fake}
    judge = played.networks["discriminator"]
    monkeypatch.setattr(type(judge), "forward", told_by(energies, played))
    play_round(played)
    assert played.k.item() == pytest.approx(0.5 + 0.1 * (gamma * real - fake))
    assert (played.k > 0.5).item() is rises
    assert played.real_energy.item() == pytest.approx(real)
    assert played.fake_energy.item() == pytest.approx(fake)
    told = played.equilibrium()
    assert told["equilibrium/convergence"].item() == pytest.approx(real + abs(gamma * real - fake))


def told_by(energies, played):
    """Return a forward by which images of the batch have one energy, all others another."""
    original = BEGANDiscriminator.forward

    def forward(self, samples, labels=None):
        critique = original(self, samples, labels)
        is_real = torch.equal(samples, images().samples())
        return replace(critique, logits=critique.logits * 0 - energies[is_real])

    return forward


def test_k_is_one_number_from_means_over_all_batches_of_a_turn_and_has_no_graph():
    played = game(lambda_k=0.01)
    energies = []
    for batch in (images(8), images(4)):
        turn = take_turn(played, batch, "generator")
        energies.append(-turn.fake_critique.logits.mean().item())
    play_round(played, images(8), images(4))
    assert played.k.shape == ()
    assert not played.k.requires_grad
    assert played.fake_energy.item() == pytest.approx(sum(energies) / 2)


def test_k_stays_between_0_and_1():
    played = game(gamma=1.0, lambda_k=1000.0)
    play_round(played)
    high = played.k.item()
    played.gamma = 0.0
    play_round(played)
    assert {high, played.k.item()} <= {0.0, 1.0}
    assert played.k.item() == 0.0


def test_a_loss_that_is_no_number_leaves_k_alone():
    played = game(lambda_k=0.1)
    played.k.fill_(0.25)
    play_round(played, nan=True)
    assert played.k.item() == 0.25
    play_round(played)
    assert played.k.isfinite()


def test_k_follows_the_mean_over_processes(monkeypatch):
    played = game(lambda_k=0.1)
    monkeypatch.setattr("gan_lightning_classic.equilibrium.mean_over_processes", lambda v: mean_over_processes(v) * 3)
    play_round(played)
    other = game(lambda_k=0.1)
    other.load_state_dict({**played.state_dict(), "k": torch.zeros(())})
    monkeypatch.undo()
    play_round(other)
    torch.testing.assert_close(played.real_energy, 3 * other.real_energy)


def test_lazy_penalties_move_nothing_and_others_are_paid():
    lazy = Catalog.installed().find("penalty", "r1").component(every=2)
    played = EquilibriumGame(parts(penalties={"r1": lazy}))
    turn = take_turn(played, images(), "discriminator")
    lazily = next(phase for phase in played.phases() if "r1" in phase.terms)
    turn = played.play(lazily, images(), turn.random, turn.progress)
    turn.phase.losses(turn)
    played.after_batch(turn)
    played.after_step(turn)
    assert played.real_energy == 0
    assert not played._seen


def test_its_state_is_kept_and_told():
    played = game()
    assert {"k", "real_energy", "fake_energy"} <= played.state_dict().keys()
    turn = take_turn(played, images(), "discriminator")
    turn.phase.losses(turn)
    assert {"logits/real", "logits/fake", "equilibrium/k", "equilibrium/convergence"} <= turn.observations().keys()


def test_the_score_is_m_of_the_discriminators_energies():
    played = game(gamma=0.25)
    samples = Samples(images(12).values, None, "noise", "noise")
    score = BEGANConvergence()
    score.prepare(samples, 64)
    with torch.no_grad():
        score.meet(played, played.networks)
        score.update(torch.zeros(1), real=False)
        real = -played.networks["discriminator"](images(12).samples()).logits.mean().item()
        fake = score.compute()["began_convergence"].item()
    gap = fake - real
    assert gap > 0
    assert score.protocol() == {"seed": 0, "real": 12, "fake": 64}
    played.gamma = 0.0
    score.reset()
    score.update(torch.zeros(1), real=False)
    with torch.no_grad():
        score.meet(played, played.networks)
    generated = score.compute()["began_convergence"].item() - real
    assert gap == pytest.approx(abs(0.25 * real - generated), rel=1e-4)
    with pytest.raises(UserError, match="it needs game began"):
        score.meet(nn.Linear(1, 1), {})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gamma": 1.5}, r"game\.gamma: expected a ratio from 0 to 1"),
        ({"lambda_k": -1.0}, r"game\.lambda_k: expected at least 0"),
        ({"pack": 2}, r"game\.pack: an energy is that of a single sample"),
    ],
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        game(**options)


def test_a_loss_and_a_discriminator_that_reconstructs_nothing_are_refused():
    loss = Catalog.installed().find("loss", "hinge").component()
    with pytest.raises(UserError, match="loss: what players of this game pay are energies"):
        EquilibriumGame(parts(loss=loss))
    with pytest.raises(UserError, match=r"architecture\.discriminator: this game's is an autoencoder"):
        EquilibriumGame(parts(networks={**parts().networks, "discriminator": MLPDiscriminator}))
    with pytest.raises(UnsupportedShapeError):
        BEGANGenerator(DataSpec((1, 17, 17)), 0)
    assert issubclass(EquilibriumGame, TwoPlayerGame)

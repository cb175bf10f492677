"""The autoencoder that judges by its error, alone and with the loss and the penalty that are meant for it."""

from __future__ import annotations

import pytest
import torch
from critics import CATALOG, numbers, penalty
from gan_lightning_losses.architectures.mlp_autoencoder import MLPAutoencoder

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.toys import ToyGenerator
from gan_lightning.two_player import TwoPlayerGame

IMAGE = DataSpec((3, 4, 5))


@pytest.mark.parametrize(("energy", "values"), [("mean", 1), ("sum", 60)])
def test_logits_are_minus_the_error_of_the_reconstruction(energy, values):
    network = MLPAutoencoder(IMAGE, 0, code=7, energy=energy)
    samples = numbers(6, *IMAGE.shape)
    critique = network(samples)
    error = (critique.extras["reconstructed"] - samples).square().flatten(1).mean(1)
    torch.testing.assert_close(critique.logits, -values * error)
    assert critique.features.shape == (6, 7)
    torch.testing.assert_close(network.decoder(critique.features).view_as(samples), critique.extras["reconstructed"])


def test_energy_and_pulling_away_play_with_it():
    """The discriminator's loss is the error of real samples and what is left of the margin, and codes are pulled."""
    networks = {"generator": ToyGenerator, "discriminator": MLPAutoencoder}
    loss, rule = CATALOG.find("loss", "energy").component(margin=2.0), penalty("pulling_away")
    game = TwoPlayerGame(Parts(IMAGE, 6, networks, loss, {"pulling_away": rule}))
    batch = Batch(numbers(6, *IMAGE.shape).clamp(-1, 1))
    discriminator, generator = (game.play(phase, batch, Randomness(0), Progress(0, 0, 0, 1)) for phase in game.phases())
    critic = game.networks["discriminator"]
    of_real, of_fake = (
        (critic(side).extras["reconstructed"] - side).square().flatten(1).mean(1)
        for side in (discriminator.real, discriminator.fake)
    )
    wanted = of_real.mean() + (2.0 - of_fake).clamp(min=0).mean()
    torch.testing.assert_close(discriminator.phase.terms["loss"](discriminator), wanted)
    codes = torch.nn.functional.normalize(critic.encoder(generator.fake.flatten(1)), dim=1)
    cosines = (codes @ codes.T).square()
    wanted = 0.1 * (cosines.sum() - cosines.diagonal().sum()) / 30
    torch.testing.assert_close(generator.phase.terms["pulling_away"](generator), wanted)


@pytest.mark.parametrize("options", [{"hidden": 0}, {"code": 0}, {"layers": -1}])
def test_sizes_that_are_none(options):
    with pytest.raises(UserError, match=next(iter(options))):
        MLPAutoencoder(IMAGE, 0, **options)

import pytest
import torch
from gan_lightning_modern.fastgan import FastGAN
from gan_lightning_modern.reconstruction import Reconstruction
from torch import nn

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples
from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss
from gan_lightning.two_player import TwoPlayerGame

SPEC = DataSpec((1, 16, 16))


def small(role):
    return lambda data, classes: FastGAN.roles[role](data, classes, channels=2)


def game_of(networks, **options):
    torch.manual_seed(0)
    return TwoPlayerGame(Parts(SPEC, 4, networks, ToyLoss(), {"reconstruction": Reconstruction()}), **options)


def turn(game, index=0):
    batch = Batch(torch.randint(256, (4, *SPEC.shape), dtype=torch.uint8))
    return game.play(game.phases()[index], batch, Randomness(0), Progress(0, 0, 0, 1))


@pytest.mark.parametrize("together", [False, True])
def test_the_discriminator_pays_for_reconstructing_the_real_images(together):
    game = game_of({role: small(role) for role in FastGAN.roles}, judge_together=together)
    play = turn(game)
    paid = game.phases()[0].terms["reconstruction"](play)
    assert paid.item() == pytest.approx(play.real_critique.extras["reconstruction"].mean().item())
    assert 0 < paid < 3


def test_a_discriminator_that_does_not_decode_is_named():
    game = game_of(TOY_NETWORKS.roles)
    with pytest.raises(UserError, match=r"penalties\.reconstruction: .*discriminator does not decode"):
        game.phases()[0].terms["reconstruction"](turn(game))


def test_noise_in_layers_leaves_samples_a_function_of_their_number():
    game = game_of({role: small(role) for role in FastGAN.roles})
    for name, strength in game.networks["generator"].named_parameters():
        if name.endswith("strength"):
            nn.init.constant_(strength, 5.0)
    first = torch.cat(list(draw_samples(game, game.networks, 70, seed=0)))
    torch.manual_seed(9)
    before = torch.get_rng_state()
    again = torch.cat(list(draw_samples(game, game.networks, 3, seed=0)))
    assert torch.equal(again, first[:3])
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.allclose(first[0], next(iter(draw_samples(game, game.networks, 1, seed=1)))[0])

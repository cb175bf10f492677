"""The weight decay of geometric GAN, and its many turns of the generator."""

import pytest
import torch
from gan_lightning_resnet.last_layer_decay import LastLayerDecay, last_weight
from gan_lightning_resnet.sngan import SNGAN
from torch import nn

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.runs import Trainee
from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss
from gan_lightning.two_player import TwoPlayerGame


def test_its_gradient_is_the_weight_times_its_factor_and_only_the_last_layers():
    rule = LastLayerDecay(weight=0.25)
    parts = Parts(DataSpec((1, 4, 4)), 8, TOY_NETWORKS.roles, ToyLoss(), {"last_layer_decay": rule})
    game = TwoPlayerGame(parts)
    batch = Batch(torch.zeros(8, 1, 4, 4, dtype=torch.uint8))
    play = game.play(game.phases()[0], batch, Randomness(0), Progress(0, 0, 0, 1))
    game.phases()[0].terms["last_layer_decay"](play).backward()
    critic = game.networks["discriminator"]
    assert torch.allclose(critic.last.weight.grad, 0.25 * critic.last.weight)
    assert critic.last.bias.grad is None
    assert critic.body[0].weight.grad is None


def test_the_last_layer_is_found_in_residual_networks_and_missed_where_there_is_none():
    network = SNGAN.roles["discriminator"](DataSpec((1, 8, 8)), 0, channels=2)
    assert last_weight(network) is network.head.linear.weight
    with pytest.raises(UserError, match="no layer with one output"):
        last_weight(nn.Linear(3, 2))


def test_several_turns_of_the_generator_are_updates_of_a_round(tmp_path):
    trainee = Trainee(TwoPlayerGame, {"game": {"n_gen": 5}})
    game = trainee.module(tmp_path).game
    assert game.updates_per_round() == 5
    assert game.draws() == 1
    run = trainee.fit(tmp_path / "run", 10)
    rows = run.metrics.read_text("utf-8").splitlines()
    assert rows[-1].split(",")[0] == "10"
    assert rows[-1].split(",")[1] == str(2 * 8), "two rounds have seen two batches"

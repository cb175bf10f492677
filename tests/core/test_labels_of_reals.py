import pytest
import torch

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss
from gan_lightning.two_player import TwoPlayerGame

SPEC = DataSpec((1, 4, 4), (5, 5, 5))
LABELS = torch.tensor([2, 0, 0, 1, 2, 1, 1, 0])


def plays(**options):
    game = TwoPlayerGame(Parts(SPEC, 8, TOY_NETWORKS.roles, ToyLoss()), **options)
    batch = Batch(torch.zeros(8, *SPEC.shape, dtype=torch.uint8), LABELS)
    return [game.play(phase, batch, Randomness(0), Progress(0, 0, 0, 1)) for phase in game.phases()]


def test_generated_samples_are_of_the_classes_of_the_reals_in_every_turn():
    for play in plays(conditional=True, labels_of="reals"):
        assert torch.equal(play.fake_labels, LABELS)
        assert torch.equal(play.fake_critique.labels, play.real_critique.labels)


def test_by_default_classes_are_drawn_from_the_data():
    assert not all(torch.equal(play.fake_labels, LABELS) for play in plays(conditional=True))


def test_a_game_without_classes_has_no_labels_either_way():
    assert all(play.fake_labels is None for play in plays(labels_of="reals"))


def test_a_batch_of_another_size_cannot_have_the_labels_of_the_reals():
    with pytest.raises(UserError, match=r"game\.labels_of: .*generator_batch"):
        plays(conditional=True, labels_of="reals", generator_batch=16)

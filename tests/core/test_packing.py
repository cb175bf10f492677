"""Packs of samples, and a loss that is left out of the generator's turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from gan_lightning.components import Penalty
from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing import check_two_processes
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss
from gan_lightning.two_player import TwoPlayerGame

IMAGES = DataSpec((3, 8, 8))


class Listening(nn.Module):
    """Keeps what it was built for and what it was asked."""

    def __init__(self, data, classes):
        super().__init__()
        self.data, self.asked = data, []
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, samples, labels=None):
        self.asked.append(samples)
        return Critique(self.weight * samples.flatten(1).sum(1), features=samples.flatten(1))


def game_of(pack, *, data=IMAGES, batch_size=8, penalties=None, **options):
    networks = {**TOY_NETWORKS.roles, "discriminator": Listening}
    return TwoPlayerGame(Parts(data, batch_size, networks, ToyLoss(), penalties or {}), pack=pack, **options)


def turn_of(game, phase=0, count=8):
    values = torch.arange(count * 3 * 8 * 8).view(count, 3, 8, 8).remainder(256).to(torch.uint8)
    return game.play(game.phases()[phase], Batch(values), Randomness(0), Progress(0, 0, 0, 1))


@pytest.mark.parametrize(
    ("data", "shape"), [(IMAGES, (6, 8, 8)), (DataSpec((1, 4, 6)), (2, 4, 6)), (DataSpec((2,), kind="points"), (4,))]
)
def test_the_discriminator_is_built_for_packs_and_the_generator_is_not(data, shape):
    game = game_of(2, data=data)
    assert game.networks["discriminator"].data.shape == shape
    assert game.networks["generator"].shape == data.shape


@pytest.mark.parametrize("together", [False, True])
def test_samples_that_follow_each_other_are_joined_at_their_channels(together):
    turn = turn_of(game_of(2, judge_together=together))
    assert turn.real_critique.logits.shape == (4,)
    assert turn.fake_critique.logits.shape == (4,)
    for side, critique in ((turn.real, turn.real_critique), (turn.fake, turn.fake_critique)):
        for index, pack in enumerate(critique.samples):
            assert torch.equal(pack[:3], side[2 * index])
            assert torch.equal(pack[3:], side[2 * index + 1])


def test_a_pack_of_one_is_the_plain_game_bit_by_bit(tmp_path):
    plain = Trainee(TwoPlayerGame, {}).fit(tmp_path / "plain", 3)
    one = Trainee(TwoPlayerGame, {"game": {"pack": 1}}).fit(tmp_path / "one", 3)
    assert first_difference(state_of(plain), state_of(one)) is None


def test_packs_train_and_are_those_of_one_process_on_two(tmp_path):
    state = state_of(Trainee(TwoPlayerGame, {"game": {"pack": 2}}).fit(tmp_path, 2))["state_dict"]
    assert state["game.networks.discriminator.body.0.weight"].shape[1] == 2 * 64
    check_two_processes(TwoPlayerGame, game={"pack": 2})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pack": 0}, r"^game\.pack: expected at least 1, got 0$"),
        ({"pack": 3}, r"^game\.pack: data\.batch_size is 8, which is no multiple of 3$"),
        ({"pack": 2, "generator_batch": 7}, r"^game\.pack: game\.generator_batch is 7, which is no multiple of 2$"),
        (
            {"pack": 2, "conditional": True, "data": DataSpec((3, 8, 8), (4, 4))},
            r"^game\.pack: the samples of a pack would be of several classes",
        ),
    ],
)
def test_packs_that_do_not_come_out_even_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        game_of(**options)


@dataclass(frozen=True)
class Brightness(Penalty):
    """What the generator pays for bright images."""

    players = ("generator",)

    def __call__(self, play: Any) -> torch.Tensor:
        """Return the mean brightness."""
        return play.fake.mean()


@pytest.mark.parametrize("factor", [1.0, 0.25])
def test_the_loss_has_a_factor_in_the_generator_s_turn_only(factor):
    torch.manual_seed(0)
    game = game_of(1, adversarial=factor)
    for phase, share in ((0, 1.0), (1, factor)):
        turn = turn_of(game, phase)
        loss = getattr(ToyLoss(), turn.phase.player)(turn.real_critique, turn.fake_critique)
        torch.testing.assert_close(turn.phase.terms["loss"](turn), share * loss)


def test_a_generator_may_be_taught_by_penalties_alone():
    game = game_of(1, penalties={"brightness": Brightness()}, adversarial=0.0)
    discriminator, generator = game.phases()
    assert list(discriminator.terms) == ["loss"]
    assert list(generator.terms) == ["brightness"]
    turn = turn_of(game, 1)
    generator.terms["brightness"](turn)
    assert not game.networks["discriminator"].asked, "nobody asks the discriminator for a loss that is not paid"


def test_a_generator_that_is_taught_nothing_is_refused():
    with pytest.raises(UserError, match=r"^game\.adversarial: 0 leaves the generator nothing to minimise"):
        game_of(1, adversarial=0.0)
    lazy = {"brightness": Brightness(every=4)}
    with pytest.raises(UserError, match=r"^game\.adversarial: 0 leaves"):
        game_of(1, penalties=lazy, adversarial=0.0)

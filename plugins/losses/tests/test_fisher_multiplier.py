"""Fisher's multiplier: how it moves, that it enforces the constraint, that runs keep it."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_losses.adversarial.fisher import Fisher

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.critique import Critique
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

KEY = "game.components.0.multiplier"


def logits(*values):
    return torch.tensor(values, requires_grad=True)


def test_the_value_is_the_augmented_lagrangian():
    loss = Fisher(rho=0.5)
    loss.multiplier.fill_(3.0)
    value = loss.discriminator(Critique(logits(2.0, 0.0)), Critique(logits(-1.0, -1.0)))
    moment = 0.5 * (2.0 + 1.0)
    assert float(value.detach()) == pytest.approx(-2.0 - 3.0 * (1 - moment) + 0.25 * (1 - moment) ** 2)


def test_it_moves_when_the_loss_is_differentiated_and_not_when_it_is_looked_at():
    loss = Fisher(rho=0.5)
    real, fake = Critique(logits(2.0, 0.0)), Critique(logits(-1.0, -1.0))
    value = loss.discriminator(real, fake)
    assert float(loss.multiplier) == 0.0
    value.backward()
    assert float(loss.multiplier) == pytest.approx(-0.5 * (1 - 1.5))
    with torch.no_grad():
        loss.discriminator(real, fake)
    loss.generator(real, fake).backward()
    assert float(loss.multiplier) == pytest.approx(0.25)


def test_the_critic_reaches_the_constraint_and_the_distance_of_disjoint_batches():
    """Under O = 1 the best critic of batches that it can tell apart gives 1 and -1: Fisher's distance is 2."""
    loss = Fisher(rho=0.5)
    real, fake = logits(0.1, 0.0), logits(0.0, -0.1)
    optimizer = torch.optim.SGD([real, fake], lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        loss.discriminator(Critique(real), Critique(fake)).backward()
        optimizer.step()
    assert real.tolist() == pytest.approx([1.0, 1.0], abs=1e-3)
    assert fake.tolist() == pytest.approx([-1.0, -1.0], abs=1e-3)
    assert float(loss.multiplier) == pytest.approx(1.0, abs=1e-2)


def test_a_resumed_run_goes_on_with_the_multiplier(tmp_path):
    trainee = Trainee(TwoPlayerGame, {"loss": {"name": "fisher", "rho": 0.1}})
    whole = trainee.fit(tmp_path / "whole", 4)
    trainee.fit(tmp_path / "parts", 2)
    resumed = trainee.fit(tmp_path / "parts", 4, resume="last")
    assert float(read_checkpoint(whole.last)["state_dict"][KEY]) != 0.0
    assert first_difference(state_of(whole), state_of(resumed)) is None

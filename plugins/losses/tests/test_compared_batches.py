"""What losses of vectors remember of the batches that they compared."""

import pytest
import torch
from gan_lightning_losses.adversarial.cramer import Cramer
from gan_lightning_losses.adversarial.mmd import MMD

from gan_lightning.critique import Critique

LOSSES = {"cramer": Cramer(size=3), "mmd": MMD(size=3)}


def judged(name, samples, weight):
    return Critique(samples[:, 0], extras={name: samples @ weight})


def total_score(name, weight):
    """Compare two batches and return the sum of the scores of a third, all embedded by one weight."""
    real, fake, between = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    loss = LOSSES[name]
    value = loss.discriminator(judged(name, real, weight), judged(name, fake, weight))
    return loss.scores(judged(name, between, weight)).sum(), value


@pytest.mark.parametrize("name", LOSSES)
def test_a_penalty_on_scores_moves_what_they_are_compared_with(name):
    weight = torch.randn(2, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: total_score(name, value)[0], weight)


@pytest.mark.parametrize("name", LOSSES)
def test_scores_can_be_asked_for_after_the_backward(name):
    weight = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    score, value = total_score(name, weight)
    (score + value).backward()
    again = LOSSES[name].scores(judged(name, torch.ones(4, 2, dtype=torch.float64), weight)).sum()
    again.backward()
    assert weight.grad.isfinite().all()

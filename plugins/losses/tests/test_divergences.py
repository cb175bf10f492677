"""f-GAN: conjugates against their definition, the best values against closed forms; what divergences are known for."""

from __future__ import annotations

import math

import pytest
import torch
from gan_lightning_losses.adversarial.divergences import DIVERGENCES, alpha
from gan_lightning_losses.adversarial.f_gan import FGAN
from gan_lightning_losses.adversarial.minimax import Minimax
from gan_lightning_losses.adversarial.relativistic import Relativistic
from gan_lightning_losses.adversarial.wasserstein import Wasserstein

from gan_lightning.critique import Critique

LOG2 = math.log(2.0)
ORDERS = (-1.0, 0.5, 3.0)


def _alpha_generator(order):
    return lambda u: (u**order - 1 - order * (u - 1)) / (order * (order - 1))


#: f of each divergence E_Q[f(p / q)], for positive u.
GENERATORS = {
    "kl": lambda u: u * u.log(),
    "reverse_kl": lambda u: -u.log(),
    "pearson": lambda u: (u - 1) ** 2,
    "neyman": lambda u: (u - 1) ** 2 / u,
    "squared_hellinger": lambda u: (u.sqrt() - 1) ** 2,
    "jensen_shannon": lambda u: -(u + 1) * ((1 + u) / 2).log() + u * u.log(),
    "gan": lambda u: u * u.log() - (u + 1) * (u + 1).log(),
    **{f"alpha {order:g}": _alpha_generator(order) for order in ORDERS},
}


def _divergence(name):
    kind, _, order = name.partition(" ")
    return alpha(float(order)) if order else DIVERGENCES[kind]


def _loss(name):
    kind, _, order = name.partition(" ")
    return FGAN(kind, float(order)) if order else FGAN(kind)


@pytest.mark.parametrize("name", GENERATORS)
def test_conjugates_are_the_supremum_they_are_defined_by(name):
    """f*(t) = sup over u of u t - f(u), on a fine grid of u."""
    outputs = torch.linspace(-0.9, 0.9, 13, dtype=torch.float64)
    ratios = torch.logspace(-7, 4, 200_001, dtype=torch.float64)
    slopes = _divergence(name).activation(outputs)
    highest = torch.stack([(ratios * slope - GENERATORS[name](ratios)).max() for slope in slopes])
    torch.testing.assert_close(_divergence(name).conjugate(outputs), highest, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_best_discriminator_of_two_coins_pays_minus_their_divergence(name):
    """P = (3/4, 1/4) and Q = (3/8, 5/8), each a batch of 8; a logit a side, found by Newton's method."""
    of_p, of_q = torch.tensor([0] * 6 + [1] * 2), torch.tensor([0] * 3 + [1] * 5)
    logits = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def paid():
        optimizer.zero_grad()
        value = _loss(name).discriminator(Critique(logits[of_p]), Critique(logits[of_q]))
        value.backward()
        return value

    optimizer.step(paid)
    p, q = torch.tensor([0.75, 0.25], dtype=torch.float64), torch.tensor([0.375, 0.625], dtype=torch.float64)
    assert -float(paid().detach()) == pytest.approx(float((q * GENERATORS[name](p / q)).sum()), abs=1e-6)


#: Closed forms between N(m, 1) and N(0, 1), and the network's output at the best discriminator from log(p / q).
SHIFT = 0.5
GAUSSIANS = {
    "kl": (SHIFT**2 / 2, lambda ratio: 1 + ratio),
    "reverse_kl": (SHIFT**2 / 2, lambda ratio: ratio),
    "pearson": (math.expm1(SHIFT**2), lambda ratio: 2 * torch.expm1(ratio)),
    "neyman": (math.expm1(SHIFT**2), lambda ratio: 2 * ratio),
    "squared_hellinger": (2 - 2 * math.exp(-(SHIFT**2) / 8), lambda ratio: ratio / 2),
    "alpha 3": (math.expm1(3 * SHIFT**2) / 6, lambda ratio: torch.expm1(2 * ratio) / 2),
    "alpha 0.5": (4 - 4 * math.exp(-(SHIFT**2) / 8), lambda ratio: -torch.log(torch.expm1(2 * torch.exp(-ratio / 2)))),
}


@pytest.mark.parametrize("name", GAUSSIANS)
def test_the_divergence_of_two_gaussians_has_its_closed_form(name):
    exact, output = GAUSSIANS[name]
    chances = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    fake = torch.special.ndtri(chances)
    sides = [Critique(output(SHIFT * places - SHIFT**2 / 2)) for places in (fake + SHIFT, fake)]
    assert float(-_loss(name).discriminator(*sides)) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize("distance", [0.1, 1.0, 100.0])
def test_jensen_shannon_of_disjoint_lines_is_log_2_at_any_distance_and_teaches_nothing(distance):
    """The best critic of lines at 0 and theta tells them apart for sure; only Wasserstein's says how far they are."""
    place = torch.full((4,), -distance, dtype=torch.float64, requires_grad=True)
    real, fake = (Critique(400 / distance * (x + distance / 2)) for x in (torch.zeros(4, dtype=torch.float64), place))
    assert LOG2 - float(Minimax().discriminator(real, fake).detach()) / 2 == pytest.approx(LOG2)
    assert -float(FGAN("jensen_shannon").discriminator(real, fake).detach()) / 2 == pytest.approx(LOG2)
    (slope,) = torch.autograd.grad(Minimax().generator(real, fake), place)
    assert float(slope.abs().max()) < 1e-80
    linear = Wasserstein().discriminator(Critique(torch.zeros(4)), Critique(place))
    assert float(linear.detach()) == pytest.approx(-distance)
    (slope,) = torch.autograd.grad(Wasserstein().generator(Critique(place), Critique(place)), place)
    assert slope.tolist() == [-0.25] * 4


def test_relativistic_keeps_a_gradient_where_minimax_has_none():
    real = Critique(torch.full((4,), 30.0))
    for loss, least, most in ((Minimax(), 0.0, 1e-12), (Relativistic(), 0.99, 1.01)):
        logits = torch.full((4,), -30.0, requires_grad=True)
        (slope,) = torch.autograd.grad(loss.generator(real, Critique(logits)), logits)
        assert least <= -float(slope.sum()) <= most


def test_the_heuristic_generator_pays_the_activation():
    fake = Critique(torch.tensor([-30.0], requires_grad=True))
    slopes = {}
    for objective in ("minimax", "non_saturating"):
        (slopes[objective],) = torch.autograd.grad(FGAN("gan", objective=objective).generator(fake, fake), fake.logits)
    assert abs(float(slopes["minimax"])) < 1e-12
    assert float(slopes["non_saturating"]) == pytest.approx(-1.0)

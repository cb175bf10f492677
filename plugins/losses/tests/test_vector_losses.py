"""Losses that compare or fold vectors, against closed forms and slow ways to compute the same."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from gan_lightning_losses.adversarial.cramer import Cramer
from gan_lightning_losses.adversarial.dual_contrastive import DualContrastive
from gan_lightning_losses.adversarial.energy import Energy
from gan_lightning_losses.adversarial.loss_sensitive import LossSensitive
from gan_lightning_losses.adversarial.mmd import MMD
from gan_lightning_losses.adversarial.realness import Realness
from gan_lightning_losses.adversarial.sphere import Sphere
from torch.nn.functional import cross_entropy

from gan_lightning.critique import Critique


def numbers(*shape, seed=0, mean=0.0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + mean


def told(name, vectors):
    return Critique(torch.zeros(len(vectors)), extras={name: vectors})


# --- Realness ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcomes", [5, 51])
def test_anchors_are_what_histograms_of_many_shifted_draws_tend_to(outcomes):
    loss, like = Realness(outcomes), torch.zeros((), dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(400_000, generator=generator) * 0.1 - 1
    uniform = torch.rand(400_000, generator=generator) * 2 - 1 + 1
    for anchor, draws in ((loss.fake_anchor(like), normal), (loss.real_anchor(like), uniform)):
        nearest = ((draws.clamp(-1, 1) + 1) / 2 * (outcomes - 1)).round().long()
        histogram = torch.bincount(nearest, minlength=outcomes) / len(draws)
        torch.testing.assert_close(anchor.float(), histogram, rtol=0, atol=5e-3)


def test_realness_discriminator_is_at_rest_where_its_outputs_are_the_anchors():
    loss = Realness(11)
    like = torch.zeros((), dtype=torch.float64)
    outputs = [anchor(like).clamp_min(1e-30).log().repeat(4, 1) for anchor in (loss.real_anchor, loss.fake_anchor)]
    outputs = [output.requires_grad_() for output in outputs]
    sides = [told("realness", output) for output in outputs]
    for gradient in torch.autograd.grad(loss.discriminator(*sides), outputs):
        assert float(gradient.abs().max()) < 1e-12
    real, fake = (loss.scores(side).detach() for side in sides)
    assert float(real.mean()) > 0.7 > -0.9 > float(fake.mean())


def test_realness_generator_objectives_differ_in_what_samples_are_drawn_to():
    real, fake = told("realness", numbers(4, 5)), told("realness", numbers(4, 5, seed=1))
    paid = {name: Realness(5, name).generator(real, fake) for name in ("relativistic", "anchors", "fake_anchor")}
    logs = fake.extras["realness"].log_softmax(1)
    of_real = real.extras["realness"].softmax(1)
    torch.testing.assert_close(paid["relativistic"] - paid["fake_anchor"], -(of_real * logs).sum(1).mean())
    drawn = -(Realness(5).real_anchor(logs) * logs).sum(1).mean()
    torch.testing.assert_close(paid["anchors"] - paid["fake_anchor"], drawn)
    away = (Realness(5).fake_anchor(logs) * logs).sum(1).mean()
    torch.testing.assert_close(paid["fake_anchor"], away)


# --- Sphere -----------------------------------------------------------------------------------------------------------


def test_sphere_distances_are_those_of_the_inverse_stereographic_projection():
    flat = numbers(64, 3) * 3
    squares = flat.square().sum(1, keepdim=True)
    points = torch.cat([2 * flat, squares - 1], dim=1) / (squares + 1)
    assert torch.allclose(points.norm(dim=1), torch.ones(64, dtype=torch.float64))
    pole = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    distances = torch.arccos(points @ pole)
    torch.testing.assert_close(Sphere(3).scores(told("sphere", flat)), distances)
    real, fake = (told("sphere", part) for part in flat.split(32))
    moments = [side.pow(1) + side.pow(2) + side.pow(3) for side in distances.split(32)]
    torch.testing.assert_close(Sphere(3).discriminator(real, fake), moments[1].mean() - moments[0].mean())


# --- Cramér -----------------------------------------------------------------------------------------------------------


def test_cramer_of_two_places_is_their_energy_distance():
    real, fake = (told("cramer", torch.tensor([[place]] * 4)) for place in (3.0, 1.0))
    assert float(Cramer(1).generator(real, fake)) == pytest.approx(2 * 2.0)
    assert float(Cramer(1).discriminator(real, fake)) == pytest.approx(-((2.0 - 3.0) - (0.0 - 1.0)))


def test_cramer_compares_generated_samples_with_other_generated_samples():
    fake = numbers(6, 3)
    real = told("cramer", fake)
    apart = (fake[0::2] - fake[1::2]).norm(dim=1).mean()
    torch.testing.assert_close(Cramer(3).generator(real, real), -apart)


def test_cramer_scores_are_the_critic_of_the_paper():
    loss, real, fake = Cramer(2), numbers(4, 2, mean=1.0), numbers(4, 2, seed=1)
    loss.discriminator(told("cramer", real), told("cramer", fake))
    slow = [torch.stack([(x - y).norm() for y in fake]).mean() - x.norm() for x in real]
    torch.testing.assert_close(loss.scores(told("cramer", real)), torch.stack(slow))


# --- MMD --------------------------------------------------------------------------------------------------------------


def _kernel(a, b):
    """The paper's kernel, of two numbers."""
    squares = (a - b) ** 2
    return sum((1 + squares / (2 * scale)) ** -scale for scale in (0.2, 0.5, 1.0, 2.0, 5.0)) + a * b


@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_only_the_unbiased_estimator_is_right_on_average(estimator):
    """Over all equally likely batches of two from two distributions of two places each."""
    places = ((0.0, 1.0), (0.0, 2.0))
    p, q = places
    exact = sum(_kernel(a, b) / 4 for a, b in product(p, p)) + sum(_kernel(a, b) / 4 for a, b in product(q, q))
    exact -= 2 * sum(_kernel(a, b) / 4 for a, b in product(p, q))
    loss = MMD(1, estimator=estimator)
    batches = [[torch.tensor(draw)[:, None] for draw in product(side, side)] for side in places]
    values = [float(loss.generator(told("mmd", real), told("mmd", fake))) for real, fake in product(*batches)]
    assert (sum(values) / len(values) == pytest.approx(exact, abs=1e-6)) is (estimator == "unbiased")


def test_mmd_scores_are_the_witness_function():
    loss, real, fake = MMD(1), numbers(5, 1), numbers(3, 1, seed=1)
    loss.discriminator(told("mmd", real), told("mmd", fake))
    places = numbers(4, 1, seed=2)
    slow = [sum(_kernel(z, x) for x in real) / 5 - sum(_kernel(z, y) for y in fake) / 3 for z in places]
    torch.testing.assert_close(loss.scores(told("mmd", places)), torch.cat(slow))


def test_rbf_mmd_of_gaussians_has_its_closed_form():
    """E k between N(m, 1) and N(0, 1) with width s is (s^2 / (s^2 + 2))^(1/2) exp(-m^2 / 2 (s^2 + 2))."""
    count = 1500
    grid = torch.special.ndtri((torch.arange(count, dtype=torch.float64) + 0.5) / count)[:, None]
    loss = MMD(1, kernel="rbf", scales=(1.0,), dot=0.0, estimator="biased")
    value = loss.generator(told("mmd", grid + 2), told("mmd", grid))
    exact = 2 * (1 / 3) ** 0.5 * (1 - torch.exp(torch.tensor(-4 / 6)))
    assert float(value) == pytest.approx(float(exact), rel=1e-3)


# --- Losses of logits that compare samples ----------------------------------------------------------------------------


def test_dual_contrastive_is_the_cross_entropy_of_finding_the_odd_one_out():
    real, fake = numbers(3), numbers(4, seed=1)
    first = torch.cat([real[:, None], fake.expand(3, 4)], dim=1)
    second = torch.cat([-fake[:, None], -real.expand(4, 3)], dim=1)
    slow = cross_entropy(first, torch.zeros(3).long()) + cross_entropy(second, torch.zeros(4).long())
    torch.testing.assert_close(DualContrastive().discriminator(Critique(real), Critique(fake)), slow)
    swapped = DualContrastive().generator(Critique(fake), Critique(real))
    torch.testing.assert_close(swapped, DualContrastive().discriminator(Critique(real), Critique(fake)))


def test_loss_sensitive_lets_pairs_go_that_keep_the_margin():
    """The samples are 8 apart in sum of absolute values, so that the margin is 0.8."""
    samples = {"real": torch.ones(2, 4), "fake": -torch.ones(2, 4)}
    logits = torch.tensor([1.0, 0.5], requires_grad=True)
    real, fake = Critique(logits, samples["real"]), Critique(torch.zeros(2), samples["fake"])
    value = LossSensitive(margin=0.1).discriminator(real, fake)
    assert float(value.detach()) == pytest.approx((0.0 + 0.3) / 2)
    assert torch.autograd.grad(value, logits)[0].tolist() == [0.0, -0.5]
    value = LossSensitive(margin=0.1, slope=1.0).discriminator(real, fake)
    assert torch.autograd.grad(value, logits)[0].tolist() == [-0.5, -0.5], "all count, as in the Wasserstein loss"


def test_loss_sensitive_margin_may_be_of_features():
    real = Critique(torch.zeros(2), torch.zeros(2, 4), features=torch.ones(2, 3))
    fake = Critique(torch.zeros(2), torch.zeros(2, 4), features=torch.zeros(2, 3))
    assert float(LossSensitive(0.5, distance="samples").discriminator(real, fake)) == 0.0
    assert float(LossSensitive(0.5, distance="features").discriminator(real, fake)) == pytest.approx(1.5)


def test_energy_lets_generated_samples_beyond_the_margin_go():
    logits = torch.tensor([-3.0, -1.0], requires_grad=True)
    value = Energy(2.0).discriminator(Critique(torch.tensor([-0.5])), Critique(logits))
    assert float(value.detach()) == pytest.approx(0.5 + (0.0 + 1.0) / 2)
    assert torch.autograd.grad(value, logits)[0].tolist() == [0.0, 0.5]

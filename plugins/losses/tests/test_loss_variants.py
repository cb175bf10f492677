"""Every option of every loss keeps what losses promise: signs, gradients in float64, half precision."""

from __future__ import annotations

import pytest
import torch

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.testing.losses import PROMISES
from gan_lightning.testing.subject import Subject, keep

CATALOG = Catalog.installed()
DIVERGENCES = ("kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "gan")
VARIANTS = [
    ("cramer", {"size": 3}),
    ("dual_contrastive", {"objective": "minimax"}),
    ("energy", {"margin": 5.0}),
    *(("f_gan", {"divergence": name}) for name in DIVERGENCES),
    *(("f_gan", {"divergence": "alpha", "alpha": order}) for order in (-1.0, 0.5, 3.0)),
    ("f_gan", {"divergence": "kl", "objective": "non_saturating"}),
    ("fisher", {"rho": 0.1}),
    ("least_squares", {"a": -1.0, "b": 1.0, "c": 0.0}),
    ("loss_sensitive", {"slope": 0.5, "margin": 0.1}),
    ("loss_sensitive", {"slope": -1.0, "distance": "features"}),
    ("mmd", {"size": 2, "kernel": "rbf", "scales": (0.5, 2.0), "estimator": "biased"}),
    ("mmd", {"size": 2, "dot": 0.0}),
    *(("realness", {"objective": name, "outcomes": 5}) for name in ("relativistic", "anchors", "fake_anchor")),
    *(("relativistic", {"base": name}) for name in ("least_squares", "hinge", "wasserstein")),
    ("relativistic_average", {"base": "wasserstein"}),
    ("relativistic_average", {"base": "hinge", "g1": "zero", "g2": "minus"}),
    ("relativistic_average", {"base": "least_squares"}),
    ("relativistic_average", {"base": "hinge"}),
    ("sphere", {"size": 4, "moments": 1}),
]


def _label(variant):
    name, options = variant
    return f"{name}({', '.join(f'{key}={value}' for key, value in options.items())})"


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("variant", VARIANTS, ids=_label)
def test_options_keep_the_promises(variant, promise):
    name, options = variant
    keep(Subject(CATALOG.find("loss", name), options), promise)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dual_contrastive", {}),
        ("energy", {}),
        ("f_gan", {"divergence": "jensen_shannon"}),
        ("f_gan", {"divergence": "gan"}),
        ("f_gan", {"divergence": "pearson"}),
        ("f_gan", {"divergence": "alpha", "alpha": 3.0}),
        ("fisher", {}),
        ("hinge", {}),
        ("least_squares", {}),
        ("loss_sensitive", {}),
        ("minimax", {}),
        ("non_saturating", {}),
        ("relativistic", {}),
        ("relativistic_average", {}),
        ("relativistic_average", {"base": "hinge"}),
        ("relativistic_average", {"base": "least_squares"}),
        ("wasserstein", {}),
        ("cramer", {"size": 2}),
        ("mmd", {"size": 2}),
        ("realness", {"outcomes": 2}),
        ("sphere", {"size": 2}),
    ],
)
@pytest.mark.parametrize("role", ["discriminator", "generator"])
def test_extreme_outputs_give_finite_values_and_gradients(name, options, role):
    loss = CATALOG.find("loss", name).component(**options)
    shape = (4, 2) if loss.heads(None) else (4,)
    spread = torch.tensor([1.0, -1.0, 0.0, 1.0]).view(-1, *[1] * (len(shape) - 1)).expand(shape)
    outputs = [(sign * 1e4 * spread).clone().requires_grad_() for sign in (1, -1)]
    samples = torch.zeros(4, 3)
    sides = [Critique(output, samples, extras=dict.fromkeys(loss.heads(None), output)) for output in outputs]
    value = getattr(loss, role)(*sides)
    found = torch.autograd.grad(value, outputs, allow_unused=True)
    assert torch.isfinite(value)
    assert all(torch.isfinite(gradient).all() for gradient in found if gradient is not None)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("least_squares", {"a": 1.0}, "loss.b: expected more than a, 1"),
        ("least_squares", {"c": -1.0}, "loss.c: expected more than a, 0"),
        ("f_gan", {"alpha": 1.0}, "loss.alpha: 1 has no formula of its own; use `divergence: kl`"),
        ("loss_sensitive", {"margin": -1.0}, "loss.margin: expected at least 0, got -1"),
        ("loss_sensitive", {"slope": 2.0}, "loss.slope: expected at most 1, got 2"),
        ("energy", {"margin": 0.0}, "loss.margin: expected more than 0, got 0"),
        ("realness", {"outcomes": 1}, "loss.outcomes: expected at least 2, got 1"),
        ("realness", {"spread": 0.0}, "loss.spread: expected more than 0"),
        ("realness", {"shift": -1.0}, "loss.shift: expected at least 0"),
        ("sphere", {"size": 0}, "loss.size: expected at least 1, got 0"),
        ("sphere", {"moments": 0}, "loss.moments: expected at least 1, got 0"),
        ("cramer", {"size": 0}, "loss.size: expected at least 1, got 0"),
        ("mmd", {"scales": ()}, "loss.scales: expected one or more numbers above 0"),
        ("mmd", {"dot": -1.0}, "loss.dot: expected at least 0, got -1"),
        ("fisher", {"rho": 0.0}, "loss.rho: expected more than 0, got 0"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(name, options, said):
    with pytest.raises(UserError) as caught:
        CATALOG.find("loss", name).component(**options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def _critique(count, width=2, **fields):
    extras = {name: torch.zeros(count, width) for name in ("cramer", "mmd", "realness")}
    return Critique(torch.zeros(count), extras=extras, **fields)


@pytest.mark.parametrize(
    ("name", "options", "sides", "said"),
    [
        ("relativistic", {}, (4, 2), "loss relativistic: it pairs real and generated samples"),
        ("cramer", {}, (3, 3), "loss cramer: it splits a process's batch in halves; expected an even one, got 3"),
        ("mmd", {}, (1, 1), "loss mmd: the unbiased estimator compares samples of a batch; got a batch of 1"),
        (
            "loss_sensitive",
            {"distance": "features"},
            (2, 2),
            "loss.distance: this architecture's discriminator offers",
        ),
        ("sphere", {}, (2, 2), "loss sphere: this game gives the discriminator no output 'sphere'"),
    ],
)
def test_batches_and_discriminators_that_cannot_be_are_refused_in_one_line(name, options, sides, said):
    with pytest.raises(UserError) as caught:
        CATALOG.find("loss", name).component(**options).discriminator(*map(_critique, sides))
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("name", ["cramer", "mmd"])
def test_scores_beside_others_need_others(name):
    with pytest.raises(UserError, match="compare two batches first"):
        CATALOG.find("loss", name).component().scores(_critique(2))

"""What losses promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require
from gan_lightning.testing.toys import CLASSES

_COUNT = 6
_SPEC = DataSpec((1, 8, 8), (2,) * CLASSES)
_STEP = 1e-2
_Term = Callable[[Critique, Critique], Tensor]
_ROLES = ("discriminator", "generator")


def check_loss(loss: type[Loss], /, name: str = "", **settings: Any) -> None:
    """Check a loss; `settings` are options to construct it with."""
    keep_all("loss", loss, PROMISES, name, settings)


def gives_finite_scalars(subject: Subject) -> None:
    """Both losses are finite scalars."""
    for role, value in _values(subject.make(), 0.5, -0.5).items():
        require(value.dim() == 0, f"{role}: expected a scalar, got shape {tuple(value.shape)}")
        require(bool(value.isfinite()), f"{role}: {value.item()} is not finite")


def teaches_the_discriminator(subject: Subject) -> None:
    """Where the discriminator errs, its loss raises the logits of real samples and lowers those of generated ones.

    A loss that reads outputs of its own choice is held to its scores: a step parts those of both sides, in the mean.
    """
    loss = subject.make()
    real, fake = _outputs(loss, -0.5, "real"), _outputs(loss, 0.5, "fake")
    of_real, of_fake = _gradients(loss, loss.discriminator, real, fake)
    if loss.heads(_SPEC):
        parted = _gain(loss, real, of_real, "real") - _gain(loss, fake, of_fake, "fake")
        require(parted > 0, "a step does not part the scores of real and generated samples")
        return
    require(bool((of_real <= 0).all() and of_real.sum() < 0), "it does not raise the logits of real samples")
    require(bool((of_fake >= 0).all() and of_fake.sum() > 0), "it does not lower the logits of generated samples")


def teaches_the_generator(subject: Subject) -> None:
    """Where the discriminator sees through the generator, the generator's loss raises the logits of its samples.

    A loss that reads outputs of its own choice is held to its scores: a step raises them, in the mean.
    """
    loss = subject.make()
    real, fake = _outputs(loss, 0.5, "real"), _outputs(loss, -0.5, "fake")
    _, of_fake = _gradients(loss, loss.generator, real, fake)
    if loss.heads(_SPEC):
        require(_gain(loss, fake, of_fake, "fake") > 0, "a step does not raise the scores of generated samples")
        return
    require(bool((of_fake <= 0).all() and of_fake.sum() < 0), "it does not raise the logits of generated samples")


def has_the_gradient_of_its_value(subject: Subject) -> None:
    """Autograd agrees with finite differences in float64."""
    loss = subject.make()
    outputs = [_outputs(loss, 0.0, side, dtype=torch.float64, spread=1.0) for side in ("real", "fake")]
    for role in _ROLES:
        torch.autograd.gradcheck(_of_outputs(loss, getattr(loss, role)), outputs, raise_exception=True)


def takes_unequal_batches_or_says_why_not(subject: Subject) -> None:
    """Six real against four generated samples work, or a UserError says that they are paired."""
    try:
        values = _values(subject.make(), 0.5, -0.5, fakes=4)
    except UserError:
        return
    require(all(bool(value.isfinite()) and value.dim() == 0 for value in values.values()), f"got {values}")


def takes_bfloat16(subject: Subject) -> None:
    """Outputs in bfloat16, large ones too, give finite losses."""
    for role, value in _values(subject.make(), 5.0, -5.0, dtype=torch.bfloat16, spread=10.0).items():
        require(bool(value.isfinite()), f"{role}: {value.item()} is not finite")


PROMISES: tuple[Promise, ...] = (
    gives_finite_scalars,
    teaches_the_discriminator,
    teaches_the_generator,
    has_the_gradient_of_its_value,
    takes_unequal_batches_or_says_why_not,
    takes_bfloat16,
)


def _outputs(
    loss: Loss, mean: float, side: str, count: int = _COUNT, dtype: torch.dtype = torch.float32, spread: float = 0.2
) -> Tensor:
    """Return what a discriminator tells the loss: logits ``[N]``, or all outputs it wants side by side ``[N, K]``."""
    width = sum(loss.heads(_SPEC).values())
    numbers = _numbers(side, count, *((width,) if width else ())).clamp(-2, 2)
    return (mean + spread * numbers).to(dtype).requires_grad_()


def _critique(loss: Loss, outputs: Tensor, side: str) -> Critique:
    """Return a critique with everything that a discriminator may tell."""
    heads = loss.heads(_SPEC)
    parts = dict(zip(heads, torch.split(outputs, list(heads.values()), dim=1), strict=True)) if heads else {}
    count = len(outputs)
    return Critique(
        outputs.new_zeros(count) if heads else outputs,
        samples=_numbers(f"{side} samples", count, 1, 8, 8).to(outputs.dtype).clamp(-1, 1),
        labels=torch.arange(count) % CLASSES,
        features=_numbers(f"{side} features", count, 5).to(outputs.dtype),
        extras=parts,
    )


def _of_outputs(loss: Loss, term: _Term) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda real, fake: term(_critique(loss, real, "real"), _critique(loss, fake, "fake"))


def _values(loss: Loss, real: float, fake: float, fakes: int = _COUNT, **options: Any) -> Mapping[str, Tensor]:
    outputs = _outputs(loss, real, "real", **options), _outputs(loss, fake, "fake", fakes, **options)
    return {role: _of_outputs(loss, getattr(loss, role))(*outputs) for role in _ROLES}


def _gradients(loss: Loss, term: _Term, real: Tensor, fake: Tensor) -> list[Tensor]:
    found = torch.autograd.grad(_of_outputs(loss, term)(real, fake), (real, fake), allow_unused=True)
    return [torch.zeros(1) if gradient is None else gradient for gradient in found]


def _gain(loss: Loss, outputs: Tensor, gradient: Tensor, side: str) -> float:
    """Return how much a small step against a gradient raises the mean score."""
    step = _STEP / gradient.norm().clamp_min(1e-12)
    with torch.no_grad():
        before, after = (loss.scores(_critique(loss, point, side)) for point in (outputs, outputs - step * gradient))
    return float((after - before).mean())


def _numbers(purpose: str, *shape: int) -> Tensor:
    return Randomness(0).normal(purpose, *shape)

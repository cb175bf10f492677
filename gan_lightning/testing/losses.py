"""What losses promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require
from gan_lightning.testing.toys import CLASSES

_COUNT = 6
_ROLES = ("discriminator", "generator")


def check_loss(loss: type[Loss], /, name: str = "", **settings: Any) -> None:
    """Check a loss; `settings` are options to construct it with."""
    keep_all("loss", loss, PROMISES, name, settings)


def gives_finite_scalars(subject: Subject) -> None:
    """Both losses are finite scalars."""
    for role, value in _values(subject, _judged(0.5, "real"), _judged(-0.5, "fake")).items():
        require(value.dim() == 0, f"{role}: expected a scalar, got shape {tuple(value.shape)}")
        require(bool(value.isfinite()), f"{role}: {value.item()} is not finite")


def teaches_the_discriminator(subject: Subject) -> None:
    """Where the discriminator errs, its loss raises the logits of real samples and lowers those of generated ones."""
    real, fake = _judged(-0.5, "real"), _judged(0.5, "fake")
    of_real, of_fake = _gradients(subject.make().discriminator(real, fake), real.logits, fake.logits)
    require(bool((of_real <= 0).all() and of_real.sum() < 0), "it does not raise the logits of real samples")
    require(bool((of_fake >= 0).all() and of_fake.sum() > 0), "it does not lower the logits of generated samples")


def teaches_the_generator(subject: Subject) -> None:
    """Where the discriminator sees through the generator, the generator's loss raises the logits of its samples."""
    real, fake = _judged(0.5, "real"), _judged(-0.5, "fake")
    (of_fake,) = _gradients(subject.make().generator(real, fake), fake.logits)
    require(bool((of_fake <= 0).all() and of_fake.sum() < 0), "it does not raise the logits of generated samples")


def has_the_gradient_of_its_value(subject: Subject) -> None:
    """Autograd agrees with finite differences in float64."""
    loss = subject.make()
    logits = [_numbers(side, _COUNT).double().requires_grad_() for side in ("real", "fake")]
    for role in _ROLES:
        torch.autograd.gradcheck(_of_logits(getattr(loss, role)), logits, raise_exception=True)


def takes_unequal_batches_or_says_why_not(subject: Subject) -> None:
    """Six real against four generated samples work, or a UserError of one line says that they are paired."""
    try:
        values = _values(subject, _judged(0.5, "real"), _judged(-0.5, "fake", 4))
    except UserError as error:
        require("\n" not in str(error), "the error has more than one line")
        return
    require(all(bool(value.isfinite()) and value.dim() == 0 for value in values.values()), f"got {values}")


def takes_bfloat16(subject: Subject) -> None:
    """Logits in bfloat16, large ones too, give finite losses."""
    real, fake = (_judged(mean, side, dtype=torch.bfloat16, spread=10.0) for mean, side in ((5, "real"), (-5, "fake")))
    for role, value in _values(subject, real, fake).items():
        require(bool(value.isfinite()), f"{role}: {value.item()} is not finite")


PROMISES: tuple[Promise, ...] = (
    gives_finite_scalars,
    teaches_the_discriminator,
    teaches_the_generator,
    has_the_gradient_of_its_value,
    takes_unequal_batches_or_says_why_not,
    takes_bfloat16,
)


def _judged(
    mean: float, side: str, count: int = _COUNT, dtype: torch.dtype = torch.float32, spread: float = 0.2
) -> Critique:
    """Return a critique with everything that a discriminator may tell."""
    logits = (mean + spread * _numbers(side, count).clamp(-2, 2)).to(dtype).requires_grad_()
    return _critique(logits, side)


def _critique(logits: Tensor, side: str) -> Critique:
    count = len(logits)
    return Critique(
        logits,
        samples=_numbers(f"{side} samples", count, 1, 8, 8).to(logits.dtype).clamp(-1, 1),
        labels=torch.arange(count) % CLASSES,
        features=_numbers(f"{side} features", count, 5).to(logits.dtype),
        class_logits=_numbers(f"{side} classes", count, CLASSES).to(logits.dtype),
    )


def _of_logits(term: Callable[[Critique, Critique], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda real, fake: term(_critique(real, "real"), _critique(fake, "fake"))


def _values(subject: Subject, real: Critique, fake: Critique) -> Mapping[str, Tensor]:
    loss = subject.make()
    return {role: getattr(loss, role)(real, fake) for role in _ROLES}


def _gradients(value: Tensor, *logits: Tensor) -> list[Tensor]:
    found = torch.autograd.grad(value, logits, allow_unused=True)
    return [torch.zeros(1) if gradient is None else gradient for gradient in found]


def _numbers(purpose: str, *shape: int) -> Tensor:
    return Randomness(0).normal(purpose, *shape)

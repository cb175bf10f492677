"""What every score refuses: numbers that are none, too few samples, options out of range."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning.errors import UserError

_NUMBERS = 1 << 22  # looked at at once: of 50,000 features the answers alone would take 100 MB


def require_finite(metric: str, *values: Tensor) -> None:
    """Refuse NaN and infinity before linear algebra meets them: LAPACK may crash the process on them.

    Raises:
        UserError: If any value is not finite.
    """
    parts = (part for value in values for part in torch.split(value.flatten(), _NUMBERS))
    if not all(bool(torch.isfinite(part).all()) for part in parts):
        msg = f"{metric}: the features hold NaN or infinity, so there is no score; expected finite features"
        raise UserError(msg)


def require_samples(metric: str, least: int, **counts: int) -> None:
    """Refuse sets that are too small for a metric.

    Raises:
        UserError: If one of the `counts`, given by side, is below `least`.
    """
    for side, count in counts.items():
        if count < least:
            msg = f"{metric}: {count} {side} samples are too few, expected at least {least}; raise evaluate.samples"
            raise UserError(msg)


def require_option(option: str, value: float, least: float) -> None:
    """Refuse an option below its least value.

    Raises:
        UserError: If `value` is below `least`.
    """
    if value < least:
        msg = f"{option} is {value}, expected at least {least}"
        raise UserError(msg)

"""Real and generated samples in pairs."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.errors import UserError


def require_pairs(loss: str, real: Tensor, fake: Tensor) -> None:
    """Raise a UserError unless there are as many real samples ``[N, ...]`` as generated ones ``[M, ...]``."""
    if len(real) != len(fake):
        counts = f"{len(real)} and {len(fake)}"
        raise UserError(f"loss {loss}: it pairs real and generated samples; expected equal batches, got {counts}")

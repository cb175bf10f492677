"""Checks of options that many networks have."""

from __future__ import annotations

from gan_lightning.errors import UserError


def at_least(least: int, **options: int | None) -> None:
    """Refuse numbers below `least`; None, for a default, is let pass.

    Raises:
        UserError: Names the first option that is too small.

    >>> at_least(1, channels=64, latent=128, hidden=None)
    """
    for name, value in options.items():
        if value is not None and value < least:
            raise UserError(f"{name}: expected at least {least}, got {value}")

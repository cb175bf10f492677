"""Packs: several samples that a discriminator judges as one (Lin et al. 2018, arXiv:1712.04086)."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts


def packed_spec(data: DataSpec, pack: int) -> DataSpec:
    """Return the shape that a discriminator of packs is built for: as many channels more, or dimensions of points."""
    return replace(data, shape=(data.shape[0] * pack, *data.shape[1:]))


def packed(samples: Tensor, pack: int) -> Tensor:
    """Put samples that follow each other into packs.

    Args:
        samples: ``[N, C, *rest]``.
        pack: Samples in a pack, m.

    Returns:
        ``[N / m, m * C, *rest]``.

    Raises:
        UserError: They cannot be shared out evenly.
    """
    if pack == 1:
        return samples
    count, channels, *rest = samples.shape
    if count % pack:
        raise UserError(f"game.pack: {count} samples cannot be shared out to packs of {pack}; choose a divisor")
    return samples.reshape(count // pack, pack * channels, *rest)


def check_packs(parts: Parts, pack: int, generated: int, *, conditional: bool) -> None:
    """Refuse packs that batches do not come out even with, and packs of samples of several classes.

    Args:
        parts: What the game is made of.
        pack: Samples in a pack.
        generated: Samples in the generator's turn.
        conditional: Whether samples have classes.
    """
    if pack < 1:
        raise UserError(f"game.pack: expected at least 1, got {pack}")
    if pack > 1 and conditional:
        raise UserError("game.pack: the samples of a pack would be of several classes; set game.conditional to false")
    for where, count in (("data.batch_size", parts.batch_size), ("game.generator_batch", generated)):
        if count % pack:
            raise UserError(f"game.pack: {where} is {count}, which is no multiple of {pack}")

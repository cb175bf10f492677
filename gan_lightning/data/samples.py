"""A data set: its samples by number, in memory, memory-mapped, or decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from gan_lightning.data.order import Order, Shuffled
from gan_lightning.data.spec import DataSpec, Kind


class Values(Protocol):
    """Samples by number: a tensor, or something that decodes those that are asked for, the same ones every time.

    ``shape`` is ``[N, C, H, W]`` or ``[N, D]``; indexing with int64 ``[n]`` or a slice gives a tensor of those samples
    that is the caller's own to keep. It is called from several threads.
    """

    @property
    def shape(self) -> torch.Size:
        """Number of samples, then the shape of one."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """uint8 for images, float32 for points."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Tensor | slice, /) -> Tensor: ...


def take(values: Values, rows: Tensor) -> Tensor:
    """Return values by number, int64 ``[n]``: ``[n, ...]`` as they are stored, the caller's own to keep."""
    # On the CPU, indexing with a tensor takes ten times as long as selecting rows
    return values.index_select(0, rows) if isinstance(values, Tensor) else values[rows]


@dataclass(frozen=True)
class Partner:
    """Values that a game sees beside the samples, such as what they shall be made from.

    Args:
        values: uint8 images ``[M, C, H, W]``.
        paired: Whether number i goes with sample i: they are drawn, and mirrored, together. Otherwise the partner is a
            set of its own, drawn in its own order.
    """

    values: Values
    paired: bool = True

    def take(self, rows: Tensor) -> Tensor:
        """Return values by number; see `Samples.take`."""
        return take(self.values, rows)


@dataclass(frozen=True)
class Samples:
    """All samples of a data set.

    Args:
        values: uint8 images ``[N, C, H, W]``, or float32 points ``[N, D]``; a tensor, or what decodes as it is indexed.
        labels: int64 ``[N]``, or None.
        name: What the data are called in scores and messages.
        fingerprint: Hash of the content, the key of everything that is cached about it.
        class_names: Names of the classes, in the order of their labels.
        facts: Anything else that a metric may ask for, such as the modes of a mixture.
        order: How training shuffles them.
        partners: What goes with the samples, by name.
    """

    values: Values
    labels: Tensor | None
    name: str
    fingerprint: str
    class_names: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    order: Order = field(default_factory=Shuffled)
    partners: Mapping[str, Partner] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Tensor) -> Tensor:
        """Return samples by number, int64 ``[n]``: ``[n, ...]`` as they are stored, the caller's own to keep."""
        return take(self.values, rows)

    @property
    def kind(self) -> Kind:
        """Images are stored as bytes, points as floats."""
        return "images" if self.values.dtype == torch.uint8 else "points"

    @property
    def spec(self) -> DataSpec:
        """Shape and classes."""
        counts: tuple[int, ...] = ()
        if self.labels is not None:
            counts = tuple(self.labels.bincount(minlength=len(self.class_names)).tolist())
        partners = {name: tuple(partner.values.shape[1:]) for name, partner in self.partners.items()}
        return DataSpec(tuple(self.values.shape[1:]), counts, self.class_names, self.kind, partners)


def to_network(values: Tensor) -> Tensor:
    """Scale uint8 images to floats in [-1, 1]; leave points as they are."""
    return values.float().div_(127.5).sub_(1.0) if values.dtype == torch.uint8 else values


def to_bytes(images: Tensor) -> Tensor:
    """Round images in [-1, 1] to uint8, the inverse of `to_network`; values outside the range are clipped."""
    return images.add(1.0).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)

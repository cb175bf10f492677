"""A batch of real samples on its way from the cache to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gan_lightning.data.samples import to_network


@dataclass
class Batch:
    """Samples as they are cached, and what shall be done to them on the device.

    Args:
        values: uint8 images ``[N, C, H, W]`` or points ``[N, D]``.
        labels: int64 ``[N]``, or None.
        flips: Which images to mirror, bool ``[N]``, or None.
        memory_format: How images are laid out for the networks.
        partners: What goes with the samples, by name; see `Samples`.
    """

    values: Tensor
    labels: Tensor | None = None
    flips: Tensor | None = None
    memory_format: torch.memory_format = torch.contiguous_format
    partners: Mapping[str, Batch] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def to(self, device: torch.device, **options: Any) -> Batch:
        """Move to a device, as bytes."""
        if self.values.device == device:
            return self
        moved = [
            None if part is None else part.to(device, **options) for part in (self.values, self.labels, self.flips)
        ]
        assert moved[0] is not None
        partners = {name: partner.to(device, **options) for name, partner in self.partners.items()}
        return Batch(moved[0], moved[1], moved[2], self.memory_format, partners)

    def split(self, size: int) -> list[Batch]:
        """Cut into batches of `size`."""
        parts = len(self) // size
        if parts == 1 and len(self) == size:
            return [self]
        return [self._slice(slice(start * size, (start + 1) * size)) for start in range(parts)]

    def _slice(self, rows: slice) -> Batch:
        labels = None if self.labels is None else self.labels[rows]
        flips = None if self.flips is None else self.flips[rows]
        partners = {name: partner._slice(rows) for name, partner in self.partners.items()}
        return Batch(self.values[rows], labels, flips, self.memory_format, partners)

    def samples(self) -> Tensor:
        """Return what networks see: mirrored where asked, images scaled to [-1, 1]."""
        values = self.values
        if self.flips is not None:
            values = torch.where(self.flips[:, None, None, None], values.flip(3), values)
        values = to_network(values)
        return values.contiguous(memory_format=self.memory_format) if values.dim() == 4 else values

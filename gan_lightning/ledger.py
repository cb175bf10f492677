"""What a round notes for the logs, kept on the device until somebody asks: a note costs no synchronisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import torch
from torch import Tensor

from gan_lightning.dtensors import whole


class Ledger:
    """Scalars since the last settlement, and, on rounds that are watched, whole distributions."""

    def __init__(self) -> None:
        self.watching = False
        self._scalars: dict[str, list[Tensor]] = defaultdict(list)
        self._observed: dict[str, list[Tensor]] = defaultdict(list)

    def add(self, name: str, value: Tensor) -> None:
        """Note a scalar, such as the norm of a gradient of which each process holds a part."""
        self._scalars[name].append(whole(value.detach()))

    def observe(self, name: str, values: Tensor) -> None:
        """Note a tensor whose distribution is wanted."""
        self._observed[name].append(values.detach())

    def latest(self, name: str) -> Tensor | None:
        """Return what was noted last under a name since the last settlement, if anything, and keep it."""
        noted = self._scalars.get(name) or self._observed.get(name)
        return noted[-1] if noted else None

    def means(self) -> tuple[list[str], Tensor]:
        """Return the names of the scalars and their means ``[K]``, and forget them."""
        names = sorted(self._scalars)
        means = [torch.stack(self._scalars[name]).float().mean() for name in names]
        self._scalars.clear()
        return names, torch.stack(means) if means else torch.empty(0)

    def state(self) -> dict[str, Tensor]:
        """Return the scalars since the last settlement, ``[n]`` of each name, for a checkpoint."""
        return {name: torch.stack(values).float().cpu() for name, values in self._scalars.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from `state`."""
        self._scalars.clear()
        for name, values in state.items():
            self._scalars[name] = list(values)

    def to(self, device: torch.device) -> None:
        """Move what has been noted to where the rest will be noted."""
        for name, values in self._scalars.items():
            self._scalars[name] = [value.to(device) for value in values]

    def observed(self) -> dict[str, Tensor]:
        """Return what was observed, flattened, and forget it."""
        found = {name: torch.cat([part.flatten() for part in parts]) for name, parts in self._observed.items()}
        self._observed.clear()
        return found

"""The exponential moving average of a game's networks, the ones that are sampled, scored and exported."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from gan_lightning.dtensors import own_part


class EMA(nn.Module):
    """Averages of some networks, kept in the checkpoint beside the networks themselves.

    Args:
        networks: The networks to average, by name; they are copied.
        half_life_images: Generated images after which a weight's influence has halved: the decay of an update on a
            batch of B is ``0.5 ** (B / half_life_images)`` (Karras et al. 2020, arXiv:2006.06676).
        ramp: Shortens the half-life to at most ``ramp * images seen`` early in training, or None.
        start: Generator updates before which the average is a plain copy (Brock et al. 2018, arXiv:1809.11096).
        buffers: What becomes of floating-point buffers, such as batch statistics: ``"average"`` keeps them in step
            with the averaged weights, ``"copy"`` takes the networks' own. Integer buffers are always copied.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        *,
        half_life_images: float = 10_000,
        ramp: float | None = None,
        start: int = 0,
        buffers: Literal["average", "copy"] = "average",
    ) -> None:
        super().__init__()
        self.half_life_images = half_life_images
        self.ramp = ramp
        self.start = start
        self.buffers_rule = buffers
        self.networks = nn.ModuleDict({name: deepcopy(network) for name, network in networks.items()})
        self.requires_grad_(False)  # noqa: FBT003  (torch's own signature)
        self.eval()
        self._sources = dict(networks)
        self._pairs: _Pairs | None = None

    def begin(self) -> None:
        """Find the tensors anew; networks may have been moved or sharded since."""
        self._pairs = None

    def train(self, mode: bool = True) -> EMA:  # noqa: FBT001, FBT002  (torch's own signature)
        """Stay in evaluation mode, whatever the module around does."""
        del mode
        return super().train(False)  # noqa: FBT003

    @torch.no_grad()
    def update(self, *, updates: int, batch: int, images: int) -> None:
        """Move towards the networks.

        Args:
            updates: Generator updates made so far.
            batch: Generated images in the update, over all processes.
            images: Real images seen so far, over all processes.
        """
        self._pairs = pairs = self._pairs or self._find()
        weight = 1.0 if updates <= self.start else 1.0 - self.decay(batch, images)
        torch._foreach_lerp_(pairs.averages, pairs.values, weight)
        for copy, original in zip(pairs.copies, pairs.originals, strict=True):
            copy.copy_(original)

    def decay(self, batch: int, images: int) -> float:
        """Return the share of the old average that an update keeps."""
        half_life = self.half_life_images if self.ramp is None else min(self.half_life_images, self.ramp * images)
        return 0.5 ** (batch / half_life) if half_life > 0 else 0.0

    def _find(self) -> _Pairs:
        found = _Pairs([], [], [], [])
        for name, source in self._sources.items():
            average = self.networks[name]
            found.averages.extend(map(own_part, average.parameters()))
            found.values.extend(map(own_part, source.parameters()))
            for own, other in zip(average.buffers(), source.buffers(), strict=True):
                averaged = own.is_floating_point() and self.buffers_rule == "average"
                (found.averages if averaged else found.copies).append(own)
                (found.values if averaged else found.originals).append(other)
        return found


class _Pairs(NamedTuple):
    """What moves towards what, and what is copied from what: a walk over the networks is dearer than the update."""

    averages: list[Tensor]
    values: list[Tensor]
    copies: list[Tensor]
    originals: list[Tensor]

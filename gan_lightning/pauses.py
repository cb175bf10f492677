"""Where a training step of several rounds must end, so that callbacks see the updates that they wait for."""

from __future__ import annotations

from collections.abc import Iterable

from lightning.pytorch import Callback

_HOOKS = ("on_train_batch_start", "on_train_batch_end")


def pauses(callbacks: Iterable[Callback]) -> frozenset[int]:
    """Return the numbers of generator updates at whose multiples training pauses.

    A callback that acts around training steps may say with ``every`` which updates it needs to see the end of: an
    interval, or None if any will do. One that says nothing sees each of them.
    """
    wanted = [getattr(one, "every", 1) for one in callbacks if _acts_around_steps(one)]
    return frozenset(every for every in wanted if every is not None)


def _acts_around_steps(callback: Callback) -> bool:
    return any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in _HOOKS)

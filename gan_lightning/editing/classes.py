"""Classes between two classes, for generators that know only whole ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding, one_hot
from torch.overrides import TorchFunctionMode

from gan_lightning.errors import UserError

#: What networks read classes with, and which argument of each holds them.
_READERS: Mapping[Callable[..., Any], int] = {
    embedding: 0,
    torch.embedding: 1,
    one_hot: 0,
    Tensor.__getitem__: 1,
    torch.index_select: 2,
}


@contextmanager
def between_classes(labels: Tensor, others: Tensor, share: Tensor) -> Iterator[None]:
    """Let whatever reads `labels` meanwhile read a mixture of them and others: of rows of a table, or one-hot vectors.

    Args:
        labels: The classes ``[N]`` that a network is given.
        others: Those that it shall be given beside them ``[N]``.
        share: How much of the others ``[N]``, from 0 to 1.

    Raises:
        UserError: Classes differ, and nothing has read them in a way that can be mixed.
    """
    mode = _Mixing(labels, others, share)
    with mode:
        yield
    if not mode.used and not torch.equal(labels, others):
        raise UserError("--class: this generator reads its classes in a way that nothing lies between; name one class")


class _Mixing(TorchFunctionMode):
    """Answers reads of the labels with a mixture."""

    def __init__(self, labels: Tensor, others: Tensor, share: Tensor) -> None:
        super().__init__()
        self.labels, self.others, self.share = labels, others, share
        self.used = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call a function of torch, twice where it reads the labels."""
        del types
        place = _READERS.get(func)
        options = kwargs or {}
        if place is None or len(args) <= place or not self._is_labels(args[place]):
            return func(*args, **options)
        self.used = True
        one = func(*args, **options)
        other = func(*args[:place], self.others, *args[place + 1 :], **options)
        share = self.share.view(-1, *(1 for _ in one.shape[1:]))
        return torch.lerp(one.to(share.dtype), other.to(share.dtype), share)

    def _is_labels(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.shape == self.labels.shape and torch.equal(value, self.labels)

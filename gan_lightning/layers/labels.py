"""Labels as vectors, for networks that read them beside other numbers."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import one_hot as _one_hot


def one_hot(labels: Tensor | None, classes: int, like: Tensor) -> Tensor:
    """Return labels ``[N]`` as ``[N, classes]`` of zeros and ones, in the type of `like` ``[N, ...]``.

    Without classes this is ``[N, 0]``, so that concatenating it changes nothing.

    Raises:
        ValueError: There are classes but no labels.
    """
    if not classes:
        return like.new_empty(len(like), 0)
    if labels is None:
        raise ValueError("a class-conditional network needs labels")
    return _one_hot(labels, classes).to(like.dtype)

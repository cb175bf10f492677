"""The vector a sample that some losses read, and what they remember of the batches that they compared."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning_losses.outputs import output


def vectors(critique: Critique, name: str) -> Tensor:
    """Return the vectors ``[N, D]`` that a discriminator puts out under a name, in single precision at least.

    Args:
        critique: The discriminator's opinion of N samples.
        name: What the loss calls this output in `gan_lightning.components.Loss.heads`.

    Raises:
        UserError: The discriminator has no such output.
    """
    return output(critique, name, f"loss {name}").flatten(1)


@dataclass
class Compared:
    """The vectors that a loss compared last: where a sample's score is its likeness to others, it is to these.

    They are of the whole batch. Until their turn's backward they carry its graph, so that a penalty on scores moves
    them as it moves the sample: were they constants, it would be least where the sample's vector has run off to
    infinity. After it they are constants. Each turn's loss replaces them before anything asks for a score, so they are
    no part of a checkpoint.
    """

    _sides: tuple[Tensor, Tensor] | None = field(default=None, repr=False)

    def remember(self, real: Tensor, fake: Tensor, *own: Tensor) -> None:
        """Keep vectors of real ``[N, D]`` and of generated samples ``[M, D]``; `own` are what a loss reads instead."""
        sides = self._sides = (real, fake)
        for side in (*sides, *own):
            if side.requires_grad:
                side.register_hook(lambda _: self._settle(sides))  # type: ignore[no-untyped-call]

    def _settle(self, sides: tuple[Tensor, Tensor]) -> None:
        """Let go of a graph that a backward has been through."""
        if self._sides is sides:
            self._sides = (sides[0].detach(), sides[1].detach())

    def recall(self, name: str) -> tuple[Tensor, Tensor]:
        """Return the vectors of real and of generated samples.

        Args:
            name: The loss, for the message.

        Raises:
            UserError: Nothing has been compared yet.
        """
        if self._sides is None:
            raise UserError(f"loss {name}: a sample has a score only beside others; compare two batches first")
        return self._sides


def positive_size(size: int) -> None:
    """Raise a UserError unless vectors have at least one component."""
    if size < 1:
        raise UserError(f"loss.size: expected at least 1, got {size}")

"""torch.export, for generators that were not written with it in mind."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.errors import UserError


def traced(
    program: nn.Module, inputs: tuple[Tensor, ...], dynamic_shapes: dict[str, Any]
) -> torch.export.ExportedProgram:
    """Trace a program for batches of any size.

    Args:
        program: The program, in evaluation mode.
        inputs: What it is tried with.
        dynamic_shapes: The sides that may be of any length, by input, as torch.export takes them.

    Raises:
        UserError: torch.export cannot follow it.
    """
    try:
        with torch.no_grad(), _lengths_as_numbers_of_the_program():
            return torch.export.export(program, inputs, dynamic_shapes=dynamic_shapes, strict=False)
    except Exception as error:  # of a dozen classes of torch's own
        told = (str(error).strip().splitlines() or [""])[0]
        raise UserError(f"torch.export cannot follow this generator: {type(error).__name__}: {told}") from error


@contextmanager
def _lengths_as_numbers_of_the_program() -> Iterator[None]:
    """Let ``len(tensor)`` be as unknown as ``tensor.shape[0]``; Python's own would settle it for the example's."""
    own = builtins.len

    def length(value: Any) -> Any:
        return value.shape[0] if isinstance(value, Tensor) and value.dim() else own(value)

    builtins.len = length
    try:
        yield
    finally:
        builtins.len = own

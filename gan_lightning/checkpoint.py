"""Checkpoint files: written whole or not at all, read without running anything that is in them."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import CheckpointIO

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError

#: Key of a checkpoint under which everything stands that rebuilds the networks without the recipe file or the data.
PRODUCT = "gan_lightning"

_PARTS = {"state_dict", "progress", "stage"}
_FACTS = {"recipe", "data", "plugins"}


class AtomicCheckpointIO(CheckpointIO):
    """Writes beside the target and renames, so that a killed process never leaves half a checkpoint.

    Lightning's own goes through the system's temporary folder, which may be on another file system, where the final
    move is a copy; and it swallows a refused permission.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint."""
        del storage_options
        with replacing(Path(path)) as temporary:
            torch.save(checkpoint, temporary)

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: Any = None) -> dict[str, Any]:
        """Read a checkpoint; see `read_checkpoint`."""
        del map_location, weights_only
        return read_checkpoint(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint."""
        Path(path).unlink(missing_ok=True)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint of this product onto the CPU, allowing tensors and plain containers only.

    Raises:
        UserError: There is no such file, it is damaged, holds more than plain data, or is not of this product.
    """
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}")
    try:
        with warnings.catch_warnings(action="ignore"):  # torch remarks on pickles that it refuses right after
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: refused: it is no checkpoint, or holds more than tensors and plain data") from error
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise UserError(f"{path}: this checkpoint is damaged or none ({path.stat().st_size} bytes)") from error
    if not isinstance(checkpoint, Mapping) or PRODUCT not in checkpoint:
        raise UserError(f"{path}: this is no checkpoint of gan-lightning")
    missing = [*(_PARTS - checkpoint.keys()), *(_FACTS - checkpoint[PRODUCT].keys())]
    if missing:
        raise UserError(f"{path}: this checkpoint lacks its {' and its '.join(sorted(missing))}")
    return dict(checkpoint)

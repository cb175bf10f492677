"""Checkpoint files: written whole or not at all, read without running anything that is in them."""

from __future__ import annotations

import hashlib
import os
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

import torch
from lightning.pytorch.plugins.io import CheckpointIO

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError

#: Key of a checkpoint under which everything stands that rebuilds the networks without the recipe file or the data.
PRODUCT = "gan_lightning"

_PARTS = {"state_dict": Mapping, "progress": Mapping, "stage": int | None, "ledgers": list}
_FACTS = {"recipe": Mapping, "data": Mapping, "plugins": Mapping}
_COUNTS = {"updates": int, "rounds": int, "images": int}

# The hash stands in the file itself, behind the zip archive, where readers of archives do not look: so it can neither
# be lost by a copy or a link nor be newer or older than what it vouches for.
_MARK = b"\nsha256:"
_TRAILER = len(_MARK) + 64
_PIECE = 1 << 20


class AtomicCheckpointIO(CheckpointIO):
    """Writes beside the target and renames, so that a killed process never leaves half a checkpoint.

    The file ends with the SHA-256 of all that comes before, and takes the target's place only after it has been
    written, synced and read back with that hash. Lightning's own goes through the system's temporary folder, which may
    be on another file system, where the final move is a copy; and it swallows a refused permission.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint.

        Raises:
            OSError: It cannot be written, or does not read back as it was written; what was there before still is.
        """
        del storage_options
        with replacing(Path(path)) as temporary:
            with temporary.open("wb") as file:
                hashing = _Hashing(file)
                _save(checkpoint, hashing)
                file.write(_MARK + hashing.digest.hexdigest().encode())
                file.flush()
                os.fsync(file.fileno())
            if not is_whole(temporary):
                raise OSError(f"{path} does not read back as it was written")

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: Any = None) -> dict[str, Any]:
        """Read a checkpoint; see `read_checkpoint`."""
        del map_location, weights_only
        return read_checkpoint(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint."""
        Path(path).unlink(missing_ok=True)


class _Hashing:
    """A file that hashes what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def _save(checkpoint: dict[str, Any], file: _Hashing) -> None:
    try:
        torch.save(checkpoint, cast(IO[bytes], file))
    except RuntimeError as error:
        if isinstance(error.__context__, OSError):  # torch ends its archive, in vain, after a write has failed
            raise error.__context__ from None
        raise


def is_whole(path: Path) -> bool:
    """Tell whether a file's content has the hash that stands at its end; one without a hash is taken as it is."""
    left = path.stat().st_size - _TRAILER
    if left < 0:
        return True
    with path.open("rb") as file:
        file.seek(left)
        trailer = file.read()
        if not trailer.startswith(_MARK):
            return True
        file.seek(0)
        digest = hashlib.sha256()
        while left:
            piece = file.read(min(left, _PIECE))
            digest.update(piece)
            left -= len(piece)
    return trailer == _MARK + digest.hexdigest().encode()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint of this product onto the CPU, allowing tensors and plain containers only.

    Raises:
        UserError: There is no such file, it is damaged, holds more than plain data, or is not of this product.
    """
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}")
    if not is_whole(path):
        raise UserError(f"{path} is damaged (sha256 differs)")
    try:
        with warnings.catch_warnings(action="ignore"):  # torch remarks on pickles that it refuses right after
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: refused: it is no checkpoint, or holds more than tensors and plain data") from error
    except Exception as error:  # the reader meets a damaged pickle with whatever goes wrong first
        raise UserError(f"{path}: this checkpoint is damaged or none ({path.stat().st_size} bytes)") from error
    if not isinstance(checkpoint, Mapping) or PRODUCT not in checkpoint:
        raise UserError(f"{path}: this is no checkpoint of gan-lightning")
    for owner, kinds in ((checkpoint, _PARTS), (checkpoint[PRODUCT], _FACTS), (checkpoint.get("progress"), _COUNTS)):
        wrong = _wrong(owner, kinds)
        if wrong:
            raise UserError(f"{path}: this checkpoint lacks its {' and its '.join(wrong)}")
    return dict(checkpoint)


def _wrong(owner: Any, kinds: Mapping[str, Any]) -> list[str]:
    """Return the names of the parts that are not there, or are something else."""
    if not isinstance(owner, Mapping):
        return sorted(kinds)
    return sorted(name for name, kind in kinds.items() if name not in owner or not isinstance(owner[name], kind))

"""The run folder: where everything is, and what may be done to one that exists."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from gan_lightning.errors import UserError


@dataclass(frozen=True)
class Run:
    """Paths of a run."""

    folder: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.folder / "recipe.yaml"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / "checkpoints"

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.checkpoints / "last.ckpt"

    @property
    def best(self) -> Path:
        """The checkpoint with the best score."""
        return self.checkpoints / "best.ckpt"

    @property
    def newest_good(self) -> Path:
        """The best checkpoint, or the newest where no score has picked one."""
        return self.best if self.best.is_file() else self.last

    @property
    def samples(self) -> Path:
        """The folder of pictures."""
        return self.folder / "samples"

    @property
    def metrics(self) -> Path:
        """Scalars of training."""
        return self.folder / "metrics.csv"

    @property
    def results(self) -> Path:
        """Scores with their protocols."""
        return self.folder / "results.jsonl"

    def open(self, *, overwrite: bool) -> None:
        """Make the folder for a new run.

        Raises:
            UserError: It exists and is not to be overwritten, or it holds something that is no run.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"run.dir: {self.folder} is a file")
        if self.folder.is_dir() and any(self.folder.iterdir()):
            if not overwrite:
                raise UserError(
                    f"run.dir: {self.folder} holds a run already; continue it with --resume last, "
                    "replace it with --overwrite, or name another with run.dir=..."
                )
            if not self.recipe.is_file():
                raise UserError(f"run.dir: {self.folder} is no run (it has no recipe.yaml): nothing is overwritten")
            shutil.rmtree(self.folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"run.dir: {self.folder} cannot be made: {error.strerror}") from error

    def numbered(self) -> list[Path]:
        """Return the numbered checkpoints, the newest first."""
        return sorted(self.checkpoints.glob("step-[0-9]*.ckpt"), key=updates_of, reverse=True)

    def checkpoint(self, wanted: str) -> Path:
        """Return the checkpoint that ``--resume`` names: ``last``, ``best``, or a path.

        Raises:
            UserError: There is none.
        """
        path = {"last": self.last, "best": self.best}.get(wanted, Path(wanted))
        if not path.is_file() and not (wanted == "last" and self.numbered()):
            raise UserError(f"--resume {wanted}: there is no checkpoint {path}")
        return path


def updates_of(path: Path) -> int:
    """Return the generator updates in the name of a numbered checkpoint."""
    return int(path.stem.removeprefix("step-"))


def is_first_process() -> bool:
    """Tell whether this process is the one that writes, before and after Lightning has launched the others."""
    for names in (("RANK",), ("NODE_RANK", "LOCAL_RANK"), ("SLURM_PROCID",)):
        ranks = [int(os.environ[name]) for name in names if name in os.environ]
        if ranks:
            return not any(ranks)
    return True


def cache_folder() -> Path:
    """Return the folder for decoded data and features: ``GAN_LIGHTNING_CACHE``, or the user's cache."""
    given = os.environ.get("GAN_LIGHTNING_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(given) if given else base / "gan-lightning"


#: What may differ between a checkpoint's recipe and the one it is resumed with: sections and keys, as patterns.
_SECTIONS = ("run", "evaluate", "sample", "checkpoint", "log", "logger", "trainer", "performance", "guard")
FREE = (*_SECTIONS, *(f"{section}.*" for section in _SECTIONS), "train.steps", "train.start", "optimizers.*.fused")


def refuse_other_recipe(mine: Mapping[str, Any], theirs: Mapping[str, Any], path: Path) -> None:
    """Check that a checkpoint was trained by this recipe, but for what does not change the game.

    Raises:
        UserError: The recipes differ; the message names the first key and both values.
    """
    for key in sorted({*_flat(mine), *_flat(theirs)}):
        if any(fnmatch(key, pattern) for pattern in FREE):
            continue
        here, there = _flat(mine).get(key), _flat(theirs).get(key)
        if here != there:
            raise UserError(f"{path}: this checkpoint is of another recipe: {key} is {there!r} there and {here!r} here")


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        parts = [_flat(part, f"{prefix}.{key}" if prefix else str(key)) for key, part in value.items()]
        return {key: part for found in parts for key, part in found.items()}
    return {prefix: value}

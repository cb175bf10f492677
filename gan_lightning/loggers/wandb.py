"""Logs for Weights & Biases, uploaded at once or, without a login or a network, kept until ``wandb sync``."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import WandbLogger
from torch import Tensor

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning.loggers.base import Dashboard, finite_values, named_scores

if TYPE_CHECKING:
    from wandb import Run

_log = logging.getLogger("gan_lightning")

Mode = Literal["online", "offline", "disabled"]

_BINS = 64


class WandbDashboard(WandbLogger, Dashboard):
    """Everything in one W&B run, whose step is the number of generator updates.

    Lightning's logger, so that callbacks made for that one work, with another axis: Lightning's counts batches.
    Scalars are drawn over ``updates``, and ``images`` can be chosen as axis. The recipe is the run's config. A score
    ``score/fid`` has its last, lowest and highest value in the summary; beside it ``protocol/fid`` holds the digest
    of its protocol, which stands in the config under ``protocol/<digest>``.

    What comes at one step is one row, which W&B writes down when the next step begins or the run ends: a killed
    process loses the newest row. A step below the newest one is refused by W&B, with a warning.

    The run's id is kept in ``wandb/id`` of the run folder, and a resumed training continues that run. W&B forgets
    nothing: rows beyond the checkpoint stay, and those that come again have the same values. The parts of a run
    that was stopped offline are uploaded in order by ``wandb sync``.

    Args:
        folder: The run folder; W&B keeps its files in ``wandb/`` there.
        name: The run's name.
        project: The W&B project.
        entity: The W&B user or team; None for the login's default.
        mode: None for what W&B's own settings (such as ``WANDB_MODE``) say, or else online if there is a login and a
            network and offline otherwise.
        group: Name that this run has in common with others, such as those with other seeds.
        tags: Words to find the run by.
        log_checkpoints: Whether checkpoints are stored as artifacts.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        project: str = "gan-lightning",
        entity: str | None = None,
        mode: Mode | None = None,
        group: str | None = None,
        tags: tuple[str, ...] = (),
        log_checkpoints: bool = False,  # noqa: FBT001, FBT002  (a recipe's option)
    ) -> None:
        super().__init__(name=name, save_dir=folder, project=project)
        self._identity = folder / "wandb" / "id"
        self._mode = mode
        self._about = {"name": name, "project": project, "entity": entity, "group": group, "tags": list(tags)}
        self._log_checkpoints = log_checkpoints
        self._defined: set[str] = set()

    @property
    @rank_zero_experiment
    def experiment(self) -> Run:  # type: ignore[override]  # Lightning's may be a disabled run of an older W&B
        """The W&B run, begun when it is first asked for.

        Raises:
            UserError: W&B refuses, or, with ``mode: online``, cannot be reached.
        """
        if self._experiment is None:
            self._experiment = self._open()
        return self._experiment  # type: ignore[return-value]

    @rank_zero_only
    def begin(self, recipe: dict[str, Any]) -> None:
        """Make the recipe the run's config."""
        self.experiment.config.update(recipe, allow_val_change=True)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log scalars or W&B's own media."""
        axis = {} if step is None else {"updates": step}
        self.experiment.log({**metrics, **axis}, step=step)

    @rank_zero_only
    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Log a picture; the file is copied."""
        import wandb

        self.log_metrics({name: wandb.Image(str(path))}, step)

    @rank_zero_only
    def log_histogram(self, name: str, values: Tensor, step: int) -> None:
        """Log a histogram of the finite values, if there are any."""
        import wandb

        finite = finite_values(values)
        if finite.size:
            self.log_metrics({name: wandb.Histogram(np_histogram=np.histogram(finite, bins=_BINS))}, step)

    @rank_zero_only
    def log_score(self, values: Mapping[str, float], protocol: Mapping[str, Any], step: int, images: int) -> None:
        """Log the values with the digest of their protocol, and the protocol once."""
        digest = hashlib.sha256(json.dumps(protocol, sort_keys=True, default=str).encode()).hexdigest()[:12]
        if digest not in self._defined:
            self.experiment.config.update({f"protocol/{digest}": dict(protocol)}, allow_val_change=True)
            self._defined.add(digest)
        for name in [name for name in values if name not in self._defined]:
            self.experiment.define_metric(f"score/{name}", step_metric="updates", summary="min,max,last")
            self._defined.add(name)
        digests = {f"protocol/{name}": digest for name in values}
        self.log_metrics({"images": images, **named_scores(values), **digests}, step)

    @rank_zero_only
    def log_checkpoint(self, path: Path, aliases: Sequence[str]) -> None:
        """Store a checkpoint as a version of the artifact ``checkpoint-<run id>``, if checkpoints were asked for."""
        if not self._log_checkpoints:
            return
        import wandb

        artifact = wandb.Artifact(f"checkpoint-{self.experiment.id}", type="model")
        artifact.add_file(str(path))
        self.experiment.log_artifact(artifact, aliases=list(aliases))

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """End the run; what is logged later continues it."""
        if self._experiment is not None:
            self._experiment.finish(exit_code=0 if status == "success" else 1)
            self._experiment = None
            self._defined.clear()

    def _open(self) -> Run:
        import wandb

        self._id = self._remembered_id()
        mode = self._mode or _choose_mode()
        if mode in ("offline", "disabled"):
            # W&B 0.31 asks its own settings, not the run's, whether it may send usage statistics
            wandb.setup(wandb.Settings(mode="offline"))
        try:
            # A run of its own, even where the caller has one open
            run = wandb.init(
                **self._about,  # type: ignore[arg-type]
                dir=self._save_dir,
                id=self._id,
                resume="allow",
                mode=mode,
                reinit="create_new",
                settings=wandb.Settings(quiet=True),
            )
        except wandb.Error as error:
            said = " ".join(str(error).split())
            raise UserError(
                f"logger: W&B cannot be used: {said}; log in with `wandb login` or set mode: offline"
            ) from error
        run.define_metric("updates")
        run.define_metric("images")
        run.define_metric("*", step_metric="updates")
        return run

    def _remembered_id(self) -> str:
        if self._identity.is_file():
            return self._identity.read_text(encoding="utf-8").strip()
        chosen = os.environ.get("WANDB_RUN_ID") or secrets.token_hex(4)
        with replacing(self._identity) as temporary:
            temporary.write_text(f"{chosen}\n", encoding="utf-8")
        return chosen


def _choose_mode() -> Mode | None:
    """Return ``"offline"`` where nothing could be uploaded, else None: as W&B's own settings say."""
    import wandb

    if wandb.setup().settings.mode != "online" or wandb.run is not None:
        return None
    try:
        reason = None if wandb.login(prompt=False) else "there is no login"
    except wandb.Error as error:
        reason = " ".join(str(error).split())
    if reason is None:
        return None
    _log.info("W&B logs offline (%s); upload later with `wandb sync`", reason)
    return "offline"

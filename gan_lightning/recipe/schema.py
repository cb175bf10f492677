"""The sections of a recipe and what may stand in them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from gan_lightning.schedule import Schedule

#: Smallest value of each of the recipe's own numbers that has one.
LEAST = {
    "data.batch_size": 1,
    "ema.half_life_images": 0,
    "ema.ramp": 0,
    "ema.start": 0,
    "train.steps": 1,
    "train.accumulate": 1,
    "train.clip": 0,
    "evaluate.every": 1,
    "evaluate.samples": 1,
    "evaluate.standing": 1,
    "sample.every": 1,
    "sample.count": 1,
    "checkpoint.every": 1,
    "checkpoint.keep": 1,
    "log.every": 1,
    "guard.patience": 1,
    "guard.rollbacks": 0,
    "guard.rollback_factor": 0,
    "guard.collapse_factor": 1,
    "guard.collapse_patience": 1,
    "guard.diversity": 0,
    "guard.diversity_every": 1,
    "guard.separation": 0,
    "guard.vanishing": 0,
    "guard.saturation_patience": 1,
}


@dataclass
class Component:
    """A component that a recipe names, with all its options, checked, defaults filled in."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class DataSection:
    """The data: which, and how they are served.

    Args:
        component: The data set and its options.
        batch_size: Images in a batch, over all processes and before accumulation.
        flip: Whether to mirror images, each with probability 1/2 in each epoch.
    """

    component: Component
    batch_size: int = 64
    flip: bool = False


@dataclass
class EMASection:
    """The average of the generator; see `gan_lightning.ema.EMA` for what the numbers mean."""

    half_life_images: float = 10_000
    ramp: float | None = None
    start: int = 0
    buffers: Literal["average", "copy"] = "average"


@dataclass
class TrainSection:
    """How long, and how a step is made.

    Args:
        steps: Generator updates.
        accumulate: Batches whose gradients add up to one step.
        clip: Largest norm of a player's gradient, or null.
        start: A checkpoint, or the folder of a run, whose networks training begins with; null to begin anew.
    """

    steps: int
    accumulate: int = 1
    clip: float | None = None
    start: Path | None = None


@dataclass
class EvaluateSection:
    """When and how the generator is scored.

    Args:
        every: Generator updates between two evaluations; the first is of the untrained generator.
        samples: Generated samples, and at most as many real ones.
        extractor: The network whose features are compared; null for metrics of the samples themselves.
        metrics: The scores.
        best: The value that picks the best checkpoint, such as ``fid``.
        generator: Whether the averaged or the raw generator is scored.
        truncation: How typical the samples that are scored shall be, such as 0.7; null for all that are made.
        standing: Forwards that batch statistics are averaged over before the samples are made, see
            `gan_lightning.layers.standing_statistics`; null for those of training.
        data: Options of the data set that are others where samples are scored and shown, such as
            ``{part: held_out}``.
    """

    metrics: list[Component]
    extractor: Component | None = None
    every: int = 500
    samples: int = 2000
    best: str | None = None
    generator: Literal["ema", "raw"] = "ema"
    truncation: float | None = None
    standing: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class SampleSection:
    """When pictures are drawn, of latents that stay the same.

    Args:
        every: Generator updates between two pictures.
        count: Samples in a picture.
    """

    every: int = 250
    count: int = 64


@dataclass
class CheckpointSection:
    """When the state is kept.

    Args:
        every: Generator updates between two checkpoints.
        keep: How many of the numbered checkpoints stay; the best and the last are kept beside them.
    """

    every: int = 500
    keep: int = 2


@dataclass
class GuardSection:
    """What happens when numbers stop being numbers, and when a run collapses.

    Args:
        non_finite: ``skip`` leaves out every step whose loss or gradient is no finite number; ``stop`` ends training
            at the next row of the logs that has such a number; ``ignore`` does nothing.
        patience: Steps of a player that may be skipped in a row before training rolls back.
        rollbacks: How many times training may roll back before it stops with an error.
        rollback_factor: What the learning rates are multiplied by at each rollback.
        on_collapse: What is done about a collapse, whichever sign tells of it: ``warn``, ``stop``, or ``rollback`` to
            the best checkpoint, or, without scores that pick one, to the newest of when all was well.
        collapse_factor: A score counts as collapsed where it is worse than the best one times this, and a twentieth
            of what was gained over the untrained generator is lost. It needs scores and ``evaluate.best``.
        collapse_patience: Looks at the score, or at the diversity, in a row that make a collapse.
        diversity: Below this share of the real samples' diversity a generator's samples count as all alike, once they
            have been more than half way from there to 1; see ``guard/diversity`` in the logs, which is about 1 for a
            healthy run and 0.001 for copies of one sample. Null does not look.
        diversity_every: Generator updates between two looks at the diversity.
        separation: From this share of pairs of a real and a generated sample that the discriminator orders rightly
            on, from 0.5 for guessing to 1, it counts as saturated, if the generator's gradient has vanished too; see
            ``guard/separation`` in the logs.
        vanishing: Below this share of its largest norm the generator's gradient counts as vanished. Null does not
            look.
        saturation_patience: Rows of the logs in a row with a saturated discriminator that make a collapse.
    """

    non_finite: Literal["stop", "ignore", "skip"] = "skip"
    patience: int = 10
    rollbacks: int = 3
    rollback_factor: float = 0.5
    on_collapse: Literal["warn", "stop", "rollback"] = "warn"
    collapse_factor: float = 2.0
    collapse_patience: int = 3
    diversity: float | None = 0.25
    diversity_every: int = 250
    separation: float = 0.99
    vanishing: float | None = 1e-3
    saturation_patience: int = 10


@dataclass
class LogSection:
    """What is logged, and how often.

    Args:
        every: Generator updates between two rows.
    """

    every: int = 50


@dataclass
class RunSection:
    """The run folder.

    Args:
        name: What the run is called.
        dir: Where it is kept; ``runs/NAME`` if null.
    """

    name: str
    dir: Path | None = None

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.dir or Path("runs") / self.name


@dataclass
class Recipe:
    """A whole recipe, every value checked, before anything is built."""

    data: DataSection
    architecture: dict[str, Component]
    game: Component
    optimizers: dict[str, Component]
    train: TrainSection
    run: RunSection
    loss: Component | None = None
    penalties: list[Component] = field(default_factory=list)
    augment: list[Component] = field(default_factory=list)
    ema: EMASection | None = field(default_factory=EMASection)
    evaluate: EvaluateSection | None = None
    sample: SampleSection | None = field(default_factory=SampleSection)
    checkpoint: CheckpointSection = field(default_factory=CheckpointSection)
    guard: GuardSection = field(default_factory=GuardSection)
    log: LogSection = field(default_factory=LogSection)
    logger: list[Component] = field(default_factory=lambda: [Component("csv")])
    performance: Literal["auto", "off", "compile"] = "auto"
    trainer: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the resolved recipe as plain containers that `parse` reads back to an equal recipe."""
        return _plain(self)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    """Turn sections into mappings, components into ``{name: ..., options}``, and the rest into what YAML can hold."""
    if isinstance(value, Component):
        return {"name": value.name, **_plain(value.options)}
    if isinstance(value, DataSection):
        return {**_plain(value.component), "batch_size": value.batch_size, "flip": value.flip}
    if isinstance(value, Schedule):
        return value.as_dict()
    if is_dataclass(value):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value

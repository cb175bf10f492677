"""What data sets promise."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from gan_lightning.components import Dataset
from gan_lightning.data.samples import Samples
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require


def check_dataset(dataset: type[Dataset], /, name: str = "", **settings: Any) -> None:
    """Check a data set; `settings` are options to construct it with."""
    keep_all("dataset", dataset, PROMISES, name, settings)


def loads_images_or_points(subject: Subject) -> None:
    """Values are uint8 images ``[N, C, H, W]`` or finite float32 points ``[N, D]``, one or more."""
    values = _load(subject).values[:]
    forms = {torch.uint8: 4, torch.float32: 2}
    require(values.dtype in forms, f"expected uint8 images or float32 points, got {values.dtype}")
    dims = forms[values.dtype]
    require(values.dim() == dims, f"expected {dims} dimensions for {values.dtype}, got {list(values.shape)}")
    require(len(values) > 0, "there are no samples")
    require(values.dtype == torch.uint8 or bool(values.isfinite().all()), "there are points that are not finite")


def labels_every_sample_with_a_class_it_names(subject: Subject) -> None:
    """Labels, if any, are int64 ``[N]`` from 0 to the number of names."""
    samples = _load(subject)
    labels, names = samples.labels, samples.class_names
    if labels is None:
        require(not names, "there are class names, but no labels")
        return
    require(labels.dtype == torch.int64, f"expected int64 labels, got {labels.dtype}")
    require(labels.shape == (len(samples),), f"expected {len(samples)} labels, got shape {tuple(labels.shape)}")
    require(int(labels.min()) >= 0, f"there is a label {int(labels.min())}")
    known = not names or int(labels.max()) < len(names)
    require(known, f"there is a label {int(labels.max())}, but only {len(names)} class names")


def tells_the_shape_of_its_samples(subject: Subject) -> None:
    """The spec that networks are built for agrees with the samples, and its class counts add up."""
    samples = _load(subject)
    spec = samples.spec
    require(spec.shape == tuple(samples.values.shape[1:]), f"the spec says {spec.shape}")
    total = len(samples) if samples.labels is not None else 0
    require(sum(spec.class_counts) == total, f"class counts {spec.class_counts} do not add up to {total}")


def loads_the_same_again(subject: Subject) -> None:
    """Two loads, the second with what the first has cached, give the same samples and fingerprint."""
    with tempfile.TemporaryDirectory() as cache:
        first, second = (subject.make().load(Path(cache)) for _ in range(2))
        require(bool(first.fingerprint), "the fingerprint is empty")
        require(first.fingerprint == second.fingerprint, "two loads have different fingerprints")
        require(torch.equal(first.values[:], second.values[:]), "two loads have different samples")


PROMISES: tuple[Promise, ...] = (
    loads_images_or_points,
    labels_every_sample_with_a_class_it_names,
    tells_the_shape_of_its_samples,
    loads_the_same_again,
)


def _load(subject: Subject) -> Samples:
    with tempfile.TemporaryDirectory() as cache:
        samples: Samples = subject.make().load(Path(cache))
    return samples

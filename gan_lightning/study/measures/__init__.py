"""The kinds of measurement, by the name that studies use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan_lightning.study.measures.base import Measure

#: Where each kind is; torch is imported when one is first used.
MEASURES = {
    "gaussians": "gan_lightning.study.measures.gaussians:Gaussians",
    "image_gradients": "gan_lightning.study.measures.image_gradients:ImageGradients",
    "parallel_lines": "gan_lightning.study.measures.parallel_lines:ParallelLines",
    "training": "gan_lightning.study.measures.training:Training",
}


def measure_class(name: str) -> type[Measure]:
    """Return a kind of measurement."""
    module, _, attribute = MEASURES[name].partition(":")
    found: type[Measure] = getattr(import_module(module), attribute)
    return found

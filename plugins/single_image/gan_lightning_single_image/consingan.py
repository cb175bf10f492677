"""The game of ConSinGAN: SinGAN with several scales trained at a time."""

from __future__ import annotations

from typing import Any

from gan_lightning.game import Parts
from gan_lightning.origin import Origin
from gan_lightning_single_image.singan_game import SinGANGame


class ConSinGANGame(SinGANGame):
    """SinGAN whose newest scales are trained together, so that few will do (Hinz et al. 2020, arXiv:2003.11512).

    As published: three scales are trained at a time, each with a tenth of the learning rate of the next; noise is
    weighted by the reconstruction's error; six scales, dense where images are small, with ``scales: 6, spacing: late``
    of the architecture `singan`. Otherwise than published: scales pass images on, not maps of features; z* is noise at
    the coarsest scale only, and not the image itself; generators end in a bend of their own at each scale.

    Args:
        parts: What the recipe provides.
        concurrent: How many scales are trained at a time.
    """

    origin = Origin(
        "Hinz et al., Improved Techniques for Training Single-Image GANs",
        2020,
        "2003.11512",
        descends_from=("singan",),
        cures=("image quality",),
    )

    def __init__(self, parts: Parts, *, concurrent: int = 3, **options: Any) -> None:
        super().__init__(parts, concurrent=concurrent, **options)

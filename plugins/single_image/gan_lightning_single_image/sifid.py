"""The Frechet distance between two images: FID over the positions of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.data.samples import Samples, to_bytes
from gan_lightning.data.spec import Kind
from gan_lightning.errors import UserError
from gan_lightning.metrics.checks import require_samples
from gan_lightning.metrics.frechet import Moments, covariance_root, frechet_distance
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin
from gan_lightning_single_image.early_features import EarlyFeatures, Source


class SIFID(Score):
    """Mean over generated images of their Frechet distance to the real one (arXiv:1905.01164, section 3.1).

    A position of an early map of a pretrained network is a sample: so it compares how patches of the two images are
    distributed. Published values are on Inception's features. Where there are several real images, their positions are
    one set. Values of the two sources of features are not comparable, and the protocol says which it was.

    Args:
        features: ``"efficientnet_lite0"``, whose weights are at hand, or ``"inception"``, as published.
        weights: A file of Inception's weights; without one they are downloaded to torch.hub's folder.

    Raises:
        UserError: Data are no images; in `compute`, if there are no images.
    """

    origin = Origin(
        "Rott Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image", 2019, "1905.01164"
    )
    sees: ClassVar[Literal["features", "logits", "samples"]] = "samples"
    kinds: ClassVar[tuple[Kind, ...]] = ("images",)
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"sifid": "lower"}
    full_state_update = False

    def __init__(self, features: Source = "efficientnet_lite0", weights: Path | None = None) -> None:
        super().__init__()
        self._early = EarlyFeatures(features, weights)
        for side in ("real", "fake"):  # of each image: means and second moments of its positions, and how many
            for part in ("means", "outers", "counts"):
                self.add_state(f"{side}_{part}", [], dist_reduce_fx="cat")

    def prepare(self, data: Samples, count: int) -> None:
        """Refuse points."""
        del count
        if data.kind not in self.kinds:
            raise UserError(f"metric 'sifid': it compares images, and {data.name} are {data.kind}")

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Take images ``[N, C, H, W]`` in [-1, 1]."""
        side = "real" if real else "fake"
        for image in view:  # one by one, so that what an image is worth does not depend on those beside it
            (positions,) = self._early(to_bytes(image[None])).double()
            getattr(self, f"{side}_means").append(positions.mean(0)[None])
            getattr(self, f"{side}_outers").append((positions.T @ positions / len(positions))[None])
            getattr(self, f"{side}_counts").append(torch.tensor([len(positions)], device=view.device))

    def compute(self) -> dict[str, Tensor]:
        """Return ``sifid``, a float64 scalar."""
        real, fake = self._sides("real"), self._sides("fake")
        require_samples("sifid", 1, real=len(real[0]), fake=len(fake[0]))
        shares = real[2] / real[2].sum()
        whole = _moments(shares @ real[0], torch.einsum("n,nij->ij", shares, real[1]), int(real[2].sum()))
        root = covariance_root(whole)
        each = [frechet_distance(whole, _moments(*parts), root) for parts in zip(*fake, strict=True)]
        return {"sifid": torch.stack(each).mean()}

    def protocol(self) -> dict[str, Any]:
        """Return which features."""
        return self._early.protocol()

    def _sides(self, side: str) -> tuple[Tensor, Tensor, Tensor]:
        parts = [getattr(self, f"{side}_{part}") for part in ("means", "outers", "counts")]
        means, outers, counts = (torch.cat(part) if isinstance(part, list) and part else part for part in parts)
        return means, outers, counts.double() if isinstance(counts, Tensor) else counts


def _moments(mean: Tensor, outer: Tensor, count: Tensor | int) -> Moments:
    """Return mean and unbiased covariance from means of features and of their products."""
    number = int(count)
    return Moments(mean, (outer - torch.outer(mean, mean)) * (number / max(number - 1, 1)), number)

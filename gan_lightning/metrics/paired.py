"""How far each generated image is from the very one that it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torchmetrics.functional.image import structural_similarity_index_measure

from gan_lightning.data.samples import Partner, Samples, to_bytes, to_network
from gan_lightning.errors import UserError
from gan_lightning.metrics.checks import require_samples
from gan_lightning.metrics.collect import chosen_rows
from gan_lightning.metrics.perceptual import PerceptualFeatures, feature_distance
from gan_lightning.metrics.score import Score, View

_WINDOW = 11  # pixels a side of SSIM's Gaussian window, which no smaller image holds
_LEAST = 1e-10  # mean squared error of images that are alike, so that PSNR is finite: 100 dB
_BETTER: Mapping[str, Literal["lower", "higher"]] = {
    "l1": "lower",
    "psnr": "higher",
    "ssim": "higher",
    "perceptual": "lower",
}


class PairedDistance(Score):
    """How far each generated image is from the real one that it should be; both are rounded to bytes.

    Values are means over images: ``l1`` of values in [0, 1]; ``psnr`` in dB, of all channels; ``ssim`` (Wang et al.
    2004) with a Gaussian window of 11 pixels; ``perceptual``, the distance of features of `PerceptualFeatures`.

    Args:
        within: ``"image"``, or ``"mask"`` for data whose sources end with a channel that tells where pixels are
            missing: L1 and PSNR are then taken there alone.
        perceptual: Whether to measure the distance of features, which takes the longest.
        baseline: Whether to give the same values of the sources, which a game should beat, as ``source_l1`` and so on.
            Smaller sources are enlarged bicubically.

    Raises:
        UserError: If the data are no images in pairs, have no mask, or sources have fewer channels than a baseline
            needs; in `compute`, without samples.
    """

    sees: ClassVar[View] = "pairs"
    better = _BETTER
    full_state_update = False
    reals: list[Tensor]
    sums: Tensor
    seen: Tensor

    def __init__(
        self, within: Literal["image", "mask"] = "image", *, perceptual: bool = True, baseline: bool = False
    ) -> None:
        super().__init__()
        self.within, self.perceptual, self.baseline = within, perceptual, baseline
        measured = {name: way for name, way in _BETTER.items() if perceptual or name != "perceptual"}
        of_sources = {f"source_{name}": way for name, way in measured.items()} if baseline else {}
        self.better = {**measured, **of_sources}  # type: ignore[misc]  # fewer or more than most have
        self._source: Partner | None = None
        self._rows = torch.empty(0)
        self.add_state("reals", [], dist_reduce_fx=None)
        self.add_state("sums", torch.zeros(len(self.better), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("seen", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def prepare(self, data: Samples, count: int) -> None:
        """Take the sources of the images that will be compared."""
        source = data.partners.get("source")
        if data.kind != "images" or source is None or not source.paired:
            raise UserError(f"metric 'paired': {data.name} has no pairs; take data such as paired_folder")
        channels, own = source.values.shape[1], data.values.shape[1]
        if self.within == "mask" and channels != own + 1:
            raise UserError(f"metric 'paired': the sources of {data.name} have no mask; set within to image")
        if self.baseline and channels < own:
            raise UserError(f"metric 'paired': sources have {channels} channels, images {own}; set baseline to false")
        if min(data.values.shape[2:]) < _WINDOW:
            raise UserError(f"metric 'paired': SSIM needs {_WINDOW} pixels a side, {data.name} is {data.spec}")
        self._source, self._rows = source, chosen_rows(count, len(data))
        self._features = PerceptualFeatures(max(data.values.shape[2:]))

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Take real images ``[N, C, H, W]`` in [-1, 1], all before the first generated ones, in the same order."""
        if real:
            self.reals.append(to_bytes(view))
            return
        start = int(self.seen)
        wanted = torch.cat(list(self.reals))[start : start + len(view)]
        if len(wanted) == 0:
            return
        assert self._source is not None
        source = self._source.take(self._rows[start : start + len(wanted)])
        compared = [view[: len(wanted)], *([_enlarged(source, wanted)] if self.baseline else [])]
        where = source[:, -1:] > 127 if self.within == "mask" else torch.ones_like(wanted[:, :1], dtype=torch.bool)
        self.sums = self.sums + torch.cat([self._compare(to_bytes(made), wanted, where) for made in compared])
        self.seen = self.seen + len(wanted)

    def compute(self) -> dict[str, Tensor]:
        """Return the means over images, float64 scalars."""
        require_samples("paired", 1, fake=int(self.seen))
        return dict(zip(self.better, self.sums / self.seen, strict=True))

    def protocol(self) -> dict[str, Any]:
        """Return where images are compared, and how features are made."""
        facts = {"within": self.within, "ssim": "gaussian-11-1.5"}
        return {**facts, **(self._features.protocol() if self.perceptual else {})}

    def _compare(self, made: Tensor, wanted: Tensor, where: Tensor) -> Tensor:
        """Return what is measured, summed over images."""
        one, other = made.double() / 255, wanted.double() / 255
        share = where.double().mean((1, 2, 3)).clamp(min=1e-12)
        l1 = ((one - other).abs() * where).mean((1, 2, 3)) / share
        error = ((one - other).square() * where).mean((1, 2, 3)) / share
        psnr = -10 * error.clamp(min=_LEAST).log10()
        similarity = structural_similarity_index_measure(one, other, data_range=1.0, reduction="sum")
        assert isinstance(similarity, Tensor)
        sums = [l1.sum(), psnr.sum(), similarity]
        if self.perceptual:
            features = (self._features(to_network(images)) for images in (made, wanted))
            sums.append(feature_distance(*features).double().sum())
        return torch.stack(sums)


def _enlarged(source: Tensor, wanted: Tensor) -> Tensor:
    """Return sources ``[N, C', h, w]`` as images in [-1, 1] of the shape of `wanted`."""
    images, size = to_network(source[:, : wanted.shape[1]]), tuple(wanted.shape[2:])
    return images if images.shape[2:] == size else interpolate(images, size, mode="bicubic").clamp(-1, 1)

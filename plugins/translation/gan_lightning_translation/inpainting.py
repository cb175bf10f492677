"""Inpainting: holes are cut into images anew in every turn, and filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from gan_lightning.data.masked import centre_mask
from gan_lightning.data.masks import draw_masks, paint_masks
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.two_player import Term
from gan_lightning_translation.context_encoder import CONTEXT_ENCODER_PAPER
from gan_lightning_translation.filling import fill, with_hole
from gan_lightning_translation.game import TranslationGame, TranslationPlay, joined_spec
from gan_lightning_translation.super_resolution import Error

Hole = Literal["free_form", "centre"]

_ERRORS: Mapping[Error, Callable[[Tensor], Tensor]] = {"l1": torch.abs, "l2": torch.square}


class InpaintingPlay(TranslationPlay):
    """What a turn sees: real images with holes of its own."""

    game: Inpainting

    @cached_property
    def mask(self) -> Tensor:
        """Where the holes are, bool ``[N, 1, H, W]``."""
        height, width = self.game.data.shape[1:]
        if self.game.hole_form == "centre":
            return centre_mask(height, width).to(self.random.device).expand(len(self.batch), -1, -1, -1)
        return paint_masks(draw_masks(len(self.batch), self.random), height, width)

    @cached_property
    def sources(self) -> Tensor:
        """Images with holes, and the mask ``[N, C + 1, H, W]``; the data's own holes are not trained on."""
        return with_hole(self.targets, self.mask)

    @cached_property
    def raw(self) -> Tensor:
        """All that the generator makes, outside of the holes too ``[N, C, H, W]``."""
        raw: Tensor = self.game.networks["generator"](self.sources)
        return raw

    @cached_property
    def made(self) -> Tensor:
        """Images that are made in the hole and real elsewhere ``[N, C, H, W]``."""
        return torch.where(self.mask, self.raw, self.targets)

    def error(self, where: Tensor) -> Tensor:
        """Return the mean error of what the generator makes over the pixels of a mask, bool ``[N, 1, H, W]``."""
        wrong = _ERRORS[self.game.error](self.raw - self.targets)
        share = where.to(wrong.dtype).mean((1, 2, 3)).clamp(min=1e-6)
        return ((wrong * where).mean((1, 2, 3)) / share).mean()


class Inpainting(TranslationGame):
    """The generator fills holes; the discriminator sees the filled or the whole image, and the mask.

    D: L_D((y, m), (f, m))      G: hole * |G(x) - y| in the hole + rest * |G(x) - y| outside + adversarial * L_G((f, m))

    with y an image, m its mask, x the image with a gray hole and the mask, f = m G(x) + (1 - m) y and any loss. Every
    turn cuts new holes (Yu et al. 2018, arXiv:1806.03589); the context encoder (Pathak et al. 2016, arXiv:1604.07379)
    has ``hole_form: centre, error: l2, hole: 0.999, rest: 0, adversarial: 0.001`` and ``non_saturating``. Data are
    `masked`, whose own holes are those of pictures and scores.

    Args:
        parts: What the recipe provides.
        hole_form: ``free_form``, a box and strokes anywhere, or ``centre``, the middle half of both sides.
        error: ``l1``, the mean absolute error, or ``l2``, the mean squared one.
        hole: Factor on the mean error in the hole, images in [-1, 1]; 0 leaves it out.
        rest: Factor on the mean error outside of it; 0 leaves it out.
        adversarial: Factor on the loss in the generator's turn.

    Raises:
        UserError: The data's sources have no mask.
    """

    origin = CONTEXT_ENCODER_PAPER
    example: ClassVar = {
        "data": {"name": "masked", "of": "digits", "options": {"resolution": 16}, "batch_size": 8},
        "architecture": {
            "name": "gated_inpainting",
            "generator": {"channels": 4, "dilations": [2]},
            "discriminator": {"channels": 4},
        },
    }

    def __init__(
        self,
        parts: Parts,
        *,
        hole_form: Hole = "free_form",
        error: Error = "l1",
        hole: float = 1.0,
        rest: float = 1.0,
        adversarial: float = 1.0,
        **options: Any,
    ) -> None:
        _require_mask(parts.data)
        self.hole_form, self.error, self.hole, self.rest = hole_form, error, hole, rest
        super().__init__(parts, adversarial=adversarial, **options)

    def spec_of(self, role: str, data: DataSpec) -> DataSpec:
        """Have the discriminator built for an image and its mask."""
        return joined_spec(data, 1) if role == "discriminator" else data

    def shown(self, sources: Tensor, images: Tensor) -> Tensor:
        """Return images and their masks ``[N, C + 1, H, W]``."""
        return torch.cat([images, sources[:, -1:]], dim=1)

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return InpaintingPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def terms(self) -> Mapping[str, Term]:
        """Return the errors inside and outside of the hole."""
        terms = {"hole": self._inside, "rest": self._outside}
        return {name: term for name, term in terms.items() if getattr(self, name)}

    def applied(self, network: nn.Module, images: Tensor, labels: Tensor | None) -> Tensor:
        """Fill the holes of ``[N, C + 1, H, W]``; what is known stays as it is."""
        del labels
        return fill(network, images)

    def _inside(self, play: Play) -> Tensor:
        assert isinstance(play, InpaintingPlay)
        return self.hole * play.error(play.mask)

    def _outside(self, play: Play) -> Tensor:
        assert isinstance(play, InpaintingPlay)
        return self.rest * play.error(~play.mask)


def _require_mask(data: DataSpec) -> None:
    """Refuse sources without a mask; that there are none is told elsewhere."""
    channels = data.shape[0] + 1
    source = data.partners.get("source")
    if source is not None and source[0] != channels:
        raise UserError(
            f"data: expected sources of {channels} channels, the last a mask, as in data masked; got {source[0]}"
        )

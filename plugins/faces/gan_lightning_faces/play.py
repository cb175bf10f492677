"""What a turn of face swap sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_lightning.critique import Critique, DeferredCritique
from gan_lightning.game import Play
from gan_lightning_faces.colours import match_colours
from gan_lightning_faces.face import Face
from gan_lightning_faces.mixing import mixed, real_shares

if TYPE_CHECKING:
    from gan_lightning_faces.game import FaceSwap

#: The two identities: that of the data's partner ``source``, and that of its samples.
SIDES = ("source", "target")


@dataclass(frozen=True)
class Lesson:
    """Faces of one identity, spoilt and as they should come out.

    Args:
        warped: ``[N, C, S, S]``.
        straight: ``[N, C, S, S]``.
    """

    warped: Tensor
    straight: Tensor


class FaceSwapPlay(Play):
    """What a turn sees: faces of both identities, warped and straight, and what their decoders make of the former."""

    game: FaceSwap

    @cached_property
    def faces(self) -> Mapping[str, Tensor]:
        """Real faces ``[N, C, S, S]`` by identity."""
        return {"source": self.batch.partners["source"].samples(), "target": self.real}

    @cached_property
    def lessons(self) -> Mapping[str, Lesson]:
        """What is learned from, by identity, in the light of the other."""
        return {side: self._lesson(side, other) for side, other in zip(SIDES, SIDES[::-1], strict=True)}

    def _lesson(self, side: str, other: str) -> Lesson:
        random = self.random.at("lesson", side)
        lit = match_colours(self.faces[side], self.faces[other], random, self.game.colour_matching)
        return Lesson(*self.game.warp(lit, random))

    @cached_property
    def made(self) -> Mapping[str, Face]:
        """What each identity's decoder makes of its warped faces; without a graph in the discriminators' turn."""
        return {side: self.game.face(self.game.networks, side, self.lessons[side].warped) for side in SIDES}

    @cached_property
    def shown(self) -> Mapping[str, Tensor]:
        """The faces made ``[N, C, S, S]``, over what they were made from."""
        return {side: self.made[side].over(self.lessons[side].warped) for side in SIDES}

    def of_mask(self, side: str, price: Callable[[Tensor], Tensor]) -> Tensor:
        """Return a price of the mask of an identity; 0 where decoders make none."""
        mask = self.made[side].mask
        return self.real.new_zeros(()) if mask is None else price(mask)

    def outputs(self, side: str) -> list[Tensor]:
        """Return what of an identity is judged ``[N, C, S, S]``: what is shown and, with a mask, colours alone.

        Colours must be right by themselves, since a mask that is shut hides them; and a mask opens where that helps.
        """
        face = self.made[side]
        return [self.shown[side]] if face.mask is None else [self.shown[side], face.colours]

    def _real(self, side: str) -> Tensor:
        return self._beside_warped(side, self.lessons[side].straight)

    def _fakes(self, side: str) -> list[Tensor]:
        """Return what a discriminator should see through."""
        return [self._beside_warped(side, images) for images in self.outputs(side)]

    def _beside_warped(self, side: str, images: Tensor) -> Tensor:
        """Return images and the very input that all of this turn was made from ``[N, 2 C, S, S]``."""
        return torch.cat([images, self.lessons[side].warped], dim=1)

    @cached_property
    def critiques(self) -> Mapping[tuple[str, str], DeferredCritique]:
        """The discriminators' opinions, by identity, of ``real`` and ``fake`` faces, made when they are first read."""
        made = {(side, "real"): self._deferred(side, "real") for side in SIDES}
        return made | {(side, "fake"): self._deferred(side, "fake") for side in SIDES}

    def _deferred(self, side: str, kind: str) -> DeferredCritique:
        def judge() -> Critique:
            return self._judged(side, self._real(side) if kind == "real" else torch.cat(self._fakes(side)))

        return DeferredCritique(judge)

    def _judged(self, side: str, samples: Tensor) -> Critique:
        critique: Critique = self.game.networks[f"discriminator_{side}"](samples)
        critique.samples = samples
        return critique

    def mixup_error(self, side: str) -> Tensor:
        """Return the mean squared error of a discriminator that is asked for the real share of mixtures."""
        real, fakes = self._real(side), self._fakes(side)
        errors = []
        for number, fake in enumerate(fakes):
            shares = real_shares(self.random.at("mixup", side, number), len(real), self.game.mixup)
            told = self._judged(side, mixed(real, fake, shares)).logits
            errors.append((told - shares.view(-1, 1, 1, 1)).square().mean())
        return torch.stack(errors).mean()

    def observations(self) -> dict[str, Tensor]:
        """Return the logits that the discriminators' turn has led to, and the masks of the generator's."""
        if self.phase.player == "generator":
            return {f"mask/{side}": face.mask for side, face in self.made.items() if face.mask is not None}
        made = {f"logits/{kind}_{side}": critique.made for (side, kind), critique in self.critiques.items()}
        return {name: critique.logits for name, critique in made.items() if critique is not None}

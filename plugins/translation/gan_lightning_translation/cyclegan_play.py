"""What a turn of CycleGAN sees."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor

from gan_lightning.critique import Critique, DeferredCritique
from gan_lightning.game import Play
from gan_lightning_translation.image_pool import Exchange

if TYPE_CHECKING:
    from gan_lightning_translation.cyclegan_game import CycleGAN

#: Ends of the names of what makes samples of sources, and of what makes sources of samples.
WAYS = ("", "_back")


class CycleGANPlay(Play):
    """What a turn sees: both domains, both translations, and the ways back from them."""

    game: CycleGAN

    @cached_property
    def domains(self) -> Mapping[str, Tensor]:
        """Real images by the way that leads to them: samples ``[N, *shape]``, sources ``[N, *source shape]``."""
        return {"": self.real, "_back": self.batch.partners["source"].samples()}

    @cached_property
    def made(self) -> Mapping[str, Tensor]:
        """What each generator makes of the other domain; without a graph in the discriminators' turn."""
        return {way: self.translated(way, self.domains[other]) for way, other in zip(WAYS, WAYS[::-1], strict=True)}

    def translated(self, way: str, images: Tensor) -> Tensor:
        """Return what the generator of a way makes of images."""
        made: Tensor = self.game.networks[f"generator{way}"](images)
        return made

    @cached_property
    def exchanges(self) -> Mapping[str, Exchange]:
        """What the discriminators are shown in their turn."""
        return {way: self.game.pools[f"pool{way}"].exchange(self.made[way], self.random, f"pool{way}") for way in WAYS}

    @cached_property
    def critiques(self) -> Mapping[tuple[str, str], DeferredCritique]:
        """The discriminators' opinions by way and side, ``real`` or ``fake``, made when they are first read."""
        made = {way: {"real": self._deferred(way, "real"), "fake": self._deferred(way, "fake")} for way in WAYS}
        return {(way, side): critique for way, sides in made.items() for side, critique in sides.items()}

    def _deferred(self, way: str, side: str) -> DeferredCritique:
        def judge() -> Critique:
            samples = self.domains[way] if side == "real" else self._shown(way)
            critique: Critique = self.game.networks[f"discriminator{way}"](samples)
            critique.samples = samples
            return critique

        return DeferredCritique(judge)

    def _shown(self, way: str) -> Tensor:
        return self.exchanges[way].shown if self.phase.player == "discriminator" else self.made[way]

    def observations(self) -> dict[str, Tensor]:
        """Return the logits that the discriminators' turn has led to."""
        if self.phase.player != "discriminator":
            return {}
        made = {key: critique.made for key, critique in self.critiques.items()}
        scores = self.game.loss.scores
        return {f"logits{way}/{side}": scores(told) for (way, side), told in made.items() if told is not None}

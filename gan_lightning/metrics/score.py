"""What a metric is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Tensor
from torchmetrics import Metric

from gan_lightning.data.spec import Kind
from gan_lightning.origin import Origin

if TYPE_CHECKING:
    from torch import nn

    from gan_lightning.data.samples import Samples
    from gan_lightning.game import Game


#: What a score is given of samples; the first two are an extractor's.
View = Literal["features", "logits", "samples", "pairs"]
EXTRACTED: tuple[View, ...] = ("features", "logits")


class Score(Metric, ABC):
    """A torchmetrics metric that compares generated samples with real ones.

    ``sees`` says what `update` is given: ``"features"`` ``[N, D]`` or ``"logits"`` ``[N, K]`` of the extractor, or
    ``"samples"`` themselves, as generators make them, or ``"pairs"``: samples of which generated and real ones come in
    the same order. `better` names each value that `compute` returns and says
    whether ``"lower"`` or ``"higher"`` is better. A score of what other networks than the generator have learned
    `asks_networks`, and finds its values in `meet`. One that sees samples may be for some ``kinds`` of data only, and
    refuses others in `prepare`.
    """

    origin: ClassVar[Origin | None] = None
    sees: ClassVar[View] = "features"
    kinds: ClassVar[tuple[Kind, ...]] = ("images", "points")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]]
    asks_networks: ClassVar[bool] = False

    def prepare(self, data: Samples, count: int) -> None:
        """Take what the metric must know of the data before the first update; `count` fakes will follow."""

    def meet(self, game: Game, networks: Mapping[str, nn.Module]) -> None:
        """Ask the networks of a game, before its samples are looked at; for scores that `asks_networks`.

        Every process calls it, so that networks whose weights are shared out can be asked.

        Args:
            game: The game.
            networks: Its networks by name, averaged or not, in evaluation mode; nothing is differentiated.
        """

    @abstractmethod
    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001  (torchmetrics' own signature)
        """Take a batch of what the metric sees, of real or of generated samples."""

    @abstractmethod
    def compute(self) -> dict[str, Tensor]:
        """Return each value by name, keys as in `better`."""

    def protocol(self) -> dict[str, Any]:
        """Return the settings that a value depends on."""
        return {}

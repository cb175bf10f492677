"""Whether a classifier that a game has trained is right on samples that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import nn

from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.origin import Origin
from gan_lightning_classic.asking import AskingScore, answers


class ClassificationError(AskingScore):
    """Share of held-out samples whose class the discriminator gets wrong (arXiv:1606.03498, section 5).

    The data tell which samples are held out, with their classes, in the fact ``held_out``, as `partly_labelled` does.

    Args:
        output: Which of the discriminator's outputs has the logits of the classes, such as ``classes`` of the game
            `semi_supervised`, or ``auxiliary_classifier`` of the penalty.

    Raises:
        UserError: Nothing is held out, or the discriminator has no such output.
    """

    origin = Origin("Salimans et al., Improved Techniques for Training GANs", 2016, "1606.03498")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"classification_error": "lower"}

    def __init__(self, output: str = "classes") -> None:
        super().__init__()
        self.output = output

    def prepare(self, data: Samples, count: int) -> None:
        """Take what is held out."""
        del count
        if "held_out" not in data.facts:
            raise UserError(
                f"metric 'classification_error': nothing of {data.name} is held out; take data partly_labelled"
            )
        self.values, self.classes = data.facts["held_out"]

    def found(self, game: Game, networks: Mapping[str, nn.Module]) -> float:
        """Have the discriminator classify what is held out, and return the share that is wrong."""
        told = answers(game, networks, self.values, self.output).argmax(dim=1)
        return (told != self.classes).double().mean().item()

    def protocol(self) -> dict[str, Any]:
        """Return the output, and how many samples are held out."""
        return {"output": self.output, "held_out": len(self.classes)}

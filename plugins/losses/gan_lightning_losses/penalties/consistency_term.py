"""The consistency term of CT-GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu
from torch.nn.modules.dropout import _DropoutNd

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.reading import features, scores

_NAME = "consistency_term"


@dataclass(frozen=True)
class ConsistencyTerm(Penalty):
    """Make the critic's opinion of a real sample survive its own dropout, so that it is Lipschitz near the data, too.

    E[max(0, (D(x') - D(x''))^2 + `inner` mean of (s(x') - s(x''))^2 - `margin`)]

    with x' and x'' the same real sample, seen through two draws of the critic's dropout, and s its features (Wei et al.
    2018, arXiv:1803.01541, equation 4). It is played beside the Wasserstein loss and `gradient_penalty`. The critic
    must have dropout.

    Args:
        weight: Factor on the term, the paper's lambda_2.
        every: Rounds between two applications.
        inner: Factor on the change of features.
        margin: Change that costs nothing, the paper's M'; the authors' code for images has 0.

    Raises:
        UserError: A factor or a margin below 0.
    """

    weight: float = 2.0
    inner: float = 0.1
    margin: float = 0.0

    origin: ClassVar = Origin(
        "Wei et al., Improving the Improved Training of Wasserstein GANs: A Consistency Term and Its Dual Effect",
        2018,
        "1803.01541",
        descends_from=("gradient_penalty",),
        cures=("stability", "image quality"),
    )

    def __post_init__(self) -> None:
        """Refuse what would reward change."""
        super().__post_init__()
        for name in ("inner", "margin"):
            if getattr(self, name) < 0.0:
                raise UserError(f"penalties.{_NAME}.{name}: expected at least 0, got {getattr(self, name):g}")

    def prepare(self, game: Game) -> None:
        """Refuse a critic that sees a sample the same way twice.

        Raises:
            UserError: It has no dropout.
        """
        layers = game.networks["discriminator"].modules()
        if not any(isinstance(layer, _DropoutNd) and layer.p > 0.0 for layer in layers):
            raise UserError(f"penalties.{_NAME}: it compares two draws of the discriminator's dropout, which has none")

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: The discriminator offers no features.
        """
        assert isinstance(play, TwoPlayerPlay)
        one, other = play.real_critique, play.judge(play.real, play.real_labels, "real")
        change = scores(play, one) - scores(play, other)
        inner = features(one, _NAME) - features(other, _NAME)
        squares = [values.reshape(len(values), -1).square().mean(dim=1) for values in (change, inner)]
        return relu(squares[0] + self.inner * squares[1] - self.margin).mean()

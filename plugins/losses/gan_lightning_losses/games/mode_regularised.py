"""The mode-regularised GAN: an encoder, and real samples that the generator has to reach through it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.critique import DeferredCritique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.layers import asked_once
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay


class ModeRegularised(TwoPlayerGame):
    """An encoder E turns real samples into latents; G must make samples of these that are like them, and look real.

    G and E: L_G(G(z)) + `metric` E[|x - G(E(x))|^2] + `modes` L_G(G(E(x)))      D: as ever, on x and G(z)

    with the generator's loss L_G of any adversarial loss, and the squared distance summed over a sample's values (Che
    et al. 2017, arXiv:1612.02136). E and G are one player with one optimiser: E has no part in the first term. Each
    mode of the data lies near some G(E(x)), and so has a gradient even where no G(z) is. The paper prints the last
    term with the sign that would make reconstructions look generated; here both of L_G's are minimised. Roles are
    those of the two-player game and ``encoder``, which maps samples, and labels if it has classes, to latents of the
    generator's shape: `mlp_encoder` is one.

    Args:
        parts: What the recipe provides.
        metric: Factor on the squared distance, the paper's lambda_1; it goes with the size of samples, and where it is
            too large, samples are copies.
        modes: Factor on the reconstructions' realness, the paper's lambda_2.

    Raises:
        UserError: The encoder makes latents of another shape than the generator takes.
    """

    origin = Origin(
        "Che et al., Mode Regularized Generative Adversarial Networks", 2016, "1612.02136", cures=("mode diversity",)
    )
    roles: ClassVar = ("generator", "discriminator", "encoder")
    players: ClassVar = (Player("discriminator", ("discriminator",)), Player("generator", ("generator", "encoder")))

    def __init__(
        self,
        parts: Parts,
        *,
        metric: float = 0.01,
        modes: float = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(parts, **options)
        self.metric = metric
        self.modes = modes
        _check_latents(self.networks, parts.data, parts.data.classes if self.is_conditional else 0)
        self._phases = tuple(self._regularised(phase) for phase in self._phases)

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return ModeRegularisedPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def _regularised(self, phase: Phase) -> Phase:
        """Add the two terms to the phase with the generator's loss."""
        if not phase.counts:
            return phase
        return replace(phase, terms={**phase.terms, "metric": self._distance, "modes": self._realness})

    def _distance(self, play: Play) -> Tensor:
        assert isinstance(play, ModeRegularisedPlay)
        return self.metric * (play.real - play.reconstructed).flatten(1).square().sum(dim=1).mean()

    def _realness(self, play: Play) -> Tensor:
        assert isinstance(play, ModeRegularisedPlay)
        assert self.parts.loss is not None
        judged = DeferredCritique(lambda: play.judge(play.reconstructed, play.real_labels, "reconstructed"))
        return self.modes * self.parts.loss.generator(play.real_critique, judged)


class ModeRegularisedPlay(TwoPlayerPlay):
    """What a turn of the two-player game sees, and reconstructions."""

    @cached_property
    def reconstructed(self) -> Tensor:
        """What the generator makes of the encoder's latents of the real samples ``[N, *shape]``."""
        networks = self.game.networks
        latents = networks["encoder"](self.real, self.real_labels)
        made: Tensor = networks["generator"](latents, self.real_labels)
        return made


def _check_latents(networks: nn.ModuleDict, data: DataSpec, classes: int) -> None:
    made = tuple(asked_once(networks["encoder"], data, classes).shape[1:])
    wanted = tuple(networks["generator"].latent_shape)  # type: ignore[arg-type]
    if made != wanted:
        raise UserError(f"architecture.encoder: it makes latents of shape {made}, the generator takes {wanted}")

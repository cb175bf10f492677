"""CycleGAN: two translations, each the other's way back, learned without pairs."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import l1_loss

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.translating import Translates, plain_loss, refuse_rules, require_source
from gan_lightning.two_player import Term
from gan_lightning_translation.cyclegan import CYCLEGAN_PAPER
from gan_lightning_translation.cyclegan_play import WAYS, CycleGANPlay
from gan_lightning_translation.game import reversed_spec
from gan_lightning_translation.image_pool import ImagePool


class CycleGAN(Translates):
    """G makes samples y of sources x, F sources of samples; each undoes the other (arXiv:1703.10593, equation 3).

    D: discriminator_weight * (L_D(y, G(x)) + L_D(x, F(y)))
    G and F: adversarial * (L_G(G(x)) + L_G(F(y))) + cycle * (E|F(G(x)) - x| + E|G(F(y)) - y|)
             + identity * cycle * (E|G(y) - y| + E|F(x) - x|)

    Both generators are one player with one optimiser, and so are both discriminators. The generators move first.
    Discriminators are shown what a pool gives them of generated images. These are made anew by the generators as they
    are after their step, where the published code shows those from before it. The paper's loss is ``least_squares``,
    which is halved here: with `adversarial` of 2 the sums are those of the published code. Data are
    `unpaired_folders`.

    Args:
        parts: What the recipe provides.
        cycle: Factor on the mean absolute error of coming back, images in [-1, 1].
        identity: Factor on that of translating an image of the wanted domain, in parts of `cycle`.
        pool: Generated images of each domain that are kept to be shown again.
        adversarial: Factor on the loss in the generators' turn.
        discriminator_weight: Factor on the loss in the discriminators' turn.

    Raises:
        UserError: The data have no partner ``source``; there is no loss, or it wants more than logits; penalties or
            augmentations are asked for; or sources have another shape than samples and `identity` is not 0.
    """

    origin = CYCLEGAN_PAPER
    roles: ClassVar = ("generator", "generator_back", "discriminator", "discriminator_back")
    players: ClassVar = (
        Player("generator", ("generator", "generator_back")),
        Player("discriminator", ("discriminator", "discriminator_back")),
    )
    averaged: ClassVar = ("generator", "generator_back")
    back = "generator_back"
    example: ClassVar = {
        "architecture": {
            "name": "cyclegan",
            "generator": {"channels": 4, "blocks": 1},
            "generator_back": {"channels": 4, "blocks": 1},
            "discriminator": {"channels": 4},
            "discriminator_back": {"channels": 4},
        },
        "game": {"pool": 10, "cycle": 1e-5, "adversarial": 1e-5, "discriminator_weight": 1e-3},
    }

    def __init__(
        self,
        parts: Parts,
        *,
        cycle: float = 10.0,
        identity: float = 0.5,
        pool: int = 50,
        adversarial: float = 1.0,
        discriminator_weight: float = 1.0,
    ) -> None:
        require_source(parts.data, type(self).__name__)
        self.loss = plain_loss(parts)
        refuse_rules(parts)
        _check(parts.data, pool, identity)
        specs = {"": parts.data, "_back": reversed_spec(parts.data)}
        ways = {f"{kind}{way}": specs[way] for kind in ("generator", "discriminator") for way in WAYS}
        super().__init__(parts, {role: parts.networks[role](spec, 0) for role, spec in ways.items()})
        self.pools = {f"pool{way}": ImagePool(pool, specs[way].shape) for way in WAYS}
        for name, images in self.pools.items():
            self.add_module(name, images)
        self.cycle, self.identity = cycle, identity
        self.adversarial, self.discriminator_weight = adversarial, discriminator_weight
        self._phases = self._moves()

    def phases(self) -> tuple[Phase, ...]:
        """Return the generators' turn, then that of the discriminators on the same images."""
        return self._phases

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return CycleGANPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    @property
    def acts_after_steps(self) -> bool:
        """Pools keep what was shown."""
        return True

    def after_batch(self, play: Play) -> None:
        """Have the pools keep what they exchanged."""
        assert isinstance(play, CycleGANPlay)
        if play.phase.player == "discriminator":
            for way, exchange in play.exchanges.items():
                self.pools[f"pool{way}"].keep(exchange)

    def _moves(self) -> tuple[Phase, ...]:
        terms: dict[str, Term] = {f"loss{way}": self._of_generator(way) for way in WAYS}
        terms |= {f"cycle{way}": self._cycle(way) for way in WAYS}
        if self.identity:
            terms |= {f"identity{way}": self._identity(way) for way in WAYS}
        return (
            Phase("generator", terms, fresh=True, counts=True),
            Phase("discriminator", {f"loss{way}": self._of_discriminator(way) for way in WAYS}),
        )

    def _of_generator(self, way: str) -> Term:
        def term(play: Play) -> Tensor:
            assert isinstance(play, CycleGANPlay)
            return self.adversarial * self.loss.generator(play.critiques[way, "real"], play.critiques[way, "fake"])

        return term

    def _of_discriminator(self, way: str) -> Term:
        def term(play: Play) -> Tensor:
            assert isinstance(play, CycleGANPlay)
            paid = self.loss.discriminator(play.critiques[way, "real"], play.critiques[way, "fake"])
            return self.discriminator_weight * paid

        return term

    def _cycle(self, way: str) -> Term:
        other = _other(way)

        def term(play: Play) -> Tensor:
            assert isinstance(play, CycleGANPlay)
            return self.cycle * l1_loss(play.translated(other, play.made[way]), play.domains[other])

        return term

    def _identity(self, way: str) -> Term:
        def term(play: Play) -> Tensor:
            assert isinstance(play, CycleGANPlay)
            return self.identity * self.cycle * l1_loss(play.translated(way, play.domains[way]), play.domains[way])

        return term


def _other(way: str) -> str:
    return WAYS[1 - WAYS.index(way)]


def _check(data: DataSpec, pool: int, identity: float) -> None:
    if pool < 0:
        raise UserError(f"game.pool: expected at least 0, got {pool}")
    if identity and data.partners["source"] != data.shape:
        raise UserError(
            f"game.identity: sources {data.partners['source']} are no {data.shape} as samples are; set it to 0"
        )

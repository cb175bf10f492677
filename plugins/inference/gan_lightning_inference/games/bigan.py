"""BiGAN and ALI: the discriminator judges samples together with latents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.critique import Critique, DeferredCritique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.headed import Headed
from gan_lightning.origin import Origin
from gan_lightning_inference.games.base import InferenceGame, InferencePlay
from gan_lightning_inference.pairs import PairDiscriminator, joined

BIGAN_PAPER = Origin("Donahue et al., Adversarial Feature Learning", 2016, "1605.09782", descends_from=("two_player",))
_SMALL = {"hidden": 8, "latent": 4, "normalize": False}


class PairPlay(InferencePlay):
    """What a turn sees where pairs are judged: a real sample with its code, and a generated one with its latent."""

    game: BiGANGame

    @property
    def drawn(self) -> Tensor:
        """Real samples with their codes ``[N, values + latent]``."""
        return self._coded

    @cached_property
    def _coded(self) -> Tensor:
        return joined(self.samples, self.codes)

    @cached_property
    def fake(self) -> Tensor:
        """Generated samples with their latents ``[M, values + latent]``; see `TwoPlayerPlay.fake`."""
        return joined(self.game.networks["generator"](self.latents, self.fake_labels), self.latents)

    def augmented(self, samples: Tensor, side: str) -> Tensor:
        """Return what the discriminator sees of pairs ``[N, values + latent]``: only samples are augmented.

        Raises:
            UserError: These are no pairs.
        """
        discriminator = judge_of_pairs(self.game.networks["discriminator"])
        if samples.dim() != 2 or samples.shape[1] != discriminator.values + discriminator.latent:
            raise UserError(
                "penalties: one of them has samples judged alone, and this game's discriminator judges samples with "
                "latents; leave it out"
            )
        if not self.game.augmentations:
            return samples
        alone, latents = discriminator.parted(samples)
        return joined(super().augmented(alone, side), latents)


class BiGANGame(InferenceGame):
    """An encoder E learns to invert the generator G, since D judges pairs: (x, E(x)) against (G(z), z).

    D: L_D((x, E(x)), (G(z), z))      G and E, in one step: L_G(G(z), z) + L_G'(x, E(x))

    with any adversarial loss that reads logits. L_G' is what G would pay for a score as far on the other side of where
    the loss is undecided: with ``non_saturating`` both sum up to softplus(-D(G(z), z)) + softplus(D(x, E(x))), labels
    that are swapped (Donahue et al. 2017, arXiv:1605.09782, section 3.4; Dumoulin et al. 2017, arXiv:1606.00704). Where
    E tells distributions, its codes are drawn in training. What is real or generated for penalties are pairs, each a
    row of numbers: slopes are taken by sample and latent together. Augmentations see samples only.

    Args:
        parts: What the recipe provides; the discriminator is one of pairs, such as that of `bigan`, `ali`, `bigbigan`.
        adversarial: Factor on what generator and encoder pay.

    Raises:
        UserError: The discriminator judges no pairs, or latents of another length; or the loss reads more than logits.
    """

    origin: ClassVar = BIGAN_PAPER
    players: ClassVar[tuple[Player, ...]] = (
        Player("discriminator", ("discriminator",)),
        Player("generator", ("generator", "encoder")),
    )
    example: ClassVar = {
        "architecture": {"name": "bigan", "generator": _SMALL, "discriminator": _SMALL, "encoder": _SMALL}
    }

    def __init__(self, parts: Parts, *, adversarial: float = 1.0, **options: Any) -> None:
        _require_logits(parts)
        self.adversarial = adversarial
        super().__init__(parts, adversarial=adversarial, **options)
        length = judge_of_pairs(self.networks["discriminator"]).latent
        latent = self.networks["generator"].latent_shape[0]  # type: ignore[index]
        if length != latent:
            raise UserError(
                f"architecture.discriminator.latent: it judges latents of length {length}, the generator's are of "
                f"length {latent}; set both to one number"
            )
        self._phases = tuple(moved for phase in self._phases for moved in self.encoding(phase))

    def encoding(self, phase: Phase) -> tuple[Phase, ...]:
        """Return the moves in place of one of the two-player game: who makes the generator's has the encoder's, too."""
        if not phase.counts or "loss" not in phase.terms:
            return (phase,)
        loss = phase.terms["loss"]
        return (replace(phase, terms={**phase.terms, "loss": lambda play: loss(play) + self.encoder_pays(play)}),)

    def encoder_pays(self, play: Play) -> Tensor:
        """Return what the encoder pays for pairs of real samples and their codes, a scalar."""
        assert isinstance(play, PairPlay)
        assert self.parts.loss is not None
        about = self.parts.loss.threshold or 0.0
        real, fake = mirrored(play.fake_critique, about), mirrored(play.real_critique, about)
        return self.adversarial * self.parts.loss.generator(real, fake)

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return PairPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def judged(self, data: DataSpec, discriminator: nn.Module) -> DataSpec:
        """Return the shape of a pair."""
        of_pairs = judge_of_pairs(discriminator)
        return replace(data, shape=(of_pairs.values + of_pairs.latent,), kind="points")


def mirrored(critique: Critique, about: float) -> Critique:
    """Return an opinion whose scores are as far on the other side of a number, made when it is first read."""

    def made() -> Critique:
        return Critique(2 * about - critique.logits, critique.samples, critique.labels, critique.features)

    return DeferredCritique(made)


def judge_of_pairs(discriminator: nn.Module) -> PairDiscriminator:
    """Return the discriminator of pairs, without the outputs that rules want of it.

    Raises:
        UserError: It is none.
    """
    body = discriminator.body if isinstance(discriminator, Headed) else discriminator
    if not isinstance(body, PairDiscriminator):
        raise UserError(
            f"architecture.discriminator: {type(body).__name__} judges samples alone, and this game's must judge "
            "samples with latents; take that of bigan, ali or bigbigan"
        )
    return body


def _require_logits(parts: Parts) -> None:
    heads: Mapping[str, int] = {} if parts.loss is None else parts.loss.heads(parts.data)
    if heads:
        raise UserError(
            f"loss: {parts.loss_name} reads {next(iter(heads))!r} beside the logits, which cannot be turned round for "
            "the encoder; take one of logits, such as non_saturating, hinge or wasserstein"
        )

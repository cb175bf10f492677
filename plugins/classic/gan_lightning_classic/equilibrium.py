"""BEGAN: energies of real and generated samples are kept at a fixed ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.layers import asked_once, mean_over_processes
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning.two_player.game import Prior
from gan_lightning_classic.began import BEGAN_PAPER


@dataclass(frozen=True)
class EnergyLoss(Loss):
    """D: E[L(x)] - k E[L(G(z))]      G: E[L(G(z))], with energies L that are minus logits (arXiv:1703.10717, (5)).

    Args:
        balance: Returns k, a scalar without a graph.
    """

    balance: Callable[[], Tensor]

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss, a scalar."""
        return self.balance() * fake.logits.mean() - real.logits.mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss, a scalar."""
        del real
        return -fake.logits.mean()

    @property
    def threshold(self) -> float | None:
        """None: energies are compared with each other."""
        return None


class EquilibriumPlay(TwoPlayerPlay):
    """What a turn sees."""

    game: EquilibriumGame

    def observations(self) -> dict[str, Tensor]:
        """Return the logits, and what of the equilibrium the round before has left."""
        told = super().observations()
        return {**told, **self.game.equilibrium()} if self.phase.player == "discriminator" else told


class EquilibriumGame(TwoPlayerGame):
    """An autoencoder D reconstructs real samples, and generated ones badly, but for no more than a share of its pains.

    D: E[L(x)] - k E[L(G(z))]      G: E[L(G(z))]      k <- clip(k + lambda_k (gamma E[L(x)] - E[L(G(z))]), 0, 1)

    (Berthelot et al. 2017, arXiv:1703.10717, equation 5). L(v) is the mean of |v - D(v)|, which the discriminator tells
    as its logit -L(v); k begins at 0, and is moved after the generator's turn, with means over the whole batch of that
    turn and of the discriminator's before it. Penalties and augmentations are those of the two-player game; the loss is
    fixed.

    Args:
        parts: What the recipe provides.
        gamma: The ratio E[L(G(z))] / E[L(x)] that is sought, from 0 to 1: a lower one gives better and more alike
            samples.
        lambda_k: How fast k follows.
        prior: Distribution of each latent: standard normal, or uniform on [-1, 1].

    Raises:
        UserError: A number is out of its range, there is a loss, the discriminator is no autoencoder, or samples are
            judged in packs.

    Attributes:
        k: Weight of the generated samples' energy, a scalar.
        real_energy: E[L(x)] in the last turn of the discriminator, over all processes.
        fake_energy: E[L(G(z))] in the last turn of the generator, over all processes.
    """

    origin = BEGAN_PAPER
    example: ClassVar = {
        "architecture": {
            "name": "began",
            "generator": {"channels": 4, "latent": 8},
            "discriminator": {"channels": 4, "hidden": 8},
        },
        "loss": None,
    }
    k: Tensor
    real_energy: Tensor
    fake_energy: Tensor

    def __init__(
        self,
        parts: Parts,
        *,
        gamma: float = 0.5,
        lambda_k: float = 0.001,
        prior: Prior = "uniform",
        **options: Any,
    ) -> None:
        if parts.loss is not None:
            raise UserError("loss: what players of this game pay are energies; leave it out")
        if not 0 <= gamma <= 1:
            raise UserError(f"game.gamma: expected a ratio from 0 to 1, got {gamma:g}")
        if lambda_k < 0:
            raise UserError(f"game.lambda_k: expected at least 0, got {lambda_k:g}")
        self.gamma, self.lambda_k = gamma, lambda_k
        super().__init__(replace(parts, loss=EnergyLoss(lambda: self.k)), prior=prior, **options)
        if self.pack > 1:
            raise UserError("game.pack: an energy is that of a single sample; set it to 1")
        self._require_autoencoder(parts)
        for name in ("k", "real_energy", "fake_energy"):
            self.register_buffer(name, torch.zeros(()))
        self._seen: list[Tensor] = []

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return EquilibriumPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    @property
    def acts_after_steps(self) -> bool:
        """True: k moves."""
        return True

    def after_batch(self, play: Play) -> None:
        """Note the mean energy of a batch, of the side that the turn is about."""
        super().after_batch(play)
        assert isinstance(play, EquilibriumPlay)
        critique = play.real_critique if play.phase.fresh else play.fake_critique
        if play.phase.fresh or play.phase.counts:
            self._seen.append(-critique.logits.detach().float().mean())

    def after_step(self, play: Play) -> None:
        """Take the turn's mean energy, and move k after the generator's."""
        super().after_step(play)
        if not self._seen:
            return  # a penalty in a phase of its own
        mean = mean_over_processes(torch.stack(self._seen).mean())
        self._seen.clear()
        if play.phase.fresh:
            self.real_energy.copy_(mean)
            return
        self.fake_energy.copy_(mean)
        moved = self.k + self.lambda_k * (self.gamma * self.real_energy - self.fake_energy)
        # A step whose loss is no finite number is skipped, and so must be what it says of k
        self.k.copy_(torch.where(moved.isfinite(), moved, self.k).clamp(0, 1))

    def convergence(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return M = L(x) + |gamma L(x) - L(G(z))|, which falls as training comes along (equation 7).

        Args:
            real: Mean energy of real samples.
            fake: Mean energy of generated samples.
        """
        return real + (self.gamma * real - fake).abs()

    def equilibrium(self) -> Mapping[str, Tensor]:
        """Return k, both mean energies and M as they were last, each a scalar by name."""
        return {
            "equilibrium/k": self.k.clone(),
            "equilibrium/real": self.real_energy.clone(),
            "equilibrium/fake": self.fake_energy.clone(),
            "equilibrium/convergence": self.convergence(self.real_energy, self.fake_energy),
        }

    def _require_autoencoder(self, parts: Parts) -> None:
        classes = parts.data.classes if self.conditional and self.discriminator_labels else 0
        critique: Critique = asked_once(self.networks["discriminator"], parts.data, classes)
        if "reconstruction" not in critique.extras:
            raise UserError(
                "architecture.discriminator: this game's is an autoencoder whose critiques have the extra "
                "'reconstruction'; take that of architecture began"
            )

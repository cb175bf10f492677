"""A fresh discriminator trained against a generator that stands still, and the gradient that the generator is given.

It is the product's own step: all phases of the game are played, with the generator's learning rate at 0, so that any
loss with any penalties and rules is measured as it is trained.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from gan_lightning.catalog import Catalog
from gan_lightning.components import Generator
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import Recipe
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.optimizers import optimizer_maker
from gan_lightning.step import Step
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay

#: Returns so many real samples, drawn from that stream, for that game.
Reals = Callable[[TwoPlayerGame, int, Randomness], Batch]

_VALUE_BATCHES = 8


class Still(Generator):
    """A generator whose samples' gradients are kept.

    Args:
        body: The generator.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.latent_shape: tuple[int, ...] = body.latent_shape  # type: ignore[assignment]
        self.made: list[Tensor] = []

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Make samples ``[N, *shape]``; those of the generator's turn are remembered."""
        samples: Tensor = self.body(latents, labels)
        if samples.requires_grad:
            samples.retain_grad()
            self.made.append(samples)
        return samples

    def take(self) -> tuple[Tensor, Tensor]:
        """Return samples ``[N, *shape]`` made last and the loss's gradient by them, and forget them.

        A rule may have had other samples made of the same latents; their gradients count to the same samples.
        """
        samples = [one for one in self.made if one.grad is not None]
        self.made.clear()
        if not samples:
            raise UserError("the generator's turn leads to no gradient by its samples")
        gradients = [one.grad for one in samples if one.grad is not None]
        return samples[0].detach(), torch.stack(gradients).sum(dim=0)


class Duel:
    """A discriminator of a variant's recipe against a generator that stands still. Schedules stay at their start.

    Args:
        recipe: The variant's recipe; discriminator, its optimiser, loss, penalties and batch size are taken from it.
        catalog: The components there are.
        data: Shape and classes of the samples.
        generator: What makes samples; it is put in evaluation mode.
        reals: Draws real samples.

    Raises:
        UserError: The recipe's game has other players than a generator and a discriminator.
    """

    def __init__(self, recipe: Recipe, catalog: Catalog, data: DataSpec, generator: nn.Module, reals: Reals) -> None:
        game = Builder(recipe, catalog).game(data)
        if not isinstance(game, TwoPlayerGame):
            raise UserError(f"game: gradients are measured in the two-player game, {recipe.game.name} is another")
        self.still = Still(generator)
        game.networks["generator"] = self.still
        self.still.eval()
        self.game = game
        self.reals = reals
        self.turns = 0
        self.samples, self.gradient = torch.empty(0), torch.empty(0)
        self._random = Randomness(recipe.seed).at("duel")
        self._step = Step(game, seed=recipe.seed, steps=1, accumulate=1, clip=recipe.train.clip, ema=None)
        self._step.begin(self._optimizers(recipe))

    def play(self, turns: int) -> None:
        """Go on until the discriminator has made so many turns, and note the generator's gradient.

        Afterwards `samples` are those of the generator's last turn ``[M, *shape]``, and `gradient` is the gradient of
        its loss by each of them, times M.
        """
        size = self.game.batch_size
        per_round = sum(phase.turns for phase in self.game.phases() if phase.player == "discriminator" and phase.fresh)
        while self.turns < turns:
            random = self._random.at("real", self._step.counters.rounds)
            batch = self.reals(self.game, self.game.draws() * size, random)
            self._step.play_round(batch, size, self._random, self)
            self.turns += per_round
        if not bool(self.gradient.isfinite().all()):
            raise UserError(f"the generator's gradient is not finite after {self.turns} turns of the discriminator")

    @torch.no_grad()
    def value(self) -> float:
        """Return the discriminator's loss, without penalties, on fresh batches."""
        loss, phase = self.game.parts.loss, self.game.phases()[0]
        assert loss is not None
        values = []
        for index in range(_VALUE_BATCHES):
            random = self._random.at("value", index)
            batch = self.reals(self.game, self.game.batch_size, random.at("real"))
            play = self.game.play(phase, batch, random, self._step.progress)
            assert isinstance(play, TwoPlayerPlay)
            values.append(loss.discriminator(play.real_critique, play.fake_critique))
        return float(torch.stack(values).mean())

    def backward(self, loss: Tensor) -> None:
        """Compute gradients, as a `Driver` does."""
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: Optimizer, *, counts: bool) -> None:
        """Make a step, as a `Driver` does; the generator's is where its gradient is read."""
        if counts:
            self.samples, gradient = self.still.take()
            self.gradient = gradient * len(gradient)
        self.still.made.clear()
        self._step.prepare(optimizer)
        optimizer.step()

    def count(self) -> None:
        """Count a compiled step, as a `Driver` does; nothing is compiled here."""

    def _optimizers(self, recipe: Recipe) -> dict[str, Optimizer]:
        weights = {player.name: self.game.parameters_of(player) for player in self.game.players}
        share = self.game.regular_share("discriminator")
        make = optimizer_maker(recipe.optimizers["discriminator"], "optimizers.discriminator", share)
        return {
            "discriminator": make(weights["discriminator"])[0],
            "generator": SGD(weights["generator"], lr=0.0),
        }

"""The tightest loop one would write by hand for the same networks, loss and penalty: the limit to measure against."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from benchmarks.works import Work
from gan_lightning.catalog import Catalog
from gan_lightning.data.samples import to_network
from gan_lightning.performance import Choices, choose, keep_memory
from gan_lightning.recipe import check
from gan_lightning.recipe.build import Builder
from gan_lightning.run import cache_folder

_LOSSES = {
    "hinge": (lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda f: -f.mean()),
    "non_saturating": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: softplus(-f).mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}


class PlainLoop:
    """A hand-written training loop.

    Args:
        work: What to train.
        tuned: Whether to use all that `performance: auto` does, or nothing of it.
        bf16: Whether to run under autocast.
    """

    def __init__(self, work: Work, *, tuned: bool, bf16: bool) -> None:
        recipe = check(work.recipe, Catalog.installed())
        builder = Builder(recipe, Catalog.installed())
        samples = builder.samples(cache_folder())
        choices = choose("auto", samples.kind, "32-true") if tuned else Choices()
        if choices.allocator:
            keep_memory()
        game = builder.game(samples.spec).to(memory_format=choices.memory_format)  # type: ignore[call-overload]
        self.generator, self.discriminator = game.networks["generator"], game.networks["discriminator"]
        self.values, self.format = samples.values, choices.memory_format
        self.batch = recipe.data.batch_size
        self.n_dis = recipe.game.options["n_dis"]
        assert recipe.loss is not None
        self.loss_d, self.loss_g = _LOSSES[recipe.loss.name]
        self.penalised = bool(recipe.penalties)
        adam = recipe.optimizers["generator"].options
        settings = {"lr": adam["lr"], "betas": adam["betas"], "fused": choices.fused_optimizers or None}
        self.optimizer_g = torch.optim.Adam(self.generator.parameters(), **settings)
        self.optimizer_d = torch.optim.Adam(self.discriminator.parameters(), **settings)
        self.weights_d = list(self.discriminator.parameters())
        self.autocast: AbstractContextManager[object] = torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext()

    def seconds(self, updates: int) -> float:
        """Train for `updates` updates and return the seconds that one takes."""
        began = time.perf_counter()
        for _ in range(updates):
            for _ in range(self.n_dis):
                self._discriminator()
            self._generator()
        return (time.perf_counter() - began) / updates

    def _discriminator(self) -> None:
        real = to_network(self.values[torch.randint(len(self.values), (self.batch,))])
        if real.dim() == 4:
            real = real.contiguous(memory_format=self.format)
        with self.autocast:
            with torch.no_grad():
                fake = self.generator(self._latents())
            loss = self.loss_d(self.discriminator(real).logits, self.discriminator(fake).logits)
            if self.penalised:
                loss = loss + 10 * self._penalty(real, fake)
        self.optimizer_d.zero_grad()
        loss.backward()
        self.optimizer_d.step()

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        between = real.lerp(fake, torch.rand(self.batch, 1, 1, 1)).requires_grad_(True)
        (slope,) = torch.autograd.grad(self.discriminator(between).logits.sum(), between, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def _generator(self) -> None:
        for weight in self.weights_d:
            weight.requires_grad_(False)
        with self.autocast:
            loss = self.loss_g(self.discriminator(self.generator(self._latents())).logits)
        self.optimizer_g.zero_grad()
        loss.backward()
        self.optimizer_g.step()
        for weight in self.weights_d:
            weight.requires_grad_(True)

    def _latents(self) -> Tensor:
        return torch.randn(self.batch, *self.generator.latent_shape)  # type: ignore[misc]

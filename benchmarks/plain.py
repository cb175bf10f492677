"""The tightest loop one would write by hand for the same networks, loss and penalty: the limit to measure against."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, softplus

from benchmarks.works import Work
from gan_lightning.catalog import Catalog
from gan_lightning.data.samples import to_network
from gan_lightning.performance import choose, forget_nvml_check, keep_memory
from gan_lightning.recipe import check
from gan_lightning.recipe.build import Builder
from gan_lightning.run import cache_folder

_Losses = tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]
_LOSSES: dict[str, _Losses] = {
    "hinge": (lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda f: -f.mean()),
    "non_saturating": (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda f: softplus(-f).mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}
_AUTOCAST: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "32-true": nullcontext,
    "bf16-mixed": lambda: torch.autocast("cpu", torch.bfloat16),
}


def seconds(work: Work) -> float:
    """Train and return the seconds that one update takes, after as many that are not timed."""
    loop = PlainLoop(work)
    loop.seconds(work.updates)
    return loop.seconds(work.updates)


class PlainLoop:
    """A hand-written training loop; it heeds the recipe's `performance` and `trainer.precision`.

    Args:
        work: What to train.
    """

    def __init__(self, work: Work) -> None:
        forget_nvml_check()  # nobody who writes a loop by hand imports Lightning
        recipe = check(work.recipe, Catalog.installed())
        builder = Builder(recipe, Catalog.installed())
        samples = builder.samples(cache_folder())
        precision = recipe.trainer.get("precision", "32-true")
        choices = choose(recipe.performance, samples.kind, precision)
        if choices.allocator:
            keep_memory()
        game = builder.game(samples.spec).to(memory_format=choices.memory_format)  # type: ignore[call-overload]
        self.generator: Any = game.networks["generator"]
        self.discriminator: Any = game.networks["discriminator"]
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
        average = deepcopy(self.generator).requires_grad_(False)
        self.averages = [*average.parameters(), *_floating_buffers(average)]
        self.averaged = [*self.generator.parameters(), *_floating_buffers(self.generator)]
        self.autocast = _AUTOCAST[precision]()

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
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer_d.step()

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        between = real.lerp(fake.float(), torch.rand(self.batch, 1, 1, 1)).requires_grad_(True)
        logits: Tensor = self.discriminator(between).logits
        (slope,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
        norms: Tensor = slope.flatten(1).norm(dim=1)
        return (norms - 1).square().mean()

    def _generator(self) -> None:
        for weight in self.weights_d:
            weight.requires_grad_(False)
        with self.autocast:
            loss = self.loss_g(self.discriminator(self.generator(self._latents())).logits)
        self.optimizer_g.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer_g.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, self.averaged, 0.005)
        for weight in self.weights_d:
            weight.requires_grad_(True)

    def _latents(self) -> Tensor:
        return torch.randn(self.batch, *self.generator.latent_shape)


def _floating_buffers(network: nn.Module) -> list[Tensor]:
    return [buffer for buffer in network.buffers() if buffer.is_floating_point()]

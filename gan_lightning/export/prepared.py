"""A generator on its way out: a program, inputs to try it with, and the facts that its users need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any, Literal

import torch
from torch import Tensor

from gan_lightning.abilities import Truncating
from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.editing.maker import latent_generator
from gan_lightning.export.folding import folded
from gan_lightning.export.programs import Program, program_of
from gan_lightning.export.tracing import traced
from gan_lightning.randomness import Randomness
from gan_lightning.trained import Trained

_BATCH = 3  # samples in the example: torch takes 0 and 1 for constants
_PSI = 0.7


@dataclass(frozen=True)
class Exportable:
    """A generator that can be exported.

    Args:
        program: What is exported, in evaluation mode, its norms of weights folded.
        weights: The generator's weights by the names they have in its class, not folded.
        data: What it makes.
        conditional: Whether it is given classes.
        facts: Whatever else its users need to know, as plain containers.
    """

    program: Program
    weights: dict[str, Tensor]
    data: DataSpec
    conditional: bool
    facts: dict[str, Any]

    @classmethod
    def of(cls, trained: Trained, weights: Literal["ema", "raw"] = "ema") -> Exportable:
        """Prepare the generator of a trained game.

        Raises:
            UserError: It has none that makes samples from latents.
        """
        generator, game = latent_generator(trained, weights)
        conditional = trained.module.game.conditional
        facts = {
            "weights": weights,
            "updates": trained.updates,
            "latents": getattr(game, "prior", "normal"),
            "architecture": vars(trained.recipe.architecture["generator"]),
            "gan_lightning": version("gan-lightning"),
        }
        return cls.of_generator(generator, trained.data, facts, conditional=conditional)

    @classmethod
    def of_generator(
        cls, generator: Generator, data: DataSpec, facts: dict[str, Any] | None = None, *, conditional: bool
    ) -> Exportable:
        """Prepare a generator by itself."""
        weights = {name: value.detach().cpu().clone() for name, value in generator.state_dict().items()}
        program = program_of(folded(generator).cpu().float(), conditional=conditional).eval()
        return cls(program, weights, data, conditional, facts or {})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        given = {"latents": True, "labels": self.conditional, "truncation": self.truncates}
        return tuple(name for name, wanted in given.items() if wanted)

    @property
    def truncates(self) -> bool:
        """Whether it is given a truncation; for others latents beyond it are drawn again."""
        return isinstance(self.program.generator, Truncating)

    def inputs(self, count: int = _BATCH) -> tuple[Tensor, ...]:
        """Return inputs for so many samples, the same ones every time."""
        random = Randomness(0)
        shape: tuple[int, ...] = self.program.generator.latent_shape  # type: ignore[assignment]
        given = {
            "latents": random.normal("latents", count, *shape).clamp(-1, 1),
            "labels": torch.arange(count) % max(1, self.data.classes),
            "truncation": torch.tensor(_PSI),
        }
        return tuple(given[name] for name in self.names)

    def dynamic_shapes(self) -> dict[str, Any]:
        """Return which sides of the inputs may be of any length, as torch.export takes it."""
        batch = torch.export.Dim("batch")
        return {name: {} if name == "truncation" else {0: batch} for name in self.names}

    @cached_property
    def exported(self) -> torch.export.ExportedProgram:
        """The program as torch.export traces it, for batches of any size."""
        return traced(self.program, self.inputs(), self.dynamic_shapes())

    @torch.no_grad()
    def samples(self, count: int) -> Tensor:
        """Return what it makes of `inputs`, drawing noise of its own, if it does, from a fixed seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.program(*self.inputs(count))  # type: ignore[no-any-return]

    def is_a_function(self) -> bool:
        """Tell whether samples depend on the inputs alone: a generator may draw noise in its layers."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(1)
            return torch.equal(self.program(*self.inputs(2)), self.samples(2))

    def described(self) -> dict[str, Any]:
        """Return the facts, and what the inputs and outputs are, as plain containers."""
        latent = list(self.program.generator.latent_shape)  # type: ignore[arg-type]
        about = {
            "latents": {"shape": ["batch", *latent], "type": "float32", "distribution": self.facts.get("latents")},
            "labels": {"shape": ["batch"], "type": "int64", "classes": list(self.data.class_names)},
            "truncation": {"shape": [], "type": "float32", "none": 1.0},
        }
        bounded = getattr(self.program.generator, "bounded", True)
        samples = {"shape": ["batch", *self.data.shape], "type": "float32", "range": [-1, 1], "bounded": bounded}
        return {
            **self.facts,
            "inputs": {name: about[name] for name in self.names},
            "outputs": {"samples": samples if self.data.kind == "images" else samples | {"range": None}},
            "truncation": "an input" if self.truncates else "draw latents beyond it again",
            "data": self.data.as_dict(),
        }

"""What is exported: modules with the inputs that a generator has, and no others."""

from __future__ import annotations

from torch import Tensor, nn

from gan_lightning.abilities import Truncating


class Program(nn.Module):
    """A generator of latents alone.

    Args:
        generator: The generator.
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, latents: Tensor) -> Tensor:
        """Map latents ``[N, *latent_shape]`` to samples ``[N, *shape]``."""
        return self.generator(latents)  # type: ignore[no-any-return]


class LabelledProgram(Program):
    """A generator of latents and classes."""

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        """Map latents ``[N, *latent_shape]`` and int64 labels ``[N]`` to samples ``[N, *shape]``."""
        return self.generator(latents, labels)  # type: ignore[no-any-return]


class TruncatedProgram(Program):
    """A generator that has a truncation of its own."""

    def forward(self, latents: Tensor, truncation: Tensor) -> Tensor:  # type: ignore[override]
        """Map latents ``[N, *latent_shape]`` to samples ``[N, *shape]``; truncation is a scalar, 1 for none."""
        return _truncated(self.generator, latents, None, truncation)


class LabelledTruncatedProgram(Program):
    """A generator of classes that has a truncation of its own."""

    def forward(self, latents: Tensor, labels: Tensor, truncation: Tensor) -> Tensor:  # type: ignore[override]
        """Map latents, int64 labels ``[N]`` and a scalar truncation, 1 for none, to samples ``[N, *shape]``."""
        return _truncated(self.generator, latents, labels, truncation)


def program_of(generator: nn.Module, *, conditional: bool) -> Program:
    """Return a generator as a module with the inputs it has: latents, labels, truncation, in this order."""
    return _PROGRAMS[conditional, isinstance(generator, Truncating)](generator)


_PROGRAMS: dict[tuple[bool, bool], type[Program]] = {
    (False, False): Program,
    (True, False): LabelledProgram,
    (False, True): TruncatedProgram,
    (True, True): LabelledTruncatedProgram,
}


def _truncated(generator: nn.Module, latents: Tensor, labels: Tensor | None, truncation: Tensor) -> Tensor:
    assert isinstance(generator, Truncating)
    return generator.truncated(latents, labels, truncation)  # type: ignore[arg-type]  # a number, as far as it is traced

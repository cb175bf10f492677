"""An architecture's networks, built small at several shapes, with inputs to try them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.components import Discriminator, Generator, NetworkClass
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.randomness import Randomness
from gan_lightning.testing.subject import Subject
from gan_lightning.testing.toys import CLASSES

#: Shapes that every network is tried with: it accepts them, or refuses them with an `UnsupportedShapeError`.
SHAPES: tuple[tuple[int, ...], ...] = ((3, 32, 32), (1, 32, 32), (3, 64, 64), (1, 24, 40), (4, 16, 16), (2,))

#: Options by which networks are made small, where they have them.
SMALL = {"channels": 8, "width": 16, "hidden": 16, "units": 16, "features": 16, "filters": 8, "base": 8}

BATCH = 4


@dataclass(frozen=True)
class Trial:
    """A network and what it is tried on.

    Args:
        role: Its role in the architecture.
        network: The network, all its weights moved a little from where they begin.
        spec: The data it was built for.
        inputs: Latents of a generator, samples of a discriminator.
        labels: Classes ``[N]``, or None of an unconditional network.
    """

    role: str
    network: nn.Module
    spec: DataSpec
    inputs: Tensor
    labels: Tensor | None

    @property
    def label(self) -> str:
        """What is tried, for messages."""
        return f"{self.role} at {self.spec}, {'without' if self.labels is None else 'with'} labels"

    def outputs(self, network: nn.Module | None = None, labels: Tensor | None = None) -> list[Tensor]:
        """Return every tensor that the network tells, noise in its layers drawn from the same seed each time."""
        torch.manual_seed(2)
        given = self.labels if labels is None else labels
        made = (self.network if network is None else network)(self.inputs, given)
        return tensors_of(made)


def build(subject: Subject, role: str, shape: tuple[int, ...], classes: int, seed: int = 1) -> nn.Module:
    """Build a small network of an architecture as it is initialised.

    Raises:
        UserError: It takes no such shape, or no classes.
    """
    make: NetworkClass = subject.component.roles[role]
    known = subject.options()[role]
    small = {name: size for name, size in SMALL.items() if name in known and known[name].hint in (int, int | None)}
    torch.manual_seed(seed)
    return make(spec_of(shape, classes), classes, **{**small, **subject.settings.get(role, {})})


def spec_of(shape: tuple[int, ...], classes: int) -> DataSpec:
    """Return what images, or points, of that shape are."""
    return DataSpec(shape, (10,) * classes, kind="images" if len(shape) == 3 else "points")


def trials(subject: Subject, kind: type[nn.Module] = nn.Module, *, everywhere: bool = False) -> Iterator[Trial]:
    """Yield the networks of an architecture, without and with classes, at the first shape they accept.

    Args:
        subject: The architecture.
        kind: `Generator` or `Discriminator`, for these only. Networks that are neither have no fixed way to be called,
            and are left out.
        everywhere: Whether to yield them at every shape they accept.
    """
    for role, classes in product(subject.component.roles, (0, CLASSES)):
        for shape in SHAPES:
            network = _accepted(subject, role, shape, classes)
            if network is None:
                continue
            if isinstance(network, kind) and isinstance(network, Generator | Discriminator):
                labels = torch.arange(BATCH) % CLASSES if classes else None
                spec = spec_of(shape, classes)
                yield Trial(role, stirred(network), spec, _inputs(network, spec), labels)
            if not everywhere:
                break


def stirred(network: nn.Module) -> nn.Module:
    """Move every weight a little, so that nothing is hidden behind weights that begin at zero."""
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.05)
    return network


def tensors_of(made: Tensor | Critique) -> list[Tensor]:
    """Return the floating-point tensors of what a network returns, the logits of a critique first."""
    if isinstance(made, Tensor):
        return [made]
    parts = [made.logits, made.features, *made.extras.values()]
    return [part for part in parts if isinstance(part, Tensor) and part.is_floating_point()]


def _accepted(subject: Subject, role: str, shape: tuple[int, ...], classes: int) -> nn.Module | None:
    """Build a network; None where it refuses the shape, or the classes."""
    try:
        return build(subject, role, shape, classes)
    except UnsupportedShapeError:
        return None
    except (UserError, ValueError):
        if not classes:
            raise
        return None


def _latents(network: Any, spec: DataSpec) -> Tensor:
    del spec
    return Randomness(0).normal("latents", BATCH, *network.latent_shape)


def _samples(network: Any, spec: DataSpec) -> Tensor:
    del network
    return Randomness(0).uniform("samples", BATCH, *spec.shape) * 2 - 1


_MAKERS: Mapping[type[nn.Module], Callable[[Any, DataSpec], Tensor]] = {Generator: _latents, Discriminator: _samples}


def _inputs(network: nn.Module, spec: DataSpec) -> Tensor:
    make = next(make for kind, make in _MAKERS.items() if isinstance(network, kind))
    return make(network, spec)

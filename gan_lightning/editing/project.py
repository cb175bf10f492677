"""Projection: the latent, or style, whose image is nearest to a given one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from gan_lightning.editing.maker import Inputs, Maker
from gan_lightning.editing.perceptual import PerceptualDistance
from gan_lightning.editing.spaces import SPACES, Space, SpaceName
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import CHUNK

_AT_ONCE = 16  # images that are compared at once


@dataclass(frozen=True)
class Plan:
    """How a projection goes; the defaults are those of Karras et al. 2019, arXiv:1912.04958, appendix D.

    Args:
        steps: Steps of Adam.
        lr: Its highest learning rate. It rises over the first 5% of the steps and falls, as a cosine does, over the
            last 25%.
        noise: Standard deviation of what is added to the point at first, in units of the space's spread. It falls with
            the square of what is left of the first 75% of the steps.
        candidates: Samples whose nearest gives the class, and the first latents.
    """

    steps: int = 1000
    lr: float = 0.1
    noise: float = 0.05
    candidates: int = CHUNK

    def lr_at(self, step: int) -> float:
        """Return the learning rate of a step, from 0 on."""
        done = (step + 1) / self.steps
        falling = min(1.0, (1.0 - done) / 0.25)
        return self.lr * min(1.0, done / 0.05) * (0.5 - 0.5 * math.cos(math.pi * falling))

    def noise_at(self, step: int) -> float:
        """Return the standard deviation of a step's noise, in units of the spread."""
        return self.noise * max(0.0, 1.0 - step / self.steps / 0.75) ** 2


@dataclass(frozen=True)
class Projection:
    """What was found.

    Args:
        image: The generator's image ``[C, H, W]`` in [-1, 1].
        distance: How far it is from the one that was looked for.
        tensors: What makes it: ``styles`` ``[1, layers, width]``, or ``latents`` and ``labels``.
        protocol: What the distance depends on.
    """

    image: Tensor
    distance: float
    tensors: dict[str, Tensor]
    protocol: dict[str, Any]


def project(
    maker: Maker,
    target: Tensor,
    space: SpaceName,
    plan: Plan,
    *,
    seed: int = 0,
    label: int | str | None = None,
    watch: Callable[[range], Iterable[int]] = iter,
) -> Projection:
    """Look for the point whose image is nearest to `target`, by gradient descent; a function of the seed.

    Args:
        maker: The generator. What noise its layers draw is that of evaluation mode.
        target: The image ``[C, H, W]`` in [-1, 1].
        space: Where to look.
        plan: How.
        seed: Names the candidates and the noise.
        label: The class; that of the nearest candidate if None.
        watch: Yields the steps that it is given, and may show them.

    Raises:
        UserError: The generator has no styles to look among, or no such class.
    """
    target = target.to(maker.device)
    distance = PerceptualDistance(target)
    where = SPACES[space](maker, _nearest(maker.draw(plan.candidates, seed, label), maker, distance))
    point = _descend(where, distance, plan, Randomness(seed, device=maker.device).at("project"), watch)
    with torch.no_grad():
        image = where.image(point)
        reached = distance(image).item()
    protocol = {**distance.protocol(), "space": space, "seed": seed, **asdict(plan)}
    tensors = {name: value.detach().cpu().contiguous() for name, value in where.told(point).items()}
    return Projection(image[0].cpu(), reached, tensors, protocol)


def _descend(
    where: Space, distance: PerceptualDistance, plan: Plan, random: Randomness, watch: Callable[[range], Iterable[int]]
) -> Tensor:
    point = where.start.detach().clone().requires_grad_()
    adam = torch.optim.Adam([point])
    for step in watch(range(plan.steps)):
        adam.param_groups[0]["lr"] = plan.lr_at(step)
        noise = random.at(step).normal("noise", *point.shape) * (plan.noise_at(step) * where.spread)
        loss = distance(where.image(point + noise)).sum()
        (point.grad,) = torch.autograd.grad(loss, [point])  # the generator's weights are left alone
        adam.step()
    return point.detach()


@torch.no_grad()
def _nearest(candidates: Inputs, maker: Maker, distance: PerceptualDistance) -> Inputs:
    distances = torch.cat([distance(part) for part in _parts(maker.images(candidates))])
    best = int(distances.argmin())
    return candidates[best : best + 1]


def _parts(batches: Iterator[Tensor]) -> Iterator[Tensor]:
    return (part for batch in batches for part in torch.split(batch, _AT_ONCE))

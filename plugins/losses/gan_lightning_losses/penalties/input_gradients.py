"""The gradient of the discriminator's score by its input, the matter of all gradient penalties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.outputs import precise
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class InputGradientPenalty(Penalty):
    """A penalty on the discriminator's gradient by its input, of scores of single samples."""

    differentiates_twice: ClassVar = True
    per_sample: ClassVar = True


def input_gradients(play: TwoPlayerPlay, samples: Tensor, labels: Tensor | None, side: str) -> Tensor:
    """Differentiate each sample's score by the sample.

    Args:
        play: The discriminator's turn.
        samples: Where to differentiate, ``[N, *shape]``. Generated ones are constants in the discriminator's turn, but
            for those that are followed through it, as by a generator that looks ahead to it.
        labels: Their classes ``[N]``, or None.
        side: Name of the stream of the augmentations.

    Returns:
        Gradients ``[N, D]`` in float32 or better, one row a sample, with a graph to the discriminator's weights. Where
        the discriminator judges packs of m samples, ``[N / m, m D]``, one row a pack.
    """
    samples = precise(samples)
    if not samples.requires_grad:
        samples = samples.detach().requires_grad_(True)  # noqa: FBT003  (torch's own signature)
    judged = scores(play, play.judge(samples, labels, side))
    (gradients,) = torch.autograd.grad(judged.sum(), samples, create_graph=True)
    return gradients.reshape(len(judged), -1)


def norms(gradients: Tensor) -> Tensor:
    """Return the L2 norm of each row of gradients ``[N, D]``; at 0 its derivative is 0."""
    lengths: Tensor = torch.linalg.vector_norm(gradients, dim=1)
    return lengths


def gradients_between(play: TwoPlayerPlay, name: str) -> Tensor:
    """Differentiate on lines between real and generated samples: x = a * real + (1 - a) * fake, a ~ U(0, 1) for each.

    Args:
        play: The discriminator's turn.
        name: The penalty's name, for its stream of random numbers and its error.

    Returns:
        Gradients ``[N, D]``; see `input_gradients`. Points between are judged with the classes of the real samples.

    Raises:
        UserError: There are not as many real as generated samples.
    """
    real, fake = play.real, play.fake
    if len(real) != len(fake):
        raise UserError(f"penalties.{name}: it pairs real and generated samples; batches must be equal")
    pack = play.game.pack  # the samples of a pack are one point, and lie on one line
    share = play.random.uniform(name, len(real) // pack, *[1] * (real.dim() - 1)).to(real.dtype)
    share = share.repeat_interleave(pack, dim=0) if pack > 1 else share
    return input_gradients(play, real.lerp(fake.to(real.dtype), 1.0 - share), play.real_labels, "between")

"""The path length regularisation of StyleGAN2."""

from __future__ import annotations

import math
from typing import ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import mean
from gan_lightning_losses.outputs import precise


@runtime_checkable
class Styled(Protocol):
    """A generator in two steps: latents and labels to styles ``[N, layers, D]``, and these to samples."""

    def mapping(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, *latent_shape]`` and labels ``[N]`` to styles ``[N, layers, D]``."""

    def synthesis(self, styles: Tensor) -> Tensor:
        """Map styles to samples ``[N, *shape]``."""


class PathLength(nn.Module, Penalty):
    """Make steps of one length in the space of styles change the image by one amount, wherever they begin.

    E[(||J^T y|| - a)^2],  y ~ N(0, I) / sqrt(H W)

    with the Jacobian J of the image by the styles w, and the moving average a of the norm (Karras et al. 2020,
    arXiv:1912.04958, equation 4). Of styles that differ from layer to layer the squared norms are averaged over layers.
    A generator that has ``mapping`` and ``synthesis`` is differentiated by its styles, any other by its latents. The
    average includes the batch at hand, with its gradient, as in the authors' code, and is kept in checkpoints.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        decay: Share of the distance to the batch's norm by which the average moves.
        shrink: The term is taken on one in so many of the batch's samples, the first ones of each process, since it
            costs much memory.

    Raises:
        UserError: A number is out of range.
    """

    decay: float
    shrink: int
    average: Tensor

    players: ClassVar = ("generator",)
    differentiates_twice: ClassVar = True
    origin: ClassVar = Origin(
        "Karras et al., Analyzing and Improving the Image Quality of StyleGAN",
        2019,
        "1912.04958",
        cures=("image quality",),
    )

    def __init__(self, *, weight: float = 2.0, every: int = 4, decay: float = 0.01, shrink: int = 2) -> None:
        nn.Module.__init__(self)
        Penalty.__init__(self, weight=weight, every=every)
        if not 0.0 < decay <= 1.0:
            raise UserError(f"penalties.path_length.decay: expected a number above 0 and up to 1, got {decay:g}")
        if shrink < 1:
            raise UserError(f"penalties.path_length.shrink: expected at least 1, got {shrink}")
        self.decay = decay
        self.shrink = shrink
        self.register_buffer("average", torch.zeros(()))

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar, and move the average."""
        assert isinstance(play, TwoPlayerPlay)
        lengths = self._lengths(play)
        average = self.average.lerp(mean(lengths), self.decay)
        self.average.copy_(torch.where(average.isfinite(), average.detach(), self.average))
        return (lengths - average).square().mean()

    def _lengths(self, play: TwoPlayerPlay) -> Tensor:
        """Return ``||J^T y||`` of some samples ``[n]``, with a graph to the generator's weights."""
        count = max(len(play.latents) // self.shrink, 1)
        labels = None if play.fake_labels is None else play.fake_labels[:count]
        generator = play.game.networks["generator"]
        styles, images = _styles_and_images(generator, play.latents[:count], labels)
        noise = play.random.normal("path_length", *images.shape) / math.sqrt(math.prod(images.shape[2:]))
        (slopes,) = torch.autograd.grad((images * noise).sum(), styles, create_graph=True)
        # Latents of any shape are one vector; styles are one a layer.
        layers = slopes if isinstance(generator, Styled) else slopes.flatten(1)[:, None]
        return precise(layers).square().sum(dim=2).mean(dim=1).sqrt()


def _styles_and_images(generator: nn.Module, latents: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return what is differentiated by, and the images made of it."""
    if isinstance(generator, Styled):
        styles = generator.mapping(latents, labels)
        return styles, generator.synthesis(styles)
    latents = latents.detach().requires_grad_(True)  # noqa: FBT003  (torch's own signature)
    return latents, generator(latents, labels)

"""What a generator, or a game, may be able to do beside making samples: methods that others look for.

An ability is a protocol. A generator has it when it has the methods, and declares nothing:

    if isinstance(generator, Styled):
        images = generator.synthesis(generator.mapping(latents))

The abilities are looked up on the class, so they are methods and no submodules of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor, nn

if TYPE_CHECKING:
    from gan_lightning.randomness import Randomness


@runtime_checkable
class Truncating(Protocol):
    """Trades variety for quality in a way of its own; other generators have latents beyond a limit drawn again."""

    def truncated(self, latents: Tensor, labels: Tensor | None, psi: float) -> Tensor:
        """Make samples ``[N, *shape]`` nearer to what is typical.

        A generator with styles moves them towards their mean: ``mean + psi (style - mean)``
        (Karras et al. 2018, arXiv:1812.04948, section 2.2).

        Args:
            latents: As they are drawn in training, ``[N, *latent_shape]``.
            labels: Classes ``[N]``, or None.
            psi: 1 for the samples that `forward` makes, 0 for the most typical one of each class.
        """
        ...


@runtime_checkable
class Styled(Protocol):
    """Makes samples in two parts, with styles in between; ``forward`` is one after the other.

    A style belongs to a layer, so styles of several latents can be mixed layer by layer (arXiv:1812.04948, section
    3.1).
    """

    def mapping(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, *latent_shape]`` and labels ``[N]`` to styles ``[N, layers, width]``, coarse to fine."""
        ...

    def synthesis(self, styles: Tensor) -> Tensor:
        """Make samples ``[N, *shape]`` from styles ``[N, layers, width]``."""
        ...


@runtime_checkable
class LatentWeighted(Protocol):
    """Knows the weights that take latents, or styles, in; see `gan_lightning.editing.factorise`."""

    def latent_weights(self) -> Tensor:
        """Return the rows ``[outputs, width]`` of every linear map that latents, or one layer's styles, go into.

        The width is that of the styles where a generator is `Styled`, and that of the latents elsewhere.
        """
        ...


@runtime_checkable
class Growing(Protocol):
    """A network that can work at smaller sizes than its own, and in between; a discriminator may, too.

    Until it is told otherwise, it works at its full size.

    Attributes:
        doublings: How often the sides of the smallest images are doubled to make its own.
    """

    doublings: int

    def grow(self, depth: int, alpha: float) -> None:
        """Make, or judge, images whose sides are ``2 ** (doublings - depth)`` times smaller from now on.

        Args:
            depth: Doublings that are made, from 0 to `doublings`.
            alpha: Share of the last doubling, from 0 to 1. At 0 a generator makes each pixel of the size before four
                times, and a discriminator sees means over such; at 1 neither has anything left of the size before. At
                depth 0 it means nothing.
        """
        ...


@runtime_checkable
class DrawsLatents(Protocol):
    """A game whose ``"generator"`` makes samples from what these draw, and from nothing else."""

    def draw_latents(self, count: int, random: Randomness, generator: nn.Module) -> Tensor:
        """Draw latents ``[count, *latent_shape]``."""
        ...

    def draw_labels(self, count: int, random: Randomness) -> Tensor | None:
        """Draw classes ``[count]``, or return None for a game without."""
        ...

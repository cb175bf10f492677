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
    from collections.abc import Mapping

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


@runtime_checkable
class Translating(Protocol):
    """A game that makes samples from given images, the data's partner ``source``, in place of latents alone.

    Scores, pictures and commands give it the sources one by one, so sample i is what is made of source i. Its `sample`
    is never asked.
    """

    def translate(
        self,
        networks: Mapping[str, nn.Module],
        sources: Tensor,
        random: Randomness,
        labels: Tensor | None = None,
        *,
        backward: bool = False,
    ) -> Tensor:
        """Make samples from images.

        Args:
            networks: The networks to use by name, averaged or not, in evaluation mode.
            sources: ``[N, *source shape]`` in [-1, 1].
            random: The samples' stream, for games that draw something besides.
            labels: Classes ``[N]`` wanted, of a conditional game.
            backward: The way back, from samples ``[N, *shape]`` to sources.

        Returns:
            ``[N, *shape]`` in [-1, 1].

        Raises:
            UserError: It knows no way back.
        """
        ...

    def side_multiple(self, networks: Mapping[str, nn.Module]) -> int | None:
        """Return what sides of images must be a multiple of; None where only the size of training will do."""
        ...


@runtime_checkable
class Encoding(Protocol):
    """A game with an encoder: samples to codes, and codes back to samples."""

    def encode(self, networks: Mapping[str, nn.Module], samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and classes ``[N]`` to codes ``[N, D]``, without drawing anything."""
        ...

    def reconstruct(
        self,
        networks: Mapping[str, nn.Module],
        samples: Tensor,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Return samples ``[N, *shape]``, images in [-1, 1], made from the codes of samples ``[N, *shape]``."""
        ...

"""Directions that change samples most, found in the weights alone (Shen & Zhou 2020, arXiv:2007.06600)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan_lightning.abilities import LatentWeighted, Styled
from gan_lightning.editing.maker import Inputs, Maker
from gan_lightning.editing.probe import linear_rows
from gan_lightning.errors import UserError

_SAMPLES = 1024  # that the spread along a direction is measured on


def latent_weights(generator: nn.Module, inputs: Inputs) -> Tensor:
    """Return the rows ``[outputs, width]`` of the linear maps that latents, or styles, go into.

    A generator that knows them is asked; of another the first linear layers that see them are found by a probe.

    Args:
        generator: The generator, in evaluation mode.
        inputs: Four inputs of it, of any kind.

    Raises:
        UserError: There are none, as where latents go into something that is not linear.
    """
    if isinstance(generator, LatentWeighted):
        return generator.latent_weights().detach().flatten(1)
    if isinstance(generator, Styled):
        with torch.no_grad():
            styles = generator.mapping(inputs.latents, inputs.labels)
        styles = styles + torch.randn(styles.shape, generator=torch.Generator().manual_seed(0)).to(styles)
        rows = linear_rows(generator, lambda: generator.synthesis(styles), list(styles.unbind(1)))
    else:
        rows = linear_rows(generator, lambda: generator(inputs.latents, inputs.labels), [inputs.latents])
    if not len(rows):
        raise UserError(f"{type(generator).__name__}: no linear layer takes its latents in, so it has no directions")
    return rows


def factorise(weights: Tensor, count: int) -> Tensor:
    """Return the directions that weights answer most to: eigenvectors of ``A^T A``, the largest first.

    Args:
        weights: Rows A ``[outputs, width]``.
        count: How many directions.

    Returns:
        ``[count, width]``, of length 1, their largest entries positive.

    Raises:
        UserError: There are not so many.
    """
    width = weights.shape[1]
    if count > width:
        raise UserError(f"--count: there are {width} directions, one for each number of a latent, got {count}")
    rows = weights.double().cpu()
    _, vectors = torch.linalg.eigh(rows.T @ rows)
    found = vectors.T.flip(0)[:count]
    largest = found.gather(1, found.abs().argmax(1, keepdim=True))
    directions: Tensor = found * largest.sign()
    return directions.to(weights)


def strips(maker: Maker, directions: Tensor, base: Inputs, reach: Tensor, layers: Sequence[int] | None) -> Tensor:
    """Make one sample's images along directions.

    Args:
        maker: The generator.
        directions: ``[D, width]``.
        base: One sample ``[1, ...]``.
        reach: Steps ``[S]`` to make from it, in standard deviations of latents, or styles, along the direction.
        layers: Layers whose styles are moved; all if None.

    Returns:
        Images ``[D * S, C, H, W]`` in [-1, 1], those of a direction together.

    Raises:
        UserError: Layers are named, and the generator has no styles or no such layer.
    """
    reach = reach.to(directions)
    if not isinstance(maker.generator, Styled):
        if layers is not None:
            raise UserError("--layers: this generator has no styles; its latents go in as a whole")
        many = maker.draw(_SAMPLES, 1).latents.flatten(1)
        moves = _moves(directions, many, reach).view(-1, *base.latents.shape[1:])
        labels = None if base.labels is None else base.labels.expand(len(moves))
        return torch.cat(list(maker.images(Inputs(base.latents + moves, labels))))
    styles = maker.styles(base)
    chosen = _chosen(layers, styles.shape[1])
    many = maker.styles(maker.draw(_SAMPLES, 1))[:, chosen].flatten(0, 1)
    moves = _moves(directions, many, reach)
    moved = styles.repeat(len(moves), 1, 1)
    moved[:, chosen] += moves[:, None]
    return torch.cat(list(maker.synthesise(moved)))


def _moves(directions: Tensor, many: Tensor, reach: Tensor) -> Tensor:
    """Return ``[D * S, width]``: each step along each direction, where `many` show how far it is to go."""
    spread = (many @ directions.T).std(0)
    return (directions[:, None] * (spread[:, None] * reach)[:, :, None]).flatten(0, 1)


def _chosen(layers: Sequence[int] | None, count: int) -> list[int]:
    beyond = [layer for layer in layers or [] if layer >= count]
    if beyond:
        raise UserError(f"--layers: there is no layer {beyond[0]}; the styles are those of layers 0-{count - 1}")
    return list(range(count)) if layers is None else list(layers)

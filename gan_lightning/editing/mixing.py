"""Style mixing: some layers' styles of one sample, the others' of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gan_lightning.editing.maker import Inputs, Maker
from gan_lightning.errors import UserError


def mixing_grid(maker: Maker, rows: Inputs, columns: Inputs, layers: Sequence[int]) -> Tensor:
    """Make a table of mixtures (Karras et al. 2018, arXiv:1812.04948, section 3.1 and figure 3).

    Args:
        maker: A generator with styles.
        rows: Samples that give their styles to all other layers ``[R]``.
        columns: Samples that give theirs to the named layers ``[K]``.
        layers: Numbers of layers, from 0 for the coarsest.

    Returns:
        Images ``[(R + 1) * (K + 1), C, H, W]`` in [-1, 1] in the order of reading: a blank one and the columns'
        samples, then each row's sample and its mixtures.

    Raises:
        UserError: The generator has no styles, or no such layer.
    """
    across, down = maker.styles(columns), maker.styles(rows)
    last = down.shape[1] - 1
    beyond = [layer for layer in layers if layer > last]
    if beyond:
        raise UserError(f"--layers: there is no layer {beyond[0]}; the styles are those of layers 0-{last}")
    table = torch.cat([across, *_rows(down, across, list(layers))])
    made = torch.cat(list(maker.synthesise(table)))
    return torch.cat([torch.full_like(made[:1], -1.0), made])


def _rows(down: Tensor, across: Tensor, layers: list[int]) -> Iterator[Tensor]:
    for row in down:
        mixed = row.repeat(len(across), 1, 1)
        mixed[:, layers] = across[:, layers]
        yield torch.cat([row[None], mixed])

"""The linear maps that latents, or styles, go into, found by watching a network at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

_ROWS = 4  # inputs that are watched: no two numbers of these agree in every row by chance
_WIDEST = 1 << 13  # inputs of a layer beyond which it is no layer of latents
_CLOSE = 1e-4


class _Seen(NamedTuple):
    """A call of a layer: its input ``[_ROWS, ...]``."""

    layer: nn.Module
    values: Tensor


@torch.no_grad()
def linear_rows(network: nn.Module, call: Callable[[], object], sources: Sequence[Tensor]) -> Tensor:
    """Return the rows of all linear maps in a network whose inputs hold given numbers.

    Whatever kind of layer it is, convolution or linear, scaled or normalised: its map is measured. A layer counts where
    it is the first to see the numbers, possibly in part, beside others, or each sample's multiplied by something.

    Args:
        network: The network, in evaluation mode.
        call: Calls it with the sources.
        sources: Numbers ``[4, D]`` to look for, such as latents, or each layer's styles.

    Returns:
        ``[rows, D]``; no rows where there is no such layer.
    """
    seen: list[_Seen] = []
    handles = [layer.register_forward_pre_hook(_watcher(seen)) for layer in network.modules() if _is_leaf(layer)]
    try:
        call()
    finally:
        for handle in handles:
            handle.remove()
    flat = [source.flatten(1) for source in sources]
    rows = [found for layer, values in seen for found in _rows_of(layer, values, flat)]
    return torch.cat(rows) if rows else flat[0].new_zeros(0, flat[0].shape[1])


def _watcher(seen: list[_Seen]) -> Callable[[nn.Module, Any], None]:
    def watch(layer: nn.Module, given: tuple[Any, ...]) -> None:
        values = given[0] if len(given) == 1 else None
        if isinstance(values, Tensor) and values.is_floating_point() and _is_narrow(values):
            seen.append(_Seen(layer, values.detach().clone()))

    return watch


def _is_narrow(values: Tensor) -> bool:
    return values.dim() > 1 and len(values) == _ROWS and values[0].numel() <= _WIDEST


def _is_leaf(layer: nn.Module) -> bool:
    weighty = any(True for _ in layer.parameters())
    return weighty and all(name == "parametrizations" for name, _ in layer.named_children())


def _rows_of(layer: nn.Module, values: Tensor, sources: Sequence[Tensor]) -> Iterator[Tensor]:
    for source in sources:
        places, entries = _found(values.flatten(1), source)
        if len(places):
            measured = _measured(layer, values, places)
            if measured is not None:
                rows = source.new_zeros(measured.shape[1], source.shape[1])
                rows[:, entries] = measured.T.to(source.dtype)
                yield rows
            return


def _found(inputs: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
    """Return where among inputs ``[4, F]`` numbers ``[4, D]`` are, and which: singly, or all in a row and scaled."""
    same = (inputs[:, :, None] - source[:, None, :]).abs().amax(0) < _CLOSE  # [F, D]
    places, entries = same.nonzero(as_tuple=True)
    width = source.shape[1]
    if len(places) or not 1 < width <= inputs.shape[1]:
        return places, entries
    windows = normalize(inputs.unfold(1, width, 1), dim=2)  # [4, F - D + 1, D]
    alike = torch.einsum("nod,nd->no", windows, normalize(source, dim=1)).amin(0) > 1 - _CLOSE
    starts = alike.nonzero().flatten()[:1]
    return (starts + torch.arange(width), torch.arange(width)) if len(starts) else (places, entries)


def _measured(layer: nn.Module, values: Tensor, places: Tensor) -> Tensor | None:
    """Return what a layer adds for a 1 in each place ``[places, outputs]``; None where it is not linear in them."""
    unit = values.new_zeros(len(places) + 2, values[0].numel())
    unit[torch.arange(len(places)), places] = 1.0
    unit[-2, places] = values[0].flatten()[places]
    with torch.random.fork_rng(devices=[]):
        made = layer(unit.view(-1, *values.shape[1:])).flatten(1)
    rows, mixture = made[:-2] - made[-1], made[-2] - made[-1]
    expected = unit[-2, places] @ rows
    linear = torch.allclose(mixture, expected, rtol=1e-3, atol=1e-4 * float(mixture.abs().amax()) + 1e-6)
    return rows if linear else None

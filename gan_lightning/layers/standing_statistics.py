"""Statistics of batch normalisation that are averages over many batches of what is sampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan_lightning.errors import UserError
from gan_lightning.layers.checks import at_least


@contextmanager
def standing_statistics(network: nn.Module, forward: Callable[[int], object], forwards: int) -> Iterator[None]:
    """Let a network normalise meanwhile by means and variances that are averages over so many forwards.

    The running ones are those of training: of changing weights, and of latents as they are drawn there. Where latents
    are drawn otherwise, as truncated ones are, they are not those of the samples (Brock et al. 2019, arXiv:1809.11096).
    Variances are the unbiased ones of each batch. Nothing else in the network goes into
    training mode: dropout and power iteration rest. Afterwards all is as before.

    Args:
        network: The network; what it has of batch normalisation and the forwards do not reach stays as it is.
        forward: Makes forward i, with latents as samples have them.
        forwards: How many.

    Raises:
        UserError: `forwards` is below 1, or the network has no batch normalisation with statistics.
    """
    at_least(1, forwards=forwards)
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats]
    if not layers:
        raise UserError("standing statistics: the network has no batch normalisation whose statistics could stand")
    before = [({name: value.clone() for name, value in layer.named_buffers()}, layer.momentum) for layer in layers]
    try:
        _accumulate(layers, forward, forwards)
        yield
    finally:
        for layer, (buffers, momentum) in zip(layers, before, strict=True):
            layer.momentum = momentum
            for name, value in layer.named_buffers():
                value.copy_(buffers[name])


@torch.no_grad()
def _accumulate(layers: list[_BatchNorm], forward: Callable[[int], object], forwards: int) -> None:
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer.train()
        layer.momentum = None  # then torch takes the plain average over all batches
        if layer.num_batches_tracked is not None:
            layer.num_batches_tracked.zero_()
    try:
        for index in range(forwards):
            forward(index)
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.train(mode)

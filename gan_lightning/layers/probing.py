"""A network asked once, for the shape of what it makes."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from gan_lightning.data.spec import DataSpec


@torch.no_grad()
def asked_once(network: nn.Module, data: DataSpec, classes: int) -> Any:
    """Return what a network makes of one sample of zeros, in evaluation mode so that nothing in it moves.

    Args:
        network: Takes samples ``[N, *data.shape]`` and labels ``[N]``, None without classes.
        data: Shape of the samples.
        classes: Number of classes the network is given, 0 for none.
    """
    was_training = network.training
    network.eval()
    made = network(torch.zeros(1, *data.shape), torch.zeros(1, dtype=torch.long) if classes else None)
    network.train(was_training)
    return made

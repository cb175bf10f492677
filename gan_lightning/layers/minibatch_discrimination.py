"""How close each sample of a batch is to the others, as further features for a discriminator to look at."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.layers.checks import at_least


class MinibatchDiscrimination(nn.Module):
    """Adds, for each of B learned kernels, a sample's closeness to its batch mates.

    o_b(x_i) = sum over j != i of exp(-||M_i,b - M_j,b||_1) + bias_b,   M_i = x_i T

    with a learned tensor T ``[A, B, C]`` (Salimans et al. 2016, arXiv:1606.03498, section 3.2; the bias is that of the
    authors' code, and begins at -1). Columns of T begin with an expected length of 1. The sum is not divided by the
    number of samples, so that a network is bound to the batch size it was trained with. A process looks at its own
    share of a batch. Scores depend on batch mates: with a gradient penalty, so do the gradients.

    Args:
        inputs: Features A in.
        kernels: Features B added.
        dimensions: Dimensions C in which a kernel measures.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, inputs: int, kernels: int = 100, dimensions: int = 5) -> None:
        super().__init__()
        at_least(1, inputs=inputs, kernels=kernels, dimensions=dimensions)
        self.weight = nn.Parameter(torch.randn(inputs, kernels, dimensions) / inputs**0.5)
        self.bias = nn.Parameter(torch.full((kernels,), -1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Map features ``[N, A]`` to ``[N, A + B]``."""
        placed = torch.einsum("na,abc->nbc", x, self.weight)
        distances = (placed[:, None] - placed[None]).abs().sum(dim=3)
        # A sample is at distance 0 from itself: that one is taken off.
        closeness = torch.exp(-distances).sum(dim=1) - 1.0 + self.bias
        return torch.cat([x, closeness.to(x.dtype)], dim=1)

"""Vectors of one length: of a latent, or of every pixel of a map."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PixelNorm(nn.Module):
    """Divide by the root of the mean square over dimension 1.

    x / sqrt(mean(x^2) + eps): for maps, of each pixel over its channels (Karras et al. 2018, arXiv:1710.10196, section
    4.2); for latents, of each vector, which then is as long as the root of its size.

    Args:
        eps: Least mean square.
    """

    def __init__(self, eps: float = 1e-8) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``[N, C, *rest]``; in single precision at least, since small squares vanish in half."""
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        return (values * (values.square().mean(dim=1, keepdim=True) + self.eps).rsqrt()).to(x.dtype)

"""Self-attention: every place of a map looks at all others."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from gan_lightning.layers.checks import at_least
from gan_lightning.layers.weights import PLAIN, LayerSet

_MASKED = -1000.0


class SelfAttention(nn.Module):
    """Adds to a map what each of its places finds when it looks at all places of the map, halved.

    out = x + gamma o(sum_k softmax_k(theta(x)^T phi(x)_k) g(x)_k), with 1x1 convolutions without biases to C / 8
    channels (theta, phi), to C / 2 (g) and back to C (o); phi and g are max-pooled 2x2; gamma begins at 0, so that the
    block begins as the identity (Zhang et al. 2019, arXiv:1805.08318, section 3; pooling and g's width as in the
    authors' code). Scores are not divided by the root of their length. With several heads each has its share of the
    channels, and of few channels it has at least one. An odd side keeps its last row when it is pooled.

    It can be differentiated twice. On CPUs `torch.nn.functional.scaled_dot_product_attention` cannot where keys and
    values have one width, and where they have not it computes what is written here.

    Args:
        channels: Channels C of the map.
        layers: Plain or spectrally normalised.
        heads: Looks that are taken side by side.
        mask: Which keys each query of each head may look at, bool ``[heads, H W, ceil(H / 2) ceil(W / 2)]``, for maps
            of that one size; None for all.

    Raises:
        UserError: A number is below 1.
    """

    bias: Tensor | None

    def __init__(self, channels: int, layers: LayerSet = PLAIN, *, heads: int = 1, mask: Tensor | None = None) -> None:
        super().__init__()
        at_least(1, channels=channels, heads=heads)
        self.heads = heads
        key, value = (heads * max(1, channels // share // heads) for share in (8, 2))
        self.theta = layers.convolution(channels, key, 1, bias=False)
        self.phi = layers.convolution(channels, key, 1, bias=False)
        self.g = layers.convolution(channels, value, 1, bias=False)
        self.o = layers.convolution(value, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))
        self.register_buffer("bias", None if mask is None else _MASKED * ~mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, H, W]``."""
        found = self._by_head(self.g(x), halve=True) @ self.weights(x).transpose(2, 3)
        # Heads are dealt out over the channels here, as in the code of arXiv:1911.12287, but lie side by side above.
        return x + self.gamma * self.o(found.transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:]))  # type: ignore[no-any-return]

    def weights(self, x: Tensor) -> Tensor:
        """Return how much each place looks at each key ``[N, heads, H W, ceil(H / 2) ceil(W / 2)]``, adding up to 1."""
        queries, keys = self._by_head(self.theta(x)), self._by_head(self.phi(x), halve=True)
        scores = queries.transpose(2, 3) @ keys
        return torch.softmax(scores if self.bias is None else scores + self.bias, dim=3)

    def _by_head(self, maps: Tensor, *, halve: bool = False) -> Tensor:
        """Return maps ``[N, D, H, W]`` as vectors of each head ``[N, heads, D / heads, places]``."""
        if halve:
            maps = max_pool2d(maps, 2, ceil_mode=True)
        count, width, *places = maps.shape
        return maps.reshape(count, self.heads, width // self.heads, places[0] * places[1])

"""From latents and classes to styles."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_lightning.layers import EqualizedLinear, PixelNorm, at_least
from gan_lightning_style.rectified import ROOT_2, RectifiedLinear


class Mapping(nn.Module):
    """Normalised latents, and a normalised vector of the class beside them, through layers of one width.

    Without classes: ``pixel_norm(z)`` and so many rectified linear layers (Karras et al. 2019, arXiv:1812.04948,
    section 2). With classes the first layer reads ``[pixel_norm(z), pixel_norm(E[y])]``
    (Karras et al. 2020, arXiv:2006.06676).

    Args:
        latent: Length of a latent vector, 0 for a mapping of classes alone.
        classes: Number of classes, 0 for none.
        width: Length of the result, of the class's vector and of all between.
        layers: Number of layers.
        bias_gain: Factor on the layers' biases.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, latent: int, classes: int, width: int, layers: int, *, bias_gain: float = ROOT_2) -> None:
        super().__init__()
        at_least(1, width=width, mapping_layers=layers)
        self.classes = classes
        self.norm = PixelNorm()
        self.embed = EqualizedLinear(classes, width) if classes else None
        widths = [latent + (width if classes else 0)] + [width] * layers
        self.layers = nn.Sequential(
            *(
                RectifiedLinear(inputs, outputs, lr_multiplier=0.01, bias_gain=bias_gain)
                for inputs, outputs in pairwise(widths)
            )
        )

    def forward(self, latents: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]``, None without, and labels ``[N]`` to ``[N, width]``.

        Raises:
            ValueError: There are classes but no labels.
        """
        parts = [] if latents is None else [self.norm(latents)]
        if self.embed is not None:
            if labels is None:
                raise ValueError("a class-conditional network needs labels")
            hot = one_hot(labels, self.classes).to(self.embed.weight.dtype)
            parts.append(self.norm(self.embed(hot)))
        return self.layers(torch.cat(parts, dim=1))  # type: ignore[no-any-return]

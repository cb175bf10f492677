"""A small generator with styles, for tests of what is done with them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from toys import TOY, toy_catalog

from gan_lightning.components import Architecture, Generator


class StyledToy(Generator):
    """Styles of three layers, each added to the image by a linear map of its own.

    Args:
        width: Length of a style.
    """

    LAYERS = 3

    def __init__(self, data, classes, *, width: int = 8):
        super().__init__()
        self.latent_shape, self.shape, self.classes = (4,), data.shape, classes
        self.of_latents = nn.Sequential(nn.Linear(4 + classes, width), nn.Tanh())
        size = torch.Size(data.shape).numel()
        self.layers = nn.ModuleList(nn.Linear(width, size) for _ in range(self.LAYERS))
        self.register_buffer("mean", torch.zeros(width))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(latents, labels))

    def mapping(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            latents = torch.cat([latents, nn.functional.one_hot(labels, self.classes).float()], dim=1)
        return self.of_latents(latents)[:, None].expand(-1, self.LAYERS, -1)

    def synthesis(self, styles: Tensor) -> Tensor:
        made = sum(layer(style) for layer, style in zip(self.layers, styles.unbind(1), strict=True))
        return made.tanh().unflatten(1, self.shape)

    def truncated(self, latents: Tensor, labels: Tensor | None, psi: float) -> Tensor:
        return self.synthesis(self.mean.lerp(self.mapping(latents, labels), psi))


def styled_catalog():
    """Return the toy catalog with the architecture ``styled``."""
    architecture = Architecture({"generator": StyledToy, "discriminator": TOY.roles["discriminator"]})
    return toy_catalog(architecture={"styled": architecture})

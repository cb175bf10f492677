"""PatchGAN: a discriminator of overlapping patches."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least
from gan_lightning_translation.norms import NORMS, Norm, has_bias, initialise
from gan_lightning_translation.translators import refuse_classes, require_images

_WIDEST = 8


class PatchGAN(Discriminator):
    """4x4 convolutions that judge each patch of an image by itself (Isola et al. 2016, arXiv:1611.07004, 6.1.2).

    `layers` of stride 2, one of stride 1 and the one to a logit of stride 1; leaky ReLU of 0.2, normalisation in all
    but the first and the last. With 1, 2, 3, 4 layers a logit sees 16, 34, 70, 142 pixels a side. Logits are
    ``[N, 1, h, w]``; features of its critiques ``[N, D]`` are the means of the last hidden map.

    Args:
        data: What is judged: images of any size with room for a patch.
        classes: Must be 0.
        channels: Width of the first layer; it doubles with every layer, up to 8 times.
        layers: Halvings, 3 as published; None for as many as the image has room for, up to 3.
        norm: ``batch``, ``instance``, or ``instance_affine``.

    Raises:
        UnsupportedShapeError: The images have no room for so many halvings, or are none.
        UserError: A number is below 1.
    """

    norm: Norm = "batch"

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 64,
        layers: int | None = None,
        norm: Norm | None = None,
    ) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        at_least(1, channels=channels, layers=layers)
        layers = _halvings(data, layers)
        norm = norm or self.norm
        widths = [channels * min(2**layer, _WIDEST) for layer in range(layers + 1)]
        self.layers = nn.Sequential(nn.Conv2d(data.shape[0], widths[0], 4, 2, 1), nn.LeakyReLU(0.2))
        for layer, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            stride = 2 if layer < layers else 1
            convolution = nn.Conv2d(inputs, outputs, 4, stride, 1, bias=has_bias(norm))
            self.layers.extend([convolution, NORMS[norm](outputs), nn.LeakyReLU(0.2)])
        self.last = nn.Conv2d(widths[-1], 1, 4, 1, 1)
        initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``; logits are ``[N, 1, h, w]``."""
        del labels
        maps = self.layers(samples)
        return Critique(self.last(maps), features=maps.mean((2, 3)))


class InstancePatchGAN(PatchGAN):
    """`PatchGAN` with instance normalisation, as CycleGAN has it."""

    norm = "instance"


def _halvings(data: DataSpec, wanted: int | None) -> int:
    """Return how often sides are halved: two convolutions of stride 1 on what is left must leave a pixel."""
    side = min(data.shape[1:])
    most = max((count for count in range(1, 9) if side >> count >= 3), default=0)
    if most == 0 or (wanted is not None and wanted > most):
        raise UnsupportedShapeError(
            f"architecture.discriminator.layers: images of {data.shape[1]}x{data.shape[2]} have room for {most} "
            f"halvings, {wanted or 1} asked for"
        )
    return min(3, most) if wanted is None else wanted

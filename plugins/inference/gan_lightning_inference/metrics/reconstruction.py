"""How much of a sample is left in what the generator makes of its code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from gan_lightning.abilities import Encoding
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.errors import UserError
from gan_lightning.layers import at_least
from gan_lightning.metrics.of_networks import in_chunks
from gan_lightning.origin import Origin
from gan_lightning_inference.metrics.encoder_score import EncoderScore, chosen


class Reconstruction(EncoderScore):
    """Distance of images x to G(E(x)), and whether x is found among others by it.

    ``reconstruction_l1`` is the mean absolute difference of pixels in [-1, 1]; ``reconstruction_psnr`` the peak
    signal-to-noise ratio in dB of all pixels together, of a range of 2. Adversarially learned inference keeps what an
    image shows rather than its pixels (arXiv:1606.00704, section 4), so ``reconstruction_found`` is more to the point:
    the share in % of reconstructions whose nearest image, by squared distance among those that are asked about, is the
    one they were made from.

    Args:
        samples: Images that are reconstructed, at most.

    Raises:
        UserError: The number is below 2, or the data are no images.
    """

    origin = Origin("Dumoulin et al., Adversarially Learned Inference", 2016, "1606.00704")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {
        "reconstruction_l1": "lower",
        "reconstruction_psnr": "higher",
        "reconstruction_found": "higher",
    }

    def __init__(self, samples: int = 1000) -> None:
        super().__init__()
        at_least(2, samples=samples)
        self.samples = samples

    def prepare(self, data: Samples, count: int) -> None:
        """Take images."""
        del count
        if data.kind != "images":
            raise UserError(f"metric 'reconstruction': it compares pixels, and {data.name} are points")
        self.values = data.take(chosen(data, self.samples))

    def found(self, game: Encoding, networks: Mapping[str, nn.Module]) -> dict[str, float]:
        """Reconstruct the images, cut off where they leave [-1, 1], and compare."""
        ask = partial(game.reconstruct, networks)
        made = in_chunks(self.values, ask, networks["encoder"]).clamp(-1, 1)
        real = to_network(self.values)
        error = (made - real).double()
        nearest = torch.cdist(made.flatten(1), real.flatten(1)).argmin(dim=1)
        found = (nearest == torch.arange(len(real))).double().mean()
        psnr = 10 * torch.log10(4 / error.square().mean().clamp(min=1e-12))
        values = (error.abs().mean(), psnr, 100 * found)
        return {name: value.item() for name, value in zip(self.better, values, strict=True)}

    def protocol(self) -> dict[str, Any]:
        """Return how many images are reconstructed."""
        return {"reconstructed": len(self.values)}

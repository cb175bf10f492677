"""Images, and drawings of their edges that they shall be made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor
from torch.nn.functional import pad

from gan_lightning.data.made_from import Derived, MadeFrom
from gan_lightning.data.samples import Samples, Values

_GAIN = 1.5


@dataclass(frozen=True)
class Edges(MadeFrom):
    """Another data set, whose sources are the edges of its images, bright on black, for translation without a download.

    Args:
        of: The data set, by name.
        paired: Whether an image comes with its own edges, as pix2pix needs them, or with those of any other image.
    """

    of: str = "digits"
    paired: bool = True

    def load(self, cache: Path) -> Samples:
        """Return the other data set with its sources.

        Raises:
            UserError: There is no such data set, or it has no images.
        """
        samples = super().load(cache)
        partner = replace(samples.partners["source"], paired=self.paired)
        return replace(samples, name=f"edges of {samples.name}", partners={"source": partner})

    def sources(self, samples: Samples) -> Values:
        """Return the edges, of the images' shape."""
        return Derived(samples.values, samples.spec.shape, lambda images, numbers: edges(images))


def edges(images: Tensor) -> Tensor:
    """Return uint8 images ``[N, C, H, W]`` of how fast others change from pixel to pixel, all channels alike."""
    values = pad(images.float(), (1, 1, 1, 1), mode="replicate")
    across = values[:, :, 1:-1, 2:] - values[:, :, 1:-1, :-2]
    down = values[:, :, 2:, 1:-1] - values[:, :, :-2, 1:-1]
    steepness = (across.square() + down.square()).sqrt().amax(dim=1, keepdim=True) / 2
    return (_GAIN * steepness).round_().clamp_(max=255).to(images.dtype).expand_as(images)

"""Images that are their own sources."""

from __future__ import annotations

from dataclasses import dataclass

from gan_lightning.data.made_from import MadeFrom
from gan_lightning.data.samples import Samples, Values


@dataclass(frozen=True)
class Itself(MadeFrom):
    """Another data set, whose sources are its images as they are, for games that change images of one set.

    What a sample becomes is another sample of the set, such as one of another class, and never known.
    """

    def sources(self, samples: Samples) -> Values:
        """Return the images."""
        return samples.values

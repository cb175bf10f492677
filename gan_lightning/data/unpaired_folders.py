"""The user's images in two sets without pairs, such as horses and zebras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gan_lightning.data.decode import Channels
from gan_lightning.data.folder import Folder
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.data.source import open_files
from gan_lightning.data.two_folders import TwoFolders


@dataclass(frozen=True)
class UnpairedFolders(TwoFolders):
    """Two folders or .zips of any number of images; nothing is said of which goes with which.

    The samples are the targets; the partner `source` is a set of its own, drawn in its own order.
    """

    def load(self, cache: Path) -> Samples:
        """Return both sets, decoded now or read from the cache.

        Raises:
            UserError: A path is no folder or .zip with images, or none in it is readable.
        """
        sources = self._side("source", self.source_channels, cache)
        targets = self._side("target", self.target_channels, cache)
        return replace(targets, partners={"source": Partner(sources.values, paired=False)})

    def _side(self, side: str, channels: Channels, cache: Path) -> Samples:
        path = getattr(self, side)
        folder = Folder(path, self.resolution, channels, self.fit, self.background, labels=False)
        with open_files(path, f"data.{side}") as files:
            return folder.load_files(files, cache)

"""What data sets of two folders of images have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan_lightning.components import Dataset
from gan_lightning.data.decode import Background, Channels, Fit


@dataclass(frozen=True)
class TwoFolders(Dataset):
    """Images to translate from and images to make; the samples are the latter, their partner is `source`.

    Args:
        source: What games translate from.
        target: What they make.
        resolution: Size of every image, one number or [height, width].
        source_channels: 1 for gray, 3 for colour, 4 for colour with alpha.
        target_channels: Likewise.
        fit: Whether images of another shape are cut ("crop") or distorted ("squash").
        background: What is behind transparent pixels where alpha is not kept.
    """

    source: Path
    target: Path
    resolution: int | list[int]
    source_channels: Channels = 3
    target_channels: Channels = 3
    fit: Fit = "crop"
    background: Background = "white"

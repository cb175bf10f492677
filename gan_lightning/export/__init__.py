"""A trained generator for use elsewhere: as ONNX, as a program of torch.export, or as weights."""

from gan_lightning.export.formats import FORMATS, Format
from gan_lightning.export.prepared import Exportable

__all__ = ["FORMATS", "Exportable", "Format"]

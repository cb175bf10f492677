"""Any of torchvision's image data sets, by the name of its class."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from operator import index as as_index
from pathlib import Path
from typing import Any

from PIL import Image

from gan_lightning.components import Dataset
from gan_lightning.data.cache import Plan, Row, key_of, load_or_decode
from gan_lightning.data.decode import DecodeError, Fit, Header, Target, header_of, naming, parse_resolution, render
from gan_lightning.data.folder import sizes_differ
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError, nearest
from gan_lightning.signatures import constructors

# Files of the user's own, which may change under the cache.
_OF_FILES = frozenset({"DatasetFolder", "ImageFolder", "VisionDataset"})
_PROBES = 32


@dataclass(frozen=True)
class TorchvisionDataset(Dataset):
    """An image data set of ``torchvision.datasets``, downloaded by torchvision where it can be.

    Targets that are not one class index, such as CelebA's attributes, give no labels. Once decoded, a data set is read
    from the cache and the download is not looked at again.

    Args:
        dataset: Name of the class, such as CIFAR10, in any case.
        root: Folder of the downloads.
        split: What the class calls it: "train", "test", "unlabeled", "letters"...
        resolution: Size of every sample, one number or [height, width]; null for the images' own, if they share one.
        download: Whether to fetch what is missing.
        fit: Whether images of another shape are cut ("crop") or distorted ("squash").
    """

    dataset: str
    root: Path = Path("data")
    split: str = "train"
    resolution: int | list[int] | None = None
    download: bool = True
    fit: Fit = "crop"

    def load(self, cache: Path) -> Samples:
        """Return the split, decoded now or read from the cache.

        Raises:
            UserError: There is no such data set or split, it cannot be had, or it yields other things than images.
        """
        kind = _find_class(self.dataset)
        root = self.root.expanduser().resolve()
        key = key_of("torchvision", kind.__name__, str(root), self.split, self.resolution, self.fit)
        return load_or_decode(cache, key, f"{kind.__name__}/{self.split}", lambda: self._plan(kind, root))

    def _plan(self, kind: type[Any], root: Path) -> Plan:
        source = self._construct(kind, root)
        names = [f"{kind.__name__} image {index}" for index in range(len(source))]
        headers = _probe(source, names)
        size = (headers[0].height, headers[0].width) if self.resolution is None else parse_resolution(self.resolution)
        target = Target(*size, channels=1 if all(header.gray for header in headers) else 3, fit=self.fit)

        def draw(index: int) -> Row:
            with naming(names[index]):
                image, label = _item(source, index, names[index])
                if self.resolution is None:
                    _require_one_size([headers[0], header_of(image)])
                return render(image, target), label

        if self.resolution is None:
            _require_one_size(headers)
        return Plan(names, target.shape, draw, _class_names(source))

    def _construct(self, kind: type[Any], root: Path) -> Any:
        accepted = _keywords(kind)
        arguments: dict[str, Any] = {"root": root, "download": self.download}
        arguments = {key: value for key, value in arguments.items() if key in accepted}
        selector = next((key for key in _SELECTORS if key in accepted), None)
        if selector is not None:
            arguments[selector] = _SELECTORS[selector](self.split)
        elif self.split != "train":
            raise UserError(f"data.split: {kind.__name__} has no splits, got {self.split!r}; leave it out")
        try:
            return kind(**arguments)
        except (OSError, RuntimeError, ValueError, TypeError, ImportError, HTTPException) as error:
            reason = " ".join(str(error).split())
            raise UserError(
                f"data.dataset: cannot load {kind.__name__}, {self.split}, from {root}: {reason}"
            ) from error


def _find_class(name: str) -> type[Any]:
    from torchvision import datasets  # type: ignore[import-untyped]

    known = {
        key: value
        for key in datasets.__all__
        if inspect.isclass(value := getattr(datasets, key)) and issubclass(value, datasets.VisionDataset)
    }
    by_lower = {key.lower(): value for key, value in known.items() if key not in _OF_FILES}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    if name.lower() in {key.lower() for key in _OF_FILES}:
        raise UserError(f"data.dataset: {name} is for files of your own; use data.name: folder")
    close = nearest(name, [key for key in known if key not in _OF_FILES])
    raise UserError(f"data.dataset: torchvision has no data set {name!r}; {close}")


def _keywords(kind: type[Any]) -> set[str]:
    """Return the names a constructor takes, with its bases' where it passes other keywords on to them."""
    return {name for constructor in constructors(kind) for name in inspect.signature(constructor).parameters}


def _is_train(split: str) -> bool:
    if split not in ("train", "test"):
        raise UserError(f"data.split: this data set has 'train' and 'test', got {split!r}")
    return split == "train"


def _as_given(split: str) -> str:
    return split


# By the first of these that a constructor has: EMNIST's `train` is another question than its `split`.
_SELECTORS: dict[str, Callable[[str], str | bool]] = {
    "split": _as_given,
    "train": _is_train,
    "image_set": _as_given,
    "classes": _as_given,
    "background": _is_train,
}


def _probe(source: Any, names: Sequence[str]) -> list[Header]:
    """Look at some images, spread over the data, for what they all are; those that are unreadable tell nothing."""
    headers = []
    for index in range(0, len(names), -(-len(names) // _PROBES) or 1):
        with suppress(DecodeError), naming(names[index]):
            headers.append(header_of(_item(source, index, names[index])[0]))
    if not headers:
        raise UserError(f"data.dataset: no image can be read, out of {len(names)}")
    return headers


def _item(source: Any, index: int, name: str) -> tuple[Image.Image, int | None]:
    item = source[index]
    image, target = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
    if not isinstance(image, Image.Image):
        raise UserError(f"data.dataset: {name} is a {type(image).__name__}, expected one image")
    return image, _as_label(target)


def _as_label(target: Any) -> int | None:
    try:
        label = as_index(target)
    except (TypeError, ValueError):
        return None
    return label if label >= 0 else None


def _require_one_size(headers: Sequence[Header]) -> None:
    sizes = Counter((header.height, header.width) for header in headers)
    if len(sizes) > 1:
        raise sizes_differ(sizes)


def _class_names(source: Any) -> tuple[str, ...]:
    """Return the names of classes; ImageNet's are tuples of synonyms."""
    found = getattr(source, "classes", None) or ()
    return tuple(str(name[0]) if isinstance(name, tuple) else str(name) for name in found)

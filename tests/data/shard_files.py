"""Shards for tests to read, and what they may be asked."""

import io
import tarfile

from PIL import Image


def encode(red, size=(6, 4), mode="RGB", kind="PNG"):
    """Return an image file that is red by so much, or as gray."""
    file = io.BytesIO()
    Image.new(mode, size, red if mode == "L" else (red, 100, 50)).save(file, kind)
    return file.getvalue()


def write_tar(path, members):
    """Write ``(name, content)`` pairs; an entry in place of a content is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            entry = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if entry is not content:
                entry.size = len(content)
            archive.addfile(entry, None if entry is content else io.BytesIO(content))
    return path


def numbered(numbers, label=None, **options):
    """Yield an image for each number, red by it, and what `label` makes of the number as its .cls."""
    for number in numbers:
        yield f"{number:04d}.png", encode(number, **options)
        if label is not None:
            yield f"{number:04d}.cls", str(label(number)).encode()


def reds(values):
    return values[:, 0, 0, 0].tolist()

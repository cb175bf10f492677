"""A path that the user names, opened as a folder or a .zip of images."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from gan_lightning.data.archive import ZipFiles
from gan_lightning.data.decode import SUFFIXES
from gan_lightning.data.files import Files, FolderFiles
from gan_lightning.errors import UserError, nearest


def open_files(path: Path, key: str = "data.path") -> Files:
    """List the images of a folder or a .zip; messages begin with the recipe's `key`.

    Raises:
        UserError: The path does not exist, is neither, or holds no images.
    """
    root = path.expanduser()
    if root.is_dir():
        files: Files = FolderFiles(root)
    elif root.is_file():
        files = ZipFiles(root)
    else:
        raise UserError(f"{key}: {path} does not exist; {_suggest(root)}")
    if not files.entries:
        files.close()
        raise UserError(f"{key}: no images in {path}; {_describe_absence(files)}")
    return files


def _suggest(missing: Path) -> str:
    parent = missing.parent
    if not parent.is_dir():
        return f"neither does {parent}"
    names = sorted(entry.name for entry in parent.iterdir() if entry.is_dir() or entry.suffix == ".zip")
    return nearest(missing.name, get_close_matches(missing.name, names, cutoff=0.5) or names[:10])


def _describe_absence(files: Files) -> str:
    expected = f"expected files ending in {', '.join(sorted(SUFFIXES))}"
    if files.refused:
        name, reason = next(iter(files.refused.items()))
        return f"{expected}; refused {name}: {reason}"
    found = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in files.others.most_common(3))
    return f"{expected}" + (f", found {found}" if found else "")

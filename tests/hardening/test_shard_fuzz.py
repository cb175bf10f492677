"""Tar shards of any content give right values or one line that names the shard."""

from __future__ import annotations

import io
import itertools
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_lightning.data.webdataset import WebDataset
from gan_lightning.errors import UserError


def png(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (5, 3), level).save(buffer, "PNG")
    return buffer.getvalue()


NAMES = [
    "a.png",
    "b.png",
    "a.cls",
    "b.cls",
    "a.json",
    "../a.png",
    "/a.png",
    "x/a.png",
    "a.seg.png",
    ".png",
    "a",
    "é.jpg",
]
CONTENTS = [
    png(9),
    png(200)[:40],
    b"",
    b"3",
    b"-1",
    b"9" * 400,
    b"cat\x1b[2J",
    b'{"label": 1}',
    b'{"label": NaN}',
    b'{"label": 1e999}',
    b'{"label": [1]}',
    b'{"other": 1}',
    b"[" * 3000,
    b"\xff\xfe",
]
RIGHT = {".png": png(9), ".jpg": png(9), ".cls": b"1", ".json": b'{"label": 1}'}
KINDS = [*[tarfile.REGTYPE] * 20, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
FORMATS = [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


@st.composite
def tars(draw):
    """Draw the bytes of a .tar with links, folders and labels that are none among its members; often damaged."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=draw(st.sampled_from(FORMATS))) as archive:
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True)):
            entry = tarfile.TarInfo(name * draw(st.sampled_from([1, 1, 1, 60])))
            entry.type, entry.linkname = draw(st.sampled_from(KINDS)), "/etc/passwd"
            right = RIGHT.get(Path(name).suffix, b"")
            content = draw(st.sampled_from([*[right] * len(CONTENTS), *CONTENTS])) if entry.isreg() else b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    data = bytearray(buffer.getvalue())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, min(len(data), 6000) - 1))
        if draw(st.booleans()):
            data[place] ^= 1 << draw(st.integers(0, 7))
        else:
            data[place:] = data[place + draw(st.integers(0, 600)) :]
    return bytes(data) or b"\0"


@given(data=st.one_of(tars(), st.binary(max_size=1500)), labels=st.booleans())
def test_a_shard_of_any_content(tmp_path, number, data, labels):
    folder = tmp_path / str(next(number))
    folder.mkdir()
    path = folder / "x.tar"
    path.write_bytes(data)
    try:
        samples = WebDataset(str(path), resolution=4, labels=labels).load(folder / "cache")
        values = samples.values[:]
    except UserError as error:
        assert str(error).isprintable()
        assert str(path) in str(error)
    else:
        assert values.shape[2:] == (4, 4)
        assert labels or samples.labels is None
    assert {one.name for one in folder.iterdir()} <= {"x.tar", "cache"}


@pytest.fixture
def number():
    return itertools.count()

"""Images, archives and IDX files of any content give right values or one line that names the file."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_lightning.data.decode import DecodeError, Target, decode
from gan_lightning.data.folder import Folder
from gan_lightning.data.idx import Idx
from gan_lightning.errors import UserError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

LEVELS = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
EXIF = Image.Exif()
EXIF[0x0112] = 6


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _images() -> list[bytes]:
    gray = Image.fromarray(LEVELS)
    modes = {
        "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
        "JPEG": ["L", "RGB", "CMYK"],
        "WEBP": ["RGB", "RGBA"],
        "BMP": ["1", "L", "P", "RGB"],
        "GIF": ["L", "P"],
        "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"],
    }
    found = [encoded(gray.convert(mode), kind) for kind, names in modes.items() for mode in names]
    packed = [encoded(gray, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")]
    return [*found, *packed, encoded(gray.convert("RGB"), "JPEG", exif=EXIF, progressive=True)]


IMAGES = _images()


@st.composite
def damaged(draw, wholes):
    """Draw a file cut short, with bytes changed, removed or put in, or with another's beginning."""
    data = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        act = draw(st.sampled_from(["cut", "flip", "flip", "flip", "number", "drop", "put", "head"]))
        if act == "cut":
            del data[place:]
        elif act == "flip" and data:
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif act == "number":
            data[place : place + 4] = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\1\0\0"]))
        elif act == "drop":
            del data[place : place + draw(st.integers(1, 8))]
        elif act == "put":
            data[place:place] = draw(st.binary(min_size=1, max_size=8))
        elif act == "head":
            data[:8] = draw(st.sampled_from(wholes))[:8]
    return bytes(data)


@pytest.fixture
def place(tmp_path):
    """Return a new folder at each call."""
    count = itertools.count()

    def make():
        made = tmp_path / str(next(count))
        made.mkdir()
        return made

    return make


@given(
    data=st.one_of(damaged(IMAGES), st.binary(max_size=200), st.text(max_size=100).map(str.encode)),
    channels=st.sampled_from([1, 3, 4]),
)
def test_an_image_of_any_content(data, channels):
    try:
        pixels = decode(io.BytesIO(data), "some/where.png", Target(5, 7, channels))
    except DecodeError as error:
        assert str(error).startswith("some/where.png: ")
        assert str(error).isprintable()
    else:
        assert (pixels.shape, pixels.dtype) == ((channels, 5, 7), np.uint8)


@given(
    files=st.dictionaries(
        st.sampled_from(["a.png", "b.jpg", "c.gif", "d.tif", "cat/e.webp", "dog/f.bmp"]),
        st.one_of(st.just(IMAGES[1]), damaged(IMAGES), st.binary(max_size=40)),
        min_size=1,
    ),
    resolution=st.sampled_from([None, 4]),
)
def test_a_folder_of_any_content(place, files, resolution):
    folder = place()
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    try:
        samples = Folder(folder, resolution=resolution).load(place())
    except UserError as error:
        assert str(error).isprintable()
        assert str(folder) in str(error) or "data.resolution: images differ in size" in str(error)
    else:
        assert 1 <= len(samples) <= len(files)


NAMES = st.one_of(
    st.sampled_from(
        [
            "a.png",
            "cat/a.png",
            "../a.png",
            "/a.png",
            "..\\a.png",
            "C:\\a.png",
            "a.png/",
            ".a.png",
            "a\nb.png",
            "\x1b[2J.png",
            "./a.png",
            "cat//a.png",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda name: f"{name}.png"),
)


@st.composite
def archives(draw):
    """Draw the bytes of a .zip, some members of which are links, too large or no images; often damaged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for _ in range(draw(st.integers(0, 4))):
            info = zipfile.ZipInfo(draw(NAMES))
            info.external_attr = draw(st.sampled_from([0, 0o120777 << 16, 0o100644 << 16]))
            info.compress_type = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
            content = draw(st.one_of(st.sampled_from(IMAGES), damaged(IMAGES), st.just(b"bomb")))
            archive.writestr(info, bytes(3 << 20) if content == b"bomb" else content)
    whole = buffer.getvalue()
    return draw(st.one_of(st.just(whole), damaged([whole]), damaged([whole[-400:]])))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(data=st.one_of(archives(), st.binary(max_size=100)))
def test_a_zip_of_any_content(place, data):
    folder = place()
    path = folder / "a.zip"
    path.write_bytes(data)
    try:
        samples = Folder(path, resolution=4).load(place())
    except UserError as error:
        assert str(error).isprintable()
        assert str(path) in str(error) or "a: none of its" in str(error)
    else:
        assert samples.values.shape[2:] == (4, 4)
    assert list(folder.iterdir()) == [path], "nothing is unpacked"


def idx(values) -> bytes:
    return struct.pack(f">BBBB{values.ndim}i", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


IDX_IMAGES = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
IDX_LABELS = idx(np.array([3, 200], np.uint8))


@st.composite
def headers(draw):
    """Draw an IDX file whose shape is any, with content of a length that may fit it."""
    sides = draw(st.lists(st.sampled_from([-3, -1, 0, 1, 2, 4, 2**31 - 1]), min_size=3, max_size=3))
    size = abs(sides[0] * sides[1] * sides[2])
    return struct.pack(">BBBB3i", 0, 0, 8, 3, *sides) + bytes(min(size, 64))


@given(
    images=st.one_of(st.just(IDX_IMAGES), headers(), damaged([IDX_IMAGES]), st.binary(max_size=40)),
    labels=st.one_of(st.just(IDX_LABELS), damaged([IDX_LABELS]), st.none()),
    packed=st.booleans(),
    resolution=st.sampled_from([None, 2]),
)
def test_an_idx_file_of_any_content(place, images, labels, packed, resolution):
    folder = place()
    for stem, data in {"train-images-idx3": images, "train-labels-idx1": labels}.items():
        if data is not None and packed:
            (folder / f"{stem}-ubyte.gz").write_bytes(gzip.compress(data))
        elif data is not None:
            (folder / f"{stem}-ubyte").write_bytes(data)
    try:
        samples = Idx(folder, resolution=resolution).load(place())
    except UserError as error:
        assert str(error).isprintable()
        assert str(folder) in str(error) or "images is readable" in str(error)
    else:
        assert len(samples) >= 1


@given(data=damaged([gzip.compress(IDX_IMAGES)]))
def test_a_packed_idx_file_that_is_damaged(place, data):
    folder = place()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(data)
    try:
        samples = Idx(folder).load(place())
    except UserError as error:
        assert str(error).isprintable()
        assert str(folder) in str(error)
    else:
        assert samples.values.flatten().tolist() == list(range(24))

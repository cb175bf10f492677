"""What is wrong with shards is one line that says where."""

import gzip
import re
import tarfile

import pytest
from PIL import Image
from shard_files import encode, numbered, write_tar

from gan_lightning.data import tar
from gan_lightning.data.webdataset import WebDataset
from gan_lightning.errors import UserError


def refusal(tmp_path, shards, **options):
    with pytest.raises(UserError) as caught:
        WebDataset(shards if isinstance(shards, list) else str(shards), **options).load(tmp_path / "cache")
    message = str(caught.value)
    assert message.startswith("data.")
    assert "\n" not in message
    return message


def one(tmp_path, *members):
    return write_tar(tmp_path / "one.tar", members)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("part-{00..09}.tar", r"part-03.tar does not exist, and .*part-{00..09}.tar names it; 7 of its 10"),
        ("{part,pert}-00.tar", r"pert-00.tar does not exist"),
        ("x-*.tar", r"no file matches .*x-\*\.tar"),
        ("pert-00.tar", r"pert-00.tar does not exist; did you mean 'part-00.tar'"),
        ("nowhere/part-00.tar", r"part-00.tar does not exist; no .tar lies there"),
        ("empty", r"no .tar files in .*empty"),
        ("part-{9..0}.tar", r"{9..0} in .* is an empty range; expected {0..9}"),
        ("part-{0..999999999999}.tar", r"names more than 1000 files"),
    ],
)
def test_shards_that_are_not_there(shards, tmp_path, pattern, message, monkeypatch):
    monkeypatch.setattr("gan_lightning.data.shards.MOST", 1000)
    (shards / "empty").mkdir()
    assert re.search(message, refusal(tmp_path, shards / pattern))


def test_no_shards_at_all(tmp_path):
    assert "expected paths of .tar files" in refusal(tmp_path, [])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://nowhere/a.tar", "cannot read memory://nowhere/a.tar: no such file"),
        ("memory://nowhere/*.tar", "no file matches memory://nowhere"),
        ("nosuch://nowhere/a.tar", "cannot read nosuch://nowhere/a.tar: Protocol not known"),
    ],
)
def test_remote_shards_that_are_not_there(tmp_path, url, message):
    assert message in refusal(tmp_path, url)


@pytest.mark.parametrize("end", [1, 100, 512, 700, 1300, 4096])
def test_a_torn_shard(tmp_path, end):
    """Wherever it is cut: in a header, in an image, between two members."""
    shard = one(tmp_path, *((f"{n}.png", encode(n)) for n in range(6)))
    shard.write_bytes(shard.read_bytes()[:end])
    assert "one.tar is damaged, or no .tar: " in refusal(tmp_path, shard)


def test_a_shard_with_a_damaged_header(tmp_path):
    shard = one(tmp_path, *((f"{n}.png", encode(n)) for n in range(6)))
    content = bytearray(shard.read_bytes())
    content[1024 * 2 + 5] ^= 1
    shard.write_bytes(content)
    assert "cut short or damaged at byte 2048" in refusal(tmp_path, shard)


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 100, bytes(range(256)) * 100])
def test_a_file_that_is_no_tar(tmp_path, content):
    (tmp_path / "a.tar").write_bytes(content)
    assert "a.tar is damaged, or no .tar: " in refusal(tmp_path, tmp_path / "a.tar")


def test_a_size_that_leads_backwards(tmp_path):
    entry = tarfile.TarInfo("a.txt")
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (-1024).to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) * 3 + bytes(1024))
    assert "is damaged, or no .tar" in refusal(tmp_path, tmp_path / "a.tar")


def test_a_compressed_shard(tmp_path):
    shard = one(tmp_path, *numbered(range(2)))
    shard.write_bytes(gzip.compress(shard.read_bytes()))
    assert "compressed with gzip" in refusal(tmp_path, shard)


def test_a_shard_without_images(tmp_path):
    shard = one(tmp_path, ("a.txt", b"a"), ("b.txt", b"b"), ("c.seg.png", b"c"))
    message = refusal(tmp_path, shard)
    assert "no images in" in message
    assert "found 2 of .txt, 1 of .seg.png" in message


@pytest.mark.parametrize("content", [b"", b"text", encode(1)[:20]])
def test_something_that_is_no_image(tmp_path, content):
    message = refusal(tmp_path, one(tmp_path, *numbered(range(2)), ("bad.png", content)))
    assert re.search(r"one\.tar/bad\.png: (no PNG, JPEG|.*truncated)", message, re.IGNORECASE)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_images_of_too_many_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    shard = one(tmp_path, *numbered(range(2)), ("bomb.png", encode(3, size=(40, 30))))
    assert "one.tar/bomb.png: 30x40 pixels, more than Pillow's limit" in refusal(tmp_path, shard)


def test_huge_members(tmp_path):
    """A header is believed only as far as the file goes, and nothing that large is read."""
    entry = tarfile.TarInfo("a.png")
    entry.size = tar.MAX_SIZE + 1
    shard = tmp_path / "a.tar"
    with shard.open("wb") as file:
        file.write(entry.tobuf())
        file.seek(512 + (tar.MAX_SIZE + 512) // 512 * 512)
        file.write(bytes(1024))
    assert f"a.png has {tar.MAX_SIZE + 1} bytes, more than" in refusal(tmp_path, shard)


def test_sizes_that_differ(shards, tmp_path):
    write_tar(shards / "part-03.tar", numbered(range(2), label=lambda number: 0, size=(5, 5)))
    message = refusal(tmp_path, shards)
    assert "images differ in size (height x width): 4x6 (20), 5x5 (2)" in message
    assert "data.resolution" in message


def test_labels_that_only_some_have(shards, tmp_path):
    members = [*numbered([0], label=lambda number: 0), *numbered([1, 2])]
    write_tar(shards / "part-03.tar", members)
    message = refusal(tmp_path, shards)
    assert "2 of 23 samples have no label, the first is " in message
    assert "part-03.tar/0001.png" in message


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        ("cls", b"-1", "0.cls: expected a label from 0 to 999999 or the name of a class, found -1"),
        ("cls", b"123456789", "0.cls: expected a label from 0"),
        ("cls", b"", "0.cls: expected a label from 0 to 999999 or the name of a class, found ''"),
        ("cls", b"\xff\xfe", "0.cls: expected a number or a name, found bytes"),
        ("json", b"{", "0.json: this is no JSON"),
        ("json", b"[" * 100_000, "0.json: this is no JSON"),
        ("json", b'{"label": 1.5}', "found 1.5"),
        ("json", b'{"label": true}', "found True"),
        ("json", b'{"label": [1]}', "found [1]"),
    ],
)
def test_labels_that_are_none(tmp_path, suffix, content, message):
    shard = one(tmp_path, ("0.png", encode(0)), (f"0.{suffix}", content))
    assert message in refusal(tmp_path, shard)


def test_numbers_and_names_mixed(tmp_path):
    for shard, labels in (("a", "01"), ("b", "xy"), ("c", "0x")):
        write_tar(tmp_path / f"{shard}.tar", numbered(range(2), label=labels.__getitem__))
    message = refusal(tmp_path, tmp_path / "{a,b}.tar")
    assert "names in" in message
    assert "b.tar and numbers in" in message
    assert "0 of 0000.png, 'x' of 0001.png" in refusal(tmp_path, tmp_path / "c.tar")


def test_two_images_of_one_sample(tmp_path):
    shard = one(tmp_path, ("a.png", encode(1)), ("a.jpg", encode(1, kind="JPEG")))
    assert "one.tar/a: expected one image of that key, found 2: a.png and a.jpg" in refusal(tmp_path, shard)
    shard = one(tmp_path, ("a.png", encode(1)), ("a.cls", b"1"), ("a.cls", b"2"))
    assert "one.tar/a.cls: there are two of that name" in refusal(tmp_path, shard)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links(tmp_path, kind):
    link = tarfile.TarInfo("b.png")
    link.type, link.linkname = kind, "/etc/passwd"
    assert "one.tar/b.png: expected a plain file" in refusal(tmp_path, one(tmp_path, ("a.png", encode(1)), ("", link)))


def test_a_window_of_nothing(shards, tmp_path):
    assert refusal(tmp_path, shards, window=0) == "data.window: expected 1 or more, got 0"


def test_a_cache_that_cannot_be_written(shards, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    assert "cannot write the cache" in refusal(tmp_path, shards)


def test_names_that_are_no_text_do_not_break_the_message(tmp_path):
    shard = one(tmp_path, ("bad-x.png", b"text"))
    header = bytearray(shard.read_bytes())
    header[4] = 0xFF
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    shard.write_bytes(header)
    assert "one.tar/bad-" in refusal(tmp_path, shard).encode().decode()

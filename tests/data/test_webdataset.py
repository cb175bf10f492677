import json
import logging
import os

import pytest
import torch
from PIL import Image
from shard_files import encode, numbered, reds, write_tar

from gan_lightning.data import tar_index
from gan_lightning.data.folder import Folder
from gan_lightning.data.shards import expand
from gan_lightning.data.webdataset import WebDataset
from gan_lightning.testing import check_dataset


@pytest.fixture
def load(tmp_path):
    def load(shards, **options):
        return WebDataset(str(shards), **options).load(tmp_path / "cache")

    return load


def one(tmp_path, *members):
    return write_tar(tmp_path / "one.tar", members)


def test_images_lie_as_in_the_shards_with_their_labels(shards, load):
    samples = load(shards / "part-{00..02}.tar")
    assert samples.values.shape == (20, 3, 4, 6)
    assert samples.values.dtype == torch.uint8
    assert reds(samples.values[:]) == list(range(20))
    assert samples.labels.tolist() == [number % 3 for number in range(20)]
    assert samples.spec.class_counts == (7, 7, 6)
    assert samples.kind == "images"
    assert samples.name == "part-{00..02}"


def test_any_rows_may_be_asked_for_in_any_order(shards, load):
    values = load(shards).values
    wanted = torch.tensor([19, 0, 7, 7, 3, 11])
    assert reds(values[wanted]) == wanted.tolist()
    assert reds(values[5:9]) == [5, 6, 7, 8]
    assert values[wanted[:0]].shape == values[30:].shape == (0, 3, 4, 6)


def test_images_are_decoded_as_in_a_folder(tmp_path, load):
    generator = torch.Generator().manual_seed(0)
    kinds = [("a.png", "RGBA"), ("b.jpg", "RGB"), ("c.webp", "RGB"), ("d.png", "L"), ("e.JPEG", "L"), ("f.png", "I;16")]
    for name, mode in kinds:
        depth = {"L": (), "I;16": ()}.get(mode, (len(mode),))
        pixels = torch.randint(0, 256, (20, 31, *depth), generator=generator, dtype=torch.uint8).numpy()
        image = Image.fromarray(pixels * 200 if mode == "I;16" else pixels)
        (tmp_path / "photos").mkdir(exist_ok=True)
        image.save(tmp_path / "photos" / name, "JPEG" if "J" in name else None)
    files = sorted((tmp_path / "photos").iterdir())
    shard = one(tmp_path, *((file.name, file.read_bytes()) for file in files))
    for options in ({"resolution": 8}, {"resolution": [10, 7], "fit": "squash", "background": "black", "channels": 4}):
        expected = Folder(tmp_path / "photos", **options).load(tmp_path / "cache").values
        assert torch.equal(load(shard, **options).values[:], expected)


def test_gray_images_have_one_channel_unless_one_has_colour(tmp_path, load):
    shard = write_tar(tmp_path / "a.tar", numbered(range(3), mode="L"))
    assert load(shard).spec.shape == (1, 4, 6)
    write_tar(tmp_path / "b.tar", numbered(range(1)))
    assert load(tmp_path / "*.tar").spec.shape == (3, 4, 6)
    assert load(shard, channels=3).spec.shape == (3, 4, 6)


def test_labels_may_be_fields_of_json_by_any_name(tmp_path, load):
    facts = [{"kind": 2, "label": "x"}, {"kind": 0, "label": "y"}, {"kind": 2, "label": "x"}]
    members = [(f"{n}.{end}", make(n)) for n in range(3) for end, make in _files(facts)]
    shard = one(tmp_path, *members)
    assert load(shard, label_field="kind").spec.class_counts == (1, 0, 2)
    named = load(shard)
    assert (named.class_names, named.labels.tolist()) == (("x", "y"), [0, 1, 0])
    assert load(shard, label_field="nothing").labels is None
    assert load(shard, labels=False).labels is None


def _files(facts):
    return (("json", lambda n: json.dumps(facts[n]).encode()), ("png", encode))


def test_names_of_classes_are_joined_over_shards(tmp_path, load):
    for shard, names in (("a", ["owl", "cat"]), ("b", ["bee", "cat"])):
        write_tar(tmp_path / f"{shard}.tar", numbered(range(2), label=names.__getitem__))
    samples = load(tmp_path / "{a,b}.tar")
    assert samples.class_names == ("bee", "cat", "owl")
    assert samples.labels.tolist() == [2, 1, 0, 1]


def test_names_of_files_are_the_format_s(tmp_path, load):
    members = {
        "./deep/er/a.png": encode(1),
        "deep/er/a.cls": b" 1\n",
        "b.seg.png": b"a field that is none of ours",
        "c.PNG": encode(2),
        "c.txt": b"a caption",
        "._c.png": b"of a file system",
        "../../d.png": encode(3),
        "/etc/e.png": encode(4),
        "a.cls": b"0",
    }
    samples = load(one(tmp_path, *members.items()), labels=False)
    assert reds(samples.values[:]) == [1, 2, 3, 4]
    assert {path.name for path in tmp_path.rglob("*.png")} == set()


def test_labels_may_lie_apart_from_their_images(tmp_path, load):
    members = [("a.cls", b"1"), ("b.png", encode(7)), ("a.png", encode(8)), ("b.cls", b"0")]
    samples = load(one(tmp_path, *members))
    assert list(zip(reds(samples.values[:]), samples.labels.tolist(), strict=True)) == [(7, 0), (8, 1)]


def test_labels_without_an_image_are_told(tmp_path, load, caplog):
    load(one(tmp_path, ("a.png", encode(1)), ("a.cls", b"0"), ("b.cls", b"1")))
    assert "one.tar: 1 labels belong to no image" in caplog.text


def test_long_names_and_empty_shards_are_read(tmp_path, load):
    write_tar(tmp_path / "a.tar", [])
    write_tar(tmp_path / "b.tar", [("long" * 60 + f"{n}.png", encode(n)) for n in range(3)])
    assert reds(load(tmp_path).values[:]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.tar", ["a.tar"]),
        ("a-{8..10}.tar", ["a-8.tar", "a-9.tar", "a-10.tar"]),
        ("{x,y}/{00..01}", ["x/00", "x/01", "y/00", "y/01"]),
        ("{a}-{}-{1..}", ["{a}-{}-{1..}"]),
        ("{a,b{1,2}}", ["a", "b1", "a", "b2"]),
    ],
)
def test_braces_are_those_of_a_shell(pattern, names):
    assert list(expand(pattern)) == names


def test_a_shard_that_is_named_twice_is_read_once(shards, tmp_path):
    both = [str(shards / "part-0[01].tar"), str(shards), str(shards / "part-01.tar")]
    assert len(WebDataset(both).load(tmp_path / "cache")) == 20


def test_an_index_is_made_once_and_again_when_the_shard_has_changed(shards, load, monkeypatch):
    read = []
    make = tar_index.make_index
    monkeypatch.setattr(tar_index, "make_index", lambda path, *rest: read.append(path.name) or make(path, *rest))
    first = load(shards)
    again = load(shards)
    assert sorted(read) == ["part-00.tar", "part-01.tar", "part-02.tar"]
    assert again.fingerprint == first.fingerprint
    assert torch.equal(again.labels, first.labels)
    read.clear()
    os.utime(shards / "part-01.tar", (1, 1))
    assert load(shards).fingerprint == first.fingerprint
    assert read == ["part-01.tar"]


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: b"", lambda data: _flip(data)])
def test_a_damaged_index_is_made_again(shards, load, tmp_path, caplog, damage):
    first = load(shards)
    for kept in (tmp_path / "cache/indexes").iterdir():
        kept.write_bytes(damage(kept.read_bytes()))
    with caplog.at_level(logging.WARNING):
        again = load(shards)
    assert "damaged" in caplog.text
    assert reds(again.values[:]) == list(range(20))
    assert again.fingerprint == first.fingerprint


def _flip(data):
    middle = data.index(b"offsets.npy") + 200
    return data[:middle] + bytes([data[middle] ^ 64]) + data[middle + 1 :]


def test_the_fingerprint_is_of_the_content(shards, tmp_path, load):
    first = load(shards).fingerprint
    shards.rename(tmp_path / "moved")
    assert load(tmp_path / "moved").fingerprint == first
    assert load(tmp_path / "moved", resolution=8).fingerprint != first
    assert load(tmp_path / "moved", labels=False).fingerprint != first
    write_tar(tmp_path / "moved/part-01.tar", numbered((7, 8, 9, 10, 13), label=lambda number: number % 3))
    assert load(tmp_path / "moved").fingerprint != first


def test_remote_shards_are_fetched_once(shards, tmp_path, load, monkeypatch):
    import fsspec

    memory = fsspec.filesystem("memory")
    for file in shards.iterdir():
        memory.pipe(f"/bucket/{file.name}", file.read_bytes())
    samples = load("memory://bucket/part-{00..02}.tar")
    assert reds(samples.values[:]) == list(range(20))
    assert samples.fingerprint == load(shards).fingerprint
    monkeypatch.setattr(type(memory), "get_file", lambda *_, **__: pytest.fail("fetched again"))
    assert reds(load("memory://bucket/*.tar").values[:]) == list(range(20))
    assert load(f"file://{shards}").fingerprint == samples.fingerprint


def test_it_keeps_the_promises_of_data_sets(shards):
    check_dataset(WebDataset, shards=str(shards))

import json
import warnings

import numpy as np
import pytest
import torch

from gan_lightning.data import cache
from gan_lightning.data.cache import Plan, fingerprint, key_of, load_or_decode
from gan_lightning.data.decode import DecodeError
from gan_lightning.errors import UserError

SHAPE = (3, 4, 5)


class Source:
    """Images whose pixels all are their index; counts how often they are planned."""

    def __init__(self, count=10, bad=(), labelled=True):
        self.plans = 0
        self.count = count
        self.bad = bad
        self.labelled = labelled

    def plan(self):
        self.plans += 1
        names = [f"image {index}" for index in range(self.count)]
        return Plan(names, SHAPE, self.decode, ("even", "odd"))

    def decode(self, index):
        if index in self.bad:
            raise DecodeError(f"image {index}", "broken")
        return np.full(SHAPE, index, dtype=np.uint8), index % 2 if self.labelled else None


def load(tmp_path, source, key="key"):
    return load_or_decode(tmp_path, key, "numbers", source.plan)


def test_the_second_load_decodes_nothing_and_is_the_same(tmp_path):
    source = Source()
    first, second = load(tmp_path, source), load(tmp_path, source)
    assert source.plans == 1
    assert torch.equal(first.values, second.values)
    assert second.values[:, 0, 0, 0].tolist() == list(range(10))
    assert second.values.shape == (10, *SHAPE)
    assert second.labels.tolist() == [0, 1] * 5
    assert second.labels.dtype == torch.int64
    assert second.class_names == ("even", "odd")
    assert first.fingerprint == second.fingerprint == fingerprint(second.values, second.labels)


def test_the_array_is_a_plain_npy_file(tmp_path):
    load(tmp_path, Source(bad=(0, 4, 9)))
    assert np.load(tmp_path / "datasets/key.npy")[:, 0, 0, 0].tolist() == [1, 2, 3, 5, 6, 7, 8]


def test_skipped_images_leave_no_gap_and_are_told_again(tmp_path, caplog):
    source = Source(bad=(2, 3))
    for _ in range(2):
        caplog.clear()
        samples = load(tmp_path, source)
        assert samples.labels.tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
        assert "skipped 2 unreadable files: image 2 (broken), image 3 (broken)" in caplog.text
    assert source.plans == 1


def test_many_skipped_images_are_counted_rather_than_listed(tmp_path, caplog):
    load(tmp_path, Source(count=100, bad=range(50)))
    assert "image 19 (broken) and 30 more" in caplog.text


def test_a_missing_label_means_no_labels(tmp_path):
    samples = load(tmp_path, Source(labelled=False))
    assert samples.labels is None
    assert samples.class_names == ()


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def empty(path):
    path.write_bytes(b"")


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def grow_header(path):
    path.write_bytes(path.read_bytes().replace(b"(10,", b"(99,"))


@pytest.mark.parametrize("harm", [truncate, empty, flip_a_bit, grow_header])
@pytest.mark.parametrize("suffix", ["npy", "json"])
def test_a_damaged_cache_is_built_again(tmp_path, caplog, harm, suffix):
    if suffix == "json" and harm in (flip_a_bit, grow_header):
        harm = {flip_a_bit: lambda path: path.write_text("[]"), grow_header: lambda path: path.write_text("{}")}[harm]
    source = Source()
    good = load(tmp_path, source)
    harm(tmp_path / f"datasets/key.{suffix}")
    again = load(tmp_path, source)
    assert source.plans == 2
    assert torch.equal(good.values, again.values)
    assert "is damaged" in caplog.text
    load(tmp_path, source)
    assert source.plans == 2


@pytest.mark.parametrize("suffix", ["npy", "json"])
def test_half_a_cache_is_none(tmp_path, suffix):
    source = Source()
    load(tmp_path, source)
    (tmp_path / f"datasets/key.{suffix}").unlink()
    assert len(load(tmp_path, source)) == 10
    assert source.plans == 2


def test_an_interrupted_build_leaves_nothing_behind(tmp_path):
    source = Source(count=200)
    interrupted = Source(count=200)

    def decode(index):
        if index == 150:
            raise KeyboardInterrupt
        return source.decode(index)

    interrupted.decode = decode
    with pytest.raises(KeyboardInterrupt):
        load(tmp_path, interrupted)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert len(load(tmp_path, source)) == 200


def test_large_data_are_mapped_without_a_warning_and_read_in_memory_below(tmp_path, monkeypatch):
    source = Source()
    small = load(tmp_path, source)
    monkeypatch.setattr(cache, "IN_MEMORY", 100)
    mapped = []
    real_load = np.load
    monkeypatch.setattr(
        np, "load", lambda path, mmap_mode: mapped.append(mmap_mode) or real_load(path, mmap_mode=mmap_mode)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        large = load(tmp_path, source)
    assert mapped == ["r"]
    assert source.plans == 1
    assert torch.equal(small.values, large.values)
    assert small.fingerprint == large.fingerprint
    assert large.values[[3, 1]].float().mean().item() == 2


def test_a_mapped_file_that_is_cut_short_is_built_again(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "IN_MEMORY", 100)
    source = Source()
    load(tmp_path, source)
    truncate(tmp_path / "datasets/key.npy")
    assert load(tmp_path, source).values[:, 0, 0, 0].tolist() == list(range(10))
    assert source.plans == 2


def test_an_unwritable_cache_is_one_clear_error(tmp_path):
    (tmp_path / "datasets").write_text("a file in the way")
    with pytest.raises(UserError, match="numbers: cannot write the cache"):
        load(tmp_path, Source())


def test_nothing_readable_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"none of its 3 images is readable; image 0 \(broken\) and 2 more"):
        load(tmp_path, Source(count=3, bad=(0, 1, 2)))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_fingerprints_tell_pixels_labels_and_shapes_apart():
    values = torch.arange(24, dtype=torch.uint8).reshape(2, 3, 2, 2)
    labels = torch.tensor([0, 1])
    different = [
        fingerprint(values, None),
        fingerprint(values, labels),
        fingerprint(values, labels.flip(0)),
        fingerprint(values.reshape(2, 3, 4, 1), labels),
        fingerprint(values + 1, labels),
    ]
    assert len(set(different)) == 5
    assert fingerprint(values.clone(), labels.clone()) == different[1]


def test_keys_depend_on_every_part_and_on_the_format(monkeypatch):
    first = key_of("folder", [("a.png", 3, 5)], None)
    assert first == key_of("folder", [("a.png", 3, 5)], None)
    assert first != key_of("folder", [("a.png", 3, 6)], None)
    monkeypatch.setattr(cache, "FORMAT", cache.FORMAT + 1)
    assert first != key_of("folder", [("a.png", 3, 5)], None)


def test_facts_hold_no_more_than_is_needed(tmp_path):
    load(tmp_path, Source())
    facts = json.loads((tmp_path / "datasets/key.json").read_text())
    assert set(facts) == {"shape", "labels", "class_names", "skipped", "fingerprint"}

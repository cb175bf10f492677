import pytest
import torch

from gan_lightning.components import Extracted
from gan_lightning.metrics.feature_cache import cached_features

KEY = {"data": "f", "extractor": {"resize": "none"}, "count": 6}


class Counting:
    def __init__(self, logits=None):
        self.calls, self.logits = 0, logits

    def __call__(self):
        self.calls += 1
        return Extracted(torch.arange(12.0).view(6, 2), self.logits)


@pytest.mark.parametrize("logits", [None, torch.ones(6, 3)])
def test_the_second_time_is_read_from_disk(tmp_path, logits):
    extract = Counting(logits)
    made, read = (cached_features(tmp_path, KEY, extract) for _ in range(2))
    assert extract.calls == 1
    assert torch.equal(made.features, read.features)
    assert read.logits is None if logits is None else torch.equal(read.logits, logits)


@pytest.mark.parametrize("change", [{"count": 7}, {"data": "g"}, {"extractor": {"resize": "bicubic"}}])
def test_another_key_is_extracted_anew(tmp_path, change):
    extract = Counting()
    cached_features(tmp_path, KEY, extract)
    cached_features(tmp_path, KEY | change, extract)
    assert extract.calls == 2


def flip_last_byte(content):
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("damage", [flip_last_byte, lambda content: content[:40], lambda content: b""])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    extract = Counting()
    good = cached_features(tmp_path, KEY, extract)
    (file,) = (tmp_path / "features").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert torch.equal(cached_features(tmp_path, KEY, extract).features, good.features)
    assert extract.calls == 2
    cached_features(tmp_path, KEY, extract)
    assert extract.calls == 2


def test_a_write_that_fails_leaves_no_file_and_only_warns(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.warns(UserWarning, match="No space left"):
        assert cached_features(tmp_path, KEY, Counting()).features.shape == (6, 2)
    assert not list((tmp_path / "features").iterdir())

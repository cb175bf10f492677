import time

import pytest
import torch
from sklearn.datasets import load_digits

from gan_lightning.data.digits import Digits
from gan_lightning.errors import UserError


def test_the_embedded_digits(tmp_path):
    start = time.perf_counter()
    samples = Digits().load(tmp_path)
    assert time.perf_counter() - start < 1
    assert samples.spec.shape == (1, 32, 32)
    assert samples.values.dtype == torch.uint8
    assert sum(samples.spec.class_counts) == 1797
    assert samples.class_names == tuple("0123456789")
    assert samples.labels.tolist() == load_digits().target.tolist()
    assert not list(tmp_path.iterdir())


def test_at_their_own_size_they_are_scaled_and_nothing_else(tmp_path):
    pixels = torch.from_numpy(load_digits().data).reshape(-1, 1, 8, 8)
    expected = (pixels.float() * 255 / 16).round().to(torch.uint8)
    assert torch.equal(Digits(8).load(tmp_path).values, expected)


def test_enlarging_is_smooth_and_clipped(tmp_path):
    images = Digits(64).load(tmp_path).values.float()
    assert images.min() == 0
    assert images.max() == 255
    steps = (images[..., 1:] - images[..., :-1]).abs()
    assert steps.max() < 100, "an overshoot that wraps around, or repeated pixels, would jump"


def test_non_square(tmp_path):
    samples = Digits([16, 24]).load(tmp_path)
    assert samples.spec.shape == (1, 16, 24)
    assert samples.fingerprint != Digits(16).load(tmp_path).fingerprint


def test_resolution_must_be_positive(tmp_path):
    with pytest.raises(UserError, match=r"data\.resolution"):
        Digits(0).load(tmp_path)

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from gan_lightning.data.idx import Idx
from gan_lightning.errors import UserError

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx(values):
    return struct.pack(f">BBBB{values.ndim}i", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """Three training images of 2x3 pixels, packed, and two of the test split, plain."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    train = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(train)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([2, 0, 1], dtype=np.uint8))))
    (folder / "t10k-images.idx3-ubyte").write_bytes(idx(train[:2] + 100))
    (folder / "t10k-labels.idx1-ubyte").write_bytes(idx(np.array([1, 1], dtype=np.uint8)))
    return folder


def test_splits(mnist, tmp_path):
    train = Idx(mnist).load(tmp_path)
    assert train.values.tolist() == np.arange(18).reshape(3, 1, 2, 3).tolist()
    assert train.labels.tolist() == [2, 0, 1]
    assert train.class_names == ("0", "1", "2")
    assert train.name == "mnist/train"
    test = Idx(mnist, "test").load(tmp_path)
    assert test.values.flatten()[0] == 100
    assert test.labels.tolist() == [1, 1]
    both = Idx(mnist, "all").load(tmp_path)
    assert both.labels.tolist() == [2, 0, 1, 1, 1]


def test_resolution(mnist, tmp_path):
    assert Idx(mnist, resolution=[8, 4]).load(tmp_path).values.shape == (3, 1, 8, 4)


def test_labels_may_be_missing(mnist, tmp_path):
    (mnist / "train-labels-idx1-ubyte.gz").unlink()
    assert Idx(mnist).load(tmp_path).labels is None


def test_missing_images_are_named(mnist, tmp_path):
    (mnist / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(UserError, match=r"data\.path: neither train-images-idx3-ubyte nor"):
        Idx(mnist).load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file"),
        (struct.pack(">BBBB3i", 0, 0, 13, 3, 1, 1, 1) + b"1234", "expected an IDX file of bytes"),
        (struct.pack(">BBBBi", 0, 0, 8, 1, 3) + b"123", "expected an IDX file of bytes in 3 dimensions"),
        (struct.pack(">BBBB3i", 0, 0, 8, 3, 2, 2, 2) + b"123", "expected 24 bytes"),
    ],
)
def test_what_is_no_idx_file_is_named(mnist, tmp_path, content, message):
    (mnist / "t10k-images.idx3-ubyte").write_bytes(content)
    with pytest.raises(UserError, match=rf"t10k-images\.idx3-ubyte: {message}"):
        Idx(mnist, "test").load(tmp_path)


def test_a_truncated_gz_is_named(mnist, tmp_path):
    path = mnist / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte\.gz: cannot be read"):
        Idx(mnist).load(tmp_path)


def test_labels_must_match_the_images(mnist, tmp_path):
    (mnist / "t10k-labels.idx1-ubyte").write_bytes(idx(np.zeros(3, dtype=np.uint8)))
    with pytest.raises(UserError, match="a label for each of 2 images, got 3"):
        Idx(mnist, "test").load(tmp_path)


def test_fashion_folders_name_the_garments(mnist, tmp_path):
    fashion = mnist.rename(tmp_path / "Fashion-MNIST")
    assert Idx(fashion).load(tmp_path).class_names[2] == "Pullover"


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_debians_fashion_mnist(tmp_path):
    samples = Idx(DEBIAN, "test").load(tmp_path)
    assert samples.spec.shape == (1, 28, 28)
    assert samples.spec.class_counts == (1000,) * 10
    assert samples.class_names[samples.labels[0]] == "Ankle boot"

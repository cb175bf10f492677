import gzip
import pickle
import struct
from urllib.error import URLError

import numpy as np
import pytest
import torchvision.datasets as catalogue
from PIL import Image

from gan_lightning.data.torchvision import TorchvisionDataset
from gan_lightning.errors import UserError


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """CIFAR-10 in torchvision's layout with four images a batch; its checksums are those of the real one."""
    folder = tmp_path / "data/cifar-10-batches-py"
    folder.mkdir(parents=True)
    for number, name in enumerate([*(f"data_batch_{index}" for index in range(1, 6)), "test_batch"]):
        batch = {"data": np.full((4, 3072), number, dtype=np.uint8), "labels": [0, 3, 9, number]}
        (folder / name).write_bytes(pickle.dumps(batch))
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda path, md5=None: True)
    return tmp_path / "data"


class Odd(catalogue.VisionDataset):
    """A data set of which tests say what it yields."""

    items: tuple = ()
    arguments: dict

    def __init__(self, root, image_set="train", target_type="attr", download=False):
        super().__init__(root)
        type(self).arguments = {"image_set": image_set, "target_type": target_type, "download": download}

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


@pytest.fixture
def odd(monkeypatch):
    monkeypatch.setattr(catalogue, "Odd", Odd, raising=False)
    monkeypatch.setattr(catalogue, "__all__", (*catalogue.__all__, "Odd"))
    return Odd


def gray(size=(4, 4), value=7):
    return Image.new("L", size, value)


def test_cifar_in_any_case(cifar, tmp_path):
    samples = TorchvisionDataset("cifar10", cifar, download=False).load(tmp_path / "cache")
    assert samples.spec.shape == (3, 32, 32)
    assert len(samples) == 20
    assert samples.labels[:4].tolist() == [0, 3, 9, 0]
    assert samples.values[:, 0, 0, 0].tolist() == [number for number in range(5) for _ in range(4)]
    assert samples.class_names[3] == "cat"
    assert samples.name == "CIFAR10/train"
    assert samples.spec.class_counts[9] == 5


def test_the_split_and_the_resolution_are_obeyed(cifar, tmp_path):
    samples = TorchvisionDataset("CIFAR10", cifar, "test", resolution=[8, 6], download=False).load(tmp_path / "cache")
    assert samples.values.shape == (4, 3, 8, 6)
    assert samples.values.unique().tolist() == [5]
    with pytest.raises(UserError, match=r"data\.split: .*'train' and 'test', got 'valid'"):
        TorchvisionDataset("CIFAR10", cifar, "valid", download=False).load(tmp_path / "cache")


def test_once_decoded_the_download_is_not_needed(cifar, tmp_path, monkeypatch):
    dataset = TorchvisionDataset("CIFAR10", cifar, download=False)
    first = dataset.load(tmp_path / "cache")
    monkeypatch.setattr(catalogue.CIFAR10, "__init__", None)
    assert dataset.load(tmp_path / "cache").fingerprint == first.fingerprint


def test_mnist_is_gray(tmp_path):
    folder = tmp_path / "MNIST/raw"
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind, values in (("images-idx3", np.full((2, 28, 28), 9)), ("labels-idx1", np.array([4, 1]))):
            header = struct.pack(f">BBBB{values.ndim}i", 0, 0, 8, values.ndim, *values.shape)
            content = header + values.astype(np.uint8).tobytes()
            (folder / f"{part}-{kind}-ubyte").write_bytes(content)
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    samples = TorchvisionDataset("mnist", tmp_path, download=False).load(tmp_path / "cache")
    assert samples.spec.shape == (1, 28, 28)
    assert samples.labels.tolist() == [4, 1]
    assert samples.class_names[4] == "4 - four"


def test_missing_data_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match=r"data\.dataset: cannot load CIFAR10, train, from .*: Dataset not found"):
        TorchvisionDataset("CIFAR10", tmp_path, download=False).load(tmp_path / "cache")


def test_a_failed_download_is_one_clear_error(tmp_path, monkeypatch):
    def fail(self):
        raise URLError("no route\nto host")

    monkeypatch.setattr(catalogue.CIFAR10, "download", fail)
    with pytest.raises(UserError, match="no route to host") as error:
        TorchvisionDataset("CIFAR10", tmp_path).load(tmp_path / "cache")
    assert "\n" not in str(error.value)


def test_an_unknown_split_lists_the_known_ones(tmp_path):
    with pytest.raises(UserError, match="unlabeled"):
        TorchvisionDataset("STL10", tmp_path, "trian", download=False).load(tmp_path / "cache")


def test_a_split_of_what_has_none_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data\.split: Caltech101 has no splits, got 'test'"):
        TorchvisionDataset("Caltech101", tmp_path, "test", download=False).load(tmp_path / "cache")


def test_unknown_names_suggest_the_nearest(tmp_path):
    with pytest.raises(UserError, match="did you mean 'CIFAR10'"):
        TorchvisionDataset("CIFAR-10", tmp_path).load(tmp_path)
    with pytest.raises(UserError, match=r"use data\.name: folder"):
        TorchvisionDataset("imagefolder", tmp_path).load(tmp_path)


def test_keywords_are_given_as_the_constructor_names_them(odd, tmp_path):
    odd.items = ((gray(), 0),)
    TorchvisionDataset("odd", tmp_path, "val", download=True).load(tmp_path / "cache")
    assert odd.arguments == {"image_set": "val", "target_type": "attr", "download": True}


def test_keywords_passed_on_to_a_base_are_found(tmp_path):
    """EMNIST's own signature hides MNIST's ``download``."""
    with pytest.raises(UserError, match="Dataset not found"):
        TorchvisionDataset("EMNIST", tmp_path, "letters", download=False).load(tmp_path / "cache")


@pytest.mark.parametrize("target", [(1, 0), None, {"a": 1}, 1.5, -1, np.array([1, 0]), "cat"])
def test_targets_that_are_no_class_index_give_no_labels(odd, tmp_path, target):
    odd.items = ((gray(), 0), (gray(), target))
    assert TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache").labels is None


@pytest.mark.parametrize("target", [2, np.int64(2), np.array(2)])
def test_targets_that_are_an_index_of_any_kind_are_labels(odd, tmp_path, target):
    odd.items = ((gray(), target),)
    assert TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache").labels.tolist() == [2]


def test_class_names_that_do_not_cover_the_labels_are_left_out(odd, tmp_path, monkeypatch):
    odd.items = ((gray(), 1), (gray(), 2))
    monkeypatch.setattr(odd, "classes", ["a", "b"], raising=False)
    samples = TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache")
    assert samples.class_names == ()
    assert samples.spec.class_counts == (0, 1, 1)


def test_sizes_that_differ_ask_for_a_resolution(odd, tmp_path):
    odd.items = (*[(gray(), 0)] * 100, (gray((5, 4)), 0))
    with pytest.raises(UserError, match=r"data\.resolution: images differ"):
        TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache")
    assert TorchvisionDataset("odd", tmp_path, resolution=3).load(tmp_path / "cache").values.shape == (101, 1, 3, 3)


def test_one_colour_image_among_gray_ones_makes_all_colour(odd, tmp_path):
    odd.items = ((gray(), 0), (Image.new("RGB", (4, 4)), 0))
    assert TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache").spec.shape == (3, 4, 4)


def test_an_unreadable_image_is_skipped(odd, tmp_path, caplog):
    good, bad = tmp_path / "1.png", tmp_path / "2.png"
    gray((64, 64)).save(good)
    bad.write_bytes(good.read_bytes()[:60])
    odd.items = ((Image.open(good), 0), (Image.open(bad), 0))
    assert len(TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache")) == 1
    assert "Odd image 1" in caplog.text


def test_what_yields_no_images_is_refused(odd, tmp_path):
    odd.items = ((np.zeros((4, 4)), 0),)
    with pytest.raises(UserError, match="is a ndarray, expected one image"):
        TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache")
    odd.items = ()
    with pytest.raises(UserError, match="no image can be read, out of 0"):
        TorchvisionDataset("odd", tmp_path).load(tmp_path / "cache")

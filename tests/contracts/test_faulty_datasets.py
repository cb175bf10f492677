"""The conformance kit notices data sets that break what they promise: each here breaks one promise."""

import itertools

import pytest
import torch

from gan_lightning.components import Dataset
from gan_lightning.data.samples import Samples
from gan_lightning.testing import (
    check_dataset,
)
from gan_lightning.testing.toys import ToyImages

_counter = itertools.count()


class Doubles(ToyImages):
    """Gives doubles."""

    def load(self, cache):
        return _changed(super().load(cache), values=super().load(cache).values.double())


class Misnamed(ToyImages):
    """Has more classes than names."""

    def load(self, cache):
        return _changed(super().load(cache), class_names=("one", "two"))


class Restless(ToyImages):
    """Is another data set every time."""

    def load(self, cache):
        return _changed(super().load(cache), fingerprint=str(next(_counter)))


class Empty(Dataset):
    """Has nothing."""

    def load(self, cache):
        return Samples(torch.empty(0, 1, 4, 4, dtype=torch.uint8), None, "nothing", "nothing")


def _changed(samples, **changes):
    return Samples(**{**vars(samples), **changes})


DATASETS = {
    Doubles: "loads images or points: expected uint8 images or float32 points",
    Misnamed: "labels every sample with a class it names: there is a label 2, but only 2 class names",
    Restless: "loads the same again: two loads have different fingerprints",
    Empty: "loads images or points: there are no samples",
}


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.__name__)
def test_faulty_datasets_are_caught(dataset):
    check_dataset(ToyImages)
    with pytest.raises(AssertionError, match=DATASETS[dataset]):
        check_dataset(dataset)

"""The conformance kit notices extractors that break what they promise: each here breaks one promise."""

import socket

import pytest
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.components import Extracted, Extractor
from gan_lightning.plugins import Plugin
from gan_lightning.testing import check_extractor, component_cases, left_out


class Pixels(Extractor):
    """A sound extractor: the corner's pixels."""

    def __call__(self, images):
        return Extracted(images[:, 0, :4, :4].flatten(1).float())

    def protocol(self):
        return {"extractor": "pixels", "weights_sha256": "0" * 64, "resize": "none"}


class Contagious(Pixels):
    """Normalises over the batch."""

    def __call__(self, images):
        features = super().__call__(images).features
        return Extracted(features - features.mean(dim=0))


class Anonymous(Pixels):
    """Does not say which weights it has."""

    def protocol(self):
        return {"extractor": "pixels", "resize": "none"}


class Trainable(nn.Module, Pixels):
    """Would be trained and saved."""

    __call__ = Pixels.__call__


EXTRACTORS = {
    Contagious: "sees each image alone: an image alone gives other features",
    Anonymous: "tells its protocol: its protocol has no weights_sha256",
    Trainable: "is no part of what is trained: it is an nn.Module",
}


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda extractor: extractor.__name__)
def test_faulty_extractors_are_caught(extractor):
    check_extractor(Pixels)
    with pytest.raises(AssertionError, match=EXTRACTORS[extractor]):
        check_extractor(extractor)


class Downloading(Pixels):
    """Has its weights elsewhere."""

    def __call__(self, images):
        socket.create_connection(("127.0.0.1", 9))


def test_extractors_without_their_weights_are_left_out_with_the_reason():
    offered = {"extractor": {"pixels": Pixels, "downloading": Downloading}}
    catalog = Catalog([Plugin("mine", "mine", "1", components=offered)])
    reasons = left_out("extractors", catalog=catalog)
    assert reasons == {
        "extractor/downloading": "its weights are not installed: no network in conformance checks",
    }
    titles = {str(case) for case in component_cases("extractors", catalog=catalog)}
    assert "extractor/pixels: tells its protocol" in titles
    assert "extractor/downloading: tells its protocol" not in titles
    assert "extractor/downloading: says what it is" in titles

from dataclasses import replace

import pytest

from gan_lightning.metrics.protocol import LATER, Protocol

BASE = Protocol(
    data="digits",
    fingerprint="abc",
    real_count=100,
    fake_count=100,
    generator="ema",
    seed=0,
    quantised="uint8",
    extractor="inception",
    weights_sha256="0" * 64,
    resize="tf1-bilinear-299",
    settings={"neighbours": 5},
)


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "abd"},
        {"real_count": 99},
        {"fake_count": 99},
        {"generator": "raw"},
        {"quantised": None},
        {"truncation": 0.7},
        {"standing_statistics": 16},
        {"extractor": None},
        {"weights_sha256": "1" * 64},
        {"resize": "bicubic"},
    ],
)
def test_whatever_changes_the_measure_is_a_difference(change):
    other = replace(BASE, **change)
    ((name, theirs),) = change.items()
    assert BASE.differences(other) == [(name, getattr(BASE, name), theirs)]
    assert BASE.digest != other.digest


@pytest.mark.parametrize("change", [{"seed": 1}, {"data": "digits-copy"}])
def test_record_only_fields_are_none(change):
    other = replace(BASE, **change)
    assert BASE.differences(other) == [] and BASE.digest == other.digest
    assert BASE.as_dict() != other.as_dict()


def test_settings_are_compared_one_by_one():
    other = replace(BASE, settings={"neighbours": 3, "metric": "l2"})
    assert BASE.differences(other) == [("settings.neighbours", 5, 3), ("settings.metric", None, "l2")]


def test_what_could_not_be_asked_for_before_changes_no_digest():
    before = {name: value for name, value in BASE.as_dict().items() if name not in LATER}
    assert Protocol.from_dict(before) == BASE
    assert BASE.digest == "596bb1e6c78c"


def test_survives_the_way_through_plain_containers():
    assert Protocol.from_dict(BASE.as_dict() | {"from_the_future": 1}) == BASE

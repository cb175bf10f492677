"""Every component of every installed plugin keeps what its kind promises."""

import pytest

from gan_lightning.catalog import Catalog
from gan_lightning.testing import check, component_cases, left_out


@pytest.mark.parametrize("case", component_cases(), ids=str)
def test_contract(case):
    check(case)


@pytest.mark.parametrize("case", component_cases("games", "core", slow=True), ids=str)
def test_two_process_contract(case):
    check(case)


def test_components_that_cannot_be_tried_here_say_why():
    reasons = left_out()
    files = ("folder", "idx", "paired_folder", "single_image", "torchvision", "unpaired_folders", "webdataset")
    unset = {f"dataset/{name}" for name in files}
    assert unset <= reasons.keys()
    asking = {name for name, why in reasons.items() if why == "it asks the networks of a trained game"}
    assert {"metric/classification_error", "metric/code_accuracy"} <= asking
    assert reasons.keys() <= {*unset, *asking, "extractor/inception"}
    assert reasons["dataset/folder"] == "it needs path: give settings"


def test_all_installed_plugins_work():
    assert [plugin.error for plugin in Catalog.installed().broken()] == []

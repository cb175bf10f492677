"""Checkpoints that cannot be loaded, and what cannot be asked of those that can."""

import pickle

import pytest
import torch
from toys import toy_catalog

from gan_lightning.checkpoint import PRODUCT


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (exec, (f"open({str(self.path)!r}, 'w').close()",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "damaged or none (0 bytes)"),
        (b"hello\n", "damaged or none (6 bytes)"),
        (b"PK\x03\x04" + bytes(99), "damaged"),
    ],
)
def test_a_file_that_is_no_checkpoint(shell, files, content, said):
    path = shell.folder / "x.ckpt"
    path.write_bytes(content)
    before = files(shell.folder)
    shell.refuses(["sample", path, "--out", shell.folder / "out"], str(path), said)
    shell.refuses(["evaluate", path], str(path), said)
    assert files(shell.folder) == before


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_checkpoint(shell, points_run, share):
    whole = (points_run / "checkpoints" / "last.ckpt").read_bytes()
    path = shell.folder / "half.ckpt"
    path.write_bytes(whole[: int(len(whole) * share)])
    shell.refuses(["sample", path], f"{path}: this checkpoint is damaged")


def test_a_checkpoint_with_code_is_refused_and_the_code_not_run(shell):
    trap = Trap(shell.folder / "sprung")
    for name, write in {"torch.ckpt": torch.save, "pickle.ckpt": _pickle}.items():
        path = shell.folder / name
        write({PRODUCT: {}, "state_dict": {}, "extra": trap}, path)
        shell.refuses(["sample", path], f"{path}: refused", "more than tensors and plain data")
    assert not trap.path.exists()


def _pickle(value, path):
    path.write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("value", [{"state_dict": {}}, [1, 2], torch.zeros(3)])
def test_a_checkpoint_of_something_else(shell, value):
    path = shell.folder / "other.ckpt"
    torch.save(value, path)
    shell.refuses(["sample", path], f"{path}: this is no checkpoint of gan-lightning")


@pytest.mark.parametrize("key", ["state_dict", "progress", "stage"])
def test_a_checkpoint_that_lacks_a_part(shell, points_run, key):
    whole = torch.load(points_run / "checkpoints" / "last.ckpt", weights_only=True)
    del whole[key]
    path = shell.folder / "part.ckpt"
    torch.save(whole, path)
    shell.refuses(["sample", path], f"{path}:", key)


def test_weights_of_other_networks(shell, points_run):
    whole = torch.load(points_run / "checkpoints" / "last.ckpt", weights_only=True)
    whole[PRODUCT]["recipe"]["architecture"]["generator"]["width"] = 5
    path = shell.folder / "x.ckpt"
    torch.save(whole, path)
    shell.refuses(["sample", path], f"{path}: its weights do not fit the networks of its recipe")


def test_a_checkpoint_that_needs_a_plugin_that_is_absent(shell, points_run):
    from gan_lightning.catalog import Catalog

    without = Catalog([plugin for plugin in toy_catalog().plugins if plugin.name != "toys"])
    path = points_run / "checkpoints" / "last.ckpt"
    shell.refuses(["sample", path], f"{path}", "no architecture 'toy'", "toys 1.0", catalog=without)


def test_a_checkpoint_that_is_not_there(shell):
    shell.refuses(["sample", shell.folder / "no.ckpt"], f"there is no checkpoint {shell.folder / 'no.ckpt'}")
    shell.refuses(["sample", shell.folder], f"there is no checkpoint {shell.folder}")


def test_a_class_that_the_data_do_not_have(shell, digits_run):
    words = ["sample", digits_run, "--out", shell.folder / "out", "--class"]
    shell.refuses([*words, "99"], "class: there is no class '99' among 10")
    shell.refuses([*words, "-1"], "class: there is no class '-1'")
    shell.refuses([*words, "seven"], "class: there is no class 'seven'")
    assert not (shell.folder / "out").exists()


def test_a_class_of_an_unconditional_game(shell, points_run):
    words = ["sample", points_run, "--out", shell.folder / "out", "--class", "1"]
    shell.refuses(words, "class: this game is not conditional", "game.conditional=true")
    assert not (shell.folder / "out").exists()


def test_samples_into_a_file(shell, points_run):
    path = shell.folder / "taken"
    path.write_text("precious")
    shell.refuses(["sample", points_run, "--out", path], str(path))
    assert path.read_text() == "precious"

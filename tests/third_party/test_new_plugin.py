"""``gan-lightning new-plugin`` writes a package that installs, passes its own tests and trains."""

import pytest
from packages import gan_lightning, pip_install, python

from gan_lightning.cli import new_plugin, run
from gan_lightning.errors import UserError


def test_a_new_plugin_installs_and_passes_its_own_tests(tmp_path):
    assert run(["new-plugin", "my-losses", "--out", str(tmp_path)]) == 0
    folder, site = tmp_path / "my-losses", tmp_path / "site"
    pip_install(folder, site)

    tested = python(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder / "tests", folder=folder)
    assert tested.returncode == 0, tested.stdout
    assert "13 passed" in tested.stdout

    listed = gan_lightning(site, "plugins", folder=tmp_path)
    assert "my_losses  my-losses 0.1.0\n  losses: my_losses_margin" in listed.stdout


@pytest.mark.parametrize("name", ["My-Losses", "9lives", "a b", "../up", "class", "-x", ""])
def test_names_that_cannot_be_packages_are_refused(tmp_path, name):
    with pytest.raises(UserError, match="is no name; expected small letters"):
        new_plugin.write_plugin(name, tmp_path, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "said"), [("core", "a plugin 'core'"), ("json", "Python package"), ("torch", "Py")])
def test_taken_names_are_refused(tmp_path, name, said):
    with pytest.raises(UserError, match=said):
        new_plugin.write_plugin(name, tmp_path, ["core"])


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="mine exists already"):
        new_plugin.write_plugin("mine", tmp_path, [])
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        new_plugin.write_plugin("mine", tmp_path / "file", [])

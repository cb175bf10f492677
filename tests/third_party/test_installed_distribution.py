"""A distribution of somebody else, installed with pip, is used like the core's own families."""

import pytest
from packages import gan_lightning, pip_install, put, python
from quadratic import RECIPE, write_source

from gan_lightning.cli import run
from gan_lightning.errors import UserError
from gan_lightning.testing import check, component_cases


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with a good distribution and four bad ones installed."""
    base = tmp_path_factory.mktemp("third_party")
    site = base / "site"
    pip_install(write_source(base / "source"), site)
    put(site, "raising", "raise RuntimeError('no such\\nlibrary')")
    put(site, "leaving", "import sys; sys.exit('good bye')")
    put(
        site,
        "misspelt",
        """
        from gan_lightning.hookspecs import hookimpl

        @hookimpl
        def lossses():
            return {"lost": "nowhere:Lost"}
        """,
    )
    put(
        site,
        "dangling",
        """
        from gan_lightning.hookspecs import hookimpl

        @hookimpl
        def losses():
            return {"dangling": "no_such_module:Loss"}
        """,
    )
    return site


@pytest.fixture(scope="module")
def trained(site, tmp_path_factory):
    """A folder in which the command line has trained a recipe that names both components."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "recipe.yaml").write_text(RECIPE)
    done = gan_lightning(site, "fit", "--recipe", "recipe.yaml", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.fixture
def command(site, monkeypatch, capsys):
    """Run the command line within this process, which saves the import of torch; return code, output and complaints."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments, folder):
        monkeypatch.chdir(folder)
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_plugins_lists_the_good_and_reports_each_bad_one_in_a_line(site, tmp_path):
    done = gan_lightning(site, "plugins", folder=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    at = lines.index("quadratic  quadratic-gan 3.1.4")
    assert lines[at + 1 : at + 3] == ["  losses: hinge, quadratic", "  architectures: affine"]
    assert lines[at + 3].startswith("  note: loss 'hinge' is losses (gan-lightning-losses ")
    assert lines[at + 3].endswith("; this one is 'quadratic/hinge'")
    left_out = [line for line in lines if line.startswith("left out: ")]
    assert left_out[0] == "left out: leaving (leaving 2.5): SystemExit: good bye"
    assert left_out[1].startswith("left out: misspelt (misspelt 2.5): PluginValidationError: unknown hook 'lossses'")
    assert left_out[2] == "left out: raising (raising 2.5): RuntimeError: no such library"
    assert len(left_out) == 3


def test_describe_shows_options_and_origin(command, tmp_path):
    code, shown, _ = command("describe", "loss", "quadratic", folder=tmp_path)
    assert code == 0
    for part in (
        "from quadratic (quadratic-gan 3.1.4)",
        "Somebody, A paper of some year, 2031",
        "Where logits are wanted.",
    ):
        assert part in shown
    row = next(line for line in shown.splitlines() if line.startswith("target"))
    assert row.split()[:4] == ["target", "a", "number", "1.0"]


def test_a_clash_is_settled_by_the_full_name(command, tmp_path):
    assert "Squares." in command("describe", "loss", "quadratic/hinge", folder=tmp_path)[1]
    assert "Hinge loss" in command("describe", "loss", "hinge", folder=tmp_path)[1]


def test_the_recipe_trains_through_the_command_line(trained):
    folder, done = trained
    assert "done: 6 updates" in done.stdout
    assert (folder / "run" / "metrics.csv").is_file()


def test_the_checkpoint_loads_with_its_components_and_the_kit_without_pytest(site, trained):
    folder, _ = trained
    code = """
import sys
import gan_lightning
import gan_lightning.testing
assert "pytest" not in sys.modules
loaded = gan_lightning.load("run")
print(type(loaded.networks["generator"]).__module__, tuple(loaded.sample(7).shape), loaded.module.facts["plugins"])
"""
    done = python(site, "-c", code, folder=folder)
    assert "quadratic_gan.networks (7, 2)" in done.stdout, done.stderr
    assert "'quadratic': 'quadratic-gan 3.1.4'" in done.stdout


def test_a_checkpoint_whose_plugin_is_blocked_says_what_is_missing(command, trained):
    code, _, complaint = command("--no-plugin", "quadratic", "sample", "run", folder=trained[0])
    assert code == 2
    assert len(complaint.strip().splitlines()) == 1
    assert "there is no architecture 'affine'" in complaint
    assert "quadratic (quadratic-gan 3.1.4): blocked with --no-plugin" in complaint


def test_a_blocked_plugin_is_left_out_and_the_rest_works(command, tmp_path):
    code, listed, _ = command("--no-plugin", "quadratic", "plugins", folder=tmp_path)
    assert code == 0
    assert "left out: quadratic (quadratic-gan 3.1.4): blocked with --no-plugin" in listed
    assert "quadratic-gan 3.1.4\n" not in listed
    assert "core  gan-lightning" in listed


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("loss=lost", ["there is no loss 'lost'", "misspelt (misspelt 2.5)", "raising (raising 2.5)"]),
        ("loss=dangling", ["loss 'dangling' of plugin dangling (dangling 2.5) cannot be loaded", "no_such_module"]),
    ],
)
def test_a_recipe_that_needs_a_broken_plugin_says_so_in_one_line(command, tmp_path, setting, said):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    code, _, complaint = command("fit", "--recipe", "recipe.yaml", setting, folder=tmp_path)
    assert code == 2
    assert len(complaint.strip().splitlines()) == 1
    for part in said:
        assert part in complaint
    assert not (tmp_path / "run").exists()


def test_the_kit_blames_a_plugin_that_failed_to_load(command, tmp_path):
    with pytest.raises(UserError, match=r"plugin raising \(raising 2\.5\) was left out: RuntimeError: no such library"):
        component_cases(plugin="raising")
    with pytest.raises(UserError, match="there is no plugin 'quadratik'; did you mean 'quadratic'"):
        component_cases(plugin="quadratik")


def test_the_kit_checks_a_component_that_cannot_be_imported(command, tmp_path):
    first, *_ = component_cases("losses", "dangling")
    with pytest.raises(AssertionError, match=r"loss 'dangling': is what its hook says: UserError: .*no_such_module"):
        check(first)
    clashing = [case for case in component_cases("losses", "quadratic") if case.subject.name == "hinge"]
    assert {case.subject.component.__name__ for case in clashing} == {"Quadratic"}

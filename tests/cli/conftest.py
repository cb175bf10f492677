from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from toys import toy_catalog, toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.cli import run

RECIPE = """\
data: {{name: mixture, count: 500, batch_size: 16}}
architecture: toy
loss: hinge
optimizers:
  generator: {{name: adam, lr: 1.0e-3}}
  discriminator: {{name: adam, lr: 1.0e-3}}
train: {{steps: 12}}
run:
  name: toy
  dir: {folder}
trainer: {{accelerator: cpu, devices: 1}}
"""


class Answer(NamedTuple):
    code: int
    out: str
    err: list[str]


class Shell:
    """Runs commands in this process, as `main` does, with the toy components installed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], catalog: Catalog, folder: Path) -> None:
        self.capsys = capsys
        self.catalog = catalog
        self.folder = folder
        self.run_folder = folder / "run"

    def __call__(self, *words: object, catalog: Catalog | None = None) -> Answer:
        self.capsys.readouterr()
        code = run([str(word) for word in words], catalog or self.catalog)
        printed = self.capsys.readouterr()
        return Answer(code, printed.out, printed.err.splitlines())

    def works(self, *words: object, catalog: Catalog | None = None) -> str:
        answer = self(*words, catalog=catalog)
        assert answer.code == 0, answer
        return answer.out

    def refuses(self, words: list[object], *said: str, catalog: Catalog | None = None) -> str:
        """Assert that a command ends with exit code 2 and one line that says all of `said`."""
        answer = self(*words, catalog=catalog)
        assert answer.code == 2, answer
        assert answer.out == ""
        assert len(answer.err) == 1, answer.err
        assert answer.err[0].startswith("gan-lightning: ")
        for part in said:
            assert part in answer.err[0]
        return answer.err[0]

    def refuses_fit(self, recipe: Path, *said: str, overrides: tuple[str, ...] = (), catalog: Catalog | None = None):
        """Assert that a recipe is refused before anything is written."""
        before = contents(self.folder)
        line = self.refuses(["fit", "--recipe", recipe, *overrides], *said, catalog=catalog)
        assert contents(self.folder) == before
        return line

    def text(self, *edits: tuple[str, str]) -> Path:
        """Write the recipe above, with pieces of it replaced, and return its path."""
        text = RECIPE.format(folder=self.run_folder)
        for old, new in edits:
            assert text.count(old) == 1, f"{old!r} must stand once in the recipe"
            text = text.replace(old, new)
        return self.write(text)

    def write(self, text: str, name: str = "recipe.yaml") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def recipe(self, **changes: object) -> Path:
        """Write the toy recipe with whole sections replaced, and return its path."""
        return self.write(yaml.safe_dump(toy_recipe(self.run_folder, **changes)))


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return every file's bytes and every folder below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return toy_catalog()


@pytest.fixture
def shell(capsys, catalog, tmp_path) -> Shell:
    return Shell(capsys, catalog, tmp_path)


@pytest.fixture
def files():
    return contents


def _train(folder: Path, catalog: Catalog, **changes: object) -> Path:
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(toy_recipe(folder / "run", **changes)))
    assert run(["fit", "--recipe", str(recipe)], catalog) == 0
    return folder / "run"


@pytest.fixture(scope="session")
def points_run(tmp_path_factory, catalog) -> Path:
    """A finished run on points, three turns of the discriminator a round, scored by modes; not to be changed."""
    return _train(
        tmp_path_factory.mktemp("points"),
        catalog,
        game={"name": "two_player", "n_dis": 3},
        evaluate={"every": 6, "samples": 200, "metrics": ["modes"], "best": "mode_kl"},
    )


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory, catalog) -> Path:
    """A finished conditional run on images of 8x8 pixels; not to be changed."""
    return _train(
        tmp_path_factory.mktemp("digits"),
        catalog,
        data={"name": "digits", "resolution": 8, "batch_size": 8},
        game={"name": "two_player", "conditional": True},
        train={"steps": 2},
    )

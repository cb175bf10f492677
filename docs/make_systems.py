"""Writes docs/systems.md: for every recipe its idea, who plays for what, the command, the picture, the lines it took.

python docs/make_systems.py [--check]

What a player pays is read off the game that the recipe builds. Data that are not at hand are stood in for.
"""

from __future__ import annotations

import inspect
import io
import sys
import tempfile
import tokenize
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from gan_lightning.catalog import Catalog
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Game
from gan_lightning.headed import Headed
from gan_lightning.recipe import Recipe, load_recipe
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.options import options_of
from gan_lightning.run import cache_folder

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "systems.md"
SKIPPED = {"quick"}
HEAD = """# The systems

Every recipe in `recipes/`: its idea, who plays for what, the command and what came out. Tables are read off the games
that the recipes build; a row is a move, made in every round unless it says otherwise. `docs/make_systems.py` writes it.

Lines are those of code, without blank lines, comments and docstrings, of the modules of a recipe's game and networks
and of the bases that they share with their kin in the family; a game or network that is the core's costs none.

| recipe | game | networks | lines of the game | lines of the networks |
|---|---|---|---|---|
"""


def main() -> None:
    """Write the page, or with --check tell whether it is as it would be written."""
    catalog = Catalog.installed()
    paths = sorted((ROOT / "recipes").glob("*.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        stand_in = _images(Path(folder))
        systems = [System(path, catalog, stand_in) for path in paths if path.stem not in SKIPPED]
        text = HEAD + "".join(system.row for system in systems) + "".join(system.section for system in systems)
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text("utf-8") == text else "docs/systems.md is not what docs/make_systems.py writes")
    PAGE.write_text(text, "utf-8")


class System:
    """One recipe's part of the page.

    Args:
        path: The recipe.
        catalog: The components there are.
        stand_in: A folder of images, for data that are not at hand.
    """

    def __init__(self, path: Path, catalog: Catalog, stand_in: Path) -> None:
        self.path = path
        self.recipe = _with_data(load_recipe(path, [], catalog), catalog, stand_in)
        builder = Builder(self.recipe, catalog)
        self.data: DataSpec = builder.samples(cache_folder()).spec
        self.game: Game = builder.game(self.data)

    @property
    def row(self) -> str:
        """The recipe in the table at the top."""
        networks = {type(network) for network in self._networks()}
        lines = _lines({type(self.game)}), _lines(networks)
        names = " ".join(dict.fromkeys(f"`{part.name}`" for part in self.recipe.architecture.values()))
        name = self.path.stem
        return f"| [{name}](#{name}) | `{self.recipe.game.name}` | {names} | {lines[0]} | {lines[1]} |\n"

    @property
    def section(self) -> str:
        """The recipe's section."""
        name, picture = self.path.stem, ROOT / "docs" / "images" / f"{self.path.stem}.png"
        shown = f"\n![{name}](images/{name}.png)\n" if picture.is_file() else ""
        idea = "\n".join(_idea(self.path))
        return f"\n## {name}\n{idea}\n\n{self._table()}\n    gan-lightning fit --recipe recipes/{name}.yaml\n{shown}"

    def _table(self) -> str:
        rows = [
            f"| {phase.player} | {', '.join(self.game.player(phase.player).networks)} | {' + '.join(phase.terms)} "
            f"| {phase.turns if phase.every == 1 else f'{phase.turns} in every {phase.every}. round'} |\n"
            for phase in self.game.phases()
        ]
        stages = self.game.stages()
        told = f"\nStages: {', '.join(stage.name for stage in stages)}.\n" if len(stages) > 1 else ""
        return "| player | trains | minimises | turns |\n|---|---|---|---|\n" + "".join(rows) + told

    def _networks(self) -> Iterator[object]:
        for network in self.game.networks.values():
            yield network.body if isinstance(network, Headed) else network


def _idea(path: Path) -> list[str]:
    """Return the comment that a recipe begins with."""
    lines = path.read_text("utf-8").splitlines()
    return [line[2:] for line in lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]]


def _with_data(recipe: Recipe, catalog: Catalog, stand_in: Path) -> Recipe:
    """Return a recipe whose data are there: a folder of images in place of every path that is not."""
    part = recipe.data.component
    hints = options_of(catalog.find("dataset", part.name).component)
    paths = {name for name, option in hints.items() if option.hint is Path and not Path(part.options[name]).exists()}
    missing = {} if part.name == "single_image" else dict.fromkeys(paths, stand_in)
    return replace(recipe, data=replace(recipe.data, component=replace(part, options={**part.options, **missing})))


def _images(folder: Path) -> Path:
    for name in ("a", "b"):
        for number in range(4):
            place = folder / name / f"{number}.png"
            place.parent.mkdir(exist_ok=True)
            Image.fromarray(np.full((64, 64, 3), 60 * number, np.uint8)).save(place)
    return folder


def _lines(kinds: set[type]) -> int:
    """Return the lines of code of the modules of plugins that classes, and their bases, are in."""
    modules = {inspect.getmodule(base) for kind in kinds for base in kind.__mro__}
    return sum(_count(module) for module in modules if module is not None and _is_of_plugin(module))


def _is_of_plugin(module: ModuleType) -> bool:
    return module.__name__.startswith("gan_lightning_")


def _count(module: ModuleType) -> int:
    """Count the lines on which some code stands."""
    source = inspect.getsource(module)
    code: set[int] = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        alone = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.NL)
        if token.type not in skipped and not alone:
            code.update(range(token.start[0], token.end[0] + 1))
        before = token.type
    return len(code)


if __name__ == "__main__":
    main()

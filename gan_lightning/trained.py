"""A trained game, loaded from a checkpoint alone: ``gan_lightning.load(path).sample(16)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import PRODUCT, read_checkpoint
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError, nearest
from gan_lightning.module import GANModule
from gan_lightning.recipe import Recipe, check
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.options import OptionError, check_options
from gan_lightning.run import Run
from gan_lightning.sampling import draw_samples


@dataclass
class Trained:
    """A game with trained networks.

    Args:
        module: The module with all its networks, averaged ones included.
        recipe: The recipe it was trained by.
        data: Shape and classes of what it makes.
        updates: Generator updates it was trained for.
        images: Real images it has seen.
    """

    module: GANModule
    recipe: Recipe
    data: DataSpec
    updates: int
    images: int

    def sample(
        self, count: int, *, seed: int = 0, label: int | str | None = None, generator: Literal["ema", "raw"] = "ema"
    ) -> Tensor:
        """Make samples.

        Args:
            count: How many.
            seed: Names the samples: sample i of a seed does not depend on `count`.
            label: The class wanted, by number or name, of a conditional game; None draws classes as the data have them.
            generator: The averaged networks, or the raw ones.

        Returns:
            ``[count, *shape]`` on the CPU, images in [-1, 1].

        Raises:
            UserError: The game is not conditional, or has no such class.
        """
        return torch.cat(list(self.stream(count, seed=seed, label=label, generator=generator)))

    def stream(
        self, count: int, *, seed: int = 0, label: int | str | None = None, generator: Literal["ema", "raw"] = "ema"
    ) -> Iterator[Tensor]:
        """Yield the batches that `sample` joins."""
        labels = None if label is None else torch.full((count,), self._class(label))
        networks = self.module.networks(averaged=generator == "ema")
        return draw_samples(self.module.game, networks, count, seed, labels)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name, averaged where there is an average."""
        return self.module.networks()

    def _class(self, label: int | str) -> int:
        if not self.module.game.conditional:
            raise UserError("class: this game is not conditional; train one with game.conditional=true")
        names = list(self.data.class_names)
        if str(label) in names:
            return names.index(str(label))
        if str(label).isdigit() and int(label) < self.data.classes:
            return int(label)
        raise UserError(f"class: there is no class {label!r} among {self.data.classes}; {nearest(str(label), names)}")


def load(path: str | Path, catalog: Catalog | None = None) -> Trained:
    """Load a checkpoint, or the best (else the last) of a run folder.

    Raises:
        UserError: There is none, it is damaged or not of this product, or needs a plugin that is not installed.
    """
    path = Path(path)
    if path.is_dir():
        run = Run(path)
        path = run.best if run.best.is_file() else run.last
    catalog = catalog or Catalog.installed()
    checkpoint = read_checkpoint(path)
    facts: dict[str, Any] = checkpoint[PRODUCT]
    recipe = _recipe(facts, catalog, path)
    data = _data(facts, path)
    module = Builder(recipe, catalog).module(data)
    try:
        module.on_load_checkpoint(checkpoint)
        module.load_state_dict(checkpoint["state_dict"])
    except (RuntimeError, LookupError, TypeError, AttributeError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[:2][
            -1
        ].strip()  # torch names the weight in the second line
        raise UserError(f"{path}: its weights do not fit the networks of its recipe: {told}") from error
    return Trained(module.eval(), recipe, data, module.updates, module.images)


def _data(facts: Mapping[str, Any], path: Path) -> DataSpec:
    try:
        return DataSpec(**check_options(DataSpec, facts["data"], "data"))
    except OptionError as error:
        raise UserError(f"{path}: {error}") from error


def _recipe(facts: Mapping[str, Any], catalog: Catalog, path: Path) -> Recipe:
    """Check a checkpoint's recipe; where it does not pass, the plugins that are no longer there are named."""
    try:
        return check(facts["recipe"], catalog)
    except UserError as error:
        here = {plugin.name for plugin in catalog.working()}
        gone = [str(package) for name, package in facts["plugins"].items() if name not in here]
        told = f"; it was trained with {', '.join(gone)}, which cannot be used here" if gone else ""
        raise UserError(f"{path}: {error}{told}") from error

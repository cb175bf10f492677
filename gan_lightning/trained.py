"""A trained game, loaded from a checkpoint alone: ``gan_lightning.load(path).sample(16)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Encoding
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import PRODUCT, read_checkpoint
from gan_lightning.data.samples import Values
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError, nearest
from gan_lightning.module import GANModule
from gan_lightning.recipe import Recipe, check
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.options import OptionError, check_options
from gan_lightning.run import Run
from gan_lightning.sampling import draw_samples, evaluating


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
        self,
        count: int,
        *,
        seed: int = 0,
        label: int | str | None = None,
        truncation: float | None = None,
        generator: Literal["ema", "raw"] = "ema",
        standing: int | None = None,
    ) -> Tensor:
        """Make samples.

        Args:
            count: How many.
            seed: Names the samples: sample i of a seed does not depend on `count`.
            label: The class wanted, by number or name, of a conditional game; None draws classes as the data have them.
            truncation: How typical they shall be, such as 0.7: the largest size of a latent, or the share that a
                generator of styles keeps of their distance to the mean. None for all that the generator makes.
            generator: The averaged networks, or the raw ones.
            standing: Forwards that batch statistics are averaged over before; None for those of training.

        Returns:
            ``[count, *shape]`` on the CPU, images in [-1, 1].

        Raises:
            UserError: The game is not conditional, has no such class, or no such truncation.
        """
        options: dict[str, Any] = {"truncation": truncation, "generator": generator, "standing": standing}
        return torch.cat(list(self.stream(count, seed=seed, label=label, **options)))

    def stream(
        self,
        count: int,
        *,
        seed: int = 0,
        label: int | str | None = None,
        truncation: float | None = None,
        generator: Literal["ema", "raw"] = "ema",
        standing: int | None = None,
        sources: Values | None = None,
    ) -> Iterator[Tensor]:
        """Yield the batches that `sample` joins; `sources` are for games that make samples from images."""
        labels = None if label is None else torch.full((count,), self.class_number(label))
        networks = self.module.networks(averaged=generator == "ema")
        drawn: dict[str, Any] = {"truncation": truncation, "standing": standing, "sources": sources}
        return draw_samples(self.module.game, networks, count, seed, labels, **drawn)

    def encode(
        self, samples: Tensor, *, label: int | str | None = None, generator: Literal["ema", "raw"] = "ema"
    ) -> Tensor:
        """Return the codes ``[N, D]`` of samples ``[N, *shape]``, images in [-1, 1].

        Args:
            samples: On the CPU.
            label: Their class, by number or name, of a conditional game.
            generator: The averaged networks, or the raw ones.

        Raises:
            UserError: The game has no encoder or no such class, or samples are of another shape.
        """
        return self._encoding("encode", samples, label, generator)

    def reconstruct(
        self, samples: Tensor, *, label: int | str | None = None, generator: Literal["ema", "raw"] = "ema"
    ) -> Tensor:
        """Return samples ``[N, *shape]`` made from the codes of samples; see `encode`."""
        return self._encoding("reconstruct", samples, label, generator)

    @torch.no_grad()
    def _encoding(self, what: str, samples: Tensor, label: int | str | None, generator: str) -> Tensor:
        game = self.module.game
        if not isinstance(game, Encoding):
            raise UserError(f"{type(game).__name__} has no encoder; expected a game that has one")
        if tuple(samples.shape[1:]) != self.data.shape:
            raise UserError(f"expected samples of shape {self.data.shape}, got {tuple(samples.shape[1:])}")
        labels = None if label is None else torch.full((len(samples),), self.class_number(label))
        networks = self.module.networks(averaged=generator == "ema")
        with evaluating(networks):
            made: Tensor = getattr(game, what)(networks, samples, labels)
        return made

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks by name, averaged where there is an average."""
        return self.module.networks()

    def class_numbers(self, labels: Sequence[int | str] | None = None) -> list[int]:
        """Return the numbers of classes that are named by number or name; those of all classes if None.

        Raises:
            UserError: The game is not conditional, or has no such class.
        """
        return [self.class_number(label) for label in (range(max(1, self.data.classes)) if labels is None else labels)]

    def class_number(self, label: int | str) -> int:
        """Return the number of a class that is named by number or name; text is a name where there is such a name.

        Raises:
            UserError: The game is not conditional, or has no such class.
        """
        if not self.module.game.conditional:
            raise UserError("class: this game is not conditional; train one with game.conditional=true")
        names = list(self.data.class_names)
        if isinstance(label, str) and label in names:
            return names.index(label)
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
        path = Run(path).newest_good
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

"""The whole extension surface: a plugin implements any of these hooks in a module named by an entry point.

    [project.entry-points.gan_lightning]
    mylosses = "my_package.plugin"

Every hook that offers components returns ``{recipe name: component}``. A component is a class, or the text
``"package.module:Name"`` that says where the class is, which keeps torch out of ``gan-lightning --help``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import typer
    from lightning.pytorch import Callback

    from gan_lightning.components import Architecture, Augmentation, Dataset, Extractor, Loss, Rule
    from gan_lightning.game import Game
    from gan_lightning.metrics.score import Score
    from gan_lightning.recipe import Recipe

PROJECT = "gan_lightning"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def losses() -> dict[str, type[Loss] | str]:  # type: ignore[empty-body]
    """What discriminator and generator pay for critiques."""


@hookspec
def penalties() -> dict[str, type[Rule] | str]:  # type: ignore[empty-body]
    """Extra weighted terms, and other rules, for the players that they name."""


@hookspec
def architectures() -> dict[str, Architecture | str]:  # type: ignore[empty-body]
    """Networks, one for each role: generator, discriminator, encoder..."""


@hookspec
def games() -> dict[str, type[Game] | str]:  # type: ignore[empty-body]
    """Players and the phases they play on a batch."""


@hookspec
def datasets() -> dict[str, type[Dataset] | str]:  # type: ignore[empty-body]
    """Real samples."""


@hookspec
def augmentations() -> dict[str, type[Augmentation] | str]:  # type: ignore[empty-body]
    """Transforms of all that a discriminator sees, real and generated."""


@hookspec
def metrics() -> dict[str, type[Score] | str]:  # type: ignore[empty-body]
    """Scores of generated samples against real ones."""


@hookspec
def extractors() -> dict[str, type[Extractor] | str]:  # type: ignore[empty-body]
    """Networks whose features scores are taken on."""


@hookspec
def commands(cli: typer.Typer) -> None:
    """Add subcommands to ``gan-lightning``."""


@hookspec
def callbacks(recipe: Recipe) -> list[Callback]:  # type: ignore[empty-body]
    """Lightning callbacks that this recipe's run shall have."""


@hookspec
def modify_recipe(recipe: Recipe) -> None:
    """Change a validated recipe in place before anything is built from it."""

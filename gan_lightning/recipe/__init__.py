"""Recipes: the YAML that names game, networks, losses, data and all the rest."""

from gan_lightning.recipe.loading import check, load_recipe
from gan_lightning.recipe.schema import Component, Recipe

__all__ = ["Component", "Recipe", "check", "load_recipe"]

"""Study files: YAML through OmegaConf, checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError, nearest
from gan_lightning.recipe.loading import lay_over_and_fill_in, load_yaml
from gan_lightning.study.jobs import recipe_of
from gan_lightning.study.measures import measure_class
from gan_lightning.study.parsing import one_of, parse_study
from gan_lightning.study.schema import Study

#: Where studies are looked for by name.
FOLDER = Path("studies")


def find_study(given: str) -> Path:
    """Return the file that a name or a path means.

    Raises:
        UserError: There is none.
    """
    path = Path(given)
    named = FOLDER / f"{given}.yaml"
    if path.is_file() or named.is_file():
        return path if path.is_file() else named
    known = [found.stem for found in FOLDER.glob("*.yaml")]
    raise UserError(f"there is no study {given}, neither a file nor in {FOLDER}/; {nearest(given, known)}")


def load_study(path: Path, overrides: Sequence[str], catalog: Catalog) -> Study:
    """Read and check a study, and the recipe of every variant on everything that it is measured on.

    Args:
        path: The file.
        overrides: ``key.sub=value`` settings that are laid over the file.
        catalog: The components there are.

    Raises:
        UserError: Something in it is wrong; the message begins with the file and the key.
    """
    config = OmegaConf.create(load_yaml(path, "study"))
    try:
        plain = lay_over_and_fill_in(config, overrides, path)
        study = parse_study(plain, path.stem)
        _check_values(study, catalog)
        for task in study.tasks:
            for variant in study.variants:
                recipe_of(study, task, variant, study.seeds[0], catalog)
    except UserError as error:
        raise UserError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error
    return study


def _check_values(study: Study, catalog: Catalog) -> None:
    """Refuse values that no measurement gives."""
    given = {}
    for task in study.tasks:
        where = f"axes.{task.axis}.{task.name}"
        given[task.name] = measure_class(task.measure)(**task.options).values(catalog, where)
        for value in task.ranks:
            one_of(value, given[task.name], f"{where}.ranks")
    for index, claim in enumerate(study.claims):
        task_name, _, value = claim.value.partition(".")
        one_of(value, given[task_name], f"claims[{index}].value")

"""Recipes read from files: composition, overrides, references, and the defaults that are filled in."""

import pytest
import yaml
from toys import toy_catalog, toy_recipe

from gan_lightning.errors import UserError
from gan_lightning.recipe import check, load_recipe
from gan_lightning.recipe.loading import Source
from gan_lightning.schedule import Schedule


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


@pytest.fixture
def write(tmp_path):
    def make(text, name="recipe.yaml"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
        return path

    return make


def test_defaults_are_filled_in(catalog):
    recipe = check(toy_recipe("runs/toy"), catalog)
    assert recipe.optimizers["generator"].options["eps"] == 1e-8
    assert recipe.data.component.options["modes"] == 8
    assert recipe.architecture["discriminator"].options == {"width": 16}
    assert [part.name for part in recipe.logger] == ["csv"]
    assert (recipe.train.accumulate, recipe.train.clip, recipe.seed) == (1, None, 0)


def test_a_checked_recipe_written_out_and_read_again_is_the_same(catalog, write):
    changes = {
        "penalties": [{"name": "r1", "weight": {"linear": {"from": 0.0, "to": 5.0, "steps": 10.0}}}],
        "architecture": {"generator": {"name": "toy", "width": 8}, "discriminator": "toy"},
        "evaluate": {"metrics": ["modes", {"name": "fid"}], "extractor": "inception"},
        "sample": None,
        "ema": None,
    }
    recipe = check(toy_recipe("runs/toy", **changes), catalog)
    again = load_recipe(write(recipe.as_dict()), (), catalog)
    assert again == recipe
    assert recipe.ema is None
    assert again.penalties[0].options["weight"] == Schedule("linear", 0.0, 5.0, steps=10.0)


def test_an_override_reaches_into_lists_and_names(catalog, write):
    path = write(toy_recipe("runs/toy", penalties=["r1"], loss="hinge"))
    recipe = load_recipe(path, ("penalties=[{name: r1, weight: 2.0}]", "loss=wasserstein", "ema=null"), catalog)
    assert recipe.penalties[0].options["weight"] == 2.0
    assert recipe.loss.name == "wasserstein"
    assert recipe.ema is None


def test_another_component_has_none_of_the_old_ones_options(catalog, write):
    path = write(toy_recipe("runs/toy", data={"name": "mixture", "modes": 5, "batch_size": 16}))
    recipe = load_recipe(path, ("data={name: digits, batch_size: 8}",), catalog)
    assert (recipe.data.component.name, recipe.data.batch_size) == ("digits", 8)
    assert load_recipe(path, ("data={radius: 3.0}",), catalog).data.component.options["modes"] == 5
    extending = {"extends": "recipe.yaml", "data": {"name": "digits", "batch_size": 4}}
    assert load_recipe(write(extending, "other.yaml"), (), catalog).data.component.name == "digits"


def test_a_later_override_wins(catalog, write):
    recipe = load_recipe(write(toy_recipe("runs/toy")), ("seed=1", "seed=2"), catalog)
    assert recipe.seed == 2


def test_numbers_may_be_written_without_a_point(catalog, write):
    path = write("optimizers: {generator: {name: adam, lr: 3e-7}, discriminator: adam}\nextends: base.yaml\n")
    write({**toy_recipe("runs/toy"), "optimizers": {}}, "base.yaml")
    assert load_recipe(path, (), catalog).optimizers["generator"].options["lr"] == 3e-7
    recipe = load_recipe(path, ("optimizers.discriminator.lr=1e-3",), catalog)
    assert recipe.optimizers["discriminator"].options["lr"] == 1e-3
    with pytest.raises(UserError, match=r"override train.steps=1e3: train.steps: expected a whole number.*write 1000"):
        load_recipe(path, ("train.steps=1e3",), catalog)


def test_options_of_the_usual_game_may_be_set_without_its_name(catalog, write):
    game = load_recipe(write(toy_recipe("runs/toy")), ("game.n_dis=3",), catalog).game
    assert (game.name, game.options["n_dis"]) == ("two_player", 3)


@pytest.mark.parametrize(
    ("logger", "names"),
    [(None, ["csv"]), ("csv", ["csv"]), ("tensorboard", ["csv", "tensorboard"]), (["wandb", "csv"], ["wandb", "csv"])],
)
def test_the_table_of_metrics_is_always_written(catalog, logger, names):
    assert [part.name for part in check(toy_recipe("runs/toy", logger=logger), catalog).logger] == names


def test_a_mistake_is_blamed_on_the_override_that_made_it(catalog, write):
    with pytest.raises(UserError, match=r"^override seed=x: "):
        load_recipe(write(toy_recipe("runs/toy")), ("seed=1", "seed=x"), catalog)


@pytest.mark.parametrize(
    "setting", ["precision=bf16-true", "precision=64-true", "limit_train_batches=2", "overfit_batches=2"]
)
def test_trainer_arguments_that_would_break_a_game_are_refused(catalog, write, setting):
    with pytest.raises(UserError, match=rf"trainer\.{setting.partition('=')[0]}: "):
        load_recipe(write(toy_recipe("runs/toy")), (f"trainer.{setting}",), catalog)


def test_an_override_may_hold_an_equals_sign(catalog, write):
    assert load_recipe(write(toy_recipe("runs/toy")), ("run.name=a=b",), catalog).run.name == "a=b"


def test_a_key_may_refer_to_another(catalog, write):
    text = yaml.safe_dump(toy_recipe("runs/toy", seed=7)) + "log: {every: '${seed}'}\n"
    text = text.replace("log:\n  every: 2\n", "")
    assert load_recipe(write(text), (), catalog).log.every == 7


def test_an_extended_recipe_is_found_beside_the_file(catalog, write, tmp_path):
    (tmp_path / "deep").mkdir()
    write(toy_recipe("runs/toy"), "base.yaml")
    path = write("extends: ../base.yaml\npenalties: [r1]\n", "deep/top.yaml")
    assert [part.name for part in load_recipe(path, (), catalog).penalties] == ["r1"]


def test_another_component_does_not_inherit_the_options_of_the_one_it_replaces(catalog, write):
    write(toy_recipe("runs/toy", loss={"name": "hinge"}), "base.yaml")
    recipe = load_recipe(write("extends: base.yaml\nloss: wasserstein\n"), (), catalog)
    assert recipe.loss.name == "wasserstein"


def test_a_key_is_located_in_the_file_that_says_it_last(write):
    write("train:\n  steps: 1\n  clip: 2.0\nloss: hinge\n", "base.yaml")
    top = write("extends: base.yaml\ntrain:\n  steps: 5\npenalties:\n- r1\n- name: r1\n  weight: 3\n")
    base = top.with_name("base.yaml")
    source = Source(top, ("optimizers.generator.lr=3",))
    assert source.locate("train.steps") == f"{top}:3"
    assert source.locate("train.clip") == f"{base}:3"
    assert source.locate("loss") == f"{base}:4"
    assert source.locate("penalties[1].weight") == f"{top}:7"
    assert source.locate("penalties[0]") == f"{top}:5"
    assert source.locate("optimizers.generator.lr") == "override optimizers.generator.lr=3"
    assert source.locate("optimizers") == "override optimizers.generator.lr=3"
    assert source.locate("nowhere") == str(top)


def test_an_alias_that_unfolds_without_end_is_refused(catalog, write):
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
        for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(UserError, match=r"recipe\.yaml.*expansion exceeds"):
        load_recipe(write(bomb), (), catalog)


def test_what_a_plugin_changes_is_in_the_recipe(catalog):
    from gan_lightning.catalog import Catalog
    from gan_lightning.plugins import Plugin

    def modify_recipe(recipe):
        recipe.seed = 99
        return []

    plugin = Plugin("changes", "changes", "1", hooks={"modify_recipe": modify_recipe})
    assert check(toy_recipe("runs/toy"), Catalog([*catalog.plugins, plugin])).seed == 99

"""Recipe files and overrides that cannot be read."""

import pytest


def test_a_missing_file_names_its_neighbour(shell):
    shell.text()
    shell.refuses_fit(shell.folder / "recipes.yaml", "there is no recipe", "did you mean", "recipe.yaml")


def test_a_missing_folder(shell):
    shell.refuses_fit(shell.folder / "no" / "such.yaml", "there is no recipe")


def test_a_folder_is_no_recipe(shell):
    shell.refuses_fit(shell.folder, "there is no recipe")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: {steps: 3\nloss: hinge\n", ":2: this is no YAML"),
        ("loss: hinge\n\ttrain: 3\n", ":2: this is no YAML"),
        ("- loss\n- train\n", "expected keys and values at the top, got a list"),
        ("12\n", "this is no recipe"),
        ("loss: hinge\ntrain: {steps: 3}\nloss: wasserstein\n", ":3: this is no YAML: found duplicate key loss"),
        ("loss: !!python/object/apply:os.getcwd []\n", ":1: this is no YAML"),
        ("", "data: must be given"),
        ("# nothing but a remark\n", "data: must be given"),
        ("loss: ${oc.env:HOME}\n", "'${oc.env:HOME}': recipes run no resolvers"),
        ("loss: ${oc.decode:${other}}\n", "recipes run no resolvers"),
        ("train: {steps: [1, '${oc.env:HOME}']}\n", "recipes run no resolvers"),
        ("loss: ${no.such.key}\n", "no.such.key"),
        ("loss: '${'\n", "recipe.yaml"),
        ("extends: missing.yaml\n", "there is no recipe"),
        ("extends: recipe.yaml\n", "extends itself"),
        ("extends: [a.yaml]\n", "extends: expected a path, got"),
        ("1: 2\n", "1: unknown key"),
    ],
)
def test_a_file_that_is_no_recipe(shell, text, said):
    shell.refuses_fit(shell.write(text), "recipe.yaml", said)


def test_bytes_that_are_no_text(shell):
    path = shell.folder / "recipe.yaml"
    path.write_bytes(b"\xff\xfe\x00loss")
    shell.refuses_fit(path, f"{path}: this is no recipe")


def test_recipes_that_extend_each_other(shell):
    first = shell.write("extends: second.yaml\n", "first.yaml")
    shell.write("extends: first.yaml\n", "second.yaml")
    shell.refuses_fit(first, "extends itself")


def test_an_environment_variable_never_gets_into_a_recipe_through_an_override(shell):
    shell.refuses_fit(shell.text(), "recipes run no resolvers", overrides=("run.name=${oc.env:HOME}",))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.steps", "override 'train.steps': expected key.sub=value"),
        ("=3", "override '=3': expected key.sub=value"),
        ("train.step=3", "override train.step=3: train.step: unknown key; did you mean 'steps'"),
        ("trian.steps=3", "override trian.steps=3: trian: unknown key; did you mean 'train'"),
        ("train.steps=many", "override train.steps=many: train.steps: expected a whole number, got the text 'many'"),
        ("loss.naem=hinge", "override loss.naem=hinge: loss.naem: unknown key"),
        ("loss.name=hings", "no loss 'hings'; did you mean 'hinge'"),
        ("train.steps=[3", "override 'train.steps=[3': cannot be applied"),
        ("train..steps=3", "override"),
        ("train.steps.more=3", "override"),
        ("data.count=1.5", "override data.count=1.5: data.count: expected a whole number"),
    ],
)
def test_an_override_that_cannot_be(shell, override, said):
    shell.refuses_fit(shell.text(), said, overrides=(override,))


def test_an_override_into_a_bare_name_keeps_the_name(shell):
    out = shell.works(
        "fit", "--recipe", shell.text(), "--dry-run", "architecture.generator.width=5", "loss.name=wasserstein"
    )
    assert "name: wasserstein" in out
    assert "width: 5" in out


def test_a_mistake_in_an_extended_recipe_is_found_there(shell):
    shell.text(("loss: hinge", "loss: hings")).rename(shell.folder / "base.yaml")
    top = shell.write("extends: base.yaml\ntrain: {steps: 2}\n", "top.yaml")
    shell.refuses_fit(top, f"{shell.folder / 'base.yaml'}:3: loss: there is no loss 'hings'")
    top = shell.write("extends: base.yaml\nloss: {nam: hinge}\n", "top.yaml")
    shell.refuses_fit(top, f"{top}:2: loss")

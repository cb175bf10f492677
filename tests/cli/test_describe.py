"""What `plugins`, `describe` and `recipes` show."""


def test_plugins_lists_components_and_what_was_left_out(shell):
    from gan_lightning.catalog import Catalog
    from gan_lightning.plugins import Plugin

    broken = Plugin("gone", "gone-dist", "2.0", error="ImportError: no [such] module")
    out = shell.works("plugins", catalog=Catalog([*shell.catalog.plugins, broken]))
    assert "architectures: toy" in out
    assert "left out: gone (gone-dist 2.0): ImportError: no [such] module" in out


def test_a_kind_alone_lists_its_components(shell):
    assert "hinge" in shell.works("describe", "loss")


def test_options_are_shown_with_type_default_and_meaning(shell):
    out = shell.works("describe", "penalty", "r1")
    assert "weight" in out
    assert "a number" in out
    assert "arXiv" in out


def test_an_architecture_is_sized_for_a_shape(shell):
    out = shell.works("describe", "architecture", "toy", "data.shape=[1,8,8]", "data.classes=3", "generator.width=10")
    assert "parameters at [1, 8, 8], 3 classes: 784" in out  # (4 + 3) x 10 + 10 + 10 x 64 + 64


def test_a_game_shows_players_and_networks(shell):
    out = shell.works("describe", "game", "two_player")
    assert "n_dis" in out
    assert "roles: generator, discriminator" in out


def test_recipes_are_listed_with_their_headers(shell):
    shell.write("# Toy [1] on points\nloss: hinge\n", "one.yaml")
    (shell.folder / "deep").mkdir()
    shell.write("loss: hinge\n", "deep/two.yaml")
    out = shell.works("recipes", shell.folder)
    assert f"{shell.folder / 'one.yaml'}  Toy [1] on points" in out
    assert str(shell.folder / "deep" / "two.yaml") in out

"""Commands that cannot do what they are asked, usage errors, bugs and interruptions."""

import json

import pytest
import typer

from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError
from gan_lightning.plugins import Plugin


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fti"], "No such command 'fti'. Did you mean 'fit'?"),
        (["fit"], "Missing option '--recipe'"),
        (["fit", "--recpie", "x.yaml"], "No such option: --recpie (Possible options: --recipe"),
        (["sample"], "Missing argument 'checkpoint'"),
        (["sample", "x.ckpt", "-n", "many"], "Invalid value for '-n' / '--count'"),
        (["sample", "x.ckpt", "-n", "0"], "Invalid value for '-n' / '--count'"),
        (["evaluate"], "Missing argument 'subject'"),
        (["--no-such"], "No such option: --no-such"),
        (["plugins", "surplus"], "unexpected extra argument"),
        (["describe", "los"], "there is no kind of component 'los'; did you mean 'loss'?"),
        (["describe", "los", "hinge"], "there is no kind of component 'los'; did you mean 'loss'?"),
        (["describe", "loss", "hings"], "there is no loss 'hings'; did you mean 'hinge'"),
        (["describe", "loss", "hinge", "margin=2"], "only architectures take settings, not a loss"),
        (
            ["describe", "architecture", "toy", "generator.widht=8"],
            "generator.widht: unknown key; did you mean 'width'",
        ),
        (["describe", "architecture", "toy", "generatr.width=8"], "generatr: unknown key; did you mean 'generator'"),
        (["describe", "architecture", "toy", "data.shap=[3,8,8]"], "data.shap: unknown key; did you mean 'shape'"),
        (["describe", "architecture", "toy", "data.shape=big"], "data.shape: expected"),
        (["describe", "architecture", "toy", "data=3"], "data: expected keys and values"),
        (["describe", "architecture", "toy", "generator.width"], "generator.width: expected key=value, such as"),
        (["describe", "architecture", "toy", "data.shape=[3,8"], "data.shape=[3,8: cannot be read"),
    ],
)
def test_a_command_that_cannot_be(shell, words, said):
    shell.refuses(words, said)


def test_recipes_of_an_empty_folder(shell):
    shell.refuses(["recipes", shell.folder], f"there are no recipes in {shell.folder}")
    shell.refuses(["recipes", shell.folder / "no"], "there are no recipes in")


def test_compare_of_what_has_no_results(shell):
    plot = shell.folder / "plot.png"
    shell.refuses(["compare", shell.folder, "--plot", plot], f"there is no {shell.folder / 'results.jsonl'}")
    (shell.folder / "results.jsonl").write_text("")
    shell.refuses(["compare", shell.folder, "--plot", plot], "holds no score yet")
    (shell.folder / "results.jsonl").write_text("nonsense\n")
    shell.refuses(["compare", shell.folder, "--plot", plot], "results.jsonl:1: this is no score")
    assert not plot.exists()


def test_compare_of_scores_that_were_measured_differently(shell, points_run):
    rows = [json.loads(line) for line in (points_run / "results.jsonl").read_text().splitlines()]
    for row in rows:
        row["protocol"]["fake_count"] = 50
    (shell.folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plot = shell.folder / "plot.png"
    shell.refuses(
        ["compare", points_run, shell.folder, "--plot", plot], "measured differently", "fake_count is 200 and 50"
    )
    assert not plot.exists()


def test_evaluate_of_what_cannot_be_scored(shell, points_run, digits_run):
    pictures = digits_run / "samples"
    shell.refuses(["evaluate", pictures], "--data: say what to compare the images with", "--data digits")
    shell.refuses(["evaluate", shell.folder / "no.ckpt"], "there is no checkpoint")
    shell.refuses(["evaluate", shell.folder, "--data", "digits"], str(shell.folder))
    shell.refuses(["evaluate", points_run, "--metrics", "mode"], "there is no metric 'mode'; did you mean 'modes'?")
    shell.refuses(["evaluate", points_run, "--data", "digits"], "the generator makes 2-D points")
    shell.refuses(["evaluate", points_run, "--data", "digit"], "there is no dataset 'digit'; did you mean 'digits'")
    shell.refuses(["evaluate", points_run, "--data", "name=digits size=8"], "--data.size: unknown key")
    shell.refuses(["evaluate", points_run, "--data", "name=mixture modes=[3"], "modes=[3: cannot be read")
    shell.refuses(["evaluate", points_run, "--data", "count=8"], "--data: name=... must be given")
    shell.refuses(["evaluate", digits_run, "--metrics", "modes", "--samples", "20"], "metric 'modes': digits is no mix")
    shell.refuses(["evaluate", digits_run, "--extractor", "inceptoin"], "did you mean 'inception'?")


@pytest.fixture
def failing(catalog):
    """Return a catalog whose command ``fail`` raises what it is told to."""

    def make(error: BaseException) -> Catalog:
        def commands(cli: typer.Typer) -> list[None]:
            def fail() -> None:
                raise error

            cli.command()(fail)
            return []

        return Catalog([*catalog.plugins, Plugin("failing", "failing", "1", hooks={"commands": commands})])

    return make


def test_a_bug_is_one_line_and_exit_code_1(shell, failing):
    answer = shell("fail", catalog=failing(ZeroDivisionError("division\nby zero")))
    assert answer.code == 1
    assert answer.err == [
        "gan-lightning: internal error: ZeroDivisionError: division by zero; run with --debug for the traceback"
    ]


@pytest.mark.parametrize("words", [["--debug", "fail"], ["fail", "--debug"]])
@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), UserError("no")])
def test_debug_lets_exceptions_through(shell, failing, words, error):
    with pytest.raises(type(error)):
        shell(*words, catalog=failing(error))


def test_an_interruption_is_one_line_and_exit_code_130(shell, failing):
    interrupted = KeyboardInterrupt()
    exited = SystemExit(1)
    exited.__context__ = interrupted  # as Lightning leaves its loop
    for error in (interrupted, exited):
        answer = shell("fail", catalog=failing(error))
        assert answer.code == 130
        assert answer.err == ["gan-lightning: interrupted"]


def test_a_file_that_may_not_be_written_is_named(shell, failing):
    answer = shell("fail", catalog=failing(PermissionError(13, "Permission denied", "/locked/file")))
    assert (answer.code, answer.err) == (2, ["gan-lightning: /locked/file: Permission denied"])

"""The command as a user starts it: a process of its own, with all it prints."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAIN = "import sys; from gan_lightning.cli import main; main()"
TOYS = "import sys; from gan_lightning.cli import run; from toys import toy_catalog; " + (
    "sys.exit(run(sys.argv[1:], toy_catalog()))"
)
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])}


def _call(folder, *words, code=MAIN):
    words = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.mark.parametrize("words", [["--help"], ["fit", "--help"], ["plugins"], ["--version"], []])
def test_help_and_plugins_import_neither_torch_nor_lightning(tmp_path, words):
    code = (
        "import sys; from gan_lightning.cli import run; code = run(sys.argv[1:]); "
        "print('heavy:', sorted({'torch', 'lightning', 'wandb', 'omegaconf'} & sys.modules.keys())); sys.exit(code)"
    )
    done = _call(tmp_path, *words, code=code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "heavy: []" in done.stdout


def test_ctrl_c_leaves_a_run_that_can_be_resumed(shell):
    recipe = shell.recipe(train={"steps": 1_000_000}, sample=None)
    words = [sys.executable, "-c", TOYS, "fit", "--recipe", str(recipe)]
    process = subprocess.Popen(words, cwd=shell.folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    last = shell.run_folder / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 60
    while not last.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "gan-lightning: interrupted"
    assert "Traceback" not in err

    updates = max(int(path.stem.removeprefix("step-")) for path in last.parent.glob("step-*.ckpt"))
    out = shell.works("fit", "--recipe", recipe, "--resume", "last", f"train.steps={updates + 3}")
    assert f"done: {updates + 3} updates" in out


def test_a_refusal_is_all_that_a_process_prints(shell, points_run):
    """Remarks and warnings of libraries would stand beside it."""
    recipe = points_run.parent / "recipe.yaml"
    done = _call(shell.folder, "fit", "--recipe", recipe, code=TOYS)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"gan-lightning: run.dir: {points_run} holds a run already")


def test_a_usage_error_and_a_traceback(tmp_path):
    done = _call(tmp_path, "fti")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gan-lightning: No such command 'fti'. Did you mean 'fit'?\n"
    done = _call(tmp_path, "--debug", "describe", "loss", "hings")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "UserError: there is no loss 'hings'" in done.stderr

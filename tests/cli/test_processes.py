"""The command as a user starts it: a process of its own, with all it prints."""

import os
import signal
import subprocess
import sys
import time

import pytest

CALL = "import sys; from gan_lightning.cli import main; sys.argv[0] = 'gan-lightning'; main()"


def _call(folder, *words, code=CALL):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("words", [["--help"], ["fit", "--help"], ["plugins"], ["--version"], []])
def test_help_and_plugins_import_neither_torch_nor_lightning(tmp_path, words):
    code = (
        "import sys; from gan_lightning.cli import run; code = run(sys.argv[1:]); "
        "print('heavy:', sorted({'torch', 'lightning', 'wandb', 'omegaconf'} & sys.modules.keys())); sys.exit(code)"
    )
    done = _call(tmp_path, *words, code=code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "heavy: []" in done.stdout


def test_a_whole_life(tmp_path):
    """Train, be stopped by Ctrl+C, resume, sample."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "data: {name: digits, resolution: 8, batch_size: 8}\n"
        "architecture: mlp\n"
        "loss: non_saturating\n"
        "optimizers: {generator: adam, discriminator: adam}\n"
        "train: {steps: 1000000}\n"
        "checkpoint: {every: 5}\n"
        "log: {every: 5}\n"
        "logger: [csv]\n"
        "sample: {every: 1000000}\n"
        "trainer: {accelerator: cpu, devices: 1}\n"
        "run: {name: life}\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-c", CALL, "fit", "--recipe", str(recipe)]
    process = subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    last = tmp_path / "runs" / "life" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 60
    while not last.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.decode().splitlines()[-1].endswith("gan-lightning: interrupted")
    assert "Traceback" not in err.decode()

    updates = int(sorted(last.parent.glob("step-*.ckpt"))[-1].stem.removeprefix("step-"))
    done = _call(tmp_path, "fit", "--recipe", recipe, "--resume", "last", f"train.steps={updates + 3}")
    assert done.returncode == 0, done.stderr
    assert f"done: {updates + 3} updates" in done.stdout
    assert "Warning" not in done.stderr

    refused = _call(tmp_path, "fit", "--recipe", recipe)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith("gan-lightning: run.dir: runs/life holds a run already")

    drawn = _call(tmp_path, "sample", "runs/life", "-n", 2, "--out", "drawn")
    assert (drawn.returncode, drawn.stdout, drawn.stderr) == (0, "2 samples in drawn\n", "")
    assert len(list((tmp_path / "drawn").iterdir())) == 2


def test_a_usage_error_and_a_traceback(tmp_path):
    done = _call(tmp_path, "fti")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gan-lightning: No such command 'fti'. Did you mean 'fit'?\n"
    done = _call(tmp_path, "--debug", "describe", "loss", "hings")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "UserError: there is no loss 'hings'" in done.stderr

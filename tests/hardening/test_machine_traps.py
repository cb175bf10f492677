"""Trouble of the machine rather than of the recipe: no memory, a taken port, libraries that do not fit each other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
import torch
from torch.distributed import TCPStore
from toys import toy_catalog

from gan_lightning.catalog import Catalog
from gan_lightning.cli import run
from gan_lightning.plugins import Plugin


@pytest.fixture
def told(capsys):
    """Run a command that raises an error and return the exit code and the line that is printed."""

    def attempt(error: BaseException) -> tuple[int, str]:
        def commands(cli):
            def fail():
                raise error

            cli.command()(fail)
            return []

        catalog = Catalog([*toy_catalog().plugins, Plugin("failing", "failing", "1", hooks={"commands": commands})])
        capsys.readouterr()
        code = run(["fail"], catalog)
        (line,) = capsys.readouterr().err.splitlines()
        return code, line

    return attempt


def caught(call) -> BaseException:
    with pytest.raises(Exception) as found:
        call()
    return found.value


def out_of_cuda_memory():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a capacity of 8.00 GiB.")


@pytest.mark.parametrize("call", [lambda: torch.empty(2**58), lambda: bytearray(2**60), out_of_cuda_memory])
def test_no_memory_is_answered_with_what_to_lower(told, call):
    code, line = told(caught(call))
    assert code == 2
    assert line.startswith("gan-lightning: out of memory: lower data.batch_size, and raise train.accumulate")


def test_a_taken_port_names_the_setting(told):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, line = told(caught(lambda: TCPStore("127.0.0.1", port, is_master=True, wait_for_workers=False)))
    assert code == 2
    assert "set MASTER_PORT to another" in line
    assert str(port) in line


def test_a_torchvision_that_does_not_fit_torch_is_one_line(tmp_path):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    code = "from gan_lightning.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}

    def call(*words):
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)

    assert call("plugins").returncode == 0
    (tmp_path / "recipe.yaml").write_text(
        "data: {name: mixture}\narchitecture: mlp\nloss: non_saturating\ntrain: {steps: 1}\nrun: {name: x}\n"
        "optimizers: {generator: adam, discriminator: adam}\n"
    )
    done = call("fit", "--recipe", "recipe.yaml")
    assert done.returncode in (1, 2)
    (line,) = done.stderr.splitlines()
    assert "operator torchvision::nms does not exist" in line
    assert not (tmp_path / "runs").exists()

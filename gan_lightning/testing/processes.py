"""Training on two processes: a program of its own, because Lightning starts the second one by starting it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from gan_lightning.run import Run
from gan_lightning.testing.runs import Trainee

_PATIENCE = 300


def fit_on_two_processes(game: Any, sections: Mapping[str, Any], folder: Path, steps: int) -> Run:
    """Train a game on two CPU processes.

    Args:
        game: Its class, at the top level of a module that can be imported.
        sections: Sections of the recipe that differ from the kit's.
        folder: The run folder.
        steps: Generator updates.

    Raises:
        AssertionError: The processes failed, or took more than five minutes; the message ends with what they said.
    """
    request = {"game": f"{game.__module__}:{game.__qualname__}", "sections": dict(sections), "steps": steps}
    command = [sys.executable, "-m", __name__, json.dumps({**request, "folder": str(folder)})]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"two processes are not done after {_PATIENCE} s") from error
    if done.returncode:
        raise AssertionError(f"two processes failed: {done.stderr.strip()[-1500:]}")
    return Run(folder)


def main(request: Mapping[str, Any]) -> None:
    """Train what `fit_on_two_processes` asks for."""
    module, _, name = request["game"].partition(":")
    trainer = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
    trainee = Trainee(getattr(import_module(module), name), {**request["sections"], "trainer": trainer})
    trainee.fit(Path(request["folder"]), request["steps"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""Distributions that tests install into a folder of their own, which is then put on PYTHONPATH."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]


def pip_install(source: Path, site: Path) -> None:
    """Build and install a package without network, dependencies or a build environment."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def put(site: Path, name: str, code: str, entry: str | None = None) -> None:
    """Lay an installed distribution of one module out by hand, as pip would leave it."""
    module = name.replace("-", "_")
    (site / f"{module}.py").write_text(dedent(code))
    info = site / f"{module}-2.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(f"[gan_lightning]\n{entry or module} = {module}\n")


def python(site: Path, *arguments, folder: Path) -> subprocess.CompletedProcess:
    """Run Python in a folder with a site on its path."""
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}
    environment["GAN_LIGHTNING_CACHE"] = str(folder / "cache")
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def gan_lightning(site: Path, *arguments, folder: Path) -> subprocess.CompletedProcess:
    """Run the command line."""
    return python(site, "-c", "from gan_lightning.cli import main; main()", *arguments, folder=folder)

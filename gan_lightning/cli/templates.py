"""The files of a new plugin. ``$name`` is the distribution, ``$package`` its package."""

from __future__ import annotations

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "$name"
version = "0.1.0"
description = "A plugin for gan-lightning."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["gan-lightning>=$core"]

[project.optional-dependencies]
test = ["pytest>=8", "gan-lightning-classic"]

[project.entry-points.gan_lightning]
$package = "$package.plugin"

[tool.hatch.build.targets.wheel]
packages = ["$package"]
"""

README = """\
# $name

A plugin for gan-lightning.

    pip install -e '.[test]'
    pytest
    gan-lightning plugins
    gan-lightning describe loss ${package}_margin
    gan-lightning fit --recipe recipe.yaml

- `$package/plugin.py` names what the plugin offers. A new component is one file and one line there.
- `$package/loss.py` holds the loss `${package}_margin`.
- `tests/test_contracts.py` checks every component the plugin registers with the conformance kit of gan-lightning.
- `recipe.yaml` trains with it; its network, `mlp`, comes with gan-lightning-classic.
"""

INIT = '''\
"""A plugin for gan-lightning."""
'''

PLUGIN = '''\
"""What this plugin offers; torch is imported when a component is first used."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def losses() -> dict[str, str]:
    """Adversarial losses, by the names that recipes use."""
    return {"${package}_margin": "$package.loss:Margin"}
'''

LOSS = '''\
"""A loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from torch import Tensor


@dataclass(frozen=True)
class Margin(Loss):
    """Squared distance of the logits to a margin.

    D: E[(r - margin)^2] + E[(f + margin)^2]      G: E[(f - margin)^2]

    with logits r of real and f of generated samples, HIGH for real.

    Args:
        margin: Where the discriminator wants real logits; it wants those of generated samples at minus that.
    """

    margin: float = 1.0

    origin: ClassVar[Origin | None] = None

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss, a scalar."""
        return (real.logits - self.margin).square().mean() + (fake.logits + self.margin).square().mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss, a scalar; the real samples are not looked at."""
        del real
        return (fake.logits - self.margin).square().mean()
'''

TEST_CONTRACTS = '''\
"""Every component of the plugin keeps what its kind promises."""

import pytest
from gan_lightning.testing import check, component_cases


@pytest.mark.parametrize("case", component_cases(plugin="$package"), ids=str)
def test_contract(case):
    check(case)
'''

TEST_LOSS = '''\
"""The loss has the value its formula says."""

import torch
from gan_lightning.critique import Critique

from $package.loss import Margin


def test_values():
    real, fake = Critique(torch.tensor([0.5, 1.0])), Critique(torch.tensor([0.0]))
    loss = Margin(margin=2.0)
    assert loss.discriminator(real, fake).item() == (1.5**2 + 1.0**2) / 2 + 2.0**2
    assert loss.generator(real, fake).item() == 2.0**2
'''

TEST_RECIPE = '''\
"""The recipe trains."""

from pathlib import Path

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.recipe import load_recipe

RECIPE = Path(__file__).parent.parent / "recipe.yaml"


def test_recipe_trains(tmp_path):
    catalog = Catalog.installed()
    settings = ["train.steps=3", "checkpoint.every=3", "trainer.accelerator=cpu", f"run.dir={tmp_path}"]
    assert fit(load_recipe(RECIPE, settings, catalog), catalog).updates == 3
'''

RECIPE = """\
# $name on a ring of eight Gaussians: about a minute on two CPU cores
seed: 0
data: {name: mixture, batch_size: 128}
architecture: mlp
loss: {name: ${package}_margin, margin: 1.0}
optimizers:
  generator: {name: adam, lr: 2.0e-4, betas: [0.5, 0.9]}
  discriminator: {name: adam, lr: 2.0e-4, betas: [0.5, 0.9]}
train: {steps: 4000}
evaluate: {every: 1000, samples: 2000, metrics: [modes]}
sample: {every: 500, count: 500}
run: {name: $package}
"""

#: Every file by its path within the new folder.
FILES = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    "recipe.yaml": RECIPE,
    "$package/__init__.py": INIT,
    "$package/plugin.py": PLUGIN,
    "$package/loss.py": LOSS,
    "tests/test_contracts.py": TEST_CONTRACTS,
    "tests/test_loss.py": TEST_LOSS,
    "tests/test_recipe.py": TEST_RECIPE,
}

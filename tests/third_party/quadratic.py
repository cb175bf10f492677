"""The files of a third party's distribution: a loss, an architecture and the module that offers them."""

from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "quadratic-gan"
version = "3.1.4"

[project.entry-points.gan_lightning]
quadratic = "quadratic_gan.offers"
"""

OFFERS = """\
from gan_lightning.hookspecs import hookimpl


@hookimpl
def losses():
    return {"quadratic": "quadratic_gan.loss:Quadratic", "hinge": "quadratic_gan.loss:Quadratic"}


@hookimpl
def architectures():
    return {"affine": "quadratic_gan.networks:AFFINE"}
"""

LOSS = '''\
from dataclasses import dataclass

from gan_lightning.components import Loss
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class Quadratic(Loss):
    """Squares.

    Args:
        target: Where logits are wanted.
    """

    target: float = 1.0

    origin = Origin("Somebody, A paper of some year", 2031, "3101.00001")

    def discriminator(self, real, fake):
        return (real.logits - self.target).square().mean() + (fake.logits + self.target).square().mean()

    def generator(self, real, fake):
        return (fake.logits - self.target).square().mean()
'''

NETWORKS = '''\
import math

from torch import nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique


class AffineGenerator(Generator):
    """One affine map.

    Args:
        latent: Length of the latent vector.
    """

    def __init__(self, data, classes, *, latent: int = 3):
        super().__init__()
        self.latent_shape, self.shape = (latent,), data.shape
        self.map = nn.Linear(latent, math.prod(data.shape))

    def forward(self, latents, labels=None):
        return self.map(latents).view(-1, *self.shape)


class AffineDiscriminator(Discriminator):
    """One affine map."""

    def __init__(self, data, classes):
        super().__init__()
        self.map = nn.Linear(math.prod(data.shape), 1)

    def forward(self, samples, labels=None):
        return Critique(self.map(samples.flatten(1)).squeeze(1))


AFFINE = Architecture({"generator": AffineGenerator, "discriminator": AffineDiscriminator})
'''

RECIPE = """\
data: {name: mixture, count: 400, batch_size: 32}
architecture: {name: affine, generator: {latent: 5}}
loss: {name: quadratic, target: 0.5}
optimizers:
  generator: {name: adam, lr: 1.0e-3}
  discriminator: {name: adam, lr: 1.0e-3}
train: {steps: 6}
checkpoint: {every: 3}
log: {every: 2}
sample: null
run: {name: affine, dir: run}
trainer: {accelerator: cpu, devices: 1}
"""

_FILES = {
    "pyproject.toml": PYPROJECT,
    "quadratic_gan/__init__.py": "",
    "quadratic_gan/offers.py": OFFERS,
    "quadratic_gan/loss.py": LOSS,
    "quadratic_gan/networks.py": NETWORKS,
}


def write_source(folder: Path) -> Path:
    """Write the distribution's source tree."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder

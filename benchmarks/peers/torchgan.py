"""TorchGAN, the library of A. Pal and A. Das (arXiv:1909.03410): its networks, losses and Trainer."""

# mypy: disable-error-code="import-untyped, import-not-found"

from __future__ import annotations

import os
import tempfile
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.peers.common import Material
from benchmarks.works import Work

os.environ |= dict.fromkeys(("CONSOLE_LOGGING", "TENSORBOARD_LOGGING", "VISDOM_LOGGING"), "0")

from torchgan.losses import MinimaxDiscriminatorLoss, MinimaxGeneratorLoss
from torchgan.models import DCGANDiscriminator, DCGANGenerator, Discriminator, Generator
from torchgan.trainer import Trainer


def seconds(work: Work) -> float:
    """Train and return the seconds that one update takes."""
    material = Material(work)
    optimizer = {"name": torch.optim.Adam, "args": material.adam}
    networks = zip(("generator", "discriminator"), _networks(material), strict=True)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            {role: {"name": make, "optimizer": optimizer} for role, make in networks},
            [MinimaxDiscriminatorLoss(), MinimaxGeneratorLoss()],
            device=torch.device("cpu"),
            epochs=1,
            checkpoints=f"{folder}/model",
            recon=folder,
        )
        trainer.logger.logger_end_epoch.clear()  # it draws with an argument that torchvision has dropped
        material.watch(trainer.optimizer_generator)
        trainer(material.loader())
    return material.stopwatch.seconds


def _networks(material: Material) -> tuple[Any, Any]:
    if material.builder.recipe.architecture["generator"].name == "dcgan":
        channels, size, _ = material.samples.spec.shape
        return (
            partial(DCGANGenerator, out_size=size, out_channels=channels, nonlinearity=nn.ReLU()),
            partial(DCGANDiscriminator, in_size=size, in_channels=channels, last_nonlinearity=nn.Identity()),
        )
    networks = material.game().networks
    return partial(_Generator, networks["generator"]), partial(_Discriminator, networks["discriminator"])


class _Generator(Generator):  # type: ignore[misc]
    def __init__(self, network: Any) -> None:
        super().__init__(network.latent_shape[0])
        self.network = network

    def forward(self, latents: Tensor) -> Tensor:
        return self.network(latents)  # type: ignore[no-any-return]


class _Discriminator(Discriminator):  # type: ignore[misc]
    def __init__(self, network: Any) -> None:
        super().__init__(0)
        self.network = network

    def forward(self, samples: Tensor) -> Tensor:
        return self.network(samples).logits  # type: ignore[no-any-return]

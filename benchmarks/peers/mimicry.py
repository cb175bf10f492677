"""torch-mimicry, the library of K. S. Lee and C. Town (arXiv:2005.02494): its networks, losses and Trainer."""

# mypy: disable-error-code="import-untyped, import-not-found"

from __future__ import annotations

import sys
import tempfile
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.peers.common import Material
from benchmarks.works import Work

# Its metrics want TensorFlow and its data sets a part of torch that is gone. Neither is used here.
for _name in ("metrics", "datasets"):
    sys.modules[f"torch_mimicry.{_name}"] = ModuleType(_name)

from torch_mimicry.nets.gan.gan import BaseDiscriminator, BaseGenerator  # noqa: E402
from torch_mimicry.nets.sngan import SNGANDiscriminator32, SNGANGenerator32  # noqa: E402
from torch_mimicry.nets.wgan_gp import WGANGPDiscriminator32, WGANGPGenerator32  # noqa: E402
from torch_mimicry.training import Trainer  # noqa: E402

_NEVER = 10**9
_NETWORKS = {"sngan": (SNGANGenerator32, SNGANDiscriminator32), "wgan_gp": (WGANGPGenerator32, WGANGPDiscriminator32)}


def seconds(work: Work) -> float:
    """Train and return the seconds that one update takes."""
    material = Material(work)
    generator, discriminator = _networks(material)
    optimizers = [torch.optim.Adam(network.parameters(), **material.adam) for network in (discriminator, generator)]
    material.watch(optimizers[1])
    with tempfile.TemporaryDirectory() as folder:
        Trainer(
            discriminator,
            generator,
            *optimizers,
            material.loader(),
            num_steps=material.updates,
            n_dis=material.n_dis,
            log_dir=folder,
            device=torch.device("cpu"),
            print_steps=50,
            vis_steps=_NEVER,
            save_steps=_NEVER,
        ).train()
    return material.stopwatch.seconds


def _networks(material: Material) -> tuple[nn.Module, nn.Module]:
    name = material.builder.recipe.architecture["generator"].name
    if name in _NETWORKS:
        generator, discriminator = _NETWORKS[name]
        return generator(), discriminator()
    networks = material.game().networks
    return _Generator(networks["generator"]), _Discriminator(networks["discriminator"])


class _Generator(BaseGenerator):  # type: ignore[misc]
    def __init__(self, network: Any) -> None:
        super().__init__(nz=network.latent_shape[0], ngf=0, bottom_width=0, loss_type="ns")
        self.network = network

    def forward(self, latents: Tensor) -> Tensor:
        return self.network(latents)  # type: ignore[no-any-return]


class _Discriminator(BaseDiscriminator):  # type: ignore[misc]
    def __init__(self, network: Any) -> None:
        super().__init__(ndf=0, loss_type="ns")
        self.network = network

    def forward(self, samples: Tensor) -> Tensor:
        return self.network(samples).logits[:, None]  # type: ignore[no-any-return]

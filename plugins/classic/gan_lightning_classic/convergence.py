"""BEGAN's measure of convergence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from gan_lightning.data.samples import Samples, to_network
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.collect import chosen_rows
from gan_lightning.metrics.of_networks import NetworkScore
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples
from gan_lightning_classic.began import BEGAN_PAPER
from gan_lightning_classic.equilibrium import EquilibriumGame

_CHUNK = 256


class BEGANConvergence(NetworkScore):
    """M = L(x) + |gamma L(x) - L(G(z))|, with energies by the discriminator itself (arXiv:1703.10717, equation 7).

    It is lower where real samples are reconstructed well and the ratio of energies is the one that is sought. As many
    real and generated samples as are scored are judged. Values of discriminators of other sizes do not compare.

    Args:
        seed: Names the generated samples.

    Raises:
        UserError: The game is not `began`.
    """

    origin = BEGAN_PAPER
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"began_convergence": "lower"}

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.count = 0
        self.labels: Tensor | None = None

    def prepare(self, data: Samples, count: int) -> None:
        """Take real samples, and their classes if there are any."""
        rows = chosen_rows(min(count, len(data)), len(data))
        self.values = data.take(rows)
        self.labels = None if data.labels is None else data.labels[rows]
        self.count = count

    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Judge real and generated samples."""
        if not isinstance(game, EquilibriumGame):
            raise UserError("metric 'began_convergence': it needs game began")
        discriminator = networks["discriminator"]
        classes = game.draw_labels(self.count, Randomness(self.seed))
        made = torch.cat(list(draw_samples(game, networks, self.count, self.seed, classes)))
        sides = (to_network(self.values[:]), self.labels if game.conditional else None), (made, classes)
        real, fake = (_energy(game, discriminator, samples, labels) for samples, labels in sides)
        return {"began_convergence": game.convergence(real, fake).item()}

    def protocol(self) -> dict[str, Any]:
        """Return the seed, and how many samples of each side are judged."""
        return {"seed": self.seed, "real": len(self.values), "fake": self.count}


def _energy(game: EquilibriumGame, discriminator: nn.Module, samples: Tensor, labels: Tensor | None) -> Tensor:
    """Return the mean energy of samples ``[N, *shape]`` with classes ``[N]``, float64 on the CPU."""
    device = next(discriminator.parameters()).device
    told = []
    for rows in torch.split(torch.arange(len(samples)), _CHUNK):
        classes = None if labels is None else labels[rows].to(device)
        told.append(-game.ask(discriminator, samples[rows].to(device), classes).logits.double().cpu())
    return torch.cat(told).mean()

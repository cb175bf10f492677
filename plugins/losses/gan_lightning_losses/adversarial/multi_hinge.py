"""The multi-class hinge loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.vectors import vectors

_HEAD = "multi_hinge"


@dataclass(frozen=True)
class MultiHinge(Loss):
    """The hinge loss of a classifier with K + 1 outputs, the last of which is for generated samples.

    D: E[max(0, 1 - C_y(x) + C_!y(x))] + E[max(0, 1 - C_(K+1)(G) + C_!(K+1)(G))]
    G: E[max(0, 1 - C_y(G) + C_!y(G))]

    with C_!k the largest output but the k-th (Crammer & Singer), x and G of classes y (Kavalerov et al. 2019,
    arXiv:1912.04216). Class and realness are one question, so that the generator is always paid for both. The authors
    add feature matching for the generator, which is the penalty `feature_matching` with ``distance: absolute``. Play it
    with ``game: {name: two_player, conditional: true, discriminator_labels: false}``. A sample's score is how much
    more its class has than the last output.
    """

    needs_classes: ClassVar = True
    origin: ClassVar = Origin(
        "Kavalerov et al., A Multi-Class Hinge Loss for Conditional GANs",
        2019,
        "1912.04216",
        descends_from=("hinge",),
        cures=("image quality",),
    )

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return an output for each class, and one for generated samples."""
        return {_HEAD: data.classes + 1}

    def scores(self, critique: Critique) -> Tensor:
        """Return the output of each sample's class less the last one ``[N]``."""
        outputs = vectors(critique, _HEAD)
        return _at(outputs, _labels(critique)) - outputs[:, -1]

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from outputs ``[N, K + 1]`` and ``[M, K + 1]``."""
        outputs = vectors(fake, _HEAD)
        last = torch.full((len(outputs),), outputs.shape[1] - 1, device=outputs.device)
        return _hinge(vectors(real, _HEAD), _labels(real)) + _hinge(outputs, last)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from outputs ``[M, K + 1]``; `real` is not read."""
        del real
        return _hinge(vectors(fake, _HEAD), _labels(fake))


def _hinge(outputs: Tensor, wanted: Tensor) -> Tensor:
    """Return by how much the wanted outputs fail to be 1 above the largest of the others, the mean."""
    others = outputs.scatter(1, wanted[:, None], -torch.inf).amax(dim=1)
    return relu(1.0 - _at(outputs, wanted) + others).mean()


def _at(outputs: Tensor, columns: Tensor) -> Tensor:
    return outputs.gather(1, columns[:, None]).squeeze(1)


def _labels(critique: Critique) -> Tensor:
    if critique.labels is None:
        raise UserError(f"loss {_HEAD}: it reads the classes of samples; set game.conditional to true")
    return critique.labels

"""Outputs that a loss or a rule wants of a discriminator, whatever the architecture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from torch import Tensor, nn

from gan_lightning.components import Discriminator, Head
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers.probing import asked_once
from gan_lightning.layers.spectral_norm import SNLinear, SpectralNorm


class Headed(Discriminator):
    """A discriminator with further layers on its features, each output found in ``critique.extras``.

    Where the discriminator is spectrally normalised, so are they, since one layer that is not would undo the bound.

    Args:
        body: The discriminator; it must offer features.
        data: Shape of the samples.
        classes: Number of classes the discriminator is given, 0 for none.
        heads: Each output by name.

    Raises:
        UserError: The discriminator offers no features.
    """

    def __init__(self, body: nn.Module, data: DataSpec, classes: int, heads: Mapping[str, Head]) -> None:
        super().__init__()
        self.body = body
        width = _feature_width(body, data, classes)
        normalised = any(isinstance(layer, SpectralNorm) for layer in body.modules())
        linear = SNLinear if normalised else nn.Linear
        made = {
            name: linear(width, head) if isinstance(head, int) else head(width, linear) for name, head in heads.items()
        }
        self.heads = nn.ModuleDict(made)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *data.shape]``; see `Discriminator.forward`."""
        critique: Critique = self.body(samples, labels)
        outputs = {name: head(critique.features) for name, head in self.heads.items()}
        return replace(critique, extras={**critique.extras, **outputs})


def merge_heads(wanted: Iterable[Mapping[str, Head]]) -> dict[str, Head]:
    """Return all outputs that are wanted; two that want one of the same name share it.

    Raises:
        UserError: They want it in different sizes.
    """
    heads: dict[str, Head] = {}
    for wishes in wanted:
        for name, head in wishes.items():
            if heads.setdefault(name, head) != head:
                raise UserError(f"penalties: outputs {name!r} of the discriminator in sizes {heads[name]} and {head}")
    return heads


def _feature_width(body: nn.Module, data: DataSpec, classes: int) -> int:
    critique: Critique = asked_once(body, data, classes)
    if critique.features is None:
        raise UserError("loss or penalties: they read features, which this architecture's discriminator does not offer")
    return critique.features.flatten(1).shape[1]

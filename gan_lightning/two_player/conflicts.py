"""What cannot be played together once the networks are built."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan_lightning.components import Loss, Penalty, Rule
from gan_lightning.errors import UserError


def refuse_batch_mates(rules: Mapping[str, Rule], discriminator: nn.Module) -> None:
    """Refuse penalties on scores of single samples where batch normalisation lets samples see each other.

    One that is held in evaluation mode, as in a network that is not trained, is none. Minibatch deviation and
    discrimination let samples see each other, too, and are let pass: published systems play them with such penalties.

    Args:
        rules: Penalties and other rules by name.
        discriminator: The network, in training mode.

    Raises:
        UserError: A penalty and a layer do not go together; both are named.
    """
    concerned = [name for name, rule in rules.items() if isinstance(rule, Penalty) and rule.per_sample]
    layers = discriminator.named_modules()
    mixing = [(name, layer) for name, layer in layers if isinstance(layer, _BatchNorm) and layer.training]
    if concerned and mixing:
        name, layer = mixing[0]
        raise UserError(
            f"penalties.{concerned[0]}: it reads each sample's score as its own, which the discriminator's layer "
            f"{name!r} ({type(layer).__name__}) makes depend on the batch; take one without batch normalisation"
        )


def refuse_uneven_pairs(loss: Loss, batch_size: int, generated: int) -> None:
    """Refuse generated batches of another size than real ones where a loss pairs the two."""
    if loss.paired and generated != batch_size:
        raise UserError(
            f"game.generator_batch: the loss pairs real and generated samples; expected {batch_size}, got {generated}"
        )

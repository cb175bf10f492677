"""The gradient of the discriminator's logits by its input, the matter of all gradient penalties."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning.two_player import TwoPlayerPlay


def input_gradients(play: TwoPlayerPlay, samples: Tensor, labels: Tensor | None, side: str) -> Tensor:
    """Differentiate each sample's logit by the sample.

    Args:
        play: The discriminator's turn.
        samples: Where to differentiate, ``[N, *shape]``; they are taken as constants.
        labels: Their classes ``[N]``, or None.
        side: Name of the stream of the augmentations.

    Returns:
        Gradients ``[N, D]``, one row a sample, with a graph to the discriminator's weights.
    """
    samples = samples.detach().requires_grad_(True)  # noqa: FBT003  (torch's own signature)
    logits = play.judge(samples, labels, side).logits
    (gradients,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradients.flatten(1)

"""The conditional contrastive loss of ContraGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.origin import Origin
from gan_lightning_losses.penalties.proxies import Likeness, ProxyPenalty


@dataclass(frozen=True)
class ConditionalContrastive(ProxyPenalty):
    """Draw a sample's embedding to the proxy of its class and to samples of its class, away from all others.

    E_i -log((e^(f_i v_y / t) + P_i) / (e^(f_i v_y / t) + A_i))
    P_i = sum over k of i's class e^(f_i f_k / t)      A_i = sum over all k e^(f_i f_k / t)

    with k other than i, unit embeddings f of real samples in the discriminator's turn and of generated ones in the
    generator's, and a unit proxy v of each class, which the discriminator trains (Kang & Park 2020, arXiv:2006.12681:
    2C). All samples of the whole batch are compared, whatever the number of processes that share it. Play it with
    ``discriminator_labels: false``.

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
        size: Length of the embeddings.
        temperature: The paper's t.

    Raises:
        UserError: No components, or a temperature that is not above 0.
    """

    head: ClassVar = "contrastive_2c"
    origin: ClassVar = Origin(
        "Kang & Park, ContraGAN: Contrastive Learning for Conditional Image Generation",
        2020,
        "2006.12681",
        cures=("stability", "image quality"),
    )

    def contrast(self, alike: Likeness) -> Tensor:
        """Return the penalty, a scalar of at least 0."""
        itself = torch.eye(len(alike.to_proxy), dtype=torch.bool, device=alike.to_proxy.device)
        others = alike.to_others.masked_fill(itself, -torch.inf)
        friends = others.masked_fill(~alike.same_class, -torch.inf)
        every, like = (
            (torch.cat([alike.to_proxy[:, None], part], dim=1) / self.temperature).logsumexp(dim=1)
            for part in (others, friends)
        )
        return (every - like).mean()

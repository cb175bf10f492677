"""The data-to-data cross-entropy of ReACGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.origin import Origin
from gan_lightning_losses.penalties.proxies import Likeness, ProxyPenalty


@dataclass(frozen=True)
class DataToDataCrossEntropy(ProxyPenalty):
    """Draw a sample's embedding to the proxy of its class and away from the samples of others.

    E_i -log(e^(p_i) / (e^(p_i) + sum over j of another class e^(n_ij)))
    p_i = min(f_i v_y - m_p, 0) / t      n_ij = max(f_i f_j - m_n, 0) / t

    with unit embeddings f of real samples in the discriminator's turn and of generated ones in the generator's, and a
    unit proxy v of each class, which the discriminator trains (Kang et al. 2021, arXiv:2111.01118). Samples
    that are nearer to their proxy than the margin, and pairs that are further apart than theirs, teach nothing. All
    samples of the whole batch are compared, whatever the number of processes that share it. Play it with
    ``discriminator_labels: false``. Defaults are the authors' for CIFAR-10.

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
        size: Length of the embeddings.
        temperature: The paper's tau.
        positive_margin: m_p, the cosine with the proxy that is enough.
        negative_margin: m_n, the cosine with samples of other classes that is low enough; the authors' code has
            1 - m_p.

    Raises:
        UserError: No components, or a temperature that is not above 0.
    """

    weight: float = 0.5
    temperature: float = 0.5
    positive_margin: float = 0.98
    negative_margin: float = 0.02

    head: ClassVar = "d2d_ce"
    origin: ClassVar = Origin(
        "Kang et al., Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training",
        2021,
        "2111.01118",
        descends_from=("auxiliary_classifier",),
        cures=("stability", "mode diversity"),
    )

    def contrast(self, alike: Likeness) -> Tensor:
        """Return the penalty, a scalar of at least 0."""
        drawn = (alike.to_proxy - self.positive_margin).clamp(max=0.0) / self.temperature
        pushed = (alike.to_others - self.negative_margin).clamp(min=0.0) / self.temperature
        pushed = pushed.masked_fill(alike.same_class, -torch.inf)
        return (torch.cat([drawn[:, None], pushed], dim=1).logsumexp(dim=1) - drawn).mean()

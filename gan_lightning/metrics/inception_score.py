"""The inception score: confident and varied class predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat

from gan_lightning.metrics.checks import require_finite, require_option, require_samples
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness


class InceptionScore(Score):
    """Inception score of generated samples, mean and deviation over splits; the real samples play no part.

    IS = exp(E_x KL(p(y|x) || p(y)))    (arXiv:1606.03498, section 4), with p(y) the mean within each split. It lies
    between 1 and the number of classes. Samples are shuffled before they are split, the same way at every call.

    Args:
        splits: Number of parts the samples are divided into.

    Raises:
        UserError: If `splits` is below 1; in `compute`, if a logit is not finite or samples are fewer than splits.
    """

    origin = Origin("Salimans et al., Improved techniques for training GANs", 2016, "1606.03498")
    sees: ClassVar[Literal["features", "logits", "samples"]] = "logits"
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"is": "higher", "is_std": "lower"}
    full_state_update = False
    logits: list[Tensor]

    def __init__(self, splits: int = 10) -> None:
        super().__init__()
        require_option("splits", splits, 1)
        self.splits = splits
        self.add_state("logits", [], dist_reduce_fx="cat")

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Keep class logits ``[N, K]`` of generated samples."""
        if not real:
            self.logits.append(view)

    def compute(self) -> dict[str, Tensor]:
        """Return ``is`` and ``is_std``, float64 scalars; the deviation of a single split is 0."""
        logits = dim_zero_cat(self.logits).double() if len(self.logits) else torch.empty(0, 1)
        require_samples("is", self.splits, fake=len(logits))
        require_finite("is", logits)
        shuffled = logits[shuffle(len(logits)).to(logits.device)]
        scores = torch.stack([_score(part) for part in shuffled.chunk(self.splits)])
        return {"is": scores.mean(), "is_std": scores.std(correction=min(1, len(scores) - 1))}

    def protocol(self) -> dict[str, Any]:
        """Return the number of splits."""
        return {"splits": self.splits}


def shuffle(count: int) -> Tensor:
    """Return the order ``[count]`` in which samples are split, a function of their number alone."""
    return torch.randperm(count, generator=Randomness(seed=0).generator("is"))


def _score(logits: Tensor) -> Tensor:
    conditional = logits.softmax(dim=1)
    marginal = conditional.mean(dim=0)
    # The mean of KL(p(y|x) || p(y)) is the marginal's entropy less the mean conditional one
    certainty = (conditional * logits.log_softmax(dim=1)).sum(dim=1).mean()
    entropy: Tensor = -torch.special.xlogy(marginal, marginal).sum()
    return (certainty + entropy).exp()

"""One-sided label smoothing, for losses of cross-entropy."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.errors import UserError


def surprise_at_real(logits: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross-entropy of real samples with the label 1 - smoothing, a scalar.

    (1 - s) softplus(-r) + s softplus(r) = softplus(-r) + s r. Only real samples' labels are smoothed: a positive label
    for generated ones would draw the best discriminator to wherever they are (Salimans et al. 2016, arXiv:1606.03498,
    section 3.4).

    Args:
        logits: Logits of real samples ``[N]`` or ``[N, ...]``.
        smoothing: What is taken from the label.
    """
    surprise = softplus(-logits).mean()
    return surprise + smoothing * logits.mean() if smoothing else surprise


def check_smoothing(smoothing: float) -> None:
    """Raise a UserError unless the label stays above 0."""
    if not 0.0 <= smoothing < 1.0:
        raise UserError(f"loss.smoothing: expected a number from 0 to below 1, got {smoothing:g}")

"""What generators of faces pay beside the adversarial loss."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import l1_loss, relu


def differences(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each pixel of ``[N, C, H, W]`` has more than the one above, and than the one to the left."""
    return images.diff(dim=2), images.diff(dim=3)


def edge_error(made: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean absolute error of first differences, both directions added."""
    down, across = (l1_loss(*pair) for pair in zip(differences(made), differences(wanted), strict=True))
    return down + across


def total_variation(masks: Tensor) -> Tensor:
    """Return the mean absolute first difference of masks ``[N, 1, H, W]``, both directions added."""
    down, across = (part.abs().mean() for part in differences(masks))
    return down + across


def shut(masks: Tensor, margin: float) -> Tensor:
    """Return how far masks ``[N, 1, H, W]`` are below a margin: mean max(0, margin - mask)."""
    return relu(margin - masks).mean()

"""The last layer of a discriminator: from features, and labels if there are classes, to logits."""

from __future__ import annotations

from torch import Tensor, nn

from gan_lightning.layers.weights import PLAIN, LayerSet


class LinearHead(nn.Module):
    """Logit = w^T features + b, whatever the class.

    Args:
        width: Number of features D.
        layers: Plain or spectrally normalised.
        bias: Whether there is a b.
    """

    def __init__(self, width: int, layers: LayerSet = PLAIN, *, bias: bool = True) -> None:
        super().__init__()
        self.linear = layers.linear(width, 1, bias=bias)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map features ``[N, D]`` to logits ``[N]``."""
        del labels
        return self.linear(features).squeeze(1)  # type: ignore[no-any-return]


class ProjectionHead(nn.Module):
    """Logit = w^T features + b + <V[y], features> (Miyato & Koyama 2018, arXiv:1802.05637, equation 3).

    Args:
        width: Number of features D.
        classes: Number of classes.
        layers: Plain or spectrally normalised.
        bias: Whether there is a b.
    """

    def __init__(self, width: int, classes: int, layers: LayerSet = PLAIN, *, bias: bool = True) -> None:
        super().__init__()
        self.linear = layers.linear(width, 1, bias=bias)
        self.embedding = layers.embedding(classes, width)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map features ``[N, D]`` and labels ``[N]`` to logits ``[N]``.

        Raises:
            ValueError: There are no labels.
        """
        if labels is None:
            raise ValueError("a class-conditional network needs labels")
        return self.linear(features).squeeze(1) + (self.embedding(labels) * features).sum(dim=1)  # type: ignore[no-any-return]


def head(width: int, classes: int, layers: LayerSet = PLAIN, *, bias: bool = True) -> LinearHead | ProjectionHead:
    """Return a projection head where there are classes, else a linear one."""
    return ProjectionHead(width, classes, layers, bias=bias) if classes else LinearHead(width, layers, bias=bias)

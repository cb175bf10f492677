"""The losses of MMD GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.across import gather
from gan_lightning_losses.adversarial.kernels import Name, mixture
from gan_lightning_losses.adversarial.vectors import Compared, positive_size, vectors

_HEAD = "mmd"


@dataclass(frozen=True)
class MMD(Loss):
    """The squared maximum mean discrepancy of embeddings, a kernel two-sample statistic.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y)      D: -MMD^2      G: MMD^2

    with embeddings x of real and y of generated samples (Bińkowski et al. 2018, arXiv:1801.01401). Every pair
    of the whole batch counts, whatever the number of processes that share it.

    The discriminator parts the two sides, and no place of an embedding says real by itself. `scores` is the witness
    w(z) = E k(z, x) - E k(z, y) against the batches compared last, which the paper's gradient penalty is taken on.

    Args:
        size: Length of an embedding.
        kernel: ``rational_quadratic``: (1 + |a - b|^2 / 2s)^-s; ``rbf``: exp(-|a - b|^2 / 2 s^2).
        scales: The values of s, over which kernels are summed. The defaults are the paper's for its kernel; its code
            has 0.1, 1 and 10.
        dot: Weight of the scalar product that is added to the kernel.
        estimator: ``unbiased`` leaves out k(x, x) and k(y, y) of a sample with itself; its values may be negative.

    Raises:
        UserError: No components, no scales, a scale that is not above 0, or a negative weight.
    """

    size: int = 16
    kernel: Name = "rational_quadratic"
    scales: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0)
    dot: float = 1.0
    estimator: Literal["unbiased", "biased"] = "unbiased"
    _compared: Compared = field(default_factory=Compared, init=False, repr=False, compare=False)

    origin: ClassVar = Origin(
        "Bińkowski et al., Demystifying MMD GANs",
        2018,
        "1801.01401",
        descends_from=("wasserstein", "cramer"),
        cures=("stability",),
    )

    def __post_init__(self) -> None:
        """Refuse what is no kernel."""
        positive_size(self.size)
        if not self.scales or min(self.scales) <= 0.0:
            raise UserError(f"loss.scales: expected one or more numbers above 0, got {list(self.scales)}")
        if self.dot < 0.0:
            raise UserError(f"loss.dot: expected at least 0, got {self.dot:g}")

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the embedding."""
        del data
        return {_HEAD: self.size}

    def scores(self, critique: Critique) -> Tensor:
        """Return the witness ``[N]``, against the batches compared last.

        Raises:
            UserError: No batches have been compared.
        """
        real, fake = self._compared.recall(_HEAD)
        places = vectors(critique, _HEAD)
        return self._pairs(places, real).mean(1) - self._pairs(places, fake).mean(1)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return minus the discrepancy of embeddings ``[N, size]`` and ``[M, size]``."""
        return -self._discrepancy(real, fake)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discrepancy of embeddings ``[N, size]`` and ``[M, size]``."""
        return self._discrepancy(real, fake)

    def _discrepancy(self, real: Critique, fake: Critique) -> Tensor:
        x, y = gather(vectors(real, _HEAD)), gather(vectors(fake, _HEAD))
        self._compared.remember(x, y)
        return self._within(x) + self._within(y) - 2.0 * self._pairs(x, y).mean()

    def _within(self, rows: Tensor) -> Tensor:
        """Return the mean over pairs of one side."""
        values = self._pairs(rows, rows)
        if self.estimator == "biased":
            return values.mean()
        count = len(rows)
        if count < 2:
            raise UserError(f"loss {_HEAD}: the unbiased estimator compares samples of a batch; got a batch of {count}")
        return (values.sum() - values.diagonal().sum()) / (count * (count - 1))

    def _pairs(self, rows: Tensor, columns: Tensor) -> Tensor:
        return mixture(self.kernel, self.scales, self.dot, rows, columns)

"""rGAN: generators of clean classes, learned from labels of which some are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

from gan_lightning.components import Penalty
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_resnet.label_noise import LabelNoise, clean_given_noisy, draw_rows

_PAPER = ("Kaneko et al., Label-Noise Robust Generative Adversarial Networks", 2018, "1811.11165")
_HEAD = "robust_classifier"
_LEAST = 1e-8


class NoisyPlay(TwoPlayerPlay):
    """What a turn sees where labels are noisy: those of generated samples, and their classes."""

    game: LabelNoiseGame

    @cached_property
    def noisy_labels(self) -> Tensor:
        """Labels of the generated samples ``[M]``, with the noise that the data's have."""
        if self.game.labels_of == "reals":
            assert self.labels is not None
            return self.labels
        return self.game.draw_noisy_labels(self.count, self.random)

    @cached_property
    def fake_labels(self) -> Tensor:
        """Classes that generated samples are made of ``[M]``, each drawn given its noisy label."""
        return self.game.cleaned(self.noisy_labels, self.random)

    @property
    def judged_labels(self) -> Tensor:
        """What the discriminator is told of generated samples ``[M]``: noisy labels, as it is of real ones."""
        return self.noisy_labels if self.game.discriminator_labels else self.fake_labels


class LabelNoiseGame(TwoPlayerGame):
    """The two-player game on data with wrong labels (rcGAN: Kaneko et al. 2018, arXiv:1811.11165).

    The generator is given classes y, the discriminator noisy labels, of real and of generated samples alike: a label
    y~ is drawn as often as the data have it, and y from P(y | y~), which are the columns of T made to add up to 1.
    The generator can then only win by samples of y whose labels, once noisy, are as the data's. With
    ``discriminator_labels: false`` and the penalty ``robust_classifier`` it is rAC-GAN.

    Args:
        parts: What the recipe provides: networks, loss, penalties, augmentations.
        rate: Probability that a label is drawn anew, from all classes alike or as `flips` say.
        flips: Pairs [class, label] of classes that are taken for another; without, noise is alike for all classes.
        transition: The matrix T, a row for each class, in place of `rate` and `flips`.
        conditional: Must be true.
        discriminator_labels: Whether the discriminator is given noisy labels.
    """

    origin = Origin(*_PAPER, descends_from=("two_player",), cures=("image quality",))

    to_clean: Tensor

    def __init__(
        self,
        parts: Parts,
        *,
        rate: float = 0.5,
        flips: tuple[tuple[int, int], ...] = (),
        transition: list[list[float]] | None = None,
        conditional: bool = True,
        **options: Any,
    ) -> None:
        if not conditional:
            raise UserError("game.conditional: without classes there are no labels that could be wrong; set it to true")
        super().__init__(parts, conditional=conditional, **options)
        matrix = LabelNoise(rate, flips, transition).matrix(parts.data.classes)
        self.register_buffer("to_clean", clean_given_noisy(matrix), persistent=False)

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return NoisyPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def draw_noisy_labels(self, count: int, random: Randomness) -> Tensor:
        """Draw labels ``[count]`` as frequent as in the data."""
        labels = super().draw_labels(count, random)
        assert labels is not None
        return labels

    def draw_labels(self, count: int, random: Randomness) -> Tensor:
        """Draw classes ``[count]`` as frequent as they must be in the data."""
        return self.cleaned(self.draw_noisy_labels(count, random), random)

    def cleaned(self, labels: Tensor, random: Randomness) -> Tensor:
        """Draw a class given each noisy label ``[N]``."""
        return draw_rows(self.to_clean, labels, random.uniform("clean labels", len(labels)))


@dataclass(frozen=True)
class RobustClassifier(LabelNoise, Penalty):
    """The auxiliary classifier of rAC-GAN, which knows that labels are wrong (Kaneko et al. 2018, arXiv:1811.11165).

    D: -real * E[log (softmax(C(x)) T)_y~] on real samples x of label y~      G: generator * E[CE(C(G(z, y)), y)]

    so that C tells classes, not labels. C is a linear layer on the discriminator's features, spectrally normalised
    where that is; the authors' code has a plain one on mean-pooled features. Play it with ``game: {name: label_noise,
    discriminator_labels: false}`` and the same T.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        real: Factor on the discriminator's term.
        generator: Factor on the generator's term.
    """

    real: float = 1.0
    generator: float = 0.1

    players: ClassVar = ("discriminator", "generator")
    needs_classes: ClassVar = True
    origin: ClassVar = Origin(*_PAPER, descends_from=("auxiliary_classifier",), cures=("image quality",))

    def __post_init__(self) -> None:
        """Refuse what is no probability, and an interval that no round could keep."""
        LabelNoise.__post_init__(self)
        Penalty.__post_init__(self)

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the logits of the classes."""
        return {_HEAD: data.classes}

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        if play.phase.player == "generator":
            logits, classes = _told(play.fake_critique)
            return self.generator * cross_entropy(logits, classes)
        logits, labels = _told(play.real_critique)
        return self.real * self._surprise(logits, labels)

    def _surprise(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean of -log P(label) over samples, where a class becomes a label by T."""
        matrix = self.matrix(logits.shape[1]).to(logits.device).clamp(min=_LEAST)
        of_classes = log_softmax(logits.float(), dim=1)
        return -torch.logsumexp(of_classes + matrix.log().T[labels], dim=1).mean()


def _told(critique: Critique) -> tuple[Tensor, Tensor]:
    assert critique.labels is not None, "needs_classes"
    return critique.extras[_HEAD], critique.labels

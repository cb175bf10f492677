"""Semi-supervised learning: by the same logits the discriminator tells classes, and real from generated samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from gan_lightning.components import Head
from gan_lightning.critique import Critique, DeferredCritique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError, nearest
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_classic.partly_labelled import UNLABELLED

HEAD = "classes"


class SemiSupervisedPlay(TwoPlayerPlay):
    """What a turn sees where some samples are labelled: real samples are those that are not."""

    game: SemiSupervisedGame

    @cached_property
    def _known(self) -> Tensor:
        """Which samples of the batch are labelled, bool ``[N]``."""
        assert self.batch.labels is not None
        return self.batch.labels != self.game.unlabelled

    @cached_property
    def _whole(self) -> Tensor:
        return self.batch.samples()

    @cached_property
    def drawn(self) -> Tensor:
        """Samples without a label ``[U, *shape]``."""
        found = self._whole[~self._known]
        if not len(found):
            raise UserError(
                "data.batch_size: a batch has no sample without a label; raise it, or take data partly_labelled, whose "
                "batches are half and half"
            )
        return found

    @cached_property
    def count(self) -> int:
        """How many samples this process generates in the turn: as many as it sees without a label."""
        return super().count if self.game.generator_batch else len(self.drawn)

    @cached_property
    def targets(self) -> Tensor:
        """Classes of the labelled samples ``[L]``, of those that are not ``unlabelled``."""
        assert self.labels is not None
        labels = self.labels[self._known]
        return labels - (labels > self.game.unlabelled).long()

    @cached_property
    def labelled_critique(self) -> Critique:
        """The discriminator's opinion of the labelled samples."""
        return DeferredCritique(lambda: self.judge(self._whole[self._known], None, "labelled"))


class SemiSupervisedGame(TwoPlayerGame):
    """The discriminator is a classifier of K classes and one more, of generated samples (arXiv:1606.03498, section 5).

    D: supervised * E[CE(l(x), y)] on labelled x + unsupervised * L_D on unlabelled and generated samples      G: L_G

    It has K logits l, since that of the last class can be fixed to 0: with Z = sum_k exp(l_k), a sample is real with
    probability D = Z / (Z + 1), and its logit log Z is what any adversarial loss sees. Class logits are a linear layer
    on the features of whatever discriminator is played; its own logit is not read. For feature matching, play the
    penalty ``feature_matching`` with ``adversarial: 0``. With ``unsupervised: 0`` the classifier learns from labels
    alone, the baseline that results are compared with. The average of the discriminator is kept beside the generator's,
    and is what is tested.

    Args:
        parts: What the recipe provides.
        unlabelled: Name of the class of samples without a label, as in `partly_labelled`, or in a folder of classes.
        supervised: Factor on the cross-entropy of labelled samples.
        unsupervised: Factor on the adversarial loss in the discriminator's turn; 0 leaves it out.
        conditional: Must be false: the generator is told of no class.

    Raises:
        UserError: The data have no such class, or no other.
    """

    origin = Origin("Salimans et al., Improved Techniques for Training GANs", 2016, "1606.03498")
    averaged: ClassVar = ("generator", "discriminator")
    example: ClassVar = {
        "data": {"name": "partly_labelled", "options": {"resolution": 8}, "batch_size": 8},
    }

    def __init__(
        self,
        parts: Parts,
        *,
        unlabelled: str = UNLABELLED,
        supervised: float = 1.0,
        unsupervised: float = 0.5,
        conditional: bool = False,
        **options: Any,
    ) -> None:
        if conditional:
            raise UserError("game.conditional: the generator is told of no class; set it to false")
        self.unlabelled = _class_number(parts.data, unlabelled)
        self.supervised = supervised
        self.unsupervised = unsupervised
        super().__init__(parts, conditional=False, **options)
        if self.pack > 1:
            raise UserError("game.pack: classes belong to single samples; set it to 1")
        self._phases = tuple(self._taught(phase, unsupervised) for phase in self._phases)

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return the class logits."""
        return {HEAD: data.classes - 1}

    def ask(self, discriminator: nn.Module, samples: Tensor, labels: Tensor | None) -> Critique:
        """Return a discriminator's opinion of samples ``[N, *shape]``, with log Z for the logit."""
        critique = super().ask(discriminator, samples, labels)
        return replace(critique, logits=torch.logsumexp(critique.extras[HEAD], dim=1))

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return SemiSupervisedPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def generated(self, batch_size: int) -> int:
        """Return how many samples a generator update makes: as many as there are in a batch without a label."""
        counts = self.data.class_counts
        return self.generator_batch or round(batch_size * counts[self.unlabelled] / sum(counts))

    def _taught(self, phase: Phase, unsupervised: float) -> Phase:
        """Add the cross-entropy to the discriminator's regular turns, and weigh or leave out its loss."""
        if not phase.fresh:
            return phase
        terms = dict(phase.terms)
        loss = terms.pop("loss")
        weighed = {"loss": lambda play: self.unsupervised * loss(play)} if unsupervised else {}
        return replace(phase, terms={**weighed, HEAD: self._surprise, **terms})

    def _surprise(self, play: Play) -> Tensor:
        """Return the weighted mean cross-entropy of labelled samples, 0 without any."""
        assert isinstance(play, SemiSupervisedPlay)
        told = play.labelled_critique.extras[HEAD].float()
        return self.supervised * cross_entropy(told, play.targets, reduction="sum") / max(len(told), 1)


def _class_number(data: DataSpec, name: str) -> int:
    if name not in data.class_names or data.classes < 2:
        raise UserError(
            f"game.unlabelled: the data need a class {name!r} beside others, as data partly_labelled has; "
            f"{nearest(name, data.class_names)}"
        )
    return data.class_names.index(name)

"""StarGAN: one generator that gives images of a data set another of its classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss

from gan_lightning.components import Head
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import Term
from gan_lightning_translation.game import TranslationGame, TranslationPlay
from gan_lightning_translation.stargan import STARGAN_PAPER

#: What the classifier's output is called in `Critique.extras`.
HEAD = "domain"


class StarGANPlay(TranslationPlay):
    """What a turn sees: images, the classes that they have and shall have, and both translations."""

    game: StarGAN

    @cached_property
    def sources(self) -> Tensor:
        """The real samples ``[N, *shape]``; the data's own sources are for pictures and scores."""
        return self.targets

    @cached_property
    def made(self) -> Tensor:
        """Images of the classes that are drawn ``[N, *shape]``; without a graph in the discriminator's turn."""
        return self.translated(self.sources, self.fake_labels)

    @cached_property
    def returned(self) -> Tensor:
        """Images ``[N, *shape]`` that were made, translated back to the classes that they began with."""
        return self.translated(self.made, self.real_labels)

    def translated(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Return images ``[N, *shape]`` of other classes ``[N]``."""
        made: Tensor = self.game.networks["generator"](images, labels)
        return made


class StarGAN(TranslationGame):
    """The generator is told the class that an image shall become; the discriminator also tells classes.

    D: discriminator_weight * L_D(x, G(x, c)) + classification * CE(D(x), c')
    G: adversarial * L_G(G(x, c)) + classification * CE(D(G(x, c)), c) + reconstruction * E|G(G(x, c), c') - x|

    with images x of class c', classes c drawn as frequent as they are in the data, any loss and penalties (Choi et al.
    2018, arXiv:1711.09020, equations 5 and 6). The classifier is a linear layer on the discriminator's features, and
    learns from real images only. The paper has ``wasserstein`` with ``gradient_penalty`` and `n_dis` of 5. Data are
    `itself` around any with labels. An image has one class: the binary attributes of CelebA, several at a time, and
    masks that tell data sets apart are not there.

    Args:
        parts: What the recipe provides.
        classification: Factor on the classification error of both players, the paper's lambda_cls.
        reconstruction: Factor on the mean absolute error of coming back, images in [-1, 1]; the paper's lambda_rec.

    Raises:
        UserError: The data have no classes, or sources of another shape.
    """

    origin = STARGAN_PAPER
    of_class = True
    example: ClassVar = {
        "data": {"name": "itself", "of": "digits", "options": {"resolution": 16}, "batch_size": 8},
        "architecture": {
            "name": "stargan",
            "generator": {"channels": 4, "blocks": 1},
            "discriminator": {"channels": 4},
        },
    }

    def __init__(
        self, parts: Parts, *, classification: float = 1.0, reconstruction: float = 10.0, **options: Any
    ) -> None:
        _check(parts.data)
        self.classification, self.reconstruction = classification, reconstruction
        super().__init__(parts, **options)

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return the classifier: the scores of each class ``[N, K]``."""
        return {HEAD: partial(_classifier, data.classes)}

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return StarGANPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def discriminator_terms(self) -> Mapping[str, Term]:
        """Return the classification error of real images."""
        return {HEAD: self._of_reals}

    def terms(self) -> Mapping[str, Term]:
        """Return the classification error of generated images, and that of coming back."""
        return {HEAD: self._of_fakes, "cycle": self._cycle}

    def translate(
        self,
        networks: Mapping[str, nn.Module],
        sources: Tensor,
        random: Randomness,
        labels: Tensor | None = None,
        *,
        backward: bool = False,
    ) -> Tensor:
        """Give images ``[N, *shape]`` the classes ``[N]``, drawn where there are none; see `Translating.translate`."""
        if labels is None:
            labels = self.draw_labels(len(sources), random)
        return super().translate(networks, sources, random, labels, backward=backward)

    def applied(self, network: nn.Module, images: Tensor, labels: Tensor | None) -> Tensor:
        """Return what the generator makes of images ``[N, C, H, W]`` for classes ``[N]``."""
        made: Tensor = network(images, labels)
        return made

    def _of_reals(self, play: Play) -> Tensor:
        assert isinstance(play, StarGANPlay)
        assert play.real_labels is not None
        return self.classification * cross_entropy(play.real_critique.extras[HEAD], play.real_labels)

    def _of_fakes(self, play: Play) -> Tensor:
        assert isinstance(play, StarGANPlay)
        assert play.fake_labels is not None
        return self.classification * cross_entropy(play.fake_critique.extras[HEAD], play.fake_labels)

    def _cycle(self, play: Play) -> Tensor:
        assert isinstance(play, StarGANPlay)
        return self.reconstruction * l1_loss(play.returned, play.sources)


def _classifier(classes: int, width: int, linear: Callable[[int, int], nn.Linear]) -> nn.Module:
    """Return a linear layer without biases, as the paper's is."""
    layer = linear(width, classes)
    layer.register_parameter("bias", None)
    return layer


def _check(data: DataSpec) -> None:
    if not data.classes:
        raise UserError("data: StarGAN translates images to other classes, and these have no labels; take data with")
    source = data.partners.get("source", data.shape)
    if source != data.shape:
        raise UserError(
            f"data: StarGAN makes images {data.shape} from images {source}; expected one shape, as in itself"
        )

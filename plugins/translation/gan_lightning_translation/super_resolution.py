"""Super-resolution: large images made from small ones, judged by pixels, by features and by a discriminator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Stage
from gan_lightning.two_player import Term
from gan_lightning_translation.frozen_features import DISTANCES, Features
from gan_lightning_translation.game import TranslationGame, TranslationPlay
from gan_lightning_translation.srgan import SRGAN_PAPER

Error = Literal["l1", "l2"]

_ERRORS = {"l1": l1_loss, "l2": mse_loss}


class SuperResolution(TranslationGame):
    """The generator makes y of a smaller x; the discriminator sees y or G(x) alone (arXiv:1609.04802, equation 3).

    D: L_D(y, G(x))      G: pixel * |y - G(x)| + perceptual * d(y, G(x)) + adversarial * L_G

    with any loss; SRGAN has ``non_saturating``, ESRGAN ``relativistic_average`` (arXiv:1809.00219). Data are
    `low_resolution`, or pairs of images of other sizes. For the first `pretrain` images the generator plays alone and
    pays for pixels only; then its optimiser begins anew.

    Args:
        parts: What the recipe provides.
        pixel: Factor on the error of pixels, images in [-1, 1]; 0 leaves it out once the discriminator plays.
        error: ``l1``, the mean absolute error, or ``l2``, the mean squared one.
        perceptual: Factor on the distance of features; 0 leaves it out.
        features: Whose features: ``efficientnet_lite0``, at hand; ``vgg19``, ESRGAN's, before activation; or
            ``vgg19_activated``, SRGAN's. The latter two need torchvision's weights in torch.hub's folder.
        adversarial: Factor on the loss in the generator's turn.
        pretrain: Images that the generator is trained with alone at first.

    Raises:
        UserError: VGG19's weights are not there, or a number is negative.
    """

    origin = SRGAN_PAPER
    example: ClassVar = {
        "architecture": {
            "generator": {"name": "msrresnet", "channels": 4, "blocks": 1},
            "discriminator": {"name": "cut", "channels": 4},
        },
        "game": {"perceptual": 0.0},
    }

    def __init__(
        self,
        parts: Parts,
        *,
        pixel: float = 0.01,
        error: Error = "l1",
        perceptual: float = 1.0,
        features: Features = "efficientnet_lite0",
        adversarial: float = 0.005,
        pretrain: int = 0,
        **options: Any,
    ) -> None:
        if pretrain < 0:
            raise UserError(f"game.pretrain: expected at least 0 images, got {pretrain}")
        self.pixel, self.perceptual, self.pretrain = pixel, perceptual, pretrain
        self.error = error
        self._distance = DISTANCES[features](max(parts.data.shape[1:])) if perceptual else None
        super().__init__(parts, adversarial=adversarial, **options)
        self._alone = False

    def terms(self) -> Mapping[str, Term]:
        """Return the errors of pixels and features."""
        terms: dict[str, Term] = {}
        if self.pixel:
            terms["pixel"] = lambda play: self.pixel * self._pixels(play)
        if self.perceptual:
            terms["perceptual"] = self._features
        return terms

    def phases(self) -> tuple[Phase, ...]:
        """Return the moves of the stage: the generator's alone, or both players'."""
        if self._alone:
            return (Phase("generator", {"pixel": self._pixels}, fresh=True, counts=True),)
        return super().phases()

    def stages(self) -> tuple[Stage, ...]:
        """Return the generator's own stage, if there is one, and that of both players."""
        both = Stage("adversarial", self.pretrain)
        return (Stage("pretrain"), both) if self.pretrain else (both,)

    def enter(self, stage: int) -> tuple[str, ...]:
        """Let the discriminator in, or keep it out."""
        self._alone = stage < len(self.stages()) - 1
        return ("generator",)

    def _pixels(self, play: Play) -> Tensor:
        assert isinstance(play, TranslationPlay)
        return _ERRORS[self.error](play.made, play.targets)

    def _features(self, play: Play) -> Tensor:
        assert isinstance(play, TranslationPlay)
        assert self._distance is not None
        return self.perceptual * self._distance(play.made, play.targets)

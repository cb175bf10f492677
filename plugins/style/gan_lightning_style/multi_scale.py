"""The game in which images of all sizes are made and judged at once."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.headed import Headed
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_style.scales import JudgesScales, MakesScales, Scales


class MultiScale(TwoPlayerGame):
    """The two-player game with samples that are images of all sizes: those that G makes, and means of a real image.

    D sees all of them, so a gradient reaches every size in G from the beginning, and nothing has to grow (Karnewar &
    Wang 2020, arXiv:1903.06048). A sample is a vector, see `gan_lightning_style.scales.Scales`: gradient penalties
    differentiate by all sizes, and mix all of them by one share. Augmentations see each size enlarged to that of the
    data, all with the same random numbers, and means are taken of what they make. Rules that turn or shift images by
    themselves cannot be played. What is sampled and scored are the largest images.

    Args:
        parts: What the recipe provides.

    Raises:
        UserError: A network does not make, or see, images of all sizes, the two have other sizes, or there are packs.
    """

    origin = Origin(
        "Karnewar & Wang, MSG-GAN: Multi-Scale Gradients for Generative Adversarial Networks",
        2019,
        "1903.06048",
        descends_from=("growing",),
        cures=("stability", "vanishing gradients"),
    )
    example: ClassVar = {
        "architecture": {"name": "msg_gan", "generator": {"channels": 8}, "discriminator": {"channels": 8, "group": 1}}
    }

    def __init__(self, parts: Parts, **options: Any) -> None:
        super().__init__(parts, **options)
        if self.pack > 1:
            raise UserError("game.pack: samples of all sizes are not joined at their channels; set it to 1")
        self.scales = _scales(self.networks)

    def play(self, phase: Phase, *args: Any, **options: Any) -> Play:
        """Return what a turn sees."""
        return MultiScalePlay(self, phase, *args, **options)


class MultiScalePlay(TwoPlayerPlay):
    """A turn whose samples are images of all sizes, packed ``[N, values]``."""

    game: MultiScale

    @property
    def drawn(self) -> Tensor:
        """Real images and means over their squares, packed."""
        scales = self.game.scales
        return scales.pack(scales.of(self.batch.samples()))

    @cached_property
    def fake(self) -> Tensor:
        """Generated images of all sizes, packed; without a graph in the discriminator's turn."""
        generator = self.game.networks["generator"]
        assert isinstance(generator, MakesScales)
        return self.game.scales.pack(generator.scales(self.latents, self.fake_labels))

    def augmented(self, samples: Tensor, side: str) -> Tensor:
        """Return what the discriminator sees of packed images; each size is augmented alike."""
        if not self.game.augmentations:
            return samples
        scales = self.game.scales
        seen = []
        for image in scales.unpack(samples):
            changed = super().augmented(scales.enlarged(image), side)
            seen.append(adaptive_avg_pool2d(changed, (image.shape[2], image.shape[3])))
        return scales.pack(seen)


def _scales(networks: nn.ModuleDict) -> Scales:
    """Return the sizes that are judged.

    Raises:
        UserError: They are not those that are made.
    """
    generator, discriminator = networks["generator"], networks["discriminator"]
    judge = discriminator.body if isinstance(discriminator, Headed) else discriminator
    for role, part, able in (
        ("generator", generator, isinstance(generator, MakesScales)),
        ("discriminator", judge, isinstance(judge, JudgesScales)),
    ):
        if not able:
            kind = type(part).__name__
            raise UserError(f"architecture.{role}: {kind} works at one size; expected one of all, such as msg_gan")
    assert isinstance(generator, MakesScales)
    assert isinstance(judge, JudgesScales)
    if generator.doublings != judge.sizes.doublings:
        raise UserError(
            f"architecture: images of {generator.doublings + 1} sizes are made, and the discriminator is for "
            f"{judge.sizes.doublings + 1}"
        )
    return judge.sizes

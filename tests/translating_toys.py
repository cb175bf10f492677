"""A small game that makes images from images, for tests of what the core does with such games."""

from __future__ import annotations

from torch import Tensor, nn
from toys import ToyDiscriminator, toy_catalog

from gan_lightning.components import Architecture
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Phase, Player


class Recolour(nn.Module):
    """One convolution of a pixel, so that images of any size will do; sides may be asked to be multiples."""

    def __init__(self, data, classes, *, multiple: int | None = 1):
        super().__init__()
        source = data.partners["source"]
        self.scale = data.shape[1] // source[1]
        self.multiple = multiple
        self.layer = nn.Conv2d(source[0], data.shape[0], 1)

    def forward(self, sources: Tensor) -> Tensor:
        return self.layer(sources).repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3).tanh()


class Recolouring(Game):
    """The generator learns the mean squared error alone; the discriminator learns to say nothing."""

    def __init__(self, parts):
        networks = {role: parts.networks[role](parts.data, 0) for role in self.roles}
        super().__init__(parts, networks)

    players = (Player("discriminator", ("discriminator",)), Player("generator", ("generator",)))

    def phases(self):
        def wrong(play):
            made = self.networks["generator"](play.batch.partners["source"].samples())
            return (made - play.real).square().mean()

        def said(play):
            return self.networks["discriminator"](play.real).logits.square().mean()

        return (
            Phase("discriminator", {"said": said}, fresh=True),
            Phase("generator", {"wrong": wrong}, counts=True),
        )

    def translate(self, networks, sources, random, labels=None, *, backward=False):
        if backward:
            raise UserError("backward: this game learns one direction")
        return networks["generator"](sources)

    def side_multiple(self, networks):
        return networks["generator"].multiple

    def sample(self, *args, **options):
        raise AssertionError("never asked")


def translating_catalog():
    """Return the toy catalog with the game ``recolouring`` and its networks ``recolour``."""
    networks = Architecture({"generator": Recolour, "discriminator": ToyDiscriminator})
    return toy_catalog(game={"recolouring": Recolouring}, architecture={"recolour": networks})

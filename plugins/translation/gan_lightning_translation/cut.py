"""CUT: one translation without pairs, each patch of which tells what it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from gan_lightning.components import Architecture
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.layers import at_least
from gan_lightning.origin import Origin
from gan_lightning.two_player import Term
from gan_lightning_translation.game import TranslationGame, TranslationPlay
from gan_lightning_translation.norms import initialise
from gan_lightning_translation.patch_gan import InstancePatchGAN
from gan_lightning_translation.resnet_translator import ResnetTranslator

_SHORTEST = 1e-3  # a vector of nearly nothing, as dead units leave it, would have a gradient without bound

CUT_PAPER = Origin(
    "Park et al., Contrastive Learning for Unpaired Image-to-Image Translation",
    2020,
    "2007.15651",
    descends_from=("cyclegan",),
)

CUT = Architecture({"generator": ResnetTranslator, "discriminator": InstancePatchGAN}, CUT_PAPER)


class PatchHeads(nn.Module):
    """Two layers for each map, from the channels of a place to a vector of length 1, or below where it is below 0.001.

    Args:
        widths: Channels of the maps.
        width: Length of the vectors, and of the hidden layer.
    """

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        made = (nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width)) for inputs in widths)
        self.layers = nn.ModuleList(made)
        initialise(self)

    def forward(self, maps: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """Map maps ``[N, C, H, W]`` and places in them ``[P]`` to vectors ``[N, P, width]``."""
        rows = [part.flatten(2)[:, :, place].transpose(1, 2) for part, place in zip(maps, places, strict=True)]
        return [normalize(layer(row), dim=2, eps=_SHORTEST) for layer, row in zip(self.layers, rows, strict=True)]


def contrast(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Return how badly patches tell what they were made from, a scalar: the PatchNCE loss (equation 3).

    Args:
        queries: Vectors of generated patches ``[N, P, D]``, of length 1.
        keys: Those of the patches in the same places of what they were made from; the others of the same image are
            what they must be told from. No gradient goes there.
        temperature: Divides the products.
    """
    products = queries @ keys.detach().transpose(1, 2) / temperature
    targets = torch.arange(products.shape[1], device=products.device).expand(len(products), -1)
    return cross_entropy(products.flatten(0, 1), targets.flatten())


class CUTPlay(TranslationPlay):
    """What a turn sees, and what the generator makes of images that are as wanted."""

    game: ContrastiveTranslation

    @cached_property
    def kept(self) -> Tensor:
        """What the generator makes of real samples ``[N, *shape]``, which it should leave as they are."""
        kept: Tensor = self.game.networks["generator"](self.targets)
        return kept

    def contrast(self, sources: Tensor, made: Tensor, purpose: str) -> Tensor:
        """Return the mean contrast over layers of images and what was made from them, at places drawn anew."""
        generator: Any = self.game.networks["generator"]
        heads = self.game.networks["heads"]
        with torch.no_grad():
            known = generator.features(sources)
            places = [self._places(part, f"{purpose} {number}") for number, part in enumerate(known)]
            keys = heads(known, places)
        queries = heads(generator.features(made), places)
        pairs = zip(queries, keys, strict=True)
        return torch.stack([contrast(*pair, self.game.temperature) for pair in pairs]).mean()

    def _places(self, maps: Tensor, purpose: str) -> Tensor:
        """Draw places ``[P]`` in maps ``[N, C, H, W]``, the same for all images and on all processes."""
        count = maps.shape[2] * maps.shape[3]
        drawn = torch.randperm(count, generator=self.random.generator(purpose))
        return drawn[: self.game.patches].to(maps.device)


class ContrastiveTranslation(TranslationGame):
    """G makes samples y of sources x; patches of G(x) must be nearest to the patches of x in their own places.

    D: L_D(y, G(x))      G: adversarial * L_G + contrast * NCE(x, G(x)) + identity * NCE(y, G(y))

    with any loss (Park et al. 2020, arXiv:2007.15651, equation 5). Patches are compared in five maps of the
    generator's first half, each through two layers that the generator's optimiser trains. The published code has
    ``least_squares``, which is halved here: `adversarial` of 2 makes up for it. FastCUT is ``contrast: 10, identity:
    0``. Data are `unpaired_folders`.

    Args:
        parts: What the recipe provides.
        contrast: Factor on the contrast of sources and samples.
        identity: Factor on that of real samples and what is made of them; 0 leaves it out.
        patches: Places in each map that are compared, at most.
        temperature: Divides products of vectors.
        head_width: Length of these vectors.

    Raises:
        UserError: The generator has no maps to compare, sources have other channels than samples and `identity` is not
            0, or a number is below 1.
    """

    origin = CUT_PAPER
    players: ClassVar = (
        Player("discriminator", ("discriminator",)),
        Player("generator", ("generator", "heads")),
    )
    example: ClassVar = {
        "architecture": {
            "name": "cut",
            "generator": {"channels": 4, "blocks": 1},
            "discriminator": {"channels": 4},
        },
        "game": {"head_width": 32, "contrast": 1e-5, "identity": 1e-5, "adversarial": 1e-5},
    }

    def __init__(
        self,
        parts: Parts,
        *,
        contrast: float = 1.0,
        identity: float = 1.0,
        patches: int = 256,
        temperature: float = 0.07,
        head_width: int = 256,
        **options: Any,
    ) -> None:
        at_least(1, patches=patches, head_width=head_width)
        self.contrast, self.identity = contrast, identity
        self.patches, self.temperature = patches, temperature
        super().__init__(parts, **options)
        generator = self.networks["generator"]
        if not hasattr(generator, "feature_widths"):
            raise UserError("architecture.generator: game cut compares maps, which this one has none of; take cut's")
        if identity and parts.data.partners["source"] != parts.data.shape:
            raise UserError("game.identity: sources have another shape than samples; set it to 0")
        self.networks["heads"] = PatchHeads(generator.feature_widths, head_width)  # type: ignore[arg-type]

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return CUTPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def terms(self) -> Mapping[str, Term]:
        """Return the two contrasts."""
        return {"contrast": self._contrast, **({"identity": self._identity} if self.identity else {})}

    def _contrast(self, play: Play) -> Tensor:
        assert isinstance(play, CUTPlay)
        return self.contrast * play.contrast(play.sources, play.made, "patches")

    def _identity(self, play: Play) -> Tensor:
        assert isinstance(play, CUTPlay)
        return self.identity * play.contrast(play.targets, play.kept, "patches of targets")

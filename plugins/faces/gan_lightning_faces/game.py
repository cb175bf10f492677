"""Face swap: one encoder for two identities, and a decoder for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.metrics.perceptual import PerceptualFeatures, feature_distance
from gan_lightning.randomness import Randomness
from gan_lightning.translating import Translates, refuse_rules
from gan_lightning.two_player import Term
from gan_lightning_faces.checks import check_data, check_loss, check_shares, check_widths
from gan_lightning_faces.face import Face
from gan_lightning_faces.face_swap import FACE_SWAP_ORIGIN
from gan_lightning_faces.play import SIDES, FaceSwapPlay
from gan_lightning_faces.terms import edge_error, shut, total_variation
from gan_lightning_faces.warp import Warp

_Price = Callable[[FaceSwapPlay, str], Tensor]

#: What the generators pay beside the loss: an option that is its factor, and a method that is its price.
_WEIGHED = ("reconstruction", "edges", "perceptual", "cycle", "mask_hinge", "mask_l1", "mask_variation")

GENERATORS = ("encoder", "decoder_source", "decoder_target")
DISCRIMINATORS = ("discriminator_source", "discriminator_target")


class FaceSwap(Translates):
    """Each identity's decoder learns to straighten warped faces of its own; given another's codes, it swaps faces.

    Sides s are ``source``, identity A, and ``target``, identity B, the data's samples. Of a warped face w, whose
    straight form is x, encoder and decoder make colours c and a mask m, and y = m c + (1 - m) w is shown.

    D: L_D(s)   [x, w] is real, [y, w] and [c, w] are fake; or, with `mixup`, E(D_s([mixture, w]) - real share)^2
    G: adversarial L_G(s) + reconstruction E|o - x| + edges E|grad o - grad x| + perceptual d(y, x) + cycle E|back - x|
       + mask_hinge E[mask_margin - m]_+ + mask_l1 E|m| + mask_variation E|grad m|

    with the mean over both outputs o, y and c. The player ``generator``, with encoder and both decoders, and the player
    ``discriminator``, with both discriminators, pay for both sides. Every weight may follow a schedule. Data are
    `unpaired_folders`, or others whose samples and sources have one shape.

    Args:
        parts: What the recipe provides.
        adversarial: Factor on the loss in the generator's turn.
        reconstruction: Factor on the mean absolute error, images in [-1, 1].
        edges: Factor on that of their first differences.
        perceptual: Factor on the distance of features of EfficientNet-Lite0 of what is shown.
        cycle: Factor on the mean absolute error of faces that are swapped there and back.
        mask_hinge: Factor on how far masks are below `mask_margin`; without it they close, and nothing is swapped.
        mask_margin: From 0 to 1.
        mask_l1: Factor on the masks themselves.
        mask_variation: Factor on their first differences.
        mixup: Parameter of the Beta distribution that the real share of mixtures is drawn from, such as 0.2; 0 for the
            loss as it is.
        colour_matching: Probability that a face takes on colours of one of the other identity.
        warp_strength: Factor on how far the points of the warp are moved; see `Warp`.
        pose_strength: Factor on turns, zooms and shifts.
        least: Share of the image that is seen at least.
        mirror: Whether half of the faces are mirrored.

    Raises:
        UserError: The data have no sources, or of another shape; there is no loss, or it wants more than logits or
            compares pairs; penalties or augmentations are asked for; encoder and decoders have different `channels`;
            or a number is out of its range.
    """

    origin = FACE_SWAP_ORIGIN
    roles: ClassVar = (*GENERATORS, *DISCRIMINATORS)
    players: ClassVar = (Player("discriminator", DISCRIMINATORS), Player("generator", GENERATORS))
    averaged: ClassVar = GENERATORS
    example: ClassVar = {
        "architecture": {
            "name": "face_swap",
            "encoder": {"channels": 4, "hidden": 16},
            **{role: {"channels": 4} for role in (*GENERATORS[1:], *DISCRIMINATORS)},
        },
    }

    def __init__(
        self,
        parts: Parts,
        *,
        adversarial: float = 0.1,
        reconstruction: float = 1.0,
        edges: float = 0.1,
        perceptual: float = 0.0,
        cycle: float = 0.0,
        mask_hinge: float = 0.1,
        mask_margin: float = 0.5,
        mask_l1: float = 0.0,
        mask_variation: float = 0.1,
        mixup: float = 0.0,
        colour_matching: float = 0.5,
        warp_strength: float = 1.0,
        pose_strength: float = 1.0,
        least: float = 0.8,
        mirror: bool = True,
    ) -> None:
        refuse_rules(parts)
        check_data(parts.data)
        check_shares(mixup=mixup, mask_margin=mask_margin, colour_matching=colour_matching, least=least)
        self.loss = check_loss(parts, mixup)
        super().__init__(parts, _networks(parts))
        check_widths(dict(self.networks))
        self.adversarial, self.reconstruction, self.edges = adversarial, reconstruction, edges
        self.perceptual, self.cycle = perceptual, cycle
        self.mask_hinge, self.mask_margin, self.mask_l1 = mask_hinge, mask_margin, mask_l1
        self.mask_variation, self.mixup, self.colour_matching = mask_variation, mixup, colour_matching
        self.warp = Warp(warp_strength, pose_strength, least, mirror)
        self.features = PerceptualFeatures(self.data.shape[-1])
        self._phases = self._moves()

    def phases(self) -> tuple[Phase, ...]:
        """Return the discriminators' turn, and the generators' on the same faces, warped anew."""
        return self._phases

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return FaceSwapPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def face(self, networks: Mapping[str, nn.Module] | nn.ModuleDict, side: str, images: Tensor) -> Face:
        """Return what an identity's decoder makes of images ``[N, C, S, S]`` of any."""
        made: Face = networks[f"decoder_{side}"](networks["encoder"](images))
        return made

    def translate(
        self,
        networks: Mapping[str, nn.Module],
        sources: Tensor,
        random: Randomness,
        labels: Tensor | None = None,
        *,
        backward: bool = False,
    ) -> Tensor:
        """Give faces ``[N, C, S, S]`` of identity A the face of B, or backward; see `Translating.translate`."""
        del random, labels
        return self.face(networks, "source" if backward else "target", sources).over(sources)

    def side_multiple(self, networks: Mapping[str, nn.Module]) -> None:
        """Return None: the encoder's linear layers take the size of training only."""
        del networks

    def _moves(self) -> tuple[Phase, ...]:
        terms = {"loss": self._priced("adversarial", self._of_generator)}
        terms |= {name: self._priced(name, getattr(self, f"_{name}")) for name in _WEIGHED}
        return (
            Phase("discriminator", {"loss": self._of_discriminator}, fresh=True),
            Phase("generator", terms, counts=True),
        )

    def _priced(self, weight: str, price: _Price) -> Term:
        """Return the sum of a price over both sides times its weight by then; with a weight of 0 it is not made."""

        def term(play: Play) -> Tensor:
            assert isinstance(play, FaceSwapPlay)
            now = getattr(self, weight)
            if not now:
                return play.real.new_zeros(())
            return now * torch.stack([price(play, side) for side in SIDES]).sum()  # type: ignore[no-any-return]

        return term

    def _of_discriminator(self, play: Play) -> Tensor:
        assert isinstance(play, FaceSwapPlay)
        if self.mixup:
            return torch.stack([play.mixup_error(side) for side in SIDES]).sum()
        paid = [self.loss.discriminator(play.critiques[side, "real"], play.critiques[side, "fake"]) for side in SIDES]
        return torch.stack(paid).sum()

    def _of_generator(self, play: FaceSwapPlay, side: str) -> Tensor:
        return self.loss.generator(play.critiques[side, "real"], play.critiques[side, "fake"])

    def _reconstruction(self, play: FaceSwapPlay, side: str) -> Tensor:
        return _mean_error(l1_loss, play, side)

    def _edges(self, play: FaceSwapPlay, side: str) -> Tensor:
        return _mean_error(edge_error, play, side)

    def _perceptual(self, play: FaceSwapPlay, side: str) -> Tensor:
        return feature_distance(self.features(play.shown[side]), self.features(play.lessons[side].straight)).mean()

    def _cycle(self, play: FaceSwapPlay, side: str) -> Tensor:
        begun = play.lessons[side].straight
        swapped = self.face(self.networks, _other(side), begun).over(begun)
        return l1_loss(self.face(self.networks, side, swapped).over(swapped), begun)

    def _mask_hinge(self, play: FaceSwapPlay, side: str) -> Tensor:
        return play.of_mask(side, lambda mask: shut(mask, self.mask_margin))

    def _mask_l1(self, play: FaceSwapPlay, side: str) -> Tensor:
        return play.of_mask(side, Tensor.mean)

    def _mask_variation(self, play: FaceSwapPlay, side: str) -> Tensor:
        return play.of_mask(side, total_variation)


def _networks(parts: Parts) -> dict[str, nn.Module]:
    """Return the networks; a discriminator sees two images as one."""
    channels, *size = parts.data.shape
    seen = {role: parts.data for role in GENERATORS}
    seen |= {role: replace(parts.data, shape=(2 * channels, *size)) for role in DISCRIMINATORS}
    return {role: parts.networks[role](data, 0) for role, data in seen.items()}


def _mean_error(error: Callable[[Tensor, Tensor], Tensor], play: FaceSwapPlay, side: str) -> Tensor:
    """Return the mean error of both outputs."""
    return torch.stack([error(made, play.lessons[side].straight) for made in play.outputs(side)]).mean()


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]

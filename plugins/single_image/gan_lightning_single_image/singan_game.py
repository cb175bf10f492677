"""The game of SinGAN."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Stage
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame
from gan_lightning_single_image.part_steps import PartSteps
from gan_lightning_single_image.scale_by_scale import refuse_rules_on_latents, require_scales, stages_of
from gan_lightning_single_image.singan import SINGAN_PAPER, SinGANDiscriminator, SinGANGenerator
from gan_lightning_single_image.singan_play import Drawn, SinGANPlay
from gan_lightning_single_image.sizes import Size, resized

_log = logging.getLogger("gan_lightning")


class SinGANGame(TwoPlayerGame):
    """One image, learned scale by scale, coarse to fine (Rott Shaham et al. 2019, arXiv:1905.01164).

    D_i: L_D + penalties on patches      G_i: L_G + reconstruction * MSE(what is made of z*, the image at scale i)

    At a scale its two networks alone are trained; those of the scales before stay as they are, in evaluation mode. They
    begin as the networks of the scale before, if those are as wide. z* is noise at the coarsest scale and zero at
    all others: it is to come out as the image. Noise of a scale is weighted by the root mean square error of the
    reconstruction so far, which is measured once, as the scale begins. All turns of a round share the noise of the
    scale, and the generator's turns what the last of the discriminator's had from the scales before. Samples come from
    the scales that have been begun, resized to the full size.

    A scale takes ``rounds * n_dis * batch size`` images, so with ``batch_size: 1`` all of training takes
    ``scales * rounds * n_gen`` updates, which is what ``train.steps`` is to be; the last scale goes on for as long as
    training does. Data are one image (`single_image`), unflipped.

    Args:
        parts: What the recipe provides.
        rounds: Rounds of a scale.
        decay_at: Share of a scale's rounds after which the learning rates fall.
        decay: Factor on them from there on.
        reconstruction: Factor on the reconstruction's error, the paper's alpha.
        redraw: Whether z* is drawn anew in each round of the coarsest scale, as the authors' code does; the last one
            stays. Without, it is drawn once, as the paper says.
        amplitude: Factor on the root mean square error of the reconstruction, for the noise of all scales but the
            coarsest.
        concurrent: How many scales are trained at a time: a new one and those right before it.
        earlier: Factor on the learning rate of the generator for each scale that lies before the newest.
        n_dis: Turns of the discriminator in a round.
        n_gen: Turns of the generator in a round.
        conditional: Must be false: one image has no classes.

    Raises:
        UserError: Networks are not made of the same scales, or a rule replaces latents, which are drawn scale by scale.
    """

    origin = SINGAN_PAPER
    example: ClassVar = {
        "data": {"name": "single_image", "path": "china", "max_size": 24, "batch_size": 2},
        "architecture": {
            "name": "singan",
            "generator": {"channels": 4, "smallest": 12},
            "discriminator": {"channels": 4, "smallest": 12},
        },
        "game": {"rounds": 1},
    }
    reference: Tensor
    amplitudes: Tensor

    def __init__(
        self,
        parts: Parts,
        *,
        rounds: int = 2000,
        decay_at: float = 0.8,
        decay: float = 0.1,
        reconstruction: float = 10.0,
        redraw: bool = False,
        amplitude: float = 0.1,
        concurrent: int = 1,
        earlier: float = 0.1,
        n_dis: int = 3,
        n_gen: int = 3,
        conditional: bool = False,
        **options: Any,
    ) -> None:
        if conditional:
            raise UserError("game.conditional: one image has no classes; set it to false")
        for name, number in (("rounds", rounds), ("concurrent", concurrent)):
            if number < 1:
                raise UserError(f"game.{name}: expected at least 1, got {number}")
        refuse_rules_on_latents(parts.penalties)
        super().__init__(parts, n_dis=n_dis, n_gen=n_gen, conditional=False, **options)
        if self.pack > 1:
            raise UserError("game.pack: patches are judged one by one; set it to 1")
        require_scales(self.networks)
        self.reconstruction, self.redraw, self.amplitude = reconstruction, redraw, amplitude
        self.concurrent, self.earlier, self.rounds = concurrent, earlier, rounds
        self._phases = tuple(self._reconstructing(phase) for phase in self._phases)
        images = self.draws() * self.batch_size
        self._stages = stages_of(self.generator.sizes, rounds, images, decay_at, decay)
        self.scale = 0
        self.shared: Drawn | None = None
        self._below: Tensor | None = None
        self._begun: int | None = None
        self._part_steps = PartSteps()
        self.register_buffer("reference", torch.randn(1, *self.generator.shapes[0]))
        unknown = torch.full((len(self.generator.sizes),), -1.0)
        self.register_buffer("amplitudes", unknown.index_fill(0, torch.tensor([0]), 1.0))

    @property
    def generator(self) -> SinGANGenerator:
        """The generator that is trained."""
        return cast(SinGANGenerator, self.networks["generator"])

    @property
    def size(self) -> Size:
        """Height and width at the scale that is played."""
        return self.generator.sizes[self.scale]

    @property
    def first(self) -> int:
        """The coarsest of the scales that are trained."""
        return max(0, self.scale - self.concurrent + 1)

    # --- Scales -------------------------------------------------------------------------------------------------------

    def stages(self) -> tuple[Stage, ...]:
        """Return two stages for each scale, the second with lower learning rates."""
        return self._stages

    def enter(self, stage: int) -> tuple[str, ...]:
        """Begin a scale, for which optimisers forget, or its second stage, for which they do not."""
        self.scale, part = divmod(stage, 2)
        self.shared = self._below = self._begun = None
        if part:
            return ()
        for network in self._pyramids():
            network.begin(self.scale)
        return tuple(player.name for player in self.players)

    def adapt(self, networks: Mapping[str, nn.Module], images: int) -> None:
        """Have the generator make samples by all scales that have been begun: those whose noise has a weight."""
        del images
        generator = cast(SinGANGenerator, networks["generator"])
        generator.amplitudes = self.amplitudes
        generator.depth = int((self.amplitudes >= 0).sum())

    def play(self, phase: Phase, *args: Any, **options: Any) -> Play:
        """Return what a turn sees."""
        play = SinGANPlay(self, phase, *args, **options)
        if self._begun != self.scale:
            self._warn_of_an_early_end(play)
            self._begin(play)
        if self.redraw and self.scale == 0 and (self.shared is None or self.shared.round != play.progress.rounds):
            generator = play.random.generator("reference")  # the same on all processes
            self.reference.copy_(torch.randn(self.reference.shape, generator=generator))
        return play

    def _warn_of_an_early_end(self, play: Play) -> None:
        """Say once, as training begins, that it will end before the last scale does, with the number it takes."""
        whole = len(self.generator.sizes) * self.rounds * self.updates_per_round()
        if play.progress.rounds == 0 and play.progress.steps < whole:
            told = "train.steps: %d end before the last scale does; the %d of them take %d"
            _log.warning(told, play.progress.steps, len(self.generator.sizes), whole)

    @torch.no_grad()
    def _begin(self, play: SinGANPlay) -> None:
        """Measure the weight of the scale's noise, unless a checkpoint has told, and train its networks alone."""
        self.generator.amplitudes = self.amplitudes
        for network in self._pyramids():
            network.attend(range(0))
        if bool(self.amplitudes[self.scale] < 0):
            below = self.generator.refine(self.reference_noise(self.scale))
            error = mse_loss(resized(below, self.size), play.drawn[:1]).sqrt()
            self.amplitudes[self.scale] = self.amplitude * error
        generator, discriminator = self._pyramids()
        generator.attend(range(self.first, self.scale + 1))
        discriminator.attend(range(self.scale, self.scale + 1))
        self._begun = self.scale

    def _pyramids(self) -> tuple[SinGANGenerator, SinGANDiscriminator]:
        return self.generator, cast(SinGANDiscriminator, self.networks["discriminator"])

    # --- Turns --------------------------------------------------------------------------------------------------------

    def ask(self, discriminator: nn.Module, samples: Tensor, labels: Tensor | None) -> Critique:
        """Return the opinion of the scale's discriminator of samples ``[N, C, h, w]``."""
        return super().ask(cast(SinGANDiscriminator, discriminator).scales[self.scale], samples, labels)

    def draw_noise(self, count: int, random: Randomness, sizes: Sequence[Size], first: int = 0) -> list[Tensor]:
        """Draw noise ``[count, C or 1, h, w]`` of scales that follow each other, for images of some sizes.

        Args:
            count: How many of each.
            random: Where they come from.
            sizes: Height and width of the images of each scale.
            first: The first of the scales.
        """
        shapes = [self.generator.noise_shape(scale, size) for scale, size in enumerate(sizes, first)]
        return [random.normal(f"scale {scale}", count, *shape) for scale, shape in enumerate(shapes, first)]

    def reference_noise(self, count: int) -> list[Tensor]:
        """Return z* of that many scales, 1 or more, ``[1, C or 1, h, w]`` each."""
        shapes = self.generator.shapes[1:count]
        return [self.reference, *(self.reference.new_zeros(1, *shape) for shape in shapes)]

    @torch.no_grad()
    def reconstructed(self) -> Tensor | None:
        """Return what the scales that stay make of z*, ``[1, C, h, w]``; None where all are trained."""
        if self._below is None and self.first:
            self._below = self.generator.refine(self.reference_noise(self.first))
        return self._below

    def _reconstructing(self, phase: Phase) -> Phase:
        """Add the reconstruction's error to the generator's regular turns."""
        if not phase.counts or not self.reconstruction:
            return phase
        return replace(phase, terms={**phase.terms, "reconstruction": self._mismatch})

    def _mismatch(self, play: Play) -> Tensor:
        assert isinstance(play, SinGANPlay)
        return self.reconstruction * mse_loss(play.reconstruction, play.drawn[:1])

    @property
    def acts_after_steps(self) -> bool:
        """Always: what a turn has drawn is kept for the next."""
        return True

    def after_batch(self, play: Play) -> None:
        """Keep what the turn has drawn, and the weights that are to move less than their optimiser will have them."""
        assert isinstance(play, SinGANPlay)
        super().after_batch(play)
        self.shared = Drawn(play.progress.rounds, play.noise, play.below)
        self._part_steps.before(self._slower() if play.phase.player == "generator" else ())

    def after_step(self, play: Play) -> None:
        """Let the networks of earlier scales go a part of the way only."""
        self._part_steps.after()
        super().after_step(play)

    def _slower(self) -> list[tuple[float, Iterable[Tensor]]]:
        """Return the trained scales before the newest: the share of a step that they make, and their weights."""
        scales = self.generator.scales
        return [(self.earlier ** (self.scale - at), scales[at].parameters()) for at in range(self.first, self.scale)]

"""ADA as a whole: its pipes, that nothing happens with p = 0, gradients through it, types and shapes."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, make_game, numbers, penalty, take_turn
from gan_lightning_losses.augmentations.ada import ADA, PIPES
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness

RANDOM = Randomness(0).at("test")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("shape", [(4, 3, 8, 8), (4, 1, 7, 12), (2, 3, 1, 5)])
def test_nothing_happens_with_a_probability_of_0(shape, dtype):
    images = numbers(*shape).to(dtype)
    images[0, 0, 0, 0] = -0.0
    made = ADA(pipe="bgcfnc")(images, RANDOM)
    assert made.dtype == dtype
    assert torch.equal(made, images)


@pytest.mark.parametrize("pipe", PIPES)
@pytest.mark.parametrize("shape", [(6, 3, 8, 8), (6, 1, 7, 12), (6, 3, 1, 5)])
def test_every_pipe_transforms_images_of_all_shapes(pipe, shape):
    images = numbers(*shape)
    made = ADA(pipe=pipe, p=1.0)(images, RANDOM)
    assert made.shape == images.shape
    assert made.isfinite().all()
    assert not torch.equal(made, images)


def test_each_pipe_has_the_transforms_of_the_one_before_and_more():
    sizes = [len(names) for names in PIPES.values()]
    assert sizes == [3, 7, 12, 13, 14, 15]
    for shorter, longer in zip(list(PIPES.values()), list(PIPES.values())[1:], strict=False):
        assert longer[: len(shorter)] == shorter


def test_pipes_share_their_draws():
    """A longer pipe does to an image what a shorter one does, and goes on."""
    images = numbers(8, 3, 8, 8)
    bg = ADA(pipe="bg", p=1.0)(images, RANDOM)
    colors = dict.fromkeys(PIPES["bgc"][7:], 0.0)
    assert torch.equal(ADA(pipe="bgc", multipliers=colors, p=1.0)(images, RANDOM), bg)


def test_a_multiplier_scales_the_probability_and_adds_to_the_pipe():
    images = torch.ones(2000, 1, 2, 2)
    only = dict.fromkeys(PIPES["b"], 0.0)
    gone = ADA(pipe="b", multipliers={**only, "cutout": 0.5}, p=0.6)(images, RANDOM) == 0
    assert float(gone.flatten(1).any(1).float().mean()) == pytest.approx(0.3, abs=0.03)
    again = ADA(pipe="b", multipliers={**only, "cutout": 9.0}, p=0.6)(images, RANDOM) == 0
    assert bool(again.flatten(1).any(1).all()), "a probability is at most 1"


def test_multipliers_that_cannot_be():
    with pytest.raises(UserError, match=r"^augment\.ada\.multipliers\.hu: no such transform; .*hue"):
        ADA(multipliers={"hu": 1.0})
    with pytest.raises(UserError, match=r"^augment\.ada\.multipliers\.hue: expected at least 0, got -1"):
        ADA(multipliers={"hue": -1.0})


@pytest.mark.parametrize("channels", [1, 3])
def test_gradients_to_images_are_those_of_finite_differences(channels):
    images = numbers(2, channels, 3, 4).double().requires_grad_()
    augment = ADA(pipe="bgcfnc", p=0.8)
    assert torch.autograd.gradcheck(lambda given: augment(given, RANDOM), images)
    assert torch.autograd.gradgradcheck(lambda given: augment(given, RANDOM).pow(3), images)


class Seeing(nn.Module):
    """A linear critic of 1x4x4 images."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Linear(16, 1)

    def forward(self, samples, labels=None):
        return Critique(self.layers(samples.flatten(1)).squeeze(1))


class Painting(Affine):
    def forward(self, latents, labels=None):
        return self.map(latents)[:, None, :, None].expand(-1, 1, 4, 4)


def test_r1_is_the_slope_at_images_before_augmentation():
    """Of a critic w and a linear map A it is E|A^T w|^2; its gradient is tried against finite differences."""
    torch.manual_seed(0)
    game = make_game(Seeing(), Painting(), {"r1": penalty("r1")}, data=DataSpec((1, 4, 4)))
    ada = ADA(pipe="bg", p=1.0)
    game.augmentations["ada"] = ada
    rule, weight = game.parts.penalties["r1"], game.networks["discriminator"].layers.weight
    samples = torch.randint(0, 256, (4, 1, 4, 4), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    turn = take_turn(game, samples)
    term = rule(turn)
    units = torch.eye(16).view(16, 1, 1, 4, 4)
    random = turn.random.at("ada", "real")
    maps = torch.stack([ada(unit.expand(4, 1, 4, 4), random).flatten(1) for unit in units], dim=1)
    wanted = (maps @ weight[0]).square().sum(1).mean()
    assert float(term.detach()) == pytest.approx(float(wanted.detach()), rel=1e-4)
    (found,) = torch.autograd.grad(term, weight)
    (slope,) = torch.autograd.grad(wanted, weight)
    assert torch.allclose(found, slope, rtol=1e-3, atol=1e-5)


def test_half_precision_does_not_blur_places():
    images = numbers(4, 3, 16, 16)
    augment = ADA(pipe="bg", p=1.0)
    with torch.autocast("cpu", torch.bfloat16):
        made = augment(images, RANDOM)
    assert torch.equal(made, augment(images, RANDOM))


def test_two_processes_transform_their_shares_as_one_does():
    images = numbers(8, 3, 8, 8)
    augment = ADA(pipe="bgcfnc", p=0.7)
    shares = [augment(images[rank * 4 : rank * 4 + 4], Randomness(3, rank, 2)) for rank in range(2)]
    assert torch.allclose(torch.cat(shares), augment(images, Randomness(3)), atol=1e-5)

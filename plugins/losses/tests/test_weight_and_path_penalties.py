"""Penalties on the generator's weights and on its slopes."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Linear, make_game, numbers, penalty, take_turn
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError


def turn_of(generator, critic=None, player="generator", **options):
    samples = torch.zeros(8, *options["data"].shape, dtype=torch.uint8) if "data" in options else torch.ones(8, 4)
    return take_turn(make_game(critic or Bent(), generator, **options), samples, player)


def test_the_gradient_of_the_orthogonal_term_is_the_one_of_the_authors_code():
    generator = Affine().double()
    weight = generator.map.weight
    penalty("orthogonal")(turn_of(generator)).backward()
    rows = weight.detach()
    gram = rows @ rows.T
    assert torch.allclose(weight.grad, 2 * (gram * (1 - torch.eye(4))) @ rows)


@pytest.mark.parametrize(("form", "scale", "expected"), [("off_diagonal", 3.0, 0.0), ("plain", 3.0, 0.5 * 4 * 64.0)])
def test_orthogonal_rows_of_any_length(form, scale, expected):
    generator = Affine()
    nn.init.orthogonal_(generator.map.weight, gain=scale)
    assert float(penalty("orthogonal", form=form)(turn_of(generator)).detach()) == pytest.approx(expected, abs=1e-4)


def test_embeddings_biases_and_scales_are_left_out_and_kernels_are_rows():
    generator = Affine()
    generator.more = nn.ModuleList([nn.Embedding(5, 4), nn.BatchNorm2d(3), nn.Conv2d(2, 3, 3)])
    rows = generator.more[2].weight.flatten(1)
    rest = sum(
        0.5 * (matrix @ matrix.T - torch.eye(len(matrix))).square().sum() for matrix in (generator.map.weight, rows)
    )
    assert float(penalty("orthogonal", form="plain")(turn_of(generator)).detach()) == pytest.approx(
        float(rest), rel=1e-5
    )


def test_the_discriminator_has_an_orthogonal_term_of_its_own():
    critic, generator = Bent(), Affine()
    penalty("orthogonal_discriminator")(turn_of(generator, critic, "discriminator")).backward()
    assert critic.layers[0].weight.grad.abs().sum() > 0
    assert generator.map.weight.grad is None


def lengths_of(turn, jacobian, count):
    """Return ||J^T y|| for a linear generator of 4 values."""
    return (turn.random.normal("path_length", count, 4).to(jacobian.dtype) @ jacobian).norm(dim=1)


def test_path_length_of_a_linear_generator():
    """The first average is a share of the batch's mean; later ones remember."""
    generator = Affine()
    rule = penalty("path_length", decay=0.1, shrink=2)
    average = torch.zeros(())
    for _ in range(3):
        turn = turn_of(generator)
        lengths = lengths_of(turn, generator.map.weight.detach(), 4)
        average = 0.9 * average + 0.1 * lengths.mean()
        found = rule(turn)
        assert float(found.detach()) == pytest.approx(float((lengths - average).square().mean()), rel=1e-5)
        assert float(rule.average) == pytest.approx(float(average), rel=1e-5)


def test_path_length_differentiates_twice_and_through_its_average():
    generator = Affine().double()
    rule = penalty("path_length", shrink=1).double()
    turn = turn_of(generator)
    turn.latents = numbers(8, 4).double()
    (found,) = torch.autograd.grad(rule(turn), generator.map.weight)
    jacobian = generator.map.weight.detach().requires_grad_()
    lengths = lengths_of(turn, jacobian, 8)
    expected = (lengths - 0.01 * lengths.mean()).square().mean()
    assert torch.allclose(found, torch.autograd.grad(expected, jacobian)[0])


class Mapped(Affine):
    """Makes 3 layers of styles of a latent and an image of 1x2x2 of their weighted sum."""

    def __init__(self):
        super().__init__()
        self.steep = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

    def mapping(self, latents, labels=None):
        return self.map(latents)[:, None].expand(-1, 3, -1)

    def synthesis(self, styles):
        return (self.steep[:, None] * styles).sum(1).view(-1, 1, 2, 2)

    def forward(self, latents, labels=None):
        return self.synthesis(self.mapping(latents, labels))


def test_styles_are_differentiated_by_layer_and_averaged_over_layers():
    """J^T y of layer i is steep_i * y: the length is |y| * sqrt(mean of steep^2), with y over the root of 4 pixels."""
    turn = turn_of(Mapped(), data=DataSpec((1, 2, 2)))
    y = turn.random.normal("path_length", 4, 1, 2, 2).flatten(1) / 2
    lengths = y.norm(dim=1) * (14 / 3) ** 0.5
    expected = (lengths - 0.01 * lengths.mean()).square().mean()
    assert float(penalty("path_length")(turn).detach()) == pytest.approx(float(expected), rel=1e-5)


def test_the_average_forgets_what_is_no_number():
    generator, rule = Affine(), penalty("path_length")
    with torch.no_grad():
        generator.map.weight[0, 0] = float("nan")
    assert rule(turn_of(generator)).isnan()
    assert float(rule.average) == 0.0


@pytest.mark.parametrize(
    ("name", "option"), [("lecam", {"decay": 1.0}), ("path_length", {"decay": 0.0}), ("path_length", {"shrink": 0})]
)
def test_options_out_of_range(name, option):
    with pytest.raises(UserError, match=rf"penalties\.{name}\.{next(iter(option))}: expected"):
        penalty(name, **option)


@pytest.mark.parametrize(("name", "weight", "every"), [("lecam", 0.3, 1), ("path_length", 2.0, 4)])
def test_state_is_a_component_of_the_game(name, weight, every):
    rule = penalty(name)
    assert (rule.weight, rule.every) == (weight, every)
    game = make_game(Linear(1.0), Affine(), {name: rule})
    assert any(key.startswith("components.0.") for key in game.state_dict())
    assert not any(key.startswith("components.0.") for key, _ in game.named_parameters())
    game.eval()
    assert not rule.training

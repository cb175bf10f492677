"""The mode-regularised game: its two terms, their signs, who trains on them, and the encoder's shape."""

from __future__ import annotations

import pytest
import torch
from critics import CATALOG, Affine, Bent, numbers, take_turn
from gan_lightning_losses.architectures.mlp_encoder import MLPEncoder
from gan_lightning_losses.games.mode_regularised import ModeRegularised
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts
from gan_lightning.recipe import check

POINT = DataSpec((4,), kind="points")


class Doubling(nn.Module):
    """E(x) = 2 x."""

    def __init__(self, size=4):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.size = size

    def forward(self, samples, labels=None):
        return self.scale * samples[:, : self.size]


def made(encoder=None, loss="non_saturating", **options):
    torch.manual_seed(0)
    parts = {"generator": Affine(), "discriminator": Bent(), "encoder": encoder or Doubling()}
    networks = {role: lambda data, classes, network=network: network for role, network in parts.items()}
    return ModeRegularised(Parts(POINT, 8, networks, CATALOG.find("loss", loss).component(), loss_name=loss), **options)


def test_the_terms_are_the_distance_and_the_realness_of_reconstructions():
    game = made(metric=0.3, modes=0.7)
    played = take_turn(game, numbers(8, 4), "generator")
    generator, critic = game.networks["generator"], game.networks["discriminator"]
    again = generator(2.0 * played.real)
    terms = {name: term(played) for name, term in played.phase.terms.items()}
    assert list(terms) == ["loss", "metric", "modes"]
    torch.testing.assert_close(terms["metric"], 0.3 * (played.real - again).square().sum(1).mean())
    torch.testing.assert_close(terms["modes"], 0.7 * nn.functional.softplus(-critic(again).logits).mean())


def test_reconstructions_are_made_to_look_real():
    """The paper prints the other sign: a small step down the term raises what D says of them."""
    game = made(modes=1.0)
    played = take_turn(game, numbers(8, 4), "generator")
    before = game.networks["discriminator"](played.reconstructed).logits.mean()
    weight = game.networks["generator"].map.weight
    (gradient,) = torch.autograd.grad(played.phase.terms["modes"](played), weight)
    with torch.no_grad():
        weight -= 1e-2 * gradient
    played = take_turn(game, numbers(8, 4), "generator")
    assert game.networks["discriminator"](played.reconstructed).logits.mean() > before


def test_the_encoder_has_no_part_in_the_loss_and_the_discriminator_none_in_reconstructions():
    game = made()
    played = take_turn(game, numbers(8, 4), "generator")
    scale = game.networks["encoder"].scale
    assert torch.autograd.grad(played.phase.terms["loss"](played), scale, allow_unused=True) == (None,)
    for name in ("metric", "modes"):
        assert torch.autograd.grad(played.phase.terms[name](played), scale, retain_graph=True)[0] != 0
    played = take_turn(game, numbers(8, 4))
    assert list(played.phase.terms) == ["loss"]
    played.phase.terms["loss"](played).backward()
    assert "reconstructed" not in vars(played)


def test_latents_of_another_shape_are_refused():
    with pytest.raises(UserError, match=r"^architecture\.encoder: .* shape \(3,\), the generator takes \(4,\)$"):
        made(Doubling(3))


def recipe(**architecture):
    return {
        "data": {"name": "mixture", "layout": "ring", "modes": 8, "batch_size": 16},
        "architecture": {"name": "mlp", **architecture},
        "game": "mode_regularised",
        "loss": "non_saturating",
        "optimizers": {player: {"name": "adam", "lr": 1e-3} for player in ("generator", "discriminator")},
        "train": {"steps": 1},
        "run": {"name": "x", "dir": "runs/x"},
    }


def test_a_recipe_without_an_encoder_is_told_of_the_role():
    with pytest.raises(UserError, match=r"architecture\.encoder: 'mlp' has no encoder"):
        check(recipe(), CATALOG)
    found = check(recipe(encoder={"name": "mlp_encoder", "hidden": 8}), CATALOG)
    assert found.architecture["encoder"].name == "mlp_encoder"


def test_the_encoder_reads_classes():
    encoder = MLPEncoder(DataSpec((1, 2, 2), (1, 1)), 2, hidden=8, latent=3)
    images = numbers(2, 1, 2, 2)
    assert encoder(images, torch.tensor([0, 1])).shape == (2, 3)
    assert not torch.equal(encoder(images, torch.tensor([0, 1])), encoder(images, torch.tensor([1, 0])))

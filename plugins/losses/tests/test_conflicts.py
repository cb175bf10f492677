"""What the mathematics forbids is refused by name before there is a run, and what it allows is not."""

from __future__ import annotations

from itertools import combinations

import pytest
from critics import CATALOG, POINT, Affine, Bent, make_game, penalty
from gan_lightning_losses.games.unrolled import Unrolled
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts
from gan_lightning.layers import SNLinear
from gan_lightning.testing.toys import ToyDiscriminator, ToyGenerator
from gan_lightning.two_player import TwoPlayerGame

PER_SAMPLE = ["gradient_penalty", "zero_centered", "max_gp", "dragan", "r1", "r2", "wgan_div"]

#: Pairs of penalties and rules that exclude each other, whichever is named first.
FORBIDDEN = {
    frozenset(pair)
    for pair in [
        ("weight_clipping", "gradient_penalty"),
        ("weight_clipping", "dragan"),
        ("balanced_consistency", "consistency"),
    ]
}


class Layered(nn.Module):
    """A discriminator of given layers between two linear ones."""

    def __init__(self, *layers, last=nn.Linear):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), *layers, nn.Tanh())
        self.last = last(8, 1)

    def forward(self, samples, labels=None):
        features = self.layers(samples)
        return Critique(self.last(features).squeeze(1), features=features)


def rules(*names, **options):
    return {name: penalty(name, **options.get(name, {})) for name in names}


@pytest.mark.parametrize("name", PER_SAMPLE)
def test_batch_normalisation_is_refused_where_scores_of_single_samples_are_differentiated(name):
    """The message names the layer."""
    with pytest.raises(UserError, match=rf"^penalties\.{name}: it reads .* layer 'layers\.1' \(BatchNorm1d\)"):
        make_game(Layered(nn.BatchNorm1d(8)), Affine(), rules(name))
    make_game(Layered(nn.LayerNorm(8)), Affine(), rules(name))


def test_the_layer_is_found_behind_outputs_that_a_loss_wants():
    with pytest.raises(UserError, match=r"layer 'body\.layers\.1'"):
        make_game(Layered(nn.BatchNorm1d(8)), Affine(), rules("r1"), loss="sphere")


def test_batch_normalisation_is_let_be_where_nothing_is_differentiated_or_nothing_is_normalised_over_the_batch():
    make_game(Layered(nn.BatchNorm1d(8)), Affine(), rules("drift", "lecam", "feature_matching"))
    frozen = nn.BatchNorm1d(8)
    frozen.eval()
    make_game(Layered(frozen), Affine(), rules("r1"))


def test_clipping_weights_that_are_divided_by_their_norm():
    with pytest.raises(UserError, match=r"^penalties\.weight_clipping: the discriminator's layer 'last' divides"):
        make_game(Layered(last=SNLinear), Affine(), rules("weight_clipping"))
    make_game(Layered(), Affine(), rules("weight_clipping"))


@pytest.mark.parametrize("loss", ["relativistic", "cramer", "realness"])
def test_losses_that_pair_samples_and_rules_that_leave_some_out(loss):
    with pytest.raises(UserError, match=rf"^penalties\.top_k: it leaves out generated samples, and {loss} pairs"):
        make_game(Bent(), Affine(), rules("top_k"), loss=loss)
    with pytest.raises(UserError, match=r"^game\.generator_batch: the loss pairs .* expected 8, got 16"):
        make_game(Bent(), Affine(), loss=loss, generator_batch=16)
    make_game(Bent(), Affine(), loss=loss, generator_batch=8)


@pytest.mark.parametrize("loss", ["relativistic_average", "loss_sensitive", "mmd", "dual_contrastive"])
def test_losses_that_do_not_pair_samples_in_the_generator_s_turn(loss):
    make_game(Bent(), Affine(), rules("top_k"), loss=loss, generator_batch=16)


def test_realness_pairs_samples_by_one_of_its_objectives():
    networks = {"generator": ToyGenerator, "discriminator": ToyDiscriminator}
    loss = CATALOG.find("loss", "realness").component(objective="anchors")
    TwoPlayerGame(Parts(POINT, 8, networks, loss, rules("top_k")))


@pytest.mark.parametrize("loss", ["cramer", "mmd"])
def test_latents_cannot_follow_scores_that_need_a_batch_first(loss):
    with pytest.raises(UserError, match=rf"^penalties\.latent_optimization: it cannot be played with {loss}: there"):
        make_game(Bent(), Affine(), rules("latent_optimization"), loss=loss)


def test_a_box_in_which_the_constraint_of_fisher_cannot_be_met():
    with pytest.raises(UserError, match=r"^penalties\.weight_clipping: it cannot be played with fisher"):
        make_game(Bent(), Affine(), rules("weight_clipping"), loss="fisher")


def test_rotations_that_augmentation_would_hide():
    networks = {"generator": ToyGenerator, "discriminator": ToyDiscriminator}
    images, loss = DataSpec((3, 8, 8)), CATALOG.find("loss", "hinge").component()
    ada, diffaugment = ({name: CATALOG.find("augmentation", name).component()} for name in ("ada", "diffaugment"))
    with pytest.raises(UserError, match=r"^penalties\.self_supervised: it cannot be played with ada"):
        TwoPlayerGame(Parts(images, 8, networks, loss, rules("self_supervised"), ada))
    TwoPlayerGame(Parts(images, 8, networks, loss, rules("self_supervised"), diffaugment))
    with pytest.raises(UserError, match=r"^penalties\.self_supervised: .* set game\.pack to 1$"):
        TwoPlayerGame(Parts(images, 8, networks, loss, rules("self_supervised")), pack=2)


def test_steps_ahead_that_would_not_be_clipped():
    networks = {"generator": ToyGenerator, "discriminator": ToyDiscriminator}
    parts = Parts(POINT, 8, networks, CATALOG.find("loss", "wasserstein").component(), rules("weight_clipping"))
    with pytest.raises(UserError, match=r"^penalties\.weight_clipping: steps that are looked ahead"):
        Unrolled(parts)
    Unrolled(parts, steps=0)


def all_penalties():
    return sorted(entry.name for entry in CATALOG.entries("penalty") if entry.plugin.name == "losses")


class Dropping(ToyDiscriminator):
    def __init__(self, data, classes):
        super().__init__(data, classes)
        self.dropout = nn.Dropout(0.5)


def refused(*pair):
    """Tell whether two rules exclude each other, on images with classes and with a loss whose scores all can read."""
    networks = {"generator": ToyGenerator, "discriminator": Dropping}
    spec, loss = DataSpec((3, 8, 8), (4, 4)), CATALOG.find("loss", "hinge").component()
    try:
        TwoPlayerGame(Parts(spec, 8, networks, loss, rules(*pair), loss_name="hinge"), conditional=True)
    except UserError as error:
        assert f"cannot be played with {pair[0]}" in str(error) or f"cannot be played with {pair[1]}" in str(error)
        return True
    return False


def test_every_pair_of_penalties_is_played_or_refused_as_listed():
    assert {frozenset(pair) for pair in combinations(all_penalties(), 2) if refused(*pair)} == FORBIDDEN

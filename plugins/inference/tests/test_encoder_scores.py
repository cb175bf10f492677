"""Scores of encoders: what they say of encoders that are known, and what they refuse."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_inference.encoder import Encoder
from gan_lightning_inference.games.bigan import BiGANGame
from gan_lightning_inference.metrics.linear_probe import LinearProbe
from gan_lightning_inference.metrics.reconstruction import Reconstruction
from inference_turns import SMALL, make_game
from torch import nn

from gan_lightning.data.samples import Samples, to_network
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.two_player import TwoPlayerGame

CLASSES = 4
COUNT = 200
LABELS = torch.arange(COUNT) % CLASSES
IMAGES = torch.randint(0, 256, (COUNT, 1, 8, 8), generator=torch.Generator().manual_seed(0)).byte()
DATA = Samples(IMAGES, LABELS, "noise", "noise", tuple("abcd"))
NETWORKS = {"generator": SMALL, "discriminator": SMALL, "encoder": SMALL}


class Knowing(Encoder):
    """Has learned the images by heart: its features are their classes, its code is their place."""

    latent_shape = (4,)

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.last = nn.Identity()

    def features(self, samples, labels=None):
        assert not self.training
        distances = torch.cdist(samples.flatten(1), to_network(IMAGES).flatten(1))
        return nn.functional.one_hot(LABELS[distances.argmin(dim=1)], CLASSES).float()


class Perfect(nn.Module):
    """Encoder and generator in one that lose nothing, but for what is added."""

    latent_shape = (64,)

    def __init__(self, added=0.0):
        super().__init__()
        self.added = nn.Parameter(torch.tensor(added))

    def forward(self, values, labels=None):
        return values.flatten(1) if values.dim() == 4 else values.view(-1, 1, 8, 8) + self.added


def game(**options):
    return make_game(BiGANGame, "bigan", **{**NETWORKS, **options})


def met(score, networks, data=DATA, played=None):
    score.prepare(data, 10)
    evaluator = Evaluator(data, None, {"tried": score}, 4, seed=0, cache=None)
    evaluator.meet(played or game(), networks)
    return {name: value.item() for name, value in score.compute().items()}


def test_a_probe_tells_features_of_classes_from_pixels_and_from_random_features():
    found = met(LinearProbe(labels=5, draws=3), {"encoder": Knowing()})
    assert found["linear_probe"] == 100
    for beside in ("linear_probe_pixels", "linear_probe_random"):
        assert 10 < found[beside] < 45, "noise has no classes, so what is right by chance is a quarter"


def test_the_three_accuracies_are_of_one_split_and_repeat():
    score = LinearProbe(labels=5, draws=3)
    first, second = (met(score, {"encoder": Knowing()}) for _ in range(2))
    assert first == second
    torch.manual_seed(7)
    assert met(LinearProbe(labels=5, draws=3), {"encoder": Knowing()}) == first, "no global random number plays a part"
    flat = IMAGES.flatten(1).float()
    order = score.values.flatten(1).float()
    assert {tuple(row.tolist()) for row in order} == {tuple(row.tolist()) for row in flat}
    assert first["linear_probe_pixels"] == score.accuracy(order)


def test_held_out_samples_are_never_fitted():
    score = LinearProbe(labels=None, held_out=0.25)
    score.prepare(DATA, 10)
    (known,) = score._choices()
    assert len(known) == 150
    assert known.max() < 150
    few = LinearProbe(labels=3, draws=4, samples=100)
    few.prepare(DATA, 10)
    choices = list(few._choices())
    assert len(choices) == 4
    assert len({tuple(choice.tolist()) for choice in choices}) == 4
    for choice in choices:
        assert torch.equal(few.classes[choice].bincount(), torch.full((4,), 3))
        assert choice.max() < 50
    assert few.protocol() == {"of": "features", "labels": 3, "asked": 100, "held_out": 50, "draws": 4}


def test_random_features_are_of_the_same_make_with_new_weights():
    played = game()
    networks = dict(played.networks.items())
    score = LinearProbe(labels=5, draws=1)
    score.prepare(DATA, 10)
    fresh = score._untrained(played, networks)["encoder"]
    assert type(fresh) is type(networks["encoder"])
    assert not torch.equal(fresh.last.weight, networks["encoder"].last.weight)
    features = fresh.hidden[:4](to_network(score.values).flatten(1))
    assert features.mean(dim=0).abs().max() < 1e-4, "its normalisation has seen the samples"
    assert (features.std(dim=0) - 1).abs().max() < 0.05


def test_codes_can_be_probed():
    found = met(LinearProbe(of="codes", labels=5, draws=1), {"encoder": Knowing()})
    assert found["linear_probe"] == 100


@pytest.mark.parametrize(
    ("options", "data", "said"),
    [
        ({"labels": 0}, DATA, "labels: expected at least 1"),
        ({"held_out": 1.0}, DATA, "held_out: expected a share"),
        ({"labels": 50}, DATA, r"a class has \d+ samples that are not held out, and 50 labels are asked for"),
        ({}, Samples(IMAGES, None, "noise", "noise"), "noise has no labels"),
    ],
)
def test_a_probe_refuses_what_it_cannot_split(options, data, said):
    with pytest.raises(UserError, match=said):
        LinearProbe(**options).prepare(data, 10)


def test_scores_need_an_encoder_that_is_not_told_the_classes():
    networks = {"encoder": Knowing()}
    plain = make_game(TwoPlayerGame, "mlp", generator={"hidden": 8}, discriminator={"hidden": 8})
    with pytest.raises(UserError, match="metric 'linear_probe': TwoPlayerGame has no encoder"):
        met(LinearProbe(labels=5), networks, played=plain)
    told = game(data=DataSpec((1, 8, 8), (50,) * 4), game={"conditional": True})
    with pytest.raises(UserError, match="is told the classes"):
        met(LinearProbe(labels=5), networks, played=told)
    with pytest.raises(UserError, match="MLPEncoder tells codes and no features; set of to codes"):
        played = game(encoder={"name": "mlp_encoder", "hidden": 8, "latent": 4})
        met(LinearProbe(labels=5), dict(played.networks.items()), played=played)
    with pytest.raises(UserError, match="metric 'reconstruction_l1': it asks the networks"):
        Reconstruction().compute()


def test_reconstructions_are_measured_and_found_again():
    exact = met(Reconstruction(samples=50), {"encoder": Perfect(), "generator": Perfect()})
    assert exact["reconstruction_l1"] == pytest.approx(0, abs=1e-6)
    assert exact["reconstruction_found"] == 100
    off = met(Reconstruction(samples=50), {"encoder": Perfect(), "generator": Perfect(0.1)})
    pixels = to_network(IMAGES)
    moved = (pixels + 0.1).clamp(max=1) - pixels
    assert off["reconstruction_l1"] == pytest.approx(moved.mean().item(), rel=0.05)
    assert off["reconstruction_psnr"] == pytest.approx(10 * torch.log10(4 / moved.square().mean()).item(), rel=0.05)
    assert off["reconstruction_found"] == 100


def test_reconstructions_that_show_something_else_are_not_found():
    class Blind(Perfect):
        def forward(self, values, labels=None):
            return values.flatten(1)

    class Same(Perfect):
        def forward(self, values, labels=None):
            return torch.zeros(len(values), 1, 8, 8) + self.added

    found = met(Reconstruction(samples=50), {"encoder": Blind(), "generator": Same()})
    assert found["reconstruction_found"] <= 2


def test_points_have_no_pixels():
    points = Samples(torch.randn(9, 2), None, "points", "points")
    with pytest.raises(UserError, match="points are points"):
        Reconstruction().prepare(points, 9)

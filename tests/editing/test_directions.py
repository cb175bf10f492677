"""The closed-form factorisation, and the probe that finds the weights for it."""

import pytest
import torch
from styled_toys import StyledToy
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_lightning.catalog import Catalog
from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.editing.directions import factorise, latent_weights
from gan_lightning.editing.maker import Inputs
from gan_lightning.editing.probe import linear_rows
from gan_lightning.errors import UserError
from gan_lightning.layers import PixelNorm, SNLinear
from gan_lightning.testing.subject import Subject
from gan_lightning.testing.trials import trials


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def rows_of(network, width=6, shape=(4,), call=None):
    network.eval()
    latents = torch.randn(*shape, width)
    return linear_rows(network, lambda: (call or network)(latents), [latents])


def test_directions_are_those_that_the_weights_answer_most_to():
    basis, _ = torch.linalg.qr(torch.randn(6, 6))
    weights = torch.randn(9, 9)[:, :6] * 0 + torch.eye(9, 6) @ torch.diag(torch.tensor([1.0, 5.0, 2.0, 0.5, 4.0, 3.0]))
    found = factorise(weights @ basis.T, 3)
    for direction, wanted in zip(found, basis.T[[1, 4, 5]], strict=True):
        assert abs(torch.dot(direction, wanted)) == pytest.approx(1, abs=1e-5)
        assert direction[direction.abs().argmax()] > 0
    assert torch.allclose(found @ found.T, torch.eye(3), atol=1e-5)


def test_more_directions_than_latents_are_refused():
    with pytest.raises(UserError, match="there are 6 directions"):
        factorise(torch.randn(9, 6), 7)


def test_the_probe_measures_the_first_linear_layer_only():
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 6))
    assert torch.allclose(rows_of(net), net[0].weight, atol=1e-5)


@pytest.mark.parametrize("layer", [SNLinear(6, 5), spectral_norm(nn.Linear(6, 5))], ids=["own", "torch"])
def test_the_probe_measures_what_a_layer_does_and_not_what_it_stores(layer):
    layer.eval()
    weight = layer.normalized_weight() if isinstance(layer, SNLinear) else layer.weight
    assert torch.allclose(rows_of(nn.Sequential(layer, nn.ReLU())), weight, atol=1e-5)


def test_the_probe_takes_a_convolution_of_latents_for_linear():
    net = nn.Sequential(nn.Unflatten(1, (6, 1, 1)), nn.ConvTranspose2d(6, 3, 4), nn.ReLU())
    rows = rows_of(net)
    assert torch.allclose(rows, net[1].weight.flatten(1).T, atol=1e-5)


def test_the_probe_finds_latents_beside_labels_in_parts_and_normalised():
    first, second = nn.Linear(9, 5), nn.Linear(4, 7)
    parts = nn.ModuleList([first, second])

    def call(latents):
        beside = torch.cat([torch.ones(len(latents), 3), latents], dim=1)
        return first(PixelNorm()(beside)), second(torch.cat([latents[:, 4:], beside[:, :2]], dim=1))

    rows = rows_of(parts, call=call)
    assert torch.allclose(rows[:5], first.weight[:, 3:], atol=1e-5)
    assert torch.allclose(rows[5:, 4:], second.weight[:, :2], atol=1e-5)
    assert not rows[5:, :4].any()


def test_latents_that_no_linear_layer_sees_have_no_rows():
    class Squared(nn.Linear):
        def forward(self, x):
            return super().forward(x) ** 2

    assert len(rows_of(nn.Sequential(Squared(6, 5)))) == 0


LATENT = [entry for entry in Catalog.installed().entries("architecture") if "generator" in entry.component.roles]
LONGEST = 512  # numbers of a latent: longer ones are noise maps in a row, and every number is tried


@pytest.mark.parametrize("entry", LATENT, ids=lambda entry: entry.name)
def test_every_generator_of_latents_has_directions(entry):
    for trial in trials(Subject(entry), Generator):
        network = trial.network.eval()
        if len(network.latent_shape) > 1 or network.latent_shape[0] > LONGEST:
            continue
        rows = latent_weights(network, Inputs(torch.randn(4, *network.latent_shape), trial.labels))
        assert factorise(rows, 2).isfinite().all(), trial.label


def test_styles_are_looked_for_where_they_go_in():
    network = StyledToy(DataSpec((1, 4, 4)), 0).eval()
    rows = latent_weights(network, Inputs(torch.randn(4, 4), None))
    assert torch.allclose(rows, torch.cat([layer.weight for layer in network.layers]), atol=1e-5)


def test_a_generator_that_knows_its_weights_is_asked():
    class Knowing(StyledToy):
        def latent_weights(self):
            return torch.eye(8)

    assert torch.equal(latent_weights(Knowing(DataSpec((1, 4, 4)), 0), Inputs(torch.randn(4, 4), None)), torch.eye(8))


def test_latents_that_go_into_nothing_linear_are_refused():
    class Bent(StyledToy):
        def synthesis(self, styles):
            return super().synthesis(styles.sin())

    with pytest.raises(UserError, match="no linear layer"):
        latent_weights(Bent(DataSpec((1, 4, 4)), 0).eval(), Inputs(torch.randn(4, 4), None))

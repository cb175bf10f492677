import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from gan_lightning.layers import WEIGHT_NORM, ConvPool, UpBlock, WNConv2d, WNLinear, head, normal, orthogonal

LAYERS = {
    "convolution": (lambda: WNConv2d(3, 5, 3, padding=1), lambda: torch.randn(2, 3, 6, 6)),
    "linear": (lambda: WNLinear(6, 4), lambda: torch.randn(2, 6)),
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def parts(layer):
    return layer.parametrizations.weight.original0, layer.parametrizations.weight.original1


@pytest.mark.parametrize("name", LAYERS)
def test_it_begins_as_the_layer_it_is_made_of(name):
    make, draw = LAYERS[name]
    layer = make()
    torch.manual_seed(0)
    plain = nn.Conv2d(3, 5, 3, padding=1) if name == "convolution" else nn.Linear(6, 4)
    x = draw()
    assert torch.allclose(layer(x), plain(x), atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_the_weight_is_a_direction_times_a_length_for_each_output(name):
    layer = LAYERS[name][0]()
    length, direction = parts(layer)
    with torch.no_grad():
        length.copy_(torch.arange(1.0, 1.0 + len(length)).view_as(length))
        direction.mul_(7.0)
    norms = layer.normalized_weight().flatten(1).norm(dim=1)
    assert torch.allclose(norms, torch.arange(1.0, 1.0 + len(length)))


def test_the_gradient_of_the_direction_is_orthogonal_to_it():
    """What the paper's equation 3 says: a scaled direction is the same function, so that nothing pulls along it."""
    layer = WNLinear(6, 4)
    layer(torch.randn(8, 6)).square().sum().backward()
    _, direction = parts(layer)
    assert torch.allclose((direction.grad * direction).sum(1), torch.zeros(4), atol=1e-5)
    assert direction.grad.abs().sum() > 0


def test_initialisations_reach_the_parameters():
    network = nn.Sequential(WNConv2d(30, 50, 3), nn.ReLU(), WNLinear(60, 40))
    normal(network, 0.02)
    assert float(network[0].weight.detach().std()) == pytest.approx(0.02, rel=0.05)
    assert network[0].bias.count_nonzero() == 0
    orthogonal(network, gain=3.0)
    assert torch.allclose(network[2].weight @ network[2].weight.T, 9 * torch.eye(40), atol=1e-4)
    lengths, _ = parts(network[2])
    assert torch.allclose(lengths, torch.full_like(lengths, 3.0), atol=1e-4)


def test_blocks_and_heads_take_the_set():
    convolution = WEIGHT_NORM.convolution
    assert UpBlock(3, 5, convolution=convolution)(torch.randn(2, 3, 4, 4)).shape == (2, 5, 8, 8)
    pool = ConvPool(3, 5, convolution)
    x = torch.randn(2, 3, 4, 4)
    expected = nn.functional.avg_pool2d(conv2d(x, pool.convolution.weight, pool.convolution.bias, padding=1), 2)
    assert torch.allclose(pool(x), expected, atol=1e-5)
    assert head(6, 3, WEIGHT_NORM)(torch.randn(2, 6), torch.tensor([0, 2])).shape == (2,)


def test_a_copy_is_a_layer_of_its_own_and_the_state_is_enough():
    layer = WNConv2d(3, 5, 3)
    other = copy.deepcopy(layer)
    with torch.no_grad():
        parts(layer)[0].mul_(2.0)
    assert torch.allclose(layer.weight, 2 * other.weight)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(layer.weight, other.weight)


def test_it_differentiates_twice():
    layer = WNLinear(3, 2).double()
    weights = [part.detach().requires_grad_() for part in parts(layer)]
    x = torch.randn(4, 3, dtype=torch.double)

    def squared(length, direction):
        names = {"parametrizations.weight.original0": length, "parametrizations.weight.original1": direction}
        return torch.func.functional_call(layer, names, (x,)).square().sum()

    assert torch.autograd.gradgradcheck(squared, weights)

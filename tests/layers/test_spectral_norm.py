import copy
import io

import pytest
import torch
from torch import nn

from gan_lightning.layers import SNConv2d, SNEmbedding, SNLinear, held_power_iteration

LAYERS = {
    "convolution": (lambda: SNConv2d(3, 5, 3, padding=1), lambda: torch.randn(2, 3, 6, 6)),
    "linear": (lambda: SNLinear(6, 4), lambda: torch.randn(2, 6)),
    "embedding": (lambda: SNEmbedding(7, 4), lambda: torch.tensor([0, 3, 6])),
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", LAYERS)
def test_the_weight_approaches_norm_one(name):
    make, draw = LAYERS[name]
    layer = make()
    inputs = draw()
    for _ in range(300):
        layer(inputs)
    true = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), ord=2)
    assert torch.allclose(layer.normalized_weight(), layer.weight / true, rtol=1e-4)
    assert torch.linalg.matrix_norm(layer.normalized_weight().flatten(1), ord=2).item() == pytest.approx(1, abs=1e-4)


def test_one_forward_is_one_step_of_power_iteration():
    layer = SNLinear(6, 4)
    weight, u = layer.weight.detach(), layer.u.clone()
    v = weight.T @ u / (weight.T @ u).norm()
    expected = weight @ v / (weight @ v).norm()
    normalized = layer.normalized_weight()
    assert torch.allclose(layer.u, expected, atol=1e-6)
    assert torch.allclose(normalized, weight / (expected @ weight @ v), atol=1e-6)


def test_iterations_are_steps_in_a_forward():
    one, three = SNLinear(6, 4), SNLinear(6, 4, iterations=3)
    three.load_state_dict(one.state_dict())
    for _ in range(3):
        one.normalized_weight()
    three.normalized_weight()
    assert torch.allclose(one.u, three.u, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_evaluation_mode_leaves_u_alone(name):
    make, draw = LAYERS[name]
    layer = make().eval()
    before = layer.u.clone()
    layer(draw())
    assert torch.equal(layer.u, before)


def test_a_shortened_u_of_an_averaged_network_gives_the_same_weight():
    layer = SNLinear(6, 4)
    layer.normalized_weight()
    layer.eval()
    expected = layer.normalized_weight()
    layer.u.mul_(0.25)
    assert torch.allclose(layer.normalized_weight(), expected, atol=1e-6)


def test_held_layers_do_not_iterate_and_are_released():
    network = nn.Sequential(SNLinear(6, 4), nn.ReLU(), SNLinear(4, 2))
    before = network[0].u.clone()
    with held_power_iteration(network):
        network(torch.randn(3, 6))
        assert torch.equal(network[0].u, before)
    network(torch.randn(3, 6))
    assert not torch.equal(network[0].u, before)


def test_the_state_is_saved_and_loaded():
    first = SNConv2d(3, 5, 3)
    first(torch.randn(1, 3, 6, 6))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = SNConv2d(3, 5, 3)
    second.load_state_dict(torch.load(file, weights_only=True))
    inputs = torch.randn(1, 3, 6, 6)
    assert "u" in first.state_dict()
    assert torch.equal(first.eval()(inputs), second.eval()(inputs))


def test_a_copy_is_independent():
    layer = SNLinear(6, 4)
    twin = copy.deepcopy(layer)
    assert torch.equal(layer.u, twin.u)
    layer(torch.randn(2, 6))
    assert not torch.equal(layer.u, twin.u)


def test_u_keeps_its_storage():
    """Data-parallel wrappers broadcast the buffers that they found at the start."""
    layer = SNLinear(6, 4)
    buffer = layer.u
    layer(torch.randn(2, 6))
    assert layer.u is buffer


@pytest.mark.parametrize("training", [True, False])
def test_gradients_survive_a_second_forward(training):
    layer = SNLinear(6, 4).train(training)
    x = torch.randn(3, 6)
    start = copy.deepcopy(layer)
    first = layer(x).square().sum()
    layer.train()(x)  # iterates again before the first graph is used
    first.backward()
    start(x).square().sum().backward()
    assert torch.allclose(layer.weight.grad, start.weight.grad, atol=1e-6)


def test_the_gradient_passes_through_sigma():
    """With u and v constant, d(W / sigma) is checked against finite differences."""
    layer = SNLinear(5, 4, bias=False).double().eval()
    x = torch.randn(2, 5, dtype=torch.double)
    u = layer.u
    v = nn.functional.normalize(layer.weight.detach().T @ u, dim=0)

    def with_fixed_vectors(weight):
        return x @ (weight / (u @ weight @ v)).T

    layer(x).square().sum().backward()
    weight = layer.weight.detach().clone().requires_grad_()
    with_fixed_vectors(weight).square().sum().backward()
    assert torch.allclose(layer.weight.grad, weight.grad)
    assert torch.autograd.gradcheck(with_fixed_vectors, (weight,))


def test_double_backward_reaches_the_weight():
    layer = SNConv2d(2, 3, 3)
    x = torch.randn(2, 2, 5, 5, requires_grad=True)
    (slope,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert layer.weight.grad.abs().sum() > 0


def test_the_norm_is_taken_in_full_precision_under_autocast():
    layer = SNLinear(64, 64).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = layer.normalized_weight()
    assert inside.dtype == torch.float32
    assert torch.equal(inside, layer.normalized_weight())

import pytest
import torch
from torch.nn.functional import conv2d, linear

from gan_lightning.layers import EQUALIZED, EqualizedConv2d, EqualizedLinear, PixelNorm


def test_stored_weights_are_standard_and_used_ones_are_scaled_by_fan_in():
    torch.manual_seed(0)
    layer = EqualizedConv2d(64, 128, 3, padding=1, gain=2**0.5)
    assert float(layer.weight.detach().std()) == pytest.approx(1, rel=0.02)
    assert torch.allclose(layer.normalized_weight(), layer.weight * (2 / (64 * 9)) ** 0.5)
    assert not layer.bias.any()
    x = torch.randn(2, 64, 5, 5)
    with torch.no_grad():
        layer.bias.normal_()
    expected = conv2d(x, layer.weight * (2 / (64 * 9)) ** 0.5, layer.bias, padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_a_multiplier_of_the_learning_rate_leaves_the_function_and_slows_the_steps():
    torch.manual_seed(0)
    plain, slow = EqualizedLinear(256, 256), EqualizedLinear(256, 256, lr_multiplier=0.01, bias_init=1.0)
    assert float(slow.weight.detach().std()) == pytest.approx(100, rel=0.02)
    assert float(slow.normalized_weight().detach().std()) == pytest.approx(1 / 16, rel=0.02)
    assert torch.allclose(slow.normalized_bias(), torch.ones(256))
    x = torch.randn(8, 256)
    assert torch.allclose(slow(x), linear(x, slow.weight * 0.01 / 16, slow.bias * 0.01), atol=1e-5)
    moved = []
    for layer in (plain, slow):
        before = layer.normalized_weight().detach()
        layer(x).sum().backward()
        torch.optim.Adam(layer.parameters(), lr=0.1).step()
        moved.append((layer.normalized_weight() - before).abs().mean().detach())
    assert float(moved[1] / moved[0]) == pytest.approx(0.01, rel=1e-3)


def test_layers_without_a_bias_and_as_a_set():
    for layer in (EQUALIZED.linear(3, 4, bias=False), EQUALIZED.convolution(3, 4, 1, bias=False)):
        assert layer.bias is None
        assert layer.normalized_bias() is None
        assert len(list(layer.parameters())) == 1


def test_pixels_and_latents_are_normalised_over_dimension_1():
    torch.manual_seed(0)
    maps = torch.randn(2, 8, 3, 5) * 7
    normed = PixelNorm()(maps)
    assert torch.allclose(normed.square().mean(dim=1), torch.ones(2, 3, 5), atol=1e-5)
    assert torch.allclose(normed[1, :, 2, 4], maps[1, :, 2, 4] / maps[1, :, 2, 4].square().mean().sqrt(), atol=1e-5)
    assert torch.allclose(PixelNorm()(torch.randn(4, 16)).norm(dim=1), torch.full((4,), 4.0), atol=1e-5)
    assert torch.equal(PixelNorm()(torch.zeros(1, 4)), torch.zeros(1, 4))


def test_small_numbers_of_half_precision_are_normalised_too():
    tiny = torch.full((1, 4, 1, 1), 1e-3, dtype=torch.float16)
    assert PixelNorm()(tiny).float().mean() == pytest.approx(0.995, abs=0.005)

import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d, interpolate, relu

from gan_lightning.layers import (
    BatchNorm2d,
    ConditionalBatchNorm2d,
    DownBlock,
    FirstDownBlock,
    ModulatedBatchNorm2d,
    PlainBlock,
    SNConv2d,
    Unnormalized,
    UpBlock,
    batch_norm,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def conv(layer, x):
    return conv2d(x, layer.weight, layer.bias, padding=layer.kernel_size[0] // 2)


def test_an_up_block_is_what_it_says():
    block = UpBlock(3, 5, norm=Unnormalized)
    x = torch.randn(2, 3, 4, 6)
    first, second = block.convolutions[0].convolution, block.convolutions[1]
    inner = conv(second, relu(conv(first, interpolate(relu(x), scale_factor=2))))
    expected = inner + conv(block.shortcut[0], interpolate(x, scale_factor=2))
    assert torch.allclose(block(x), expected, atol=1e-5)


def test_a_down_block_is_what_it_says():
    block = DownBlock(3, 5)
    x = torch.randn(2, 3, 4, 6)
    first, second = block.convolutions[0], block.convolutions[1].convolution
    inner = avg_pool2d(conv(second, relu(conv(first, relu(x)))), 2)
    assert torch.allclose(block(x), inner + avg_pool2d(conv(block.shortcut[1], x), 2), atol=1e-5)


def test_the_first_block_cuts_nothing_from_the_image():
    block = FirstDownBlock(3, 5)
    x = -torch.rand(2, 3, 4, 6)
    first, second = block.convolutions[0], block.convolutions[1].convolution
    inner = avg_pool2d(conv(second, relu(conv(first, x))), 2)
    assert torch.allclose(block(x), inner + conv(block.shortcut[1], avg_pool2d(x, 2)), atol=1e-5)


def test_a_plain_block_of_equal_widths_skips_unchanged():
    block = PlainBlock(3, 3)
    torch.nn.init.zeros_(block.convolutions[1].weight)
    torch.nn.init.zeros_(block.convolutions[1].bias)
    x = torch.randn(2, 3, 4, 6)
    before = x.clone()
    assert torch.equal(block(x), before)
    assert torch.equal(x, before)


def test_a_plain_block_learns_its_shortcut_where_widths_differ():
    assert PlainBlock(3, 5)(torch.randn(1, 3, 4, 4)).shape == (1, 5, 4, 4)


@pytest.mark.parametrize(("block", "narrow"), [(DownBlock, 3), (PlainBlock, 3), (FirstDownBlock, 8), (UpBlock, 8)])
def test_the_hidden_width_follows_its_rule_or_the_option(block, narrow):
    def inner(module):
        first = module.convolutions[0]
        return getattr(first, "convolution", first).out_channels

    assert inner(block(3, 8)) == narrow
    assert inner(block(3, 8, hidden=6)) == 6


@pytest.mark.parametrize("block", [UpBlock, DownBlock, PlainBlock, FirstDownBlock])
def test_the_convolution_class_reaches_every_convolution(block):
    layers = [layer for layer in block(3, 8, convolution=SNConv2d).modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(layers) == 3
    assert all(isinstance(layer, SNConv2d) for layer in layers)


def test_conditional_norm_scales_and_shifts_by_class():
    norm = ConditionalBatchNorm2d(4, 3)
    x, labels = torch.randn(6, 4, 5, 5) * 3 + 1, torch.tensor([0, 1, 2, 0, 1, 2])
    plain = BatchNorm2d(4)(x)
    assert torch.allclose(norm(x, labels), plain, atol=1e-6)
    with torch.no_grad():
        norm.gamma.weight[1] = 2.0
        norm.beta.weight[1] = 7.0
    out = norm(x, labels)
    assert torch.allclose(out[labels == 1], 2 * plain[labels == 1] + 7, atol=1e-5)
    assert torch.allclose(out[labels != 1], plain[labels != 1], atol=1e-6)


@torch.no_grad()
def test_modulated_norm_scales_around_one_and_shifts_by_the_condition():
    norm = ModulatedBatchNorm2d(4, lambda channels: torch.nn.Linear(3, channels, bias=False))
    x, condition = torch.randn(6, 4, 5, 5) * 3 + 1, torch.randn(6, 3)
    plain = BatchNorm2d(4)(x)
    gain, shift = (layer(condition)[:, :, None, None] for layer in (norm.gain, norm.shift))
    assert torch.allclose(norm(x, condition), (1 + gain) * plain + shift, atol=1e-5)
    assert torch.allclose(norm(x, torch.zeros(6, 3)), plain, atol=1e-6)


def test_conditional_norm_asks_for_labels():
    with pytest.raises(ValueError, match="needs labels"):
        ConditionalBatchNorm2d(4, 3)(torch.randn(2, 4, 3, 3))


def test_batch_norm_is_conditional_only_with_classes():
    assert isinstance(batch_norm(0)(4), BatchNorm2d)
    assert isinstance(batch_norm(3)(4), ConditionalBatchNorm2d)

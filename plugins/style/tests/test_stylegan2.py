"""StyleGAN2: its size, the formulas of its layers, its styles."""

import math

import pytest
import torch
from gan_lightning_style.modulated import StyledConv2d, ToImage
from gan_lightning_style.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from torch.nn.functional import conv2d, leaky_relu, linear, one_hot

from gan_lightning.abilities import LatentWeighted, Styled, Truncating
from gan_lightning.data.spec import DataSpec
from gan_lightning.ema import EMA
from gan_lightning.errors import UnsupportedShapeError, UserError

ROOT_2 = math.sqrt(2)
LIGHT = {"channel_base": 16384}
COUNTS = {
    "1024": (1024, 0, {}, {}, 30_370_060, 29_012_513),
    "512": (512, 0, {}, {}, 30_276_583, 28_982_849),
    "256": (256, 0, {}, {}, 30_034_338, 28_864_129),
    "256 light": (256, 0, LIGHT, LIGHT, 24_767_458, 24_001_089),
    "128": (128, 0, {}, {}, 29_328_669, 28_389_121),
    "64": (64, 0, {}, {}, 27_032_600, 26_488_833),
    "64 light": (64, 0, {**LIGHT, "mapping_layers": 2}, LIGHT, 22_243_608, 23_407_361),
    "cifar": (32, 0, {"mapping_layers": 2}, {"blocks": "orig"}, 19_947_539, 20_720_641),
    "cifar classes": (32, 10, {"mapping_layers": 2}, {"blocks": "orig"}, 20_215_315, 23_089_664),
}
TINY = {"channel_base": 64, "channels": 8}
TINY_G = {**TINY, "latent": 6, "width": 8, "mapping_layers": 2}


def data_of(*shape, classes=0):
    return DataSpec(shape, (10,) * classes)


def generator_of(*shape, classes=0, **options):
    """Return a small generator in which nothing is at zero, in double precision."""
    torch.manual_seed(0)
    return stirred(StyleGAN2Generator(data_of(*shape, classes=classes), classes, **{**TINY_G, **options}).double())


def stirred(network):
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    return network


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.double, generator=torch.Generator().manual_seed(5))


def size_of(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("name", COUNTS)
def test_published_parameter_counts(name):
    side, classes, of_generator, of_discriminator, generator, discriminator = COUNTS[name]
    data = data_of(3, side, side, classes=classes)
    with torch.device("meta"):
        made = StyleGAN2Generator(data, classes, **of_generator)
        judge = StyleGAN2Discriminator(data, classes, **of_discriminator)
    assert (size_of(made), size_of(judge)) == (generator, discriminator)
    assert made.styles.layers == 2 * (side.bit_length() - 2)


def test_the_mapping_network_of_the_largest_has_the_published_size():
    with torch.device("meta"):
        made = StyleGAN2Generator(data_of(3, 1024, 1024), 0)
    assert size_of(made.styles) == 2_101_248


# The same networks once more, slowly: weights of each sample, filters as sums, factors where the papers have them.


def fir(x, up=1, down=1, before=0, after=0, gain=1.0):
    taps = torch.tensor([1.0, 3, 3, 1], dtype=x.dtype)
    count, channels, height, width = x.shape
    spread = x.new_zeros(count, channels, height * up, width * up)
    spread[:, :, ::up, ::up] = x
    spread = torch.nn.functional.pad(spread, (before, after, before, after))
    kernel = (torch.outer(taps, taps) / 64 * gain).expand(channels, 1, 4, 4)
    return conv2d(spread, kernel, groups=channels)[:, :, ::down, ::down]


def slow_modulated(layer, x, style, demodulate):
    inputs = layer.weight.shape[1]
    scales = linear(style, layer.affine.weight / math.sqrt(style.shape[1]), layer.affine.bias)
    made = []
    for sample, scale in zip(x, scales, strict=True):
        weight = layer.weight * scale[None, :, None, None]
        if demodulate:
            weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        else:
            weight = weight / math.sqrt(inputs)
        if layer.kernel is None:
            made.append(conv2d(sample[None], weight, padding=weight.shape[2] // 2))
            continue
        # Zeros between the pixels, then a convolution in the mathematical sense, whose kernel runs backwards.
        sides = [2 * side - 1 for side in sample.shape[1:]]
        spread = x.new_zeros(1, inputs, *sides)
        spread[:, :, ::2, ::2] = sample
        made.append(fir(conv2d(spread, weight.flip(2, 3), padding=2), before=1, after=1, gain=4.0))
    return torch.cat(made)


def slow_styled(layer, x, style, noise):
    x = slow_modulated(layer, x, style, demodulate=True) + noise * layer.noise_strength
    return leaky_relu(x + layer.bias[:, None, None], 0.2) * ROOT_2


def normed(x):
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


def slow_mapping(mapping, latents, labels=None):
    parts = [] if latents is None else [normed(latents)]
    if labels is not None:
        hot = one_hot(labels, mapping.classes).double()
        parts.append(normed(hot @ (mapping.embed.weight / math.sqrt(mapping.classes)).T + mapping.embed.bias))
    x = torch.cat(parts, dim=1)
    for layer in mapping.layers:
        x = leaky_relu(linear(x, layer.weight * 0.01 / math.sqrt(x.shape[1]), layer.bias * 0.01), 0.2) * ROOT_2
    return x


def slow_synthesis(generator, style):
    x = generator.const.expand(len(style), -1, -1, -1)
    image = None
    for stage in generator.stages:
        for layer in stage.convolutions:
            x = slow_styled(layer, x, style, layer.noise_const)
        image = 0 if image is None else fir(image, up=2, before=2, after=1, gain=4.0)
        image = image + slow_modulated(stage.to_image, x, style, demodulate=False)
        image = image + stage.to_image.bias[:, None, None]
    return image


@pytest.mark.parametrize(("shape", "classes"), [((3, 16, 16), 0), ((1, 24, 40), 0), ((2, 8, 8), 3)])
def test_the_generator_is_its_formulas(shape, classes):
    generator = generator_of(*shape, classes=classes).eval()
    latents, labels = drawn(4, 6), torch.tensor([0, 2, 1, 2]) if classes else None
    style = slow_mapping(generator.styles.mapping, latents, labels)
    assert torch.allclose(generator.mapping(latents, labels)[:, -1], style)
    assert torch.allclose(generator(latents, labels), slow_synthesis(generator, style), atol=1e-7)


def slow_convolution(layer, x, gain=1.0):
    weight = layer.weight / math.sqrt(layer.weight[0].numel())
    if layer.stride == (2, 2):
        x = conv2d(fir(x, before=2, after=2), weight, layer.bias, stride=2)
    else:
        x = conv2d(x, weight, layer.bias, padding=weight.shape[2] // 2)
    return leaky_relu(x, 0.2) * ROOT_2 * gain


def slow_judgement(judge, x, labels, blocks):
    x = slow_convolution(judge.from_image, x)
    for block in judge.halvings:
        gain = math.sqrt(0.5) if blocks == "resnet" else 1.0
        made = slow_convolution(block.conv1, slow_convolution(block.conv0, x), gain)
        if blocks == "resnet":
            weight = block.skip.weight / math.sqrt(block.skip.weight.shape[1])
            made = made + conv2d(fir(x, down=2, before=1, after=1), weight) * gain
        x = made
    deviations = x.new_zeros(len(x), 1, *x.shape[2:])
    for first in range(2):  # of 4 samples in groups of 2, 0 and 2 are together, and 1 and 3
        deviation = (x[first::2].var(dim=0, correction=0) + 1e-8).sqrt().mean()
        deviations[first::2] = deviation
    x = slow_convolution(judge.conv, torch.cat([x, deviations], dim=1)).flatten(1)
    x = leaky_relu(linear(x, judge.fc.weight / math.sqrt(x.shape[1]), judge.fc.bias), 0.2) * ROOT_2
    x = linear(x, judge.out.weight / math.sqrt(x.shape[1]), judge.out.bias)
    if labels is None:
        return x[:, 0]
    return (x * slow_mapping(judge.mapping, None, labels)).sum(dim=1) / math.sqrt(x.shape[1])


@pytest.mark.parametrize("blocks", ["resnet", "orig"])
@pytest.mark.parametrize(("shape", "classes"), [((3, 16, 16), 0), ((1, 24, 40), 3)])
def test_the_discriminator_is_its_formulas(shape, classes, blocks):
    torch.manual_seed(0)
    options = {**TINY, "group": 2, "blocks": blocks, "mapping_layers": 2}
    judge = stirred(StyleGAN2Discriminator(data_of(*shape, classes=classes), classes, **options).double())
    images, labels = drawn(4, *shape), torch.tensor([0, 2, 1, 2]) if classes else None
    critique = judge(images, labels)
    assert torch.allclose(critique.logits, slow_judgement(judge, images, labels, blocks), atol=1e-8)
    assert critique.features.shape == (4, 8)


def test_the_gradient_penalty_of_the_discriminator_has_the_right_gradient():
    torch.manual_seed(0)
    judge = StyleGAN2Discriminator(data_of(1, 8, 8), 0, channel_base=16, channels=2, group=2).double()
    images = drawn(2, 1, 8, 8).requires_grad_()

    def penalty(weight):
        made = torch.func.functional_call(judge, {"halvings.0.conv0.weight": weight}, (images,))
        return torch.autograd.grad(made.logits.sum(), images, create_graph=True)[0].square().sum()

    weight = judge.halvings[0].conv0.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(penalty, weight)


def test_the_image_can_be_differentiated_twice_by_styles():
    """The path length differentiates by styles, and then by weights, whose gradients go the same way."""
    generator = generator_of(1, 8, 8, channels=2).eval()
    assert torch.autograd.gradgradcheck(generator.synthesis, drawn(1, 4, 8).requires_grad_(), fast_mode=True)


def test_it_begins_with_outputs_of_unit_size():
    """Equalised weights, demodulation and the root of 2 keep values as large as they were, at any width."""
    torch.manual_seed(0)
    layer = StyledConv2d(64, 96, 32, (16, 16))
    maps = layer(torch.randn(8, 64, 16, 16), torch.randn(8, 32) * 3)
    assert float(maps.square().mean().sqrt().detach()) == pytest.approx(1.0, abs=0.05)
    judge = StyleGAN2Discriminator(data_of(3, 32, 32), 0, channel_base=1024, channels=64)
    assert 0.1 < float(judge(torch.randn(8, 3, 32, 32)).features.detach().square().mean().sqrt()) < 3


def test_styles_scale_channels_only_once_demodulated():
    """A style's size is divided out in layers of maps and stays in what goes to the image."""
    torch.manual_seed(0)
    x, styles = torch.randn(2, 6, 4, 4).double(), drawn(2, 6)
    for kind, kept in ((StyledConv2d(6, 6, 4, (4, 4)), 1.0), (ToImage(6, 3, 4), 3.0)):
        kind.double()
        ratio = kind.convolved(x, 3 * styles) / kind.convolved(x, styles)
        factor = kind.demodulation(3 * styles) / kind.demodulation(styles) if kept == 1.0 else torch.ones(1)
        assert torch.allclose(ratio.mean() * factor.mean(), torch.tensor(kept).double(), rtol=1e-4)


def test_noise_is_new_in_training_and_one_map_in_evaluation():
    layer = generator_of(1, 8, 8).stages[0].convolutions[0]
    x, style = drawn(2, 8, 4, 4), drawn(1, 8).expand(2, -1)
    x = x[:1].expand(2, -1, -1, -1)
    first, second = layer(x, style), layer(x, style)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    layer.eval()
    assert torch.equal(layer(x, style)[0], layer(x, style)[1])


def test_what_is_drawn_is_the_same_in_every_memory_format():
    generator = generator_of(3, 16, 16).float()
    made = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        generator.to(memory_format=memory_format)
        torch.manual_seed(1)
        made.append(generator(drawn(4, 6).float()))
    assert made[1].is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(*made, atol=1e-4)


def test_noise_strengths_begin_at_zero_and_modulation_at_one():
    torch.manual_seed(0)
    layer = StyledConv2d(8, 8, 16, (4, 4))
    assert float(layer.noise_strength.detach()) == 0.0
    assert torch.equal(layer.affine.bias, torch.ones(8))
    assert layer.affine.bias_scale == 1.0


def test_abilities_that_others_look_for():
    generator = generator_of(1, 8, 8)
    assert all(isinstance(generator, ability) for ability in (Styled, Truncating, LatentWeighted))
    assert generator.latent_weights().shape == (3 * 8, 8)
    assert not generator.bounded


def test_every_layer_has_a_style_of_its_own():
    """The image of a size takes the style of the next size's first convolution: 2 styles a size, all of them used."""
    generator = generator_of(1, 16, 16).eval()
    styles = generator.mapping(drawn(2, 6))
    assert styles.shape == (2, 6, 8)
    styles = styles.detach().clone().requires_grad_()
    (slopes,) = torch.autograd.grad(generator.synthesis(styles).square().sum(), styles)
    assert (slopes.abs().sum(dim=(0, 2)) > 0).all()
    first, *_ = generator.stages
    first.convolutions[0].affine.requires_grad_(False)
    assert torch.equal(generator.synthesis(styles), generator.synthesis(styles))


def test_truncation_moves_styles_towards_their_mean():
    generator = generator_of(1, 8, 8).eval()
    generator.styles.mean.copy_(drawn(8))
    latents = drawn(3, 6)
    full, half, none = (generator.truncated(latents, None, psi) for psi in (1.0, 0.5, 0.0))
    assert torch.allclose(full, generator(latents))
    assert torch.allclose(none[0], none[1])
    mean, styles = generator.styles.mean, generator.mapping(latents)
    assert torch.allclose(half, generator.synthesis(mean + 0.5 * (styles - mean)))
    some = generator.styles.truncated(latents, None, 0.0, layers=1)
    assert torch.equal(some[:, 1:], styles[:, 1:])
    assert torch.allclose(some[:, 0], mean.expand(3, -1))


def test_the_mean_style_follows_in_training_only():
    generator = generator_of(1, 8, 8, mixing=0.5)
    latents = drawn(16, 6)
    style = slow_mapping(generator.styles.mapping, latents).mean(dim=0)
    generator.mapping(latents)
    assert torch.allclose(generator.styles.mean, 0.005 * style)
    generator.eval()(latents)
    assert torch.allclose(generator.styles.mean, 0.005 * style)
    assert "styles.mean" in generator.state_dict()
    assert not generator.styles.mean.requires_grad


def test_classes_can_have_a_mean_each():
    generator = generator_of(1, 8, 8, classes=3, centres=True, mixing=0.0)
    latents, labels = drawn(4, 6), torch.tensor([0, 2, 0, 0])
    style = slow_mapping(generator.styles.mapping, latents, labels)
    generator.mapping(latents, labels)
    mean = generator.styles.mean
    assert torch.allclose(mean[0], 0.005 * style[[0, 2, 3]].mean(dim=0))
    assert torch.allclose(mean[2], 0.005 * style[1])
    assert not mean[1].any()
    typical = generator.eval().truncated(latents, labels, 0.0)
    assert torch.allclose(typical[0], typical[2])
    assert not torch.allclose(typical[0], typical[1])


def test_the_average_takes_the_mean_style_too():
    generator = generator_of(1, 8, 8)
    average = EMA({"generator": generator}, buffers="copy")
    generator.mapping(drawn(4, 6))
    average.update(updates=1, batch=4, images=4)
    assert torch.equal(average.networks["generator"].styles.mean, generator.styles.mean)


def test_two_styles_are_mixed_at_a_random_layer_in_training():
    generator = generator_of(1, 64, 64, mixing=0.5)
    latents, layers = drawn(4000, 6), generator.styles.layers
    torch.manual_seed(2)
    styles = generator.mapping(latents)
    first = generator.eval().mapping(latents)
    own = (styles == first).all(dim=2)
    taken = own.sum(dim=1)
    assert (own == (torch.arange(layers) < taken[:, None])).all()  # the first layers are those of the latents
    assert float((taken < layers).double().mean()) == pytest.approx(0.5, abs=0.04)
    assert taken.min() == 1
    assert torch.bincount(taken[taken < layers], minlength=layers)[1:].min() > 100  # every layer but the first


def test_a_second_style_is_of_the_same_class():
    generator = generator_of(1, 8, 8, classes=2, mixing=1.0)
    with torch.no_grad():
        generator.styles.mapping.layers[0].weight[:, :6] = 0  # the latents say nothing
    labels = torch.tensor([0, 1, 0, 1])
    styles = generator.mapping(drawn(4, 6), labels)
    assert torch.allclose(styles[0], styles[2])
    assert torch.allclose(styles[:, :1].expand_as(styles), styles)


@pytest.mark.parametrize("mixing", [-0.1, 1.5])
def test_a_share_that_is_none(mixing):
    with pytest.raises(UserError, match="mixing: expected a share from 0 to 1"):
        generator_of(1, 8, 8, mixing=mixing)


@pytest.mark.parametrize("option", ["channels", "channel_base", "latent", "width", "mapping_layers"])
def test_sizes_below_1_are_refused_by_name(option):
    with pytest.raises(UserError, match=f"{option}: expected at least 1, got 0"):
        generator_of(1, 8, 8, **{option: 0})


def test_shapes_that_doubling_does_not_lead_to():
    for network in (StyleGAN2Generator, StyleGAN2Discriminator):
        with pytest.raises(UnsupportedShapeError, match="the nearest sizes are"):
            network(data_of(3, 34, 34), 0)


def test_values_are_clamped_where_that_is_asked_for():
    torch.manual_seed(0)
    layer = StyledConv2d(8, 8, 4, (4, 4), clamp=0.5)
    assert float(layer(torch.randn(2, 8, 4, 4), torch.randn(2, 4)).detach().abs().max()) == 0.5
    judge = StyleGAN2Discriminator(data_of(1, 8, 8), 0, **TINY, clamp=0.1)
    x = judge.from_image(torch.randn(2, 1, 8, 8) * 9)
    assert float(x.detach().max()) == pytest.approx(0.1)
    assert float(judge.halvings[0].conv1(x * 99).detach().max()) == pytest.approx(0.1 * math.sqrt(0.5))

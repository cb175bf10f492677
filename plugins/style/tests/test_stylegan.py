"""StyleGAN: its size, the formulas of its layers, how it grows."""

import math

import pytest
import torch
from gan_lightning_style.adain import AdaptiveInstanceNorm
from gan_lightning_style.stylegan import StyleGANGenerator
from gan_lightning_style.stylegan_discriminator import StyleGANDiscriminator
from torch.nn.functional import avg_pool2d, conv2d, interpolate, leaky_relu, linear

from gan_lightning.abilities import Growing, LatentWeighted, Styled, Truncating
from gan_lightning.data.spec import DataSpec

ROOT_2 = math.sqrt(2)
COUNTS = {128: (25_843_858, 22_941_313), 256: (26_086_229, 23_052_353), 1024: (26_219_627, 23_087_249)}
TINY = {"channel_base": 64, "channels": 8}


def stirred(network):
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    return network.double()


def generator_of(*shape, classes=0, **options):
    torch.manual_seed(0)
    options = {**TINY, "latent": 6, "width": 8, "mapping_layers": 2, **options}
    return stirred(StyleGANGenerator(DataSpec(shape, (10,) * classes), classes, **options))


def discriminator_of(*shape, classes=0):
    torch.manual_seed(0)
    return stirred(StyleGANDiscriminator(DataSpec(shape, (10,) * classes), classes, **TINY, group=2))


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.double, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("side", COUNTS)
def test_published_parameter_counts(side):
    data = DataSpec((3, side, side))
    with torch.device("meta"):
        networks = StyleGANGenerator(data, 0), StyleGANDiscriminator(data, 0)
    assert tuple(sum(weight.numel() for weight in network.parameters()) for network in networks) == COUNTS[side]


def test_there_are_as_many_noise_values_as_in_the_published_network():
    with torch.device("meta"):
        made = StyleGANGenerator(DataSpec((3, 1024, 1024)), 0)
    assert sum(buffer.numel() for name, buffer in made.named_buffers() if name.endswith("noise_const")) == 2_796_192
    assert sum(weight.numel() for weight in made.styles.mapping.parameters()) == 2_101_248


# The generator once more, slowly, with each factor where the paper and the authors' code have it.


def weight_of(layer, gain):
    return layer.weight * gain / math.sqrt(layer.weight[0].numel())


def blurred(x):
    taps = torch.tensor([1.0, 2, 1], dtype=x.dtype)
    return conv2d(x, (torch.outer(taps, taps) / 16).expand(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1])


def finished(part, x, style):
    x = x + part.noise_const * part.noise_strength[:, None, None] + part.bias[:, None, None]
    x = leaky_relu(x, 0.2)
    x = x - x.mean(dim=(2, 3), keepdim=True)
    x = x / (x.square().mean(dim=(2, 3), keepdim=True) + 1e-8).sqrt()
    scale, shift = linear(style, weight_of(part.norm.affine, 1), part.norm.affine.bias).chunk(2, dim=1)
    return x * (scale[:, :, None, None] + 1) + shift[:, :, None, None]


def slow_generator(generator, latents):
    style = latents / (latents.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for layer in generator.styles.mapping.layers:
        style = leaky_relu(linear(style, weight_of(layer, ROOT_2 * 0.01), layer.bias * 0.01), 0.2)
    first = generator.first
    x = finished(first.finish0, first.const.expand(len(latents), -1, -1, -1), style)
    x = finished(first.finish1, conv2d(x, weight_of(first.conv, ROOT_2), padding=1), style)
    for stage in generator.stages:
        up = interpolate(x, scale_factor=2.0, mode="nearest")
        x = finished(stage.finish0, blurred(conv2d(up, weight_of(stage.up.convolution, ROOT_2), padding=1)), style)
        x = finished(stage.finish1, conv2d(x, weight_of(stage.conv, ROOT_2), padding=1), style)
    last = generator.to_image[-1]
    return conv2d(x, weight_of(last, 1), last.bias)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 24, 40)])
def test_the_generator_is_its_formulas(shape):
    generator = generator_of(*shape).eval()
    latents = drawn(3, 6)
    assert torch.allclose(generator(latents), slow_generator(generator, latents), atol=1e-7)


def slow_discriminator(judge, x):
    for index in reversed(range(len(judge.from_image))):
        if index == len(judge.from_image) - 1:
            layer = judge.from_image[index]
            x = leaky_relu(conv2d(x, weight_of(layer, ROOT_2), layer.bias), 0.2)
        if index == 0:
            break
        block = judge.blocks[index - 1]
        x = leaky_relu(conv2d(x, weight_of(block.conv, ROOT_2), block.conv.bias, padding=1), 0.2)
        down = block.down.convolution
        x = leaky_relu(avg_pool2d(conv2d(blurred(x), weight_of(down, ROOT_2), down.bias, padding=1), 2), 0.2)
    return judge.head(judge.last(x))


def test_the_discriminator_blurs_before_it_halves():
    judge = discriminator_of(3, 16, 16)
    images = drawn(4, 3, 16, 16)
    assert torch.allclose(judge(images).logits, slow_discriminator(judge, images))


def test_with_classes_the_label_picks_a_logit():
    judge = discriminator_of(1, 8, 8, classes=3)
    images, labels = drawn(4, 1, 8, 8), torch.tensor([0, 2, 1, 2])
    critique = judge(images, labels)
    every = judge.head.linear(critique.features)
    assert torch.equal(critique.logits, torch.stack([row[label] for row, label in zip(every, labels, strict=True)]))
    with pytest.raises(ValueError, match="needs labels"):
        judge(images)


def test_it_begins_as_the_paper_has_it():
    torch.manual_seed(0)
    generator = StyleGANGenerator(DataSpec((3, 8, 8)), 0, **TINY)
    assert (generator.first.const == 1).all()
    assert not any(value.any() for name, value in generator.named_parameters() if name.endswith(("strength", "bias")))


def test_a_norm_gives_maps_the_mean_and_deviation_of_the_style():
    torch.manual_seed(0)
    norm = AdaptiveInstanceNorm(4, 6).double()
    style = drawn(2, 6)
    scale, shift = norm.affine(style).chunk(2, dim=1)
    made = norm(drawn(2, 4, 5, 7) * 9 + 3, style)
    assert torch.allclose(made.mean(dim=(2, 3)), shift)
    assert torch.allclose(made.std(dim=(2, 3), correction=0), (1 + scale).abs())
    flat = norm.float()(torch.full((2, 4, 5, 7), 123.456), style.float())
    assert torch.allclose(flat, shift.float()[:, :, None, None].expand_as(flat), atol=1e-4)


def test_abilities_that_others_look_for():
    generator = generator_of(1, 16, 16)
    assert all(isinstance(generator, ability) for ability in (Growing, LatentWeighted, Styled, Truncating))
    assert isinstance(discriminator_of(1, 16, 16), Growing)
    assert generator.latent_weights().shape == (6 * 2 * 8 - 2 * 2 * 4, 8)
    assert generator.doublings == 2


def test_it_grows_from_size_to_size_without_a_jump():
    """At the beginning of a size the image is the one of the size before with its pixels repeated."""
    generator, latents = generator_of(1, 16, 24).eval(), drawn(2, 6)
    sizes = []
    for depth in (0, 1, 2):
        if depth:
            generator.grow(depth, 0.0)
            assert torch.allclose(generator(latents), interpolate(before, scale_factor=2.0))  # noqa: F821
        generator.grow(depth, 1.0)
        before = generator(latents)
        sizes.append(before.shape[2:])
    assert sizes == [(4, 6), (8, 12), (16, 24)]
    generator.grow(2, 0.25)
    small = [image for image in generator.scales(latents)][1]
    assert torch.allclose(generator(latents), 0.75 * interpolate(small, scale_factor=2.0) + 0.25 * before)


def test_the_discriminator_grows_alike():
    judge, images = discriminator_of(1, 16, 16), drawn(2, 1, 8, 8)
    judge.grow(1, 1.0)
    before = judge(images).logits
    judge.grow(2, 0.0)
    assert torch.allclose(judge(interpolate(images, scale_factor=2.0)).logits, before)


def test_styles_are_mixed_in_the_layers_that_there_are():
    """With a crossover beyond the layers in use, mixing would change nothing more and more often."""
    generator = generator_of(1, 64, 64, mixing=1.0)
    generator.grow(1, 1.0)
    latents = drawn(400, 6)
    styles = generator.mapping(latents)
    own = (styles == generator.eval().mapping(latents)).all(dim=2).sum(dim=1)
    assert set(own.tolist()) == {1, 2, 3}
    assert styles.shape[1] == 10


def test_truncation_is_for_the_first_layers_only():
    generator, latents = generator_of(1, 16, 16, truncated_layers=2).eval(), drawn(2, 6)
    generator.styles.mean.copy_(drawn(8))
    styles = generator.mapping(latents).clone()
    styles[:, :2] = generator.styles.mean + 0.7 * (styles[:, :2] - generator.styles.mean)
    assert torch.allclose(generator.truncated(latents, None, 0.7), generator.synthesis(styles))


def test_noise_is_new_in_training_and_one_map_in_evaluation():
    generator, latents = generator_of(1, 8, 8, mixing=0.0), drawn(1, 6).expand(2, -1)
    made = generator(latents)
    assert not torch.allclose(made[0], made[1])
    made = generator.eval()(latents)
    assert torch.allclose(made[0], made[1])

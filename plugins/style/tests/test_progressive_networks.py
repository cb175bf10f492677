import math

import pytest
import torch
from gan_lightning_style.growth import doubled
from gan_lightning_style.msg_gan import MSG_GAN
from gan_lightning_style.pggan import PGGAN
from torch.nn.functional import avg_pool2d, conv2d, leaky_relu

from gan_lightning.abilities import Growing, LatentWeighted
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

NARROW = {"channels": 8, "channel_base": 128}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(role, shape=(3, 32, 32), classes=0, architecture=PGGAN, **options):
    return architecture.roles[role](DataSpec(shape), classes, **{**NARROW, **options})


@pytest.mark.parametrize(
    ("side", "generator", "discriminator"),
    [
        (32, 20_719_628, 20_726_785),
        (64, 22_490_383, 22_498_049),
        (128, 22_933_394, 22_941_313),
        (256, 23_044_309, 23_052_353),
        (1024, 23_079_115, 23_087_249),
    ],
)
def test_it_has_the_published_parameter_counts(side, generator, discriminator):
    with torch.device("meta"):
        networks = [PGGAN.roles[role](DataSpec((3, side, side)), 0) for role in ("generator", "discriminator")]
    assert [sum(weight.numel() for weight in net.parameters()) for net in networks] == [generator, discriminator]


def test_layers_have_the_shapes_and_the_order_of_the_published_ones():
    with torch.device("meta"):
        generator, discriminator = (PGGAN.roles[role](DataSpec((3, 64, 64)), 0) for role in PGGAN.roles)
    made = {name: tuple(weight.shape) for name, weight in generator.named_parameters()}
    assert made["first.linear.weight"] == (512 * 4 * 4, 512)
    assert made["first.bias"] == (512,), "one for each channel, not for each value"
    assert made["blocks.3.up.convolution.weight"] == (256, 512, 3, 3)
    assert made["to_image.4.weight"] == (3, 256, 1, 1)
    judged = {name: tuple(weight.shape) for name, weight in discriminator.named_parameters()}
    assert judged["blocks.3.down.convolution.weight"] == (512, 256, 3, 3)
    assert judged["last.conv.weight"] == (512, 513, 3, 3), "the deviation is one more channel"
    assert judged["last.linear.weight"] == (512, 512 * 4 * 4)


def test_gains_are_those_of_the_paper():
    generator, discriminator = build("generator"), build("discriminator")
    root = math.sqrt(2)
    scales = {
        generator.first.linear: root / 4,
        generator.first.conv: root,
        generator.blocks[0].up.convolution: root,
        generator.to_image[0]: 1.0,
        discriminator.from_image[0]: root,
        discriminator.blocks[0].down.convolution: root,
        discriminator.last.linear: root,
        discriminator.head.linear: 1.0,
    }
    for layer, gain in scales.items():
        assert layer.scale == pytest.approx(gain / math.sqrt(layer.weight[0].numel())), layer
        assert layer.weight.std().item() == pytest.approx(1.0, abs=0.35), "what is stored begins as N(0, 1)"


def test_only_the_direction_of_a_latent_counts():
    generator, latents = build("generator"), torch.randn(4, 512)
    torch.testing.assert_close(generator(latents), generator(3 * latents), rtol=0, atol=1e-3)
    assert not torch.allclose(generator(latents), generator(-latents))


def test_images_are_not_bounded():
    generator = build("generator")
    with torch.no_grad():
        generator.to_image[-1].weight.mul_(100)
        assert generator(torch.randn(4, 512)).abs().max() > 2
    assert not generator.bounded


def test_pixels_of_every_map_have_one_length():
    generator = build("generator")
    for maps in generator._maps(torch.randn(2, 512), None):
        torch.testing.assert_close(maps.square().mean(dim=1), torch.ones(2, *maps.shape[2:]), atol=1e-4, rtol=0)


def test_a_block_is_the_plain_operations():
    block, maps = build("discriminator").blocks[0], torch.randn(2, 8, 8, 8)
    weight, bias = block.conv.normalized_weight(), block.conv.bias
    inner = leaky_relu(conv2d(maps, weight, bias, padding=1), 0.2)
    down = block.down.convolution
    plain = leaky_relu(avg_pool2d(conv2d(inner, down.normalized_weight(), down.bias, padding=1), 2), 0.2)
    torch.testing.assert_close(block(maps), plain)


def test_the_deviation_of_a_group_is_seen():
    discriminator = build("discriminator", group=4).eval()
    alike = torch.randn(1, 3, 32, 32).expand(4, -1, -1, -1)
    apart = torch.cat([alike[:1], torch.randn(3, 3, 32, 32)])
    assert not torch.allclose(discriminator(alike).logits[:1], discriminator(apart).logits[:1])
    seen = []
    discriminator.last.conv.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    with torch.no_grad():
        discriminator(apart)
    maps, added = seen[0][:, :-1], seen[0][:, -1:]
    wanted = (maps.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
    torch.testing.assert_close(added, wanted.expand_as(added))


# --- Growth -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 24, 40), (2, 28, 28)])
def test_it_grows_at_any_shape(role, shape):
    network = build(role, shape)
    assert isinstance(network, Growing)
    for depth in range(network.doublings + 1):
        network.grow(depth, 0.5)
        small = (shape[0], *(side >> (network.doublings - depth) for side in shape[1:]))
        if role == "generator":
            assert network(torch.randn(2, 512)).shape == (2, *small)
        else:
            assert network(torch.randn(2, *small)).logits.shape == (2,)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_generator_goes_on_from_what_it_made_at_the_size_before(depth):
    generator, latents = build("generator"), torch.randn(4, 512)
    generator.grow(depth - 1, 1.0)
    before = doubled(generator(latents))
    generator.grow(depth, 0.0)
    torch.testing.assert_close(generator(latents), before, rtol=0, atol=0)
    generator.grow(depth, 1.0)
    after = generator(latents)
    generator.grow(depth, 0.25)
    torch.testing.assert_close(generator(latents), 0.75 * before + 0.25 * after)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_discriminator_goes_on_from_what_it_saw_at_the_size_before(depth):
    discriminator = build("discriminator")
    images = torch.randn(4, 3, 4 << depth, 4 << depth)
    discriminator.grow(depth - 1, 1.0)
    before = discriminator(avg_pool2d(images, 2)).logits
    discriminator.grow(depth, 0.0)
    torch.testing.assert_close(discriminator(images).logits, before)
    discriminator.grow(depth, 1.0)
    assert not torch.allclose(discriminator(images).logits, before)


def test_layers_of_other_sizes_are_left_alone():
    generator = build("generator")
    generator.grow(1, 1.0)
    generator(torch.randn(2, 512)).sum().backward()
    reached = {name for name, weight in generator.named_parameters() if weight.grad is not None}
    assert {name for name in reached if name.startswith("to_image")} == {"to_image.1.weight", "to_image.1.bias"}
    assert not any(name.startswith(("blocks.1", "blocks.2")) for name in reached)


def test_all_sizes_can_be_made_at_once():
    generator, latents = build("generator"), torch.randn(2, 512)
    sizes = generator.scales(latents)
    assert [image.shape[-1] for image in sizes] == [4, 8, 16, 32]
    torch.testing.assert_close(sizes[-1], generator(latents))


# --- Shapes, classes and mistakes -------------------------------------------------------------------------------------


def test_classes_are_vectors_beside_the_latents_and_a_projection():
    generator, discriminator = build("generator", classes=3), build("discriminator", classes=3)
    assert generator.first.linear.in_features == 512 + 3
    assert isinstance(generator, LatentWeighted)
    assert generator.latent_weights().shape == (8 * 16, 512), "classes are no directions of the latent space"
    images, labels = torch.randn(3, 3, 32, 32), torch.arange(3)
    assert not torch.allclose(discriminator(images, labels).logits, discriminator(images, labels.roll(1)).logits)


@pytest.mark.parametrize("architecture", [PGGAN, MSG_GAN])
@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_other_shapes_are_refused(architecture, role):
    with pytest.raises(UnsupportedShapeError, match="33x32"):
        build(role, (3, 33, 32), architecture=architecture)
    with pytest.raises(UserError, match="channels: expected at least 1, got 0"):
        build(role, channels=0, architecture=architecture)

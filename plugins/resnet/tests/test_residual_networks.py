import pytest
import torch
from gan_lightning_resnet.plugin import architectures
from gan_lightning_resnet.sngan import SNGAN
from gan_lightning_resnet.wgan_gp import WGAN_GP
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.layers import SpectralNorm

ARCHITECTURES = {"sngan": SNGAN, "wgan_gp": WGAN_GP}
SHAPES = [(3, 32, 32), (1, 24, 40), (2, 28, 28), (1, 8, 8), (3, 10, 14), (1, 48, 48), (3, 64, 64), (2, 48, 96)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(architecture, role, shape, classes=0, **options):
    return ARCHITECTURES[architecture].roles[role](DataSpec(shape), classes, **options)


def count(architecture, role, shape, classes=0, **options):
    with torch.device("meta"):
        network = build(architecture, role, shape, classes, **options)
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("side", "classes", "generator", "discriminator"),
    [
        (32, 0, 4_276_739, 1_053_825),
        (48, 0, 4_878_083, 10_141_441),
        (64, 0, 12_220_675, 10_141_441),
        (128, 0, 32_150_787, 29_017_857),
        (32, 10, 4_304_387, 1_055_105),
        (128, 1000, 41_996_931, 30_041_857),
    ],
)
def test_sngan_has_the_published_parameter_counts(side, classes, generator, discriminator):
    shape = (3, side, side)
    assert count("sngan", "generator", shape, classes) == generator
    assert count("sngan", "discriminator", shape, classes) == discriminator


def test_the_variants_of_sngan_have_the_published_parameter_counts():
    assert count("sngan", "discriminator", (3, 32, 32), final_bias=False) == 1_053_824
    assert count("sngan", "discriminator", (3, 128, 128), 1000, first_hidden=3) == 30_005_013


def test_wgan_gp_has_the_published_parameter_counts():
    assert count("wgan_gp", "generator", (3, 32, 32)) == 1_204_483
    assert count("wgan_gp", "discriminator", (3, 32, 32)) == 1_053_825


@pytest.mark.parametrize(("architecture", "spectral", "pool"), [("sngan", True, "sum"), ("wgan_gp", False, "mean")])
def test_the_discriminators_differ_in_normalisation_and_pooling(architecture, spectral, pool):
    network = build(architecture, "discriminator", (3, 16, 16), channels=4)
    assert any(isinstance(layer, SpectralNorm) for layer in network.modules()) is spectral
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    assert network.pool == pool


def test_every_weight_of_the_spectral_discriminator_is_normalised_and_none_of_the_generator():
    discriminator = build("sngan", "discriminator", (3, 64, 64), 5, channels=2)
    weights = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding)]
    assert all(isinstance(layer, SpectralNorm) for layer in weights)
    generator = build("sngan", "generator", (3, 32, 32), 5, channels=4)
    assert not any(isinstance(layer, SpectralNorm) for layer in generator.modules())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_images_have_the_datas_shape_and_range(architecture, classes, shape):
    generator = build(architecture, "generator", shape, classes, channels=2, latent=7)
    discriminator = build(architecture, "discriminator", shape, classes, channels=2)
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, *generator.latent_shape), labels)
    critique = discriminator(images, labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert critique.logits.shape == (3,)
    assert critique.features.shape[0] == 3


@pytest.mark.parametrize(
    ("side", "maps"), [(32, 8), (48, 3), (64, 2), (128, 4)], ids=["32", "48", "64 halves five times", "128"]
)
def test_the_last_map_has_the_authors_size(side, maps):
    network = build("sngan", "discriminator", (3, side, side), channels=1)
    assert network.blocks(torch.randn(1, 3, side, side)).shape[2:] == (maps, maps)


def test_labels_change_images_and_logits():
    shape = (3, 16, 16)
    generator = build("sngan", "generator", shape, 3, channels=4).eval()
    for embedding in (layer for layer in generator.modules() if isinstance(layer, nn.Embedding)):
        nn.init.normal_(embedding.weight, 1.0)
    discriminator = build("sngan", "discriminator", shape, 3, channels=4).eval()
    latents = torch.randn(2, 128)
    first, second = (generator(latents, torch.full((2,), label)) for label in (0, 1))
    assert not torch.allclose(first, second)
    logits = [discriminator(first, torch.full((2,), label)).logits for label in (0, 1)]
    assert not torch.allclose(*logits)


def test_the_sum_pool_is_the_mean_times_the_area():
    shape = (3, 32, 32)
    sums = build("sngan", "discriminator", shape, channels=4).eval()
    means = build("sngan", "discriminator", shape, channels=4, pool="mean").eval()
    means.load_state_dict(sums.state_dict())
    images = torch.randn(2, *shape)
    assert torch.allclose(sums(images).features, means(images).features * 8 * 8, rtol=1e-4)


def test_evaluation_does_not_iterate_and_the_state_is_kept():
    network = build("sngan", "discriminator", (3, 16, 16), channels=4)
    images = torch.randn(2, 3, 16, 16)
    network(images)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert any(name.endswith(".u") for name in before)
    first = network.eval()(images).logits
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    other = build("sngan", "discriminator", (3, 16, 16), channels=4).eval()
    other.load_state_dict(before)
    assert torch.equal(other(images).logits, first)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_parameter_gets_a_gradient_and_a_second_one(architecture, classes):
    shape = (3, 16, 16)
    generator = build(architecture, "generator", shape, classes, channels=4)
    discriminator = build(architecture, "discriminator", shape, classes, channels=4)
    labels = torch.tensor([0, 1, 2, 0]) if classes else None
    images = generator(torch.randn(4, 128), labels)
    (slopes,) = torch.autograd.grad(discriminator(images, labels).logits.sum(), images, create_graph=True)
    (slopes.square().sum() + discriminator(images, labels).logits.square().sum()).backward()
    for network in (generator, discriminator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.isfinite().all(), name


def test_a_network_without_normalisation_cannot_be_conditional():
    build("sngan", "generator", (3, 16, 16), channels=4, normalization="none")
    with pytest.raises(UserError, match="normalization: "):
        build("sngan", "generator", (3, 16, 16), 3, channels=4, normalization="none")


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_an_impossible_size_is_refused_with_the_nearest(role):
    with pytest.raises(UnsupportedShapeError, match="nearest sizes are 28x28 and 32x32"):
        build("sngan", role, (3, 30, 30))


@pytest.mark.parametrize(("role", "option"), [("generator", "latent"), ("discriminator", "first_hidden")])
def test_numbers_below_one_are_refused(role, option):
    for name in ("channels", option):
        with pytest.raises(UserError, match=f"{name}: expected at least 1, got 0"):
            build("sngan", role, (3, 32, 32), **{name: 0})


def test_residual_convolutions_begin_sqrt_2_wider():
    network = build("sngan", "generator", (3, 32, 32), channels=32)
    block = network.blocks[0]
    residual, shortcut = block.convolutions[1].weight, block.shortcut[0].weight
    assert residual.abs().max().item() == pytest.approx((2 * 6 / (64 * 9)) ** 0.5, rel=0.02)
    assert shortcut.abs().max().item() == pytest.approx((6 / 64) ** 0.5, rel=0.02)


def test_the_plugin_names_what_exists():
    assert architectures().keys() >= ARCHITECTURES.keys()

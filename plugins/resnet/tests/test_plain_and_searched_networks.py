"""SNGAN's standard networks and AutoGAN's searched generator."""

import pytest
import torch
from gan_lightning_resnet.autogan import AutoGAN, Cell
from gan_lightning_resnet.sngan_cnn import SNGAN_CNN
from torch import nn
from torch.nn.functional import conv2d, interpolate, relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import SpectralNorm

ARCHITECTURES = {"autogan": AutoGAN, "sngan_cnn": SNGAN_CNN}
SHAPES = [(3, 32, 32), (1, 24, 40), (1, 8, 8), (3, 10, 14), (1, 48, 48), (3, 64, 64)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(architecture, role, shape, classes=0, **options):
    return ARCHITECTURES[architecture].roles[role](DataSpec(shape), classes, **options)


def count(architecture, role):
    with torch.device("meta"):
        network = build(architecture, role, (3, 32, 32))
    return sum(weight.numel() for weight in network.parameters())


def test_the_published_parameter_counts():
    assert count("sngan_cnn", "generator") == 3_813_379
    assert count("sngan_cnn", "discriminator") == 2_935_873
    assert count("autogan", "generator") == 4_405_251
    assert count("autogan", "discriminator") == 1_053_824


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("architecture", "classes"), [("autogan", 0), ("sngan_cnn", 0), ("sngan_cnn", 3)])
def test_images_have_the_datas_shape_and_range(architecture, classes, shape):
    generator = build(architecture, "generator", shape, classes, channels=4, latent=7)
    discriminator = build(architecture, "discriminator", shape, classes, channels=4)
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, 7), labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert discriminator(images, labels).logits.shape == (3,)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_discriminators_weights_are_spectrally_normalised_and_not_the_generators(architecture):
    discriminator = build(architecture, "discriminator", (3, 32, 32), channels=4)
    weights = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert all(isinstance(layer, SpectralNorm) for layer in weights)
    generator = build(architecture, "generator", (3, 32, 32), channels=4)
    assert not any(isinstance(layer, SpectralNorm) for layer in generator.modules())


def test_the_slope_of_the_leaky_relu_is_a_tenth():
    network = build("sngan_cnn", "discriminator", (3, 32, 32), channels=4)
    slopes = {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.1}


def applied(convolution, x, padding=0):
    return conv2d(x, convolution.weight, convolution.bias, padding=padding)


def enlarged(x, mode):
    return interpolate(x, scale_factor=2.0, mode=mode)


@pytest.mark.parametrize(("mode", "shortcut"), [("nearest", False), ("bilinear", True)])
def test_a_cell_enlarges_skips_and_shortcut_before_it_convolves_them(mode, shortcut):
    cell = Cell(3, mode=mode, skips=2, shortcut=shortcut)
    x, *earlier = torch.randn(1, 3, 4, 6), torch.randn(1, 3, 2, 3), torch.randn(1, 3, 4, 6)
    skip, made = cell(x, earlier)
    first = cell.enlarge.convolution if mode == "nearest" else cell.enlarge[1]
    expected = applied(first, enlarged(relu(x), mode), padding=1)
    for convolution, one in zip(cell.skips, earlier, strict=True):
        expected = expected + applied(convolution, interpolate(one, (8, 12), mode=mode))
    assert torch.allclose(skip, expected, atol=1e-5), "the skip that is handed on has the skips in it"
    expected = applied(cell.second, relu(expected), padding=1)
    if shortcut:
        expected = expected + applied(cell.shortcut, enlarged(x, mode))
    assert torch.allclose(made, expected, atol=1e-5)


def test_the_cells_are_those_that_were_found():
    generator = build("autogan", "generator", (3, 32, 32), channels=4)
    found = [(cell.mode, len(cell.skips), cell.shortcut is not None) for cell in generator.cells]
    assert found == [("nearest", 0, True), ("bilinear", 1, True), ("nearest", 2, False)]
    assert generator.start == (4, 4, 4)
    assert build("autogan", "generator", (3, 48, 48), channels=4).start == (4, 6, 6)
    larger = build("autogan", "generator", (3, 64, 64), channels=4)
    assert [len(cell.skips) for cell in larger.cells] == [0, 1, 2, 3]


def test_it_was_searched_without_classes():
    with pytest.raises(UserError, match=r"game\.conditional: autogan was searched without classes"):
        build("autogan", "generator", (3, 32, 32), 10)

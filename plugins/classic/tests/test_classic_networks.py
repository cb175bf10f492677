import pytest
import torch
from gan_lightning_classic.acgan import ACGAN
from gan_lightning_classic.cgan import CGAN
from gan_lightning_classic.dcgan import DCGAN
from gan_lightning_classic.fully_connected import MLP
from gan_lightning_classic.gan import GAN
from gan_lightning_classic.infogan import INFOGAN
from gan_lightning_classic.maxout import Maxout
from gan_lightning_classic.noise import GaussianNoise
from gan_lightning_classic.plugin import architectures
from gan_lightning_classic.sgan import SGAN
from gan_lightning_classic.sgan_cnn import SGAN_CNN
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

ARCHITECTURES = {
    "acgan": ACGAN,
    "cgan": CGAN,
    "dcgan": DCGAN,
    "gan": GAN,
    "infogan": INFOGAN,
    "mlp": MLP,
    "sgan": SGAN,
    "sgan_cnn": SGAN_CNN,
}
SMALL = {
    "acgan": ({"channels": 4, "latent": 6}, {"channels": 2}),
    "cgan": ({"latent_units": 5, "label_units": 7, "hidden": 12, "latent": 6}, {"units": 5, "label_units": 4}),
    "infogan": ({"channels": 4, "hidden": 12, "latent": 6}, {"channels": 4, "hidden": 12}),
    "sgan": ({"hidden": 12, "latent": 6}, {"hidden": 64}),
    "sgan_cnn": ({"channels": 4, "latent": 6}, {"channels": 4}),
    "dcgan": ({"channels": 4, "latent": 6}, {"channels": 4}),
    "gan": ({"hidden": 12, "latent": 6}, {"units": 5}),
    "mlp": ({"hidden": 12, "latent": 6}, {"hidden": 12}),
}
SHAPES = [(3, 32, 32), (1, 24, 40), (1, 28, 28), (2, 16, 16), (3, 64, 64)]


def spec(shape):
    return DataSpec(shape, kind="images" if len(shape) == 3 else "points")


def build(architecture, role, shape, classes=0, **options):
    return ARCHITECTURES[architecture].roles[role](spec(shape), classes, **options)


def small(architecture, shape, classes=0):
    generator, discriminator = SMALL[architecture]
    return (
        build(architecture, "generator", shape, classes, **generator),
        build(architecture, "discriminator", shape, classes, **discriminator),
    )


def count(architecture, role, shape, classes=0, **options):
    with torch.device("meta"):
        network = build(architecture, role, shape, classes, **options)
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("architecture", "shape", "generator", "discriminator", "options"),
    [
        ("gan", (1, 28, 28), 2_503_984, 1_231_441, {}),
        ("dcgan", (3, 64, 64), 3_576_704, 2_765_568, {"channels": 64}),
        ("dcgan", (3, 64, 64), 12_658_432, 11_036_160, {"channels": 128}),
    ],
)
def test_published_parameter_counts(architecture, shape, generator, discriminator, options):
    assert count(architecture, "generator", shape, **options) == generator
    assert count(architecture, "discriminator", shape, **options) == discriminator


@pytest.mark.parametrize(
    ("architecture", "role", "shape", "classes", "options", "parameters"),
    [
        ("cgan", "generator", (1, 28, 28), 10, {}, 2_413_984),
        ("cgan", "generator", (1, 28, 28), 10, {"hidden": 0}, 972_784),
        ("cgan", "discriminator", (1, 28, 28), 10, {}, 1_224_351),
        ("acgan", "generator", (3, 32, 32), 10, {}, 1_593_888),
        ("infogan", "generator", (1, 28, 28), 0, {}, 6_645_120),
        ("infogan", "discriminator", (1, 28, 28), 0, {}, 6_556_992 + 1025),
        # The paper's last layer has ten outputs of 192 weights, a bias and a length each; this one has one.
        ("sgan_cnn", "discriminator", (3, 32, 32), 0, {}, 1_408_244 - 9 * 194),
    ],
)
def test_parameter_counts_of_the_later_systems(architecture, role, shape, classes, options, parameters):
    assert count(architecture, role, shape, classes, **options) == parameters


def test_the_networks_of_the_unrolled_gan_on_points():
    assert count("mlp", "generator", (2,), latent=256) == 49_666
    assert count("mlp", "discriminator", (2,)) == 17_025


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_images_have_the_datas_shape_and_range(architecture, classes, shape):
    generator, discriminator = small(architecture, shape, classes)
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, *generator.latent_shape) * 10, labels)
    critique = discriminator(images, labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert critique.logits.shape == (3,)
    assert critique.features.ndim == 2


def test_points_are_not_bounded():
    generator, discriminator = small("mlp", (2,))
    nn.init.constant_(generator.last.bias, 5.0)
    points = generator(torch.randn(4, 6))
    assert points.shape == (4, 2)
    assert points.min() > 1
    assert discriminator(points).logits.shape == (4,)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_the_number_of_hidden_layers(layers):
    for role in ("generator", "discriminator"):
        network = build("mlp", role, (2,), layers=layers, hidden=8)
        assert sum(isinstance(part, nn.Linear) for part in network.modules()) == layers + 1


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_labels_change_images_and_logits(architecture):
    generator, discriminator = (network.eval() for network in small(architecture, (1, 16, 16), 3))
    latents = torch.randn(4, 6)
    images = [generator(latents, torch.full((4,), label)) for label in (0, 1)]
    assert not torch.equal(*images)
    logits = [discriminator(images[0], torch.full((4,), label)).logits for label in (0, 1)]
    assert not torch.equal(*logits)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_conditional_network_asks_for_labels(architecture):
    generator, discriminator = small(architecture, (1, 16, 16), 3)
    with pytest.raises(ValueError, match="needs labels"):
        generator(torch.randn(2, 6))
    with pytest.raises(ValueError, match="needs labels"):
        discriminator(torch.randn(2, 1, 16, 16))


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_parameter_gets_a_gradient_and_a_second_one(architecture, classes):
    generator, discriminator = small(architecture, (1, 16, 16), classes)
    labels = torch.tensor([0, 1, 2, 0]) if classes else None
    images = generator(torch.randn(4, 6), labels)
    (slopes,) = torch.autograd.grad(discriminator(images, labels).logits.sum(), images, create_graph=True)
    (slopes.square().sum() + discriminator(images, labels).logits.square().sum()).backward()
    for network in (generator, discriminator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.isfinite().all(), name


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_dcgan_refuses_a_size_with_the_nearest(role):
    with pytest.raises(UnsupportedShapeError, match="nearest sizes are 28x28 and 32x32"):
        build("dcgan", role, (3, 30, 30))


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES.keys() - {"mlp"}))
def test_image_networks_refuse_points(architecture, role):
    with pytest.raises(UnsupportedShapeError, match="2-D points"):
        build(architecture, role, (2,))


@pytest.mark.parametrize(
    ("architecture", "role", "option", "value"),
    [
        ("dcgan", "generator", "latent", 0),
        ("dcgan", "discriminator", "channels", 0),
        ("gan", "generator", "hidden", 0),
        ("gan", "discriminator", "pieces", 0),
        ("acgan", "generator", "latent", 0),
        ("acgan", "discriminator", "channels", 0),
        ("cgan", "generator", "hidden", -1),
        ("cgan", "discriminator", "joint_pieces", 0),
        ("infogan", "generator", "channels", 0),
        ("infogan", "discriminator", "hidden", 0),
        ("sgan", "generator", "latent", 0),
        ("sgan", "discriminator", "hidden", 3),
        ("sgan_cnn", "generator", "channels", 0),
        ("sgan_cnn", "discriminator", "channels", 0),
        ("mlp", "generator", "layers", -1),
        ("mlp", "discriminator", "hidden", 0),
    ],
)
def test_numbers_too_small_are_refused(architecture, role, option, value):
    with pytest.raises(UserError, match=f"{option}: expected at least {value + 1}, got {value}"):
        build(architecture, role, (1, 16, 16), **{option: value})


def test_dcgan_begins_with_the_papers_weights():
    network = build("dcgan", "discriminator", (3, 64, 64), channels=32)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(layer.bias is None for layer in convolutions)
    assert convolutions[2].weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert len(norms) == len(convolutions) - 2
    scales = torch.cat([norm.weight for norm in norms])
    assert scales.mean().item() == pytest.approx(1, abs=0.01)
    assert scales.std().item() == pytest.approx(0.02, rel=0.2)


def test_the_first_gan_begins_with_the_papers_weights():
    generator, discriminator = build("gan", "generator", (1, 28, 28)), build("gan", "discriminator", (1, 28, 28))
    assert generator.layers[2].weight.abs().max().item() == pytest.approx(0.05, rel=0.01)
    assert discriminator.last.weight.abs().max().item() <= 0.005
    assert discriminator.hidden[1].linear.weight.abs().max().item() == pytest.approx(0.005, rel=0.01)


def test_maxout_takes_the_largest_piece():
    layer = Maxout(3, 4, 5)
    x = torch.randn(6, 3)
    pieces = layer.linear(x).view(6, 4, 5)
    assert torch.equal(layer(x), pieces.amax(dim=2))


def test_dropout_keeps_the_papers_shares():
    discriminator = build("gan", "discriminator", (1, 28, 28))
    rates = [part.p for part in discriminator.modules() if isinstance(part, nn.Dropout)]
    assert rates == [0.2, 0.5, 0.5]
    images = torch.randn(2, 1, 28, 28)
    assert not torch.equal(discriminator(images).features, discriminator(images).features)
    discriminator.eval()
    assert torch.equal(discriminator(images).features, discriminator(images).features)


def test_images_of_the_first_networks_may_begin_as_bright_as_the_data():
    for architecture, name in {"gan": "layers.4", "cgan": "layers.3"}.items():
        generator = build(architecture, "generator", (1, 8, 8), latent=6, brightness=0.2)
        assert torch.sigmoid(generator.get_submodule(name).bias).mean().item() == pytest.approx(0.2), architecture
        with pytest.raises(UserError, match="brightness: expected the mean of all pixels, between 0 and 1, got 1"):
            build(architecture, "generator", (1, 8, 8), brightness=1.0)


def test_the_discriminator_of_acgan_halves_three_times_whatever_the_size():
    for size, left in {32: 4, 128: 16}.items():
        with torch.device("meta"):
            network = build("acgan", "discriminator", (3, size, size))
        assert network.last.in_features == 512 * left**2
    strides = [layer.stride[0] for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    norms = sum(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    assert (strides, norms) == ([2, 1, 2, 1, 2, 1], 5)


def test_noise_is_added_in_training_alone():
    x = torch.zeros(4000)
    layer = GaussianNoise(0.3)
    assert layer(x).std().item() == pytest.approx(0.3, rel=0.05)
    assert torch.equal(layer.eval()(x), x)
    deviations = [part.deviation for part in small("sgan", (1, 8, 8))[1].modules() if isinstance(part, GaussianNoise)]
    assert deviations == [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]


def test_images_that_cannot_be_halved_or_are_too_small_are_refused():
    with pytest.raises(UnsupportedShapeError, match="30x30 cannot be; the nearest size is 32x32"):
        build("infogan", "generator", (1, 30, 30))
    with pytest.raises(UnsupportedShapeError, match="sides of 12 or more"):
        build("sgan_cnn", "discriminator", (1, 8, 8))


def test_the_plugin_names_what_exists():
    elsewhere = {"began", "lapgan", "predictability"}  # have tests of their own
    assert set(architectures()) == {*ARCHITECTURES, *elsewhere}

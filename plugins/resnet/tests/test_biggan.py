import pytest
import torch
from gan_lightning_resnet.biggan import BigGAN
from gan_lightning_resnet.biggan_deep import BigGANDeep
from gan_lightning_resnet.bottleneck import BottleneckDownBlock, BottleneckUpBlock
from gan_lightning_resnet.plugin import architectures
from torch import nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, linear, relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.ema import EMA
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.layers import SelfAttention, SNConv2d, SpectralNorm, Unnormalized, unfused

ARCHITECTURES = {"biggan": BigGAN, "biggan_deep": BigGANDeep}
SHAPES = [(3, 32, 32), (1, 24, 40), (2, 28, 28), (1, 8, 8), (4, 48, 48), (3, 64, 64), (1, 48, 96), (3, 128, 128)]
CIFAR = {"hierarchical": False, "shared": None}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(architecture, role, shape, classes=0, **options):
    return ARCHITECTURES[architecture].roles[role](DataSpec(shape), classes, **options)


def count(architecture, role, side, classes=1000, **options):
    with torch.device("meta"):
        network = build(architecture, role, (3, side, side), classes, **options)
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("architecture", "side", "options", "generator", "discriminator"),
    [
        ("biggan", 128, {}, 70_433_988, 87_982_370),
        ("biggan", 256, {"attention": [128]}, 82_097_604, 99_191_330),
        ("biggan", 256, {}, 82_235_844, 99_225_890),
        ("biggan_deep", 128, {}, 50_244_484, 34_590_210),
        ("biggan_deep", 256, {}, 55_736_708, 38_247_426),
    ],
)
def test_the_published_parameter_counts(architecture, side, options, generator, discriminator):
    assert count(architecture, "generator", side, **options) == generator
    assert count(architecture, "discriminator", side, **options) == discriminator


def test_the_parameter_counts_of_variants():
    assert count("biggan", "generator", 512) == 82_468_068
    assert count("biggan", "discriminator", 256, bare_shortcuts=True) == 98_635_298
    assert count("biggan", "discriminator", 512, bare_shortcuts=True) == 98_801_378
    assert count("biggan", "generator", 32, classes=10, **CIFAR) == 4_304_387
    assert count("biggan", "discriminator", 32, classes=10) == 4_207_361


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_images_have_the_datas_shape_and_range(architecture, classes, shape):
    generator = build(architecture, "generator", shape, classes, channels=2)
    discriminator = build(architecture, "discriminator", shape, classes, channels=2)
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, *generator.latent_shape), labels)
    critique = discriminator(images, labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert critique.logits.shape == (3,)


# --- The chain of operations, in its plain form -----------------------------------------------------------------------


def conv(layer, x):
    return conv2d(x, layer.normalized_weight(), layer.bias, padding=layer.kernel_size[0] // 2)


def modulated(layer, x, condition):
    gain, shift = (linear(condition, part.normalized_weight())[:, :, None, None] for part in (layer.gain, layer.shift))
    return layer.norm(x) * (1 + gain) + shift


def upsampled(x):
    return interpolate(x, scale_factor=2.0)


def shaken(network):
    """Move every weight and statistic from where it begins."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.1)
        for statistic in (one for one in network.buffers() if one.is_floating_point()):
            statistic.add_(torch.rand_like(statistic), alpha=0.3)  # variances stay positive
    return network.eval()


@torch.no_grad()
def test_the_generator_is_the_published_chain():
    network = shaken(build("biggan", "generator", (3, 16, 24), 3, channels=2, shared=5, latent=12, attention=[8]))
    latents, labels = torch.randn(2, 12), torch.tensor([2, 0])
    pieces = latents.split(4, dim=1)
    maps = linear(pieces[0], network.linear.normalized_weight(), network.linear.bias).view(2, 8, 4, 6)
    for stage, piece in zip(network.stages, pieces[1:], strict=True):
        (block,) = stage.blocks
        condition = torch.cat([network.conditions.shared.weight[labels], piece], dim=1)
        first, second = block.convolutions[0].convolution, block.convolutions[1]
        inner = conv(first, upsampled(relu(modulated(block.norms[0], maps, condition))))
        inner = conv(second, relu(modulated(block.norms[1], inner, condition)))
        maps = stage.attention(inner + conv(block.shortcut[0], upsampled(maps)))
    expected = torch.tanh(conv(network.to_image, relu(network.norm(maps))))
    assert [type(stage.attention) for stage in network.stages] == [SelfAttention, nn.Identity]
    assert expected.abs().median() < 0.9
    assert torch.allclose(network(latents, labels), expected, atol=1e-5)


@torch.no_grad()
def test_the_discriminator_is_the_published_chain():
    network = shaken(build("biggan", "discriminator", (3, 48, 48), 3, channels=2))
    images, labels = torch.randn(2, 3, 48, 48), torch.tensor([2, 0])
    (first,), *middle, (last,) = network.blocks
    inner = conv(first.convolutions[1].convolution, relu(conv(first.convolutions[0], images)))
    maps = avg_pool2d(inner, 2) + conv(first.shortcut[1], avg_pool2d(images, 2))
    for (block,) in middle:
        inner = conv(block.convolutions[1].convolution, relu(conv(block.convolutions[0], relu(maps))))
        maps = avg_pool2d(inner, 2) + avg_pool2d(conv(block.shortcut[1], maps), 2)
    maps = conv(last.convolutions[1], relu(conv(last.convolutions[0], relu(maps)))) + conv(last.shortcut, maps)
    features = relu(maps).sum(dim=(2, 3))
    head = network.head
    expected = linear(features, head.linear.normalized_weight(), head.linear.bias).squeeze(1)
    expected = expected + (head.embedding.normalized_weight()[labels] * features).sum(dim=1)
    assert torch.allclose(network(images, labels).logits, expected, rtol=1e-4, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("doubles", [False, True])
def test_the_deep_block_keeps_the_first_channels(doubles):
    block = BottleneckUpBlock(8, 3, Unnormalized, doubles=doubles).eval()
    x = torch.randn(2, 8, 4, 6)
    before, resized = x.clone(), upsampled if doubles else lambda maps: maps
    first, second, third, fourth = (getattr(layer, "convolution", layer) for layer in block.convolutions)
    inner = conv(second, resized(relu(conv(first, relu(x)))))
    inner = conv(fourth, relu(conv(third, relu(inner))))
    assert torch.allclose(block(x), inner + resized(x[:, :3]), atol=1e-5)
    assert torch.equal(x, before)


@torch.no_grad()
@pytest.mark.parametrize("halves", [False, True])
def test_the_deep_block_of_the_discriminator_adds_the_channels_that_lack(halves):
    block = BottleneckDownBlock(3, 8, halves=halves).eval()
    x = torch.randn(2, 3, 4, 6)
    before, resized = x.clone(), (lambda maps: avg_pool2d(maps, 2)) if halves else lambda maps: maps
    first, second, third, fourth = block.convolutions
    inner = relu(conv(third, relu(conv(second, relu(conv(first, relu(x)))))))
    inner = conv(fourth, resized(inner))
    pooled = resized(x)
    assert torch.allclose(block(x), inner + torch.cat([pooled, conv(block.shortcut, pooled)], dim=1), atol=1e-5)
    assert torch.equal(x, before)
    assert BottleneckDownBlock(8, 8, halves=halves).shortcut is None


@torch.no_grad()
def test_every_part_of_the_deep_generator_is_told_latents_and_class():
    network = build("biggan_deep", "generator", (3, 16, 16), 3, channels=2, shared=5, latent=4).eval()
    latents, labels = torch.randn(2, 4), torch.tensor([1, 2])
    first, conditions = network.conditions(latents, labels)
    assert torch.equal(first, torch.cat([latents, network.conditions.shared.weight[labels]], dim=1))
    assert len(conditions) == len(network.stages)
    assert all(condition is first for condition in conditions)
    assert [len(stage.blocks) for stage in network.stages] == [2, 2]
    assert [[block.doubles for block in stage.blocks] for stage in network.stages] == [[False, True]] * 2


def test_the_deep_networks_have_no_plain_stage_at_the_end():
    network = build("biggan_deep", "discriminator", (3, 64, 64), channels=1)
    assert network.blocks(torch.randn(1, 3, 64, 64)).shape[2:] == (4, 4)
    stem, *stages = network.blocks
    assert isinstance(stem, SNConv2d)
    assert [[block.halves for block in stage] for stage in stages] == [[True, False]] * 4


def test_maps_beyond_the_image_are_dropped():
    network = build("biggan_deep", "generator", (3, 16, 16), channels=2, maps=7).eval()
    assert network.to_image.out_channels == 7
    whole = torch.tanh(network.to_image(torch.ones(1, 8, 16, 16)))
    network.norm = nn.Identity()
    network.stages = nn.ModuleList()
    network.conditions.stages = 0
    network.start = (8, 16, 16)
    network.linear = nn.Linear(128, 8 * 16 * 16)
    nn.init.zeros_(network.linear.weight)
    nn.init.ones_(network.linear.bias)
    assert torch.allclose(network(torch.randn(1, 128)), whole[:, :3])


# --- Latents, classes, attention --------------------------------------------------------------------------------------


def test_each_block_has_its_piece_of_the_latent_vector():
    network = build("biggan", "generator", (3, 32, 32), 3, channels=2).eval()
    assert network.latent_shape == (80,)
    seen = []
    for stage in network.stages:
        stage.register_forward_hook(lambda module, given, made: seen.append(made))
    latents, labels = torch.randn(2, 80), torch.tensor([0, 1])
    other = latents.clone()
    other[:, 40:60] += 1  # the piece of the second block
    network(latents, labels)
    network(other, labels)
    assert torch.equal(seen[0], seen[3])
    assert not torch.allclose(seen[1], seen[4])


def test_the_gains_of_normalisations_begin_around_one():
    network = build("biggan", "generator", (3, 32, 32), 3, channels=8).train()
    norm = network.stages[1].blocks[0].norms[0]
    maps = norm(torch.randn(64, 32, 4, 4) * 3 + 2, torch.zeros(64, 148))
    assert maps.mean().item() == pytest.approx(0, abs=1e-4)
    assert maps.std().item() == pytest.approx(1, abs=1e-2)


@torch.no_grad()
def test_the_networks_for_cifar_have_a_table_of_classes_for_each_normalisation():
    network = shaken(build("biggan", "generator", (3, 32, 32), 10, channels=2, initial="normal", **CIFAR))
    assert network.latent_shape == (128,)
    norm, x, labels = network.stages[0].blocks[0].norms[0], torch.randn(2, 8, 4, 4), torch.tensor([7, 1])
    gain, shift = (part.weight[labels][:, :, None, None] for part in (norm.gain, norm.shift))
    assert torch.allclose(norm(x, labels), (1 + gain) * norm.norm(x) + shift, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "norm"),
    [({}, "ModulatedBatchNorm2d"), ({"hierarchical": False}, "BatchNorm2d"), (CIFAR, "BatchNorm2d")],
)
def test_without_classes_pieces_of_the_latent_vector_stay(options, norm):
    network = build("biggan", "generator", (3, 32, 32), channels=2, **options)
    assert type(network.stages[0].blocks[0].norms[0]).__name__ == norm
    assert not any(isinstance(layer, nn.Embedding) for layer in network.modules())


@pytest.mark.parametrize("options", [{}, {"hierarchical": False}, CIFAR])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_classes_need_labels_and_change_images(architecture, options):
    options = options if architecture == "biggan" else {}
    network = shaken(build(architecture, "generator", (3, 16, 16), 3, channels=4, **options))
    latents = torch.randn(2, *network.latent_shape)
    first, second = (network(latents, torch.full((2,), label)) for label in (0, 1))
    assert not torch.allclose(first, second)
    with pytest.raises(ValueError, match="needs labels"):
        network(latents)


def test_where_there_is_attention():
    def heights(role, side, **options):
        with torch.device("meta"):
            network = build("biggan", role, (3, side, side), channels=1, **options)
        stages = network.stages if role == "generator" else network.blocks
        height, found = 4 if role == "generator" else side, []
        for stage in stages:
            convolutions = [type(layer).__name__ for layer in stage.modules()]
            height = height * (1 + ("UpsampleConv" in convolutions)) // (1 + ("ConvPool" in convolutions))
            found += [height] * convolutions.count("SelfAttention")
        return found

    assert heights("generator", 32) == heights("discriminator", 32) == []
    assert heights("generator", 64) == heights("discriminator", 64) == []
    assert heights("generator", 128) == heights("discriminator", 128) == [64]
    assert heights("generator", 128, attention=[]) == []
    assert heights("generator", 256, attention=[64, 128]) == [64, 128]
    assert heights("discriminator", 32, attention=[8]) == [8]  # once, though three blocks make such maps


@pytest.mark.parametrize(
    ("role", "options", "message"),
    [
        ("generator", {"attention": [64]}, "attention: no map of this network is 64 high; expected some of 8, 16, 32"),
        ("discriminator", {"attention": [4]}, "expected some of 8, 16"),
        ("generator", {"latent": 120, "channels": 0}, "channels: expected at least 1, got 0"),
        ("generator", {"latent": 130}, "latent: expected a multiple of 4, .* 128 is near 130"),
        ("generator", {"latent": 1}, "latent: .* 4 is near 1"),
        ("generator", {"shared": None}, "shared: .* expected its length"),
        ("generator", {"shared": 0}, "shared: expected at least 1, got 0"),
    ],
)
def test_options_that_cannot_be(role, options, message):
    with pytest.raises(UserError, match=message):
        build("biggan", role, (3, 32, 32), 3, **{"channels": 1, **options})


@pytest.mark.parametrize(("option", "value"), [("depth", 0), ("maps", 2)])
def test_options_of_the_deep_generator_that_cannot_be(option, value):
    with pytest.raises(UserError, match=f"{option}: expected at least"):
        build("biggan_deep", "generator", (3, 32, 32), channels=1, **{option: value})


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_impossible_size_is_refused(architecture, role):
    with pytest.raises(UnsupportedShapeError, match="nearest sizes are 28x28 and 32x32"):
        build(architecture, role, (3, 30, 30))


# --- Weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_but_the_generators_embedding_is_spectrally_normalised(architecture):
    for role in ("generator", "discriminator"):
        network = build(architecture, role, (3, 64, 64), 5, channels=2, attention=[16])
        weights = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding)]
        plain = [layer for layer in weights if not isinstance(layer, SpectralNorm)]
        assert plain == ([network.conditions.shared] if role == "generator" else [])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_begin_orthogonal(architecture):
    for role in ("generator", "discriminator"):
        network = build(architecture, role, (3, 32, 32), 5, channels=2)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
                matrix = layer.weight.detach().flatten(1)
                gram = matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix
                assert torch.allclose(gram, torch.eye(len(gram)), atol=1e-5)
                assert getattr(layer, "bias", None) is None or not layer.bias.any()


def test_weights_can_begin_small_and_normal():
    network = build("biggan", "generator", (3, 32, 32), 10, channels=8, initial="normal", **CIFAR)
    table = network.stages[0].blocks[0].norms[0].gain.weight
    for weight in (table, network.linear.weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_power_iteration_is_for_training_alone(architecture, role):
    network = build(architecture, role, (3, 16, 16), 3, channels=2)
    shape = network.latent_shape if role == "generator" else (3, 16, 16)
    given = torch.randn(2, *shape), torch.tensor([0, 1])

    def vectors():
        return torch.cat([layer.u for layer in network.modules() if isinstance(layer, SpectralNorm)]).clone()

    before = vectors()
    network.eval()(*given)
    assert torch.equal(vectors(), before)
    network.train()(*given)
    assert not torch.equal(vectors(), before)


def test_the_discriminator_is_as_wide_inside_as_its_outputs():
    network = build("biggan", "discriminator", (3, 64, 64), channels=2)
    inner = [block.convolutions[0].out_channels for (block,) in network.blocks]
    assert inner == [2, 4, 8, 16, 32]


def test_the_average_is_a_copy_with_its_statistics_until_it_starts():
    network = build("biggan", "generator", (1, 8, 8), 3, channels=2)
    average = EMA({"generator": network}, half_life_images=1e6, start=2)
    for updates in (1, 2):
        shaken(network)
        average.update(updates=updates, batch=4, images=4 * updates)
    copied = dict(average.networks["generator"].state_dict())
    assert all(torch.equal(value, copied[name]) for name, value in network.state_dict().items())
    assert any(name.endswith("norm.running_var") for name in copied)
    shaken(network)
    average.update(updates=3, batch=4, images=12)
    drift = (average.networks["generator"].norm.running_mean - network.norm.running_mean).abs().min()
    assert drift > 1e-3


@torch.no_grad()
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_fused_layers_make_the_same_images(architecture):
    network = shaken(build(architecture, "generator", (3, 32, 32), 3, channels=4))
    given = torch.randn(2, *network.latent_shape), torch.tensor([0, 2])
    fused = network(*given)
    with unfused():
        assert torch.allclose(network(*given), fused, atol=1e-5)


def test_the_plugin_names_what_exists():
    assert architectures().keys() >= ARCHITECTURES.keys()

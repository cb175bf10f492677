import math
from pathlib import Path

import pytest
import torch
from gan_lightning_modern.r3gan import R3GAN
from gan_lightning_modern.r3gan_blocks import BLOCKS, ResidualBlock
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.game import Progress
from gan_lightning.layers import FIRDownsample, FIRUpsample
from gan_lightning.recipe import load_recipe
from gan_lightning.recipe.build import Builder

RECIPES = Path(__file__).parents[3] / "recipes"
IMAGENET = {"channels": 1536, "group": 32}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(role, shape, classes=0, **options):
    return R3GAN.roles[role](DataSpec(shape), classes, **options)


def on_meta(role, shape, classes=0, **options):
    with torch.device("meta"):
        return build(role, shape, classes, **options)


@pytest.mark.parametrize(
    ("side", "classes", "options", "generator", "discriminator"),
    [
        (32, 10, {}, 20_781_952, 21_280_512),
        (32, 0, {}, 20_732_160, 20_683_776),
        (64, 0, {}, 22_429_824, 22_381_440),
        (256, 0, {}, 23_057_952, 23_009_568),
        (32, 1000, IMAGENET, 82_914_304, 86_548_992),
        (64, 1000, {**IMAGENET, "wide_stages": 5}, 103_570_432, 107_205_120),
    ],
)
def test_it_has_the_published_parameter_counts(side, classes, options, generator, discriminator):
    wanted = {"generator": generator, "discriminator": discriminator}
    for role, count in wanted.items():
        network = on_meta(role, (3, side, side), classes, **options)
        assert sum(weight.numel() for weight in network.parameters()) == count


def grouped(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3)]


def test_the_3x3_convolutions_have_the_published_cardinalities():
    assert [layer.groups for layer in grouped(on_meta("generator", (3, 128, 128)))] == [96] * 8 + [48] * 2 + [24] * 2
    assert {layer.groups for layer in grouped(on_meta("discriminator", (3, 32, 32), **IMAGENET))} == {96}
    assert grouped(on_meta("generator", (3, 32, 32), channels=12))[0].groups == 3  # 24 channels in groups of 8


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("classes", [0, 3])
def test_there_are_no_biases_but_in_activations_and_nothing_is_normalised(role, classes):
    network = build(role, (3, 32, 32), classes, channels=16)
    assert all(layer.bias is None for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    assert not any("Norm" in type(layer).__name__ for layer in network.modules())
    assert sum(name.endswith("bias") for name, _ in network.named_parameters()) == 2 * BLOCKS * 4


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_it_begins_as_a_network_without_residual_blocks(role):
    network = build(role, (3, 32, 32), channels=16)
    blocks = [layer for layer in network.modules() if isinstance(layer, ResidualBlock)]
    assert len(blocks) == 2 * 4
    given = torch.randn(2, 64) if role == "generator" else torch.randn(2, 3, 32, 32)
    before = network(given)
    for block in blocks:
        block.forward = lambda x: x
    after = network(given)
    assert torch.equal(getattr(before, "logits", before), getattr(after, "logits", after))


def test_weights_begin_smaller_in_deeper_networks():
    for side, stages in ((32, 4), (64, 5)):
        network = build("generator", (3, side, side), channels=256)
        first, _, middle, _, last = next(
            layer for layer in network.modules() if isinstance(layer, ResidualBlock)
        ).layers
        gain = math.sqrt(2 / 1.04) * (2 * stages) ** -0.25
        assert first.weight.std().item() == pytest.approx(gain / math.sqrt(256), rel=0.02)
        assert middle.weight.std().item() == pytest.approx(gain / math.sqrt(16 * 9), rel=0.02)
        assert not last.weight.any()
    assert network.to_image.weight.std().item() == pytest.approx(1 / math.sqrt(128), rel=0.15)
    assert network.scale.weight.std().item() == pytest.approx(1 / math.sqrt(64), rel=0.05)


def test_tables_of_classes_begin_as_linear_layers_on_one_hot_labels():
    generator = build("generator", (3, 16, 16), 10, channels=128)
    discriminator = build("discriminator", (3, 16, 16), 10, channels=128)
    assert generator.labels.weight.std().item() == pytest.approx(1 / math.sqrt(10), rel=0.1)
    assert discriminator.labels.weight.std().item() == pytest.approx(1 / math.sqrt(10 * 128), rel=0.1)


def test_images_are_not_kept_in_range():
    generator = build("generator", (3, 16, 16), channels=16)
    assert generator.bounded is False
    latents = torch.randn(4, 64)
    assert torch.allclose(generator(3 * latents), 3 * generator(latents), atol=1e-4)  # linear as long as blocks are 0
    assert generator(10 * latents).abs().max() > 1


def test_sizes_change_by_the_filter_1_3_3_1():
    for role, kind, gain in (("generator", FIRUpsample, 4), ("discriminator", FIRDownsample, 1)):
        layers = [layer for layer in build(role, (3, 64, 64), channels=16).modules() if isinstance(layer, kind)]
        assert len(layers) == 4
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        assert all(torch.allclose(layer.kernel, gain * torch.outer(row, row)) for layer in layers)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 24, 40), (2, 28, 28), (1, 48, 96)])
@pytest.mark.parametrize("classes", [0, 3])
def test_images_have_the_datas_shape(shape, classes):
    generator = build("generator", shape, classes, channels=8, latent=5)
    discriminator = build("discriminator", shape, classes, channels=8)
    labels = torch.tensor([0, 1]) if classes else None
    images = generator(torch.randn(2, 5), labels)
    critique = discriminator(images, labels)
    assert images.shape == (2, *shape)
    assert critique.logits.shape == (2,)
    assert critique.features.shape == (2, 8)


def test_impossible_sizes_and_numbers_are_refused():
    with pytest.raises(UnsupportedShapeError, match="nearest sizes are"):
        build("generator", (3, 30, 30))
    with pytest.raises(UserError, match="wide_stages: expected at least 1"):
        build("discriminator", (3, 32, 32), wide_stages=0)


def test_five_schedules_of_the_papers_setting_are_followed():
    narrow = ["architecture.generator={channels: 8}", "architecture.discriminator={channels: 8}"]
    recipe = load_recipe(RECIPES / "paper" / "r3gan-cifar10.yaml", narrow)
    module = Builder(recipe, Catalog.installed()).module(DataSpec((3, 32, 32), (10,) * 10))
    optimizers = dict(zip(module.game.networks, module.configure_optimizers(), strict=True))
    bindings = module._bindings

    def numbers(images):
        for binding in bindings:
            binding.apply(Progress(0, 0, images, 100))
        groups = [optimizer.param_groups[0] for optimizer in optimizers.values()]
        weights = [rule.weight for rule in module.game.parts.penalties.values()]
        chance = module.game.augmentations["ada"].chance(torch.device("cpu")).item()
        return [group["lr"] for group in groups], [group["betas"] for group in groups], weights, chance, module.ema

    rates, betas, weights, chance, ema = numbers(0)
    assert rates == [2e-4] * 2
    assert betas == [(0.0, 0.9)] * 2
    assert weights == [0.025] * 2
    assert (chance, ema.half_life_images) == (0.0, 0.0)
    rates, betas, weights, chance, ema = numbers(20_000_000)
    assert rates == pytest.approx([5e-5] * 2)
    assert betas == [(0.0, pytest.approx(0.99))] * 2
    assert weights == pytest.approx([0.0025] * 2)
    assert (chance, ema.half_life_images) == (pytest.approx(0.55), pytest.approx(5e6))

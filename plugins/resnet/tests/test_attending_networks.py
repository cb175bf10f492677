"""SAGAN and YLG: sizes, where they attend, and what their attention may look at."""

import pytest
import torch
from gan_lightning_resnet.sagan import SAGAN
from gan_lightning_resnet.sparse_masks import (
    HEADS,
    head_masks,
    left_to_right_floor,
    left_to_right_repetitive,
    ranks,
    right_to_left_floor,
    right_to_left_repetitive,
)
from gan_lightning_resnet.ylg import YLG
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import ConditionalBatchNorm2d, SelfAttention, SpectralNorm

ARCHITECTURES = {"sagan": SAGAN, "ylg": YLG}
SHAPES = [(3, 32, 32), (1, 24, 40), (2, 28, 28), (1, 8, 8), (3, 10, 14), (1, 64, 64), (2, 48, 96)]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(architecture, role, shape, classes=0, **options):
    return ARCHITECTURES[architecture].roles[role](DataSpec(shape), classes, **options)


def count(role, side, classes, **options):
    with torch.device("meta"):
        network = build("sagan", role, (3, side, side), classes, **options)
    return sum(weight.numel() for weight in network.parameters())


def bools(rows):
    return torch.tensor([[letter == "x" for letter in row] for row in rows.split()])


def test_sagan_has_the_published_parameter_counts():
    assert count("generator", 32, 10) == 4_386_308
    assert count("discriminator", 32, 10) == 1_075_586
    assert count("generator", 128, 1000) == 42_078_852
    assert count("generator", 128, 1000, attention=[64]) == 42_017_412
    assert count("discriminator", 128, 1000) == 39_463_618
    assert count("discriminator", 128, 1000, attention=[64]) == 39_448_258
    assert count("discriminator", 128, 1000, wide=False) == 30_062_338


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_sparse_attention_has_the_parameters_of_dense_attention(role):
    with torch.device("meta"):
        sagan, ylg = (build(name, role, (3, 128, 128), 1000).state_dict() for name in ARCHITECTURES)
    assert {name: value.shape for name, value in sagan.items()} == {name: value.shape for name, value in ylg.items()}


@pytest.mark.parametrize(
    ("role", "side", "given", "heights"),
    [
        ("generator", 128, None, [32]),
        ("discriminator", 128, None, [32]),
        ("generator", 32, None, [16]),
        ("discriminator", 32, None, [8]),
        ("generator", 128, [8, 32], [8, 32]),
        ("discriminator", 128, [32, 4], [32, 4]),
        ("generator", 32, [], []),
    ],
)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_attention_is_where_it_is_wanted_once_a_height(architecture, role, side, given, heights):
    network = build(architecture, role, (1, side, side), channels=2, attention=given)
    seen = []
    for layer in network.modules():
        if isinstance(layer, SelfAttention):
            layer.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[2]))
    network(torch.randn(2, 128) if role == "generator" else torch.randn(2, 1, side, side))
    assert seen == heights


def test_a_height_that_no_map_has_is_refused():
    with pytest.raises(UserError, match="attention: no map of this network is 12 high; expected some of 8, 16, 32"):
        build("sagan", "generator", (3, 32, 32), attention=[12])


@pytest.mark.parametrize("role", ["generator", "discriminator"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_weight_is_spectrally_normalised_but_the_tables_of_the_normalisations(architecture, role):
    network = build(architecture, role, (3, 64, 64), 5, channels=2)
    tables = {
        id(part) for norm in network.modules() if isinstance(norm, ConditionalBatchNorm2d) for part in norm.children()
    }
    weights = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding)]
    assert all(isinstance(layer, SpectralNorm) for layer in weights if id(layer) not in tables)
    assert bool(tables) is (role == "generator")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_images_have_the_datas_shape_and_range(architecture, classes, shape):
    generator = build(architecture, "generator", shape, classes, channels=2, latent=7)
    discriminator = build(architecture, "discriminator", shape, classes, channels=2)
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, 7), labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert discriminator(images, labels).logits.shape == (3,)


def test_masks_in_a_line_of_nine():
    floor = bools("x........ xx....... xxx...... ...x..... ...xx.... ...xxx... ......x.. ......xx. ......xxx")
    assert torch.equal(left_to_right_floor(9), floor)
    assert torch.equal(right_to_left_floor(9), floor.T)
    every = bools("x.x..x..x .xx..x..x ..x..x..x ..xx.x..x ..x.xx..x ..x..x..x ..x..xx.x ..x..x.xx ..x..x..x")
    assert torch.equal(left_to_right_repetitive(9), every)
    every = bools("x..x..x.. xx.x..x.. x.xx..x.. x..x..x.. x..xx.x.. x..x.xx.. x..x..x.. x..x..xx. x..x..x.x")
    assert torch.equal(right_to_left_repetitive(9), every)


def test_cells_stand_in_line_by_their_distance_from_the_corner():
    assert ranks(3, 3) == [0, 1, 3, 2, 4, 6, 5, 7, 8]
    assert ranks(2, 4) == [0, 1, 3, 5, 2, 4, 6, 7]


@pytest.mark.parametrize("grid", [(4, 4), (8, 8), (3, 5), (1, 7), (5, 4)])
@pytest.mark.parametrize("first", range(0, 8, 2))
def test_two_hops_tell_everything_to_everyone_and_one_does_not(grid, first):
    line = torch.tensor(ranks(*grid))
    floor, repetitive = (mask(len(line))[line][:, line].float() for mask in HEADS[first : first + 2])
    assert bool((repetitive @ floor).all())
    assert not bool(floor.all())
    assert not bool(repetitive.all())


def test_attention_is_sparse_and_every_query_looks_somewhere():
    masks = head_masks(32, 32)
    assert masks.shape == (8, 1024, 256)
    assert bool(masks.any(dim=2).all())
    assert [round(float(mask.float().mean()), 3) for mask in masks[:2]] == [0.033, 0.066]
    assert torch.equal(masks[0], masks[2])
    assert torch.equal(masks[4], masks[6])


def test_queries_repeat_the_masks_of_keys_row_by_row_or_take_the_nearest():
    repeated, nearest = (head_masks(4, 6, queries) for queries in ("repeated", "nearest"))
    of_keys = repeated[:, :6]
    assert torch.equal(repeated, of_keys.repeat(1, 4, 1))
    for row in range(4):
        for column in range(6):
            key = row // 2 * 3 + column // 2
            assert torch.equal(nearest[:, row * 6 + column], of_keys[:, key])
    assert not torch.equal(repeated, nearest)


def test_an_even_map_of_one_query_a_key_has_the_masks_of_a_grid():
    line = torch.tensor(ranks(2, 2))
    for head, mask in zip(HEADS, head_masks(4, 4)[:, :4], strict=True):
        assert torch.equal(mask, head(4)[line][:, line])


def test_a_masked_key_tells_a_query_nothing():
    generator = build("ylg", "generator", (1, 32, 32), channels=16).eval()
    (attention,) = (layer for layer in generator.modules() if isinstance(layer, SelfAttention))
    weights = attention.weights(torch.randn(2, 16, 16, 16))
    assert weights[:, ~head_masks(16, 16)].max() == 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_parameter_gets_a_gradient_and_a_second_one(architecture):
    generator = build(architecture, "generator", (3, 16, 16), 3, channels=4)
    discriminator = build(architecture, "discriminator", (3, 16, 16), 3, channels=4)
    for network in (generator, discriminator):
        for layer in network.modules():
            if isinstance(layer, SelfAttention):
                nn.init.ones_(layer.gamma)
    labels = torch.tensor([0, 1, 2, 0])
    images = generator(torch.randn(4, 128), labels)
    (slopes,) = torch.autograd.grad(discriminator(images, labels).logits.sum(), images, create_graph=True)
    (slopes.square().sum() + discriminator(images, labels).logits.square().sum()).backward()
    for network in (generator, discriminator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.isfinite().all(), name

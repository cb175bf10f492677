import math

import pytest
import torch
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import (
    PLAIN,
    SPECTRAL,
    doublings,
    glorot_uniform,
    head,
    normal,
    orthogonal,
    uniform,
    with_labels,
)


def network():
    return nn.Sequential(nn.Linear(40, 60), nn.BatchNorm1d(60), nn.Conv2d(30, 50, 3), nn.ConvTranspose2d(20, 30, 4))


def test_glorot_uniform_has_the_bound_of_each_layer():
    made = network()
    glorot_uniform(made, gain=2.0)
    for layer, fans in ((made[0], 100), (made[2], 80 * 9), (made[3], 50 * 16)):
        bound = 2 * math.sqrt(6 / fans)
        assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.02)
        assert layer.weight.abs().max() <= bound
        assert layer.bias.count_nonzero() == 0
    assert torch.equal(made[1].weight, torch.ones(60))


def test_normal_and_uniform_have_their_spread():
    made = network()
    normal(made, 0.02)
    assert made[2].weight.std().item() == pytest.approx(0.02, rel=0.05)
    uniform(made, 0.05)
    assert made[2].weight.abs().max().item() == pytest.approx(0.05, rel=0.02)


def test_orthogonal_rows():
    made = network()
    orthogonal(made, gain=3.0)
    rows = made[2].weight.flatten(1)
    assert torch.allclose(rows @ rows.T, 9 * torch.eye(50), atol=1e-4)


@pytest.mark.parametrize("layers", [PLAIN, SPECTRAL])
def test_a_projection_head_adds_the_inner_product(layers):
    projection = head(6, 3, layers).eval()
    features, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 1])
    table = projection.embedding.normalized_weight()
    expected = projection.linear(features)[:, 0] + (table[labels] * features).sum(1)
    assert torch.allclose(projection(features, labels), expected)


def test_heads_without_classes_or_labels():
    assert head(6, 0)(torch.randn(4, 6), torch.tensor([0, 1, 2, 1])).shape == (4,)
    with pytest.raises(ValueError, match="needs labels"):
        head(6, 3)(torch.randn(4, 6))


def test_labels_stand_beside_vectors_and_images():
    vectors = torch.tensor([[5.0], [6.0]], dtype=torch.double)
    assert with_labels(vectors, None, 0) is vectors
    assert with_labels(vectors, torch.tensor([2, 0]), 3).tolist() == [[5, 0, 0, 1], [6, 1, 0, 0]]
    images = torch.rand(2, 1, 2, 3)
    beside = with_labels(images, torch.tensor([1, 0]), 2)
    assert torch.equal(beside[:, :1], images)
    assert beside[:, 1:].mean(dim=(2, 3)).tolist() == [[0, 1], [1, 0]]
    with pytest.raises(ValueError, match="needs labels"):
        with_labels(vectors, None, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((32, 32), (3,)), ((48, 48), (3, 4)), ((28, 28), (2,)), ((24, 40), (3,)), ((6, 6), (1,)), ((256, 256), (6,))],
)
def test_doublings(size, expected):
    assert doublings(DataSpec((1, *size))) == expected


@pytest.mark.parametrize(
    ("size", "nearest"), [((30, 30), "28x28 and 32x32"), ((33, 64), "32x56 and 40x56"), ((4, 4), "6x6 and 6x8")]
)
def test_a_size_out_of_reach_names_the_nearest(size, nearest):
    with pytest.raises(UnsupportedShapeError, match=nearest) as error:
        doublings(DataSpec((3, *size)))
    assert f"{size[0]}x{size[1]}" in str(error.value)
    assert "\n" not in str(error.value)
    for near in nearest.split(" and "):
        assert doublings(DataSpec((3, *map(int, near.split("x")))))


def test_points_have_no_doublings():
    with pytest.raises(UnsupportedShapeError, match="2-D points"):
        doublings(DataSpec((2,), kind="points"))

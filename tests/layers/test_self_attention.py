import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from gan_lightning.errors import UserError
from gan_lightning.layers import PLAIN, SPECTRAL, SelfAttention, SpectralNorm, held_power_iteration


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def awake(*args, **options):
    attention = SelfAttention(*args, **options)
    nn.init.constant_(attention.gamma, 0.7)
    return attention


def plainly(attention, x):
    """The formula, place by place and head by head."""
    count, _, height, width = x.shape
    heads = attention.heads
    queries, keys, values = (
        layer(x) if layer is attention.theta else max_pool2d(layer(x), 2)
        for layer in (attention.theta, attention.phi, attention.g)
    )
    found = torch.zeros(count, attention.g.out_channels, height * width)
    for sample in range(count):
        for head in range(heads):
            query, key, value = (maps[sample].flatten(1).chunk(heads)[head] for maps in (queries, keys, values))
            for place in range(height * width):
                scores = (query[:, place, None] * key).sum(dim=0)
                if attention.bias is not None:
                    scores = scores + attention.bias[head, place]
                looks = scores.exp() / scores.exp().sum()
                found[sample, head::heads, place] = (value * looks).sum(dim=1)
    return x + attention.gamma * attention.o(found.view(count, -1, height, width))


@pytest.mark.parametrize("heads", [1, 2])
def test_it_is_the_formula(heads):
    attention = awake(16, PLAIN, heads=heads)
    x = torch.randn(2, 16, 4, 6)
    assert torch.allclose(attention(x), plainly(attention, x), atol=1e-5)


def test_a_mask_keeps_queries_from_keys():
    mask = torch.rand(2, 24, 6) > 0.5
    mask[:, :, 0] = True
    attention = awake(16, PLAIN, heads=2, mask=mask)
    x = torch.randn(2, 16, 4, 6)
    weights = attention.weights(x)
    assert weights[:, ~mask].max() == 0
    assert weights[:, mask].min() > 0
    assert torch.allclose(weights.sum(dim=3), torch.ones(2, 2, 24))
    assert torch.allclose(attention(x), plainly(attention, x), atol=1e-5)
    assert "bias" not in attention.state_dict()


def test_it_begins_as_the_identity_and_scores_are_not_scaled():
    attention = SelfAttention(32, PLAIN)
    x = torch.randn(1, 32, 4, 4)
    assert torch.equal(attention(x), x)
    query = attention.theta(x).flatten(2)
    key = max_pool2d(attention.phi(x), 2).flatten(2)
    assert torch.allclose(attention.weights(x)[0, 0], torch.softmax(query[0].T @ key[0], dim=1), atol=1e-6)


@pytest.mark.parametrize(
    ("channels", "heads", "key", "value"), [(64, 1, 8, 32), (64, 8, 8, 32), (4, 1, 1, 2), (8, 8, 8, 8)]
)
def test_widths_are_an_eighth_and_a_half_and_at_least_one_a_head(channels, heads, key, value):
    attention = SelfAttention(channels, SPECTRAL, heads=heads)
    layers = (attention.theta, attention.phi, attention.g, attention.o)
    assert [layer.out_channels for layer in layers] == [key, key, value, channels]
    assert all(layer.bias is None and isinstance(layer, SpectralNorm) for layer in layers)
    assert attention.gamma.shape == ()


def test_odd_sides_keep_their_last_row():
    attention = awake(8, PLAIN)
    x = torch.randn(2, 8, 3, 5)
    assert attention(x).shape == x.shape
    assert attention.weights(x).shape == (2, 1, 15, 6)
    assert awake(8, PLAIN)(torch.randn(2, 8, 1, 1)).shape == (2, 8, 1, 1)


def test_first_and_second_derivatives_are_those_of_finite_differences():
    attention = awake(8, SPECTRAL).double()
    x = torch.randn(1, 8, 2, 4, dtype=torch.double, requires_grad=True)
    with held_power_iteration(attention):
        assert torch.autograd.gradcheck(attention, x)
        assert torch.autograd.gradgradcheck(attention, x)


def test_numbers_below_one_are_refused():
    with pytest.raises(UserError, match="heads: expected at least 1, got 0"):
        SelfAttention(8, heads=0)

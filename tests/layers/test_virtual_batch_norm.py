import copy

import pytest
import torch
from torch import nn

from gan_lightning.errors import UserError
from gan_lightning.layers import ReferenceBatch, VirtualBatchNorm


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def network(**options):
    layers = nn.Sequential(nn.Conv2d(2, 3, 3), VirtualBatchNorm(3), nn.LeakyReLU(), nn.Flatten(), nn.Linear(27, 4))
    return ReferenceBatch(layers, (2, 5, 5), 6, **options)


def test_statistics_are_those_of_the_reference_and_the_sample():
    norm = VirtualBatchNorm(3)
    made = ReferenceBatch(norm, (3, 4, 5), 7)
    x = torch.randn(2, 3, 4, 5) * 3 + 1
    found = made(x)
    for index in range(2):
        moments = [
            (7 * made.reference.pow(power).mean(dim=(0, 2, 3)) + x[index].pow(power).mean(dim=(1, 2))) / 8
            for power in (1, 2)
        ]
        variance = moments[1] - moments[0] ** 2
        expected = (x[index] - moments[0][:, None, None]) / (variance + 1e-5).sqrt()[:, None, None]
        assert torch.allclose(found[index], expected, atol=1e-5)


def test_the_reference_is_normalised_by_itself():
    norm = VirtualBatchNorm(3)
    reference = torch.randn(64, 3) * 4 - 2
    norm.references = 64
    found = norm(reference)
    assert torch.allclose(found.mean(dim=0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(found.std(dim=0, correction=0), torch.ones(3), atol=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_a_sample_does_not_see_its_batch_mates(training):
    made = network().train(training)
    x = torch.randn(5, 2, 5, 5)
    together = made(x)
    alone = torch.cat([made(x[index : index + 1]) for index in range(5)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_scale_and_shift_are_of_each_channel():
    norm = VirtualBatchNorm(3)
    made = ReferenceBatch(norm, (3, 4, 4), 4)
    x = torch.randn(2, 3, 4, 4)
    plain = made(x)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0, 3.0]))
        norm.bias.copy_(torch.tensor([0.0, 1.0, -1.0]))
    expected = plain * torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1) + torch.tensor([0.0, 1.0, -1.0]).view(3, 1, 1)
    assert torch.allclose(made(x), expected, atol=1e-5)


def test_the_first_batch_in_training_becomes_the_reference():
    made = network(captures=True)
    before = made.reference.clone()
    made.eval()(torch.randn(4, 2, 5, 5))
    assert torch.equal(made.reference, before)
    first = torch.randn(4, 2, 5, 5)
    made.train()(first)
    made(torch.randn(4, 2, 5, 5))
    assert torch.equal(made.reference, torch.cat([first, first[:2]])), "repeated to as many rows"


def test_the_reference_is_kept_with_the_weights():
    made, other = network(captures=True), network(captures=True)
    made(torch.randn(4, 2, 5, 5))
    other.load_state_dict(made.state_dict())
    x = torch.randn(3, 2, 5, 5)
    assert torch.equal(other(x), made(x))
    assert torch.equal(copy.deepcopy(made)(x), made(x))


def test_weights_get_gradients_of_both_orders():
    made = network()
    x = torch.randn(3, 2, 5, 5, requires_grad=True)
    (slope,) = torch.autograd.grad(made(x).sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert made.network[0].weight.grad.abs().sum() > 0


def test_without_a_reference_it_says_what_is_missing():
    with pytest.raises(UserError, match="put a ReferenceBatch around"):
        VirtualBatchNorm(3)(torch.randn(2, 3))
    with pytest.raises(UserError, match="count: expected at least 1"):
        ReferenceBatch(VirtualBatchNorm(3), (3,), 0)

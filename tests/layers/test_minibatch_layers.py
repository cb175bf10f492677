import pytest
import torch
from torch.nn.functional import l1_loss

from gan_lightning.errors import UserError
from gan_lightning.layers import MinibatchDiscrimination, MinibatchStddev


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def deviation(samples):
    """Return what a group of samples gets: the mean over channels and places of the deviation over samples."""
    return (samples.var(dim=0, correction=0) + 1e-8).sqrt().mean()


def test_a_batch_that_is_one_group():
    x = torch.randn(4, 3, 2, 5)
    made = MinibatchStddev(4)(x)
    assert made.shape == (4, 4, 2, 5)
    assert torch.equal(made[:, :3], x)
    assert torch.allclose(made[:, 3], deviation(x).expand(4, 2, 5), atol=1e-6)


@pytest.mark.parametrize(("count", "group"), [(8, 4), (7, 4), (9, 4), (5, 2), (3, 16), (6, 1)])
def test_samples_are_dealt_out_to_groups(count, group):
    """Sample i is in group i mod ceil(N / group), whether or not the batch divides."""
    x = torch.randn(count, 3, 2, 2)
    made = MinibatchStddev(group)(x)[:, 3, 0, 0]
    groups = -(-count // group)
    for index in range(count):
        assert float(made[index]) == pytest.approx(float(deviation(x[index % groups :: groups])), rel=1e-5, abs=1e-6)


def test_groups_of_an_uneven_batch_differ_by_one_sample():
    places = torch.arange(9) % 3
    x = torch.zeros(9, 1, 1, 1)
    x[places == 2] = torch.tensor([0.0, 3.0, 6.0]).view(3, 1, 1, 1)
    found = MinibatchStddev(4)(x)[:, 1, 0, 0]
    assert torch.allclose(found[places == 2], torch.tensor(6.0).sqrt(), atol=1e-4)
    assert torch.allclose(found[places != 2], torch.tensor(1e-4), atol=1e-6)


def test_parts_of_the_channels_have_maps_of_their_own():
    x = torch.randn(4, 6, 2, 2)
    made = MinibatchStddev(4, features=2)(x)
    assert made.shape == (4, 8, 2, 2)
    assert torch.allclose(made[0, 6:, 0, 0], torch.stack([deviation(x[:, :3]), deviation(x[:, 3:])]), atol=1e-6)
    with pytest.raises(UserError, match="4 parts of 6 channels"):
        MinibatchStddev(4, features=4)(x)


def test_vectors_get_a_feature():
    x = torch.randn(4, 6)
    assert torch.allclose(MinibatchStddev()(x)[:, 6], deviation(x).expand(4), atol=1e-6)


def test_equal_samples_have_finite_second_derivatives():
    x = torch.ones(4, 3, 2, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(MinibatchStddev()(x).square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    assert second.isfinite().all()
    assert torch.autograd.gradgradcheck(
        MinibatchStddev(2), torch.randn(3, 2, 1, 2, dtype=torch.double).requires_grad_()
    )


def test_half_precision_keeps_its_type_and_sums_in_full():
    x = (torch.randn(4, 3, 2, 2) * 300).half()
    made = MinibatchStddev()(x)
    assert made.dtype == torch.half
    assert float(made[0, 3, 0, 0]) == pytest.approx(float(deviation(x.float())), rel=1e-2)
    with torch.autocast("cpu", torch.bfloat16):
        assert float(MinibatchStddev()(x.float())[0, 3, 0, 0]) == pytest.approx(float(deviation(x.float())), rel=1e-5)


def test_discrimination_is_the_formula():
    layer = MinibatchDiscrimination(6, kernels=3, dimensions=2)
    x = torch.randn(5, 6)
    made = layer(x)
    assert torch.equal(made[:, :6], x)
    for index in range(5):
        for kernel in range(3):
            matrices = x @ layer.weight[:, kernel]
            others = [
                torch.exp(-l1_loss(matrices[index], matrices[j], reduction="sum")) for j in range(5) if j != index
            ]
            expected = torch.stack(others).sum() - 1.0
            assert float((made[index, 6 + kernel] - expected).detach()) == pytest.approx(0.0, abs=1e-5)


def test_equal_samples_are_as_close_as_can_be_and_one_alone_has_no_mates():
    layer = MinibatchDiscrimination(6, kernels=3, dimensions=2)
    row = torch.randn(1, 6)
    assert torch.allclose(layer(row.expand(5, 6))[:, 6:], torch.full((5, 3), 4.0 - 1.0))
    assert torch.allclose(layer(row)[:, 6:], torch.full((1, 3), -1.0))


def test_columns_begin_with_about_unit_length():
    lengths = MinibatchDiscrimination(400, 50, 4).weight.detach().norm(dim=0)
    assert float(lengths.mean()) == pytest.approx(1.0, rel=0.02)


def test_discrimination_differentiates_twice():
    layer = MinibatchDiscrimination(3, kernels=2, dimensions=2).double()
    assert torch.autograd.gradgradcheck(layer, torch.randn(4, 3, dtype=torch.double).requires_grad_())


@pytest.mark.parametrize("make", [lambda: MinibatchStddev(0), lambda: MinibatchDiscrimination(4, kernels=0)])
def test_numbers_below_one(make):
    with pytest.raises(UserError, match="expected at least 1"):
        make()

from itertools import product

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from gan_lightning.errors import UserError
from gan_lightning.layers import Blur, FIRDownsample, FIRUpsample, fir_kernel, fir_resample

CASES = [
    {"up": 1, "down": 1, "padding": (2, 1)},
    {"up": 1, "down": 1, "padding": (1, 1)},
    {"up": 2, "down": 1, "padding": (2, 1)},
    {"up": 2, "down": 1, "padding": (0, 3)},
    {"up": 1, "down": 2, "padding": (1, 1)},
    {"up": 1, "down": 2, "padding": (2, 2)},
    {"up": 1, "down": 2, "padding": (-1, 2)},
    {"up": 3, "down": 2, "padding": (4, 2)},
    {"up": 2, "down": 1, "padding": (5, 4)},
]


def by_the_definition(x, kernel, up, down, padding):
    """Add up every product of the formula in the docstring, one by one."""
    before, after = padding
    rows, columns = ((side * up + before + after - len(kernel)) // down + 1 for side in x.shape[2:])
    made = x.new_zeros(*x.shape[:2], rows, columns)
    for p, q, j, k in product(range(rows), range(columns), range(len(kernel)), range(len(kernel))):
        row, column = p * down + j - before, q * down + k - before
        inside = 0 <= row < x.shape[2] * up and 0 <= column < x.shape[3] * up
        if inside and row % up == 0 and column % up == 0:
            made[:, :, p, q] += kernel[j, k] * x[:, :, row // up, column // up]
    return made


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_the_sum_of_the_definition_whatever_the_filter(case):
    torch.manual_seed(0)
    x, kernel = torch.randn(2, 3, 4, 6, dtype=torch.double), torch.randn(4, 4, dtype=torch.double)
    assert torch.allclose(fir_resample(x, kernel, **case), by_the_definition(x, kernel, **case))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("size", [(3, 4), (4, 3)])
def test_it_can_be_differentiated_twice(case, size):
    torch.manual_seed(0)
    x = torch.randn(1, 1, *size, dtype=torch.double, requires_grad=True)
    kernel = torch.randn(4, 4, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda x: fir_resample(x, kernel, **case), x)
    assert torch.autograd.gradgradcheck(lambda x: fir_resample(x, kernel, **case).square(), x, fast_mode=True)


@pytest.mark.parametrize("layer", [FIRUpsample(), FIRDownsample(), Blur(), Blur((1, 2, 1)), FIRUpsample((1, 2, 1))])
def test_flat_maps_stay_flat_inside_and_memory_format_changes_nothing(layer):
    flat = layer(torch.ones(1, 1, 8, 12))
    assert torch.allclose(flat[:, :, 2:-2, 2:-2], torch.ones(()), atol=1e-6)
    x = torch.randn(2, 5, 8, 12)
    last = layer(x.contiguous(memory_format=torch.channels_last))
    assert torch.allclose(last, layer(x), atol=1e-6)
    assert last.is_contiguous(memory_format=torch.channels_last)


def test_filters_of_two_equal_taps_are_nearest_neighbours_and_means():
    x = torch.randn(2, 3, 4, 6)
    assert torch.allclose(FIRUpsample((1, 1))(x), interpolate(x, scale_factor=2.0, mode="nearest"), atol=1e-6)
    assert torch.allclose(FIRDownsample((1, 1))(x), avg_pool2d(x, 2), atol=1e-6)


def test_the_published_filter_doubles_as_bilinear_interpolation_does():
    """Between pixels: 3/4 of the nearer and 1/4 of the farther one, with half a pixel of shift and none to the side."""
    x = torch.randn(1, 1, 5, 5)
    ours, theirs = (
        FIRUpsample()(x),
        interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False),
    )
    assert torch.allclose(ours[:, :, 1:-1, 1:-1], theirs[:, :, 1:-1, 1:-1], atol=1e-6)


def test_doubling_and_halving_do_not_shift():
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    assert torch.allclose(FIRDownsample()(ramp)[0, 0, 4, 1:-1], torch.arange(2.5, 14.0, 2.0), atol=1e-5)
    assert torch.allclose(Blur((1, 2, 1))(ramp)[0, 0, 4, 1:-1], torch.arange(1.0, 15.0), atol=1e-5)


def test_kernels_add_up_to_their_gain():
    row = torch.tensor([1.0, 3, 3, 1])
    assert torch.allclose(fir_kernel((1, 3, 3, 1)) * 64, torch.outer(row, row))
    assert float(fir_kernel((1, 2, 1), gain=4).sum()) == pytest.approx(4)


def test_filters_are_in_no_checkpoint_and_the_gradient_knows_autocast():
    layer = FIRUpsample()
    assert not layer.state_dict()
    x = torch.randn(1, 2, 4, 4, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = layer(x)
    made.float().sum().backward()
    assert x.grad.dtype == torch.float32


def test_a_factor_below_1_is_refused():
    with pytest.raises(UserError, match="factor: expected at least 1"):
        FIRDownsample(factor=0)

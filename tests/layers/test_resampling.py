import pytest
import torch

from gan_lightning.layers import ConvPool, SNConv2d, UpsampleConv, conv_pool, unfused, upsample_conv

FUNCTIONS = {"pool": conv_pool, "upsample": upsample_conv}
TOLERANCES = {torch.double: 1e-10, torch.float: 1e-5}
SIZES = [(4, 4), (6, 10), (5, 7), (2, 2), (3, 8)]


def results(function, size, dtype, memory_format=torch.contiguous_format):
    """Return output, gradients, and gradients of a squared input gradient."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size, dtype=dtype).to(memory_format=memory_format).requires_grad_()
    weight = (torch.randn(4, 3, 3, 3, dtype=dtype) * 0.2).to(memory_format=memory_format).requires_grad_()
    bias = torch.randn(4, dtype=dtype, requires_grad=True)
    out = function(x, weight, bias)
    loss = out.square().mean()
    first = torch.autograd.grad(loss, (x, weight, bias), create_graph=True)
    second = torch.autograd.grad(first[0].square().sum(), (x, weight, bias))
    return (out, *first, *second)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_fused_equals_plain_in_value_gradient_and_second_derivative(name, size, dtype):
    fused = results(FUNCTIONS[name], size, dtype)
    with unfused():
        plain = results(FUNCTIONS[name], size, dtype)
    for ours, reference in zip(fused, plain, strict=True):
        assert torch.allclose(ours, reference, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_channels_last_changes_nothing_and_is_kept(name):
    ordinary = results(FUNCTIONS[name], (6, 10), torch.float)
    last = results(FUNCTIONS[name], (6, 10), torch.float, torch.channels_last)
    assert last[0].is_contiguous(memory_format=torch.channels_last)
    for ours, reference in zip(last, ordinary, strict=True):
        assert torch.allclose(ours, reference, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_bias(name):
    x, weight = torch.randn(1, 2, 4, 4), torch.randn(3, 2, 3, 3)
    assert torch.allclose(FUNCTIONS[name](x, weight), FUNCTIONS[name](x, weight, torch.zeros(3)), atol=1e-6)


def test_the_switch_is_put_back_after_an_error():
    x, weight = torch.randn(1, 1, 4, 4), torch.randn(1, 1, 3, 3)
    before = conv_pool(x, weight)
    with pytest.raises(RuntimeError), unfused():
        raise RuntimeError
    assert torch.equal(conv_pool(x, weight), before)


@pytest.mark.parametrize(("layer", "size"), [(ConvPool, (3, 4)), (UpsampleConv, (12, 16))])
def test_layers_normalise_their_weights(layer, size):
    torch.manual_seed(0)
    module = layer(2, 5, SNConv2d).eval()
    x = torch.randn(2, 2, 6, 8)
    out = module(x)
    assert out.shape == (2, 5, *size)
    with torch.no_grad():
        module.convolution.weight.mul_(10)
    assert torch.allclose(module(x), out, atol=1e-5)


def test_layers_train_u_once_a_forward():
    module = ConvPool(2, 3, SNConv2d)
    reference = SNConv2d(2, 3, 3, padding=1)
    reference.load_state_dict(module.convolution.state_dict())
    module(torch.randn(1, 2, 4, 4))
    reference(torch.randn(1, 2, 4, 4))
    assert torch.allclose(module.convolution.u, reference.u)

import copy

import pytest
import torch
from gan_lightning_modern.features import CHANNELS, _network, feature_maps
from gan_lightning_modern.mixing import FixedConv1x1, RandomMixing
from gan_lightning_modern.projected_discriminator import ProjectedDiscriminator, _size
from torch import nn
from torch.nn.functional import interpolate

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.metrics.efficientnet import EfficientNetLite0

SMALL = {"channels": 4, "resolution": 64}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(shape=(1, 32, 32), classes=0, **options):
    torch.manual_seed(1)
    return ProjectedDiscriminator(DataSpec(shape), classes, **{**SMALL, **options})


def halvings(network):
    return [sum(isinstance(layer, nn.LeakyReLU) for layer in judge.body) for judge in network.judges]


def test_maps_are_those_of_the_pretrained_network_before_its_norms_were_folded():
    from efficientnet_lite_pytorch import EfficientNet

    reference = EfficientNet.from_name("efficientnet-lite0")
    reference.load_state_dict(torch.load(EfficientNetLite0().weights_file(), weights_only=True))
    kept = []
    for stage in (2, 4, 10, 15):
        reference._blocks[stage].register_forward_hook(lambda module, given, made: kept.append(made))
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    reference.eval().extract_features(images)
    maps = feature_maps(images)
    assert [tuple(one.shape[1:]) for one in maps] == [(c, s, s) for c, s in zip(CHANNELS, (16, 8, 4, 2), strict=True)]
    for mine, other in zip(maps, kept, strict=True):
        assert (mine - other).norm() < 1e-3 * other.norm()


def test_training_mode_leaves_the_pretrained_network_alone():
    network, images = build(), torch.randn(2, 1, 32, 32)
    pretrained = _network(images.device)
    before = {name: value.clone() for name, value in pretrained.state_dict().items()}
    network.train()(images).logits.mean().backward()
    assert not any(layer.training for layer in pretrained.modules())
    assert all(torch.equal(value, before[name]) for name, value in pretrained.state_dict().items())
    assert all(weight.grad is None and not weight.requires_grad for weight in pretrained.parameters())


def test_the_pretrained_network_is_no_part_of_the_discriminator():
    network = build()
    network(torch.randn(2, 1, 32, 32))
    held = {id(tensor) for tensor in _network(torch.device("cpu")).state_dict(keep_vars=True).values()}
    assert held.isdisjoint(map(id, network.state_dict(keep_vars=True).values()))
    assert not any("Block" in type(layer).__name__ for layer in network.modules())
    assert _network(torch.device("cpu")) is _network(torch.device("cpu"))
    copy.deepcopy(network)(torch.randn(2, 1, 32, 32))


def test_gradients_pass_through_to_every_pixel_of_the_generated_images():
    network = build().requires_grad_(False)
    images = torch.randn(2, 1, 32, 32, requires_grad=True)
    network(images).logits.mean().backward()
    assert (images.grad != 0).float().mean() > 0.99


def test_the_mixing_is_drawn_from_the_seed_never_trained_and_kept_in_the_state():
    network = build()
    fixed = {name for name, _ in network.named_buffers() if name.startswith("mixing.")}
    assert len(fixed) == 16
    assert not any(name.startswith("mixing.") for name, _ in network.named_parameters())
    network.requires_grad_(True)
    assert not any(value.requires_grad for name, value in network.named_buffers())
    state = network.state_dict()
    assert fixed <= state.keys()
    torch.manual_seed(2)
    other = ProjectedDiscriminator(DataSpec((1, 32, 32)), 0, **SMALL)
    assert not any(torch.equal(other.state_dict()[name], state[name]) for name in fixed)
    other.load_state_dict(state)
    images = torch.randn(2, 1, 32, 32)
    assert torch.equal(other.eval()(images).logits, network.eval()(images).logits)


def test_mixing_is_1x1_only_and_convolving_first_changes_nothing():
    mixing = RandomMixing(2)
    convolutions = [layer for layer in mixing.modules() if isinstance(layer, FixedConv1x1)]
    assert {tuple(layer.weight.shape[2:]) for layer in convolutions} == {(1, 1)}
    maps = [torch.randn(1, width, side, side) for width, side in zip(CHANNELS, (16, 8, 4, 2), strict=True)]
    mixed = mixing(maps)
    assert [tuple(one.shape[1:]) for one in mixed] == [(2, 32, 32), (2, 16, 16), (4, 8, 8), (8, 4, 4)]
    below = None
    for level in (3, 2, 1, 0):
        x = mixing.across_channels[level](maps[level])
        x = x if below is None else x + below
        below = mixing.across_scales[level](interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))
        assert torch.allclose(mixed[level], below, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "resolution", "wanted"),
    [
        ((3, 32, 32), None, [4, 3, 2, 1]),
        ((3, 256, 256), None, [4, 3, 2, 1]),
        ((3, 512, 512), None, [4, 3, 2, 1]),
        ((3, 256, 256), 128, [4, 3, 2, 1]),
        ((3, 32, 32), 64, [3, 2, 1, 0]),
    ],
)
def test_the_number_of_halvings_does_not_depend_on_the_images(shape, resolution, wanted):
    with torch.device("meta"):
        assert halvings(build(shape, resolution=resolution)) == wanted


def test_the_judges_have_the_published_widths():
    with torch.device("meta"):
        network = build((3, 256, 256), channels=64, resolution=None)
    widths = [
        [layer.in_channels for layer in judge.modules() if isinstance(layer, nn.Conv2d)] for judge in network.judges
    ]
    assert widths == [[64, 64, 128, 256, 512], [64, 128, 256, 512], [128, 256, 512], [256, 512]]
    assert all(layer.bias is None for layer in network.modules() if isinstance(layer, nn.Conv2d))


@pytest.mark.parametrize(("resolution", "side"), [(64, 1), (96, 3), (128, 1), (224, 4)])
def test_all_judges_have_patches_of_one_size(resolution, side):
    critique = build(resolution=resolution)(torch.randn(2, 1, 32, 32))
    assert critique.logits.shape == (2, 4, side, side)


def test_small_images_are_seen_at_224_and_large_ones_as_they_are():
    assert _size((32, 32), None) == (224, 224)
    assert _size((256, 256), None) == (256, 256)
    assert _size((250, 500), None) == (256, 512)
    assert _size((32, 64), 64) == (64, 128)


def test_gray_is_seen_as_the_colour_gray():
    gray, colour = build((1, 32, 32)).eval(), build((3, 32, 32)).eval()
    images = torch.randn(2, 1, 32, 32)
    assert torch.allclose(gray(images).logits, colour(images.expand(-1, 3, -1, -1)).logits, atol=1e-5)


def test_a_class_changes_every_judges_opinion():
    network = build(classes=3).eval()
    images = torch.randn(1, 1, 32, 32)
    first, other = (network(images, torch.tensor([label])).logits for label in (0, 1))
    assert (first != other).all()


@pytest.mark.parametrize("resolution", [32, 100])
def test_a_resolution_that_cannot_be_is_refused(resolution):
    with pytest.raises(UserError, match="resolution: expected a multiple of 32 from 64 on"):
        build(resolution=resolution)


def test_images_that_the_pretrained_network_does_not_know_are_refused():
    with pytest.raises(UnsupportedShapeError, match="1 or 3 channels"):
        build((2, 32, 32))

"""Super-resolution: the published networks, what both pay, features, the generator's own stage, any size."""

from pathlib import Path

import pytest
import torch
from gan_lightning_translation import frozen_features
from gan_lightning_translation.esrgan import ESRGAN
from gan_lightning_translation.frozen_features import DISTANCES, standardised, vgg19_features
from gan_lightning_translation.rrdb import RRDB, DenseBlock, RRDBNet
from gan_lightning_translation.srgan import MSRRESNET, SRGAN
from gan_lightning_translation.srresnet import MSRResNet, SRResNet
from gan_lightning_translation.super_resolution import SuperResolution
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.functional import interpolate
from translation_turns import count, make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.randomness import Randomness
from gan_lightning.testing.runs import Trainee, first_difference, state_of

SPEC = pairs_spec((3, 16, 16), (3, 4, 4))
SMALL = {"generator": {"channels": 4, "blocks": 1}, "discriminator": {"channels": 2, "hidden": 4}}


def small(architecture="srgan", **options):
    return make_game(SuperResolution, SPEC, architecture, **{**SMALL, "perceptual": 0.0, **options})


@pytest.mark.parametrize(
    ("architecture", "role", "published"),
    [
        ("srgan", "generator", 1_549_462),
        ("msrresnet", "generator", 1_517_571),
        ("esrgan", "generator", 16_697_987),
        ("srgan", "discriminator", 23_565_505),
    ],
)
def test_networks_have_the_published_parameter_counts(architecture, role, published):
    assert count(architecture, role, DataSpec((3, 96, 96))) == published


def test_the_discriminator_of_esrgan_halves_down_to_four_pixels():
    with torch.device("meta"):
        network = ESRGAN.roles["discriminator"](DataSpec((3, 128, 128)), 0)
    halving = [layer for layer in network.layers if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2)]
    assert [layer.out_channels for layer in halving] == [64, 128, 256, 512, 512]
    assert {layer.kernel_size for layer in halving} == {(4, 4)}
    assert network.hidden[0].in_features == 512 * 4 * 4
    assert network.hidden[0].out_features == 100


def test_residuals_are_scaled_at_both_levels():
    block = DenseBlock(4, 2)
    for layer in block.layers:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    nn.init.constant_(block.layers[-1].bias, 1.0)
    x = torch.zeros(1, 4, 3, 3)
    torch.testing.assert_close(block(x), torch.full_like(x, 0.2))
    whole = RRDB(4, 2)
    for part in whole:
        part.load_state_dict(block.state_dict())
    torch.testing.assert_close(whole(x), torch.full_like(x, 0.2 * 3 * 0.2))


def test_weights_of_the_dense_blocks_begin_ten_times_smaller():
    weight = RRDBNet(DataSpec((3, 16, 16)), 0, channels=32, growth=16, blocks=1).body[0][0].layers[0].weight
    assert weight.std().item() == pytest.approx(0.1 * (2 / (32 * 9)) ** 0.5, rel=0.1)


def test_msrresnet_begins_at_the_enlarged_source():
    network = MSRResNet(SPEC, 0, channels=4, blocks=1).eval()
    nn.init.zeros_(network.last.weight)
    nn.init.zeros_(network.last.bias)
    source = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(network(source), interpolate(source, scale_factor=4, mode="bilinear"))


@pytest.mark.parametrize("architecture", [SRGAN, MSRRESNET, ESRGAN])
@pytest.mark.parametrize("factor", [1, 2, 8])
def test_sources_of_any_size_are_enlarged(architecture, factor):
    spec = pairs_spec((1, 8 * factor, 8 * factor), (1, 8, 8))
    network = architecture.roles["generator"](spec, 0, channels=4, blocks=1).eval()
    assert network(torch.zeros(1, 1, 5, 7)).shape == (1, 1, 5 * factor, 7 * factor)
    game = small()
    assert game.side_multiple(game.networks) == 1


@pytest.mark.parametrize("source", [(3, 5, 4), (3, 4, 8), (3, 6, 6), (3, 32, 32)])
def test_sizes_that_no_doubling_leads_to_are_refused(source):
    with pytest.raises(UnsupportedShapeError, match=r"doubles sides|expected a factor"):
        SRResNet(pairs_spec((3, 16, 16), source), 0)
    with pytest.raises(UnsupportedShapeError, match="judges images from 8x8"):
        ESRGAN.roles["discriminator"](DataSpec((3, 4, 4)), 0)


def test_both_pay_what_is_published():
    game = small("msrresnet", pixel=0.5, error="l2", adversarial=0.001, loss="non_saturating")
    game.networks["discriminator"].eval()
    turn = take_turn(game, pairs(SPEC))
    real, fake = turn.real_critique.logits, turn.fake_critique.logits
    wanted = cross_entropy(real, torch.ones(4)) + cross_entropy(fake, torch.zeros(4))
    assert paid(turn) == {"loss": pytest.approx(wanted.item(), rel=1e-5)}
    assert turn.fake.shape == turn.targets.shape
    turn = take_turn(game, pairs(SPEC), "generator")
    assert paid(turn) == pytest.approx(
        {
            "loss": 0.001 * cross_entropy(turn.fake_critique.logits, torch.ones(4)).item(),
            "pixel": 0.5 * (turn.made - turn.targets).square().mean().item(),
        },
        rel=1e-5,
    )


def test_the_relativistic_generator_sees_real_images_too():
    game = small("esrgan", loss="relativistic_average", pixel=0.0, adversarial=1.0)
    game.networks["discriminator"].eval()
    turn = take_turn(game, pairs(SPEC), "generator")
    real, fake = turn.real_critique.logits, turn.fake_critique.logits
    wanted = cross_entropy(real - fake.mean(), torch.zeros(4)) + cross_entropy(fake - real.mean(), torch.ones(4))
    assert paid(turn) == {"loss": pytest.approx(wanted.item(), rel=1e-5)}


def test_features_are_those_of_an_image_and_teach_the_generator():
    game = small(perceptual=2.0, pixel=0.0)
    turn = take_turn(game, pairs(SPEC), "generator")
    distance = DISTANCES["efficientnet_lite0"](16)
    assert distance(turn.targets, turn.targets).item() == pytest.approx(0, abs=1e-5)
    term = turn.phase.terms["perceptual"](turn)
    assert term.item() == pytest.approx(2 * distance(turn.made, turn.targets).item(), rel=1e-4)
    assert term > 0.1
    term.backward()
    assert game.networks["generator"].first[0].weight.grad.any()
    known = {name for name, _ in game.named_modules()}
    assert not any("distance" in name or "features" in name for name in known)
    assert not any("distance" in name for name in game.state_dict())


def test_images_are_standardised_for_vgg19():
    white = standardised(torch.ones(1, 1, 2, 2))[0, :, 0, 0]
    black = standardised(-torch.ones(1, 3, 2, 2))[0, :, 0, 0]
    torch.testing.assert_close(white, torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]))
    torch.testing.assert_close(black, torch.tensor([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]))


@pytest.fixture
def _hub(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    frozen_features._vgg19.cache_clear()
    yield
    frozen_features._vgg19.cache_clear()


@pytest.mark.usefixtures("_hub")
def test_missing_and_damaged_weights_of_vgg19_are_told_when_the_game_is_made():
    with pytest.raises(UserError, match=r"game\.features: VGG19's weights are not in .*vgg19-dcbb9e9d\.pth"):
        small(perceptual=1.0, features="vgg19")
    frozen_features.weights_file().write_bytes(b"nothing")
    with pytest.raises(UserError, match="holds no weights of torchvision's VGG19"):
        small(perceptual=1.0, features="vgg19_activated")


@pytest.mark.usefixtures("_hub")
def test_vgg19_is_read_as_far_as_its_last_convolution_before_the_activation(monkeypatch):
    narrow = nn.Module()
    layers = [nn.Conv2d(4 if index else 3, 4, 1) if index % 2 == 0 else nn.ReLU(inplace=True) for index in range(37)]
    narrow.features = nn.Sequential(*layers)
    for layer in layers[::2]:
        nn.init.uniform_(layer.weight, 0.2, 0.4)
    nn.init.constant_(layers[34].bias[:2], -100.0)
    monkeypatch.setattr("torchvision.models.vgg19", lambda: narrow)
    torch.save(narrow.state_dict(), frozen_features.weights_file())
    images = torch.rand(2, 3, 4, 4).requires_grad_()
    made = vgg19_features(images)
    torch.testing.assert_close(made, narrow.features[:35](standardised(images)))
    assert (made < 0).any()
    made.sum().backward()
    assert images.grad.any()
    plain, activated = (DISTANCES[name](4)(images, images.flip(0)) for name in ("vgg19", "vgg19_activated"))
    other = vgg19_features(images.flip(0))
    torch.testing.assert_close(plain, (made - other).abs().mean())
    torch.testing.assert_close(activated, ((made.relu() - other.relu()) / 12.75).square().mean())


def test_the_generator_plays_alone_at_first():
    game = small(pretrain=24)
    assert [stage.start for stage in game.stages()] == [0, 24]
    assert game.enter(0) == ("generator",)
    (phase,) = game.phases()
    assert list(phase.terms) == ["pixel"]
    assert phase.fresh
    assert phase.counts
    assert game.draws() == 1
    game.enter(1)
    assert [phase.player for phase in game.phases()] == ["discriminator", "generator"]


def test_a_run_through_both_stages_is_resumed_exactly(tmp_path: Path):
    trainee = Trainee(SuperResolution, {"game": {"perceptual": 0.0, "pretrain": 16}})
    whole = trainee.fit(tmp_path / "whole", 4)
    before = trainee.module(tmp_path).game.networks["discriminator"].state_dict()
    first = state_of(trainee.fit(tmp_path / "parts", 2))["state_dict"]
    assert all(torch.equal(value, first[f"game.networks.discriminator.{name}"]) for name, value in before.items())
    resumed = trainee.fit(tmp_path / "parts", 4, resume="last")
    assert first_difference(state_of(whole), state_of(resumed)) is None
    after = state_of(whole)["state_dict"]
    assert not torch.equal(before["last.weight"], after["game.networks.discriminator.last.weight"])


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match=r"game\.pretrain: expected at least 0"):
        small(pretrain=-1)
    with pytest.raises(UserError, match="learns one direction"):
        small().translate({}, torch.zeros(1, 3, 4, 4), Randomness(0), backward=True)

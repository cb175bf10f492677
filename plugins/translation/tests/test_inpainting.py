"""Inpainting: what networks see, what stays, what both pay, and holes that differ from turn to turn."""

import pytest
import torch
from gan_lightning_translation.context_encoder import CONTEXT_ENCODER, ContextEncoder
from gan_lightning_translation.filling import fill, with_hole
from gan_lightning_translation.gated_inpainting import GATED_INPAINTING, GatedConv2d, GatedGenerator
from gan_lightning_translation.inpainting import Inpainting
from torch import nn
from torch.nn.functional import elu
from translation_turns import make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.layers import SNConv2d
from gan_lightning.randomness import Randomness

SPEC = pairs_spec((3, 16, 16), (4, 16, 16))
SMALL = {"generator": {"channels": 2, "dilations": (2,)}, "discriminator": {"channels": 2}}


def small(architecture="gated_inpainting", **options):
    return make_game(Inpainting, SPEC, architecture, **{**SMALL, "loss": "hinge", **options})


def test_what_is_in_the_hole_is_never_seen_and_what_is_outside_stays():
    images, mask = torch.rand(2, 3, 16, 16) * 2 - 1, torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    mask[:, :, 4:9, 2:12] = True
    network = GatedGenerator(SPEC, 0, channels=2)
    sources = with_hole(images, mask)
    assert sources[:, :3][mask.expand(-1, 3, -1, -1)].abs().max() == 0
    assert set(sources[:, 3].unique().tolist()) == {-1.0, 1.0}
    other = torch.cat([torch.where(mask, torch.ones_like(images), images), sources[:, 3:]], dim=1)
    made = fill(network, sources)
    assert torch.equal(made, fill(network, other))
    assert torch.equal(made.masked_select(~mask), images.masked_select(~mask))
    assert not torch.equal(made, images)


def test_translating_fills_the_holes_of_the_data():
    game = small()
    batch = pairs(SPEC)
    sources = batch.partners["source"].samples()
    made = game.translate(game.networks, sources, Randomness(0))
    outside = (sources[:, 3:] <= 0).expand(-1, 3, -1, -1)
    assert torch.equal(made[outside], sources[:, :3][outside])
    with pytest.raises(UserError, match="learns one direction"):
        game.translate(game.networks, sources, Randomness(0), backward=True)


def test_every_turn_cuts_holes_of_its_own_into_the_samples():
    game = small()
    batch = pairs(SPEC)
    turn, again, other = (take_turn(game, batch, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(turn.mask, again.mask)
    assert not torch.equal(turn.mask, other.mask)
    assert not torch.equal(turn.mask[0], turn.mask[1])
    assert 0.05 < turn.mask.float().mean() < 0.8
    hole = turn.mask.expand(-1, 3, -1, -1)
    assert torch.equal(turn.sources[:, :3][~hole], turn.targets[~hole])
    shares = [take_turn(game, pairs(SPEC, 2)) for _ in range(2)]
    for rank, share in enumerate(shares):
        share.random = Randomness(0, rank, 2)
    assert torch.equal(torch.cat([share.mask for share in shares]), turn.mask)
    centre = take_turn(small(hole_form="centre"), batch).mask
    assert centre.shape == (4, 1, 16, 16)
    assert centre.float().mean() == 0.25
    assert centre[:, :, 4:12, 4:12].all()


def test_the_discriminator_sees_the_filled_image_and_the_mask():
    game = small()
    turn = take_turn(game, pairs(SPEC))
    outside = (~turn.mask).expand(-1, 3, -1, -1)
    assert turn.fake.shape == turn.real.shape == (4, 4, 16, 16)
    assert torch.equal(turn.fake[:, :3][outside], turn.targets[outside])
    assert torch.equal(turn.real[:, :3], turn.targets)
    assert torch.equal(turn.fake[:, 3:] > 0, turn.mask)
    assert torch.equal(turn.real[:, 3:] > 0, turn.mask)


@pytest.mark.parametrize("error", ["l1", "l2"])
def test_the_generator_pays_for_pixels_in_and_outside_of_the_hole(error):
    game = small(error=error, hole=2.0, rest=0.5, adversarial=0.1)
    turn = take_turn(game, pairs(SPEC), "generator")
    wrong = (turn.raw - turn.targets).abs() if error == "l1" else (turn.raw - turn.targets).square()
    inside, outside = ([], [])
    for image, mask in zip(wrong, turn.mask, strict=True):
        inside.append(image[:, mask[0]].mean())
        outside.append(image[:, ~mask[0]].mean())
    assert paid(turn) == pytest.approx(
        {
            "loss": -0.1 * turn.fake_critique.logits.mean().item(),
            "hole": 2.0 * torch.stack(inside).mean().item(),
            "rest": 0.5 * torch.stack(outside).mean().item(),
        },
        rel=1e-4,
    )
    assert list(small(rest=0.0).phases()[1].terms) == ["loss", "hole"]


def test_a_gate_scales_what_a_convolution_makes():
    layer = GatedConv2d(2, 3, 3, stride=2)
    x = torch.randn(1, 2, 8, 8)
    values, gates = nn.Conv2d.forward(layer, x).chunk(2, dim=1)
    torch.testing.assert_close(layer(x), elu(values) / (1 + (-gates).exp()))
    assert layer(x).shape == (1, 3, 4, 4)
    assert GatedConv2d(2, 3, 3, dilation=4)(x).shape == (1, 3, 8, 8)


def test_every_convolution_of_the_patch_discriminator_is_normalised():
    with torch.device("meta"):
        network = GATED_INPAINTING.roles["discriminator"](DataSpec((4, 256, 256)), 0)
    layers = [*network.layers, network.last]
    assert [layer.out_channels for layer in layers] == [64, 128, 256, 256, 256, 256]
    assert all(isinstance(layer, SNConv2d) for layer in layers)
    assert {(layer.stride, layer.kernel_size) for layer in layers} == {((2, 2), (5, 5))}
    few = GATED_INPAINTING.roles["discriminator"](DataSpec((4, 24, 40)), 0, channels=1)
    assert len(few.layers) == 4
    assert few(torch.zeros(1, 4, 24, 40)).logits.shape == (1, 4, 1, 2)
    narrow = GATED_INPAINTING.roles["discriminator"](DataSpec((4, 256, 256)), 0, channels=1)
    assert narrow(torch.zeros(1, 4, 256, 256)).logits.shape == (1, 4, 4, 4)


def test_the_context_encoder_has_the_published_widths_and_no_place_in_the_middle():
    with torch.device("meta"):
        network = ContextEncoder(DataSpec((3, 128, 128)), 0)
    down = [layer for layer in network.layers if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in down] == [64, 64, 128, 256, 512, 4000]
    assert down[-1].kernel_size == (4, 4)
    up = [layer for layer in network.layers if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in up] == [512, 256, 128, 64, 64, 3]
    game = small("context_encoder", generator={"channels": 2, "bottleneck": 8}, discriminator={"channels": 2})
    assert game.side_multiple(game.networks) is None
    assert small().side_multiple(small().networks) == 4


def test_what_cannot_be_is_refused():
    spec = pairs_spec((3, 16, 16))
    with pytest.raises(UserError, match="expected sources of 4 channels, the last a mask"):
        make_game(Inpainting, spec, "gated_inpainting", **SMALL)
    with pytest.raises(UnsupportedShapeError, match="multiples of 4"):
        GatedGenerator(DataSpec((3, 18, 16)), 0)
    for role in CONTEXT_ENCODER.roles.values():
        with pytest.raises(UnsupportedShapeError):
            role(DataSpec((3, 22, 18)), 0)

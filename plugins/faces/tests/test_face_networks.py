"""Encoder, decoders and discriminators: sizes, counts from the list of layers, and who sees what."""

import pytest
import torch
from gan_lightning_faces.decoder import AttendingFaceDecoder, FaceDecoder
from gan_lightning_faces.discriminator import FaceDiscriminator
from gan_lightning_faces.encoder import AttendingFaceEncoder, FaceEncoder
from gan_lightning_faces.face import Face

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.layers import SelfAttention


def conv(inputs, outputs, kernel):
    return inputs * outputs * kernel**2 + outputs


def dense(inputs, outputs):
    return inputs * outputs + outputs


def count(network, data, **options):
    with torch.device("meta"):
        made = network(DataSpec(data), 0, **options)
    return sum(weight.numel() for weight in made.parameters())


def test_the_classic_encoder_has_the_layers_of_its_list():
    down = conv(3, 128, 5) + conv(128, 256, 5) + conv(256, 512, 5) + conv(512, 1024, 5)
    inner = dense(1024 * 16, 1024) + dense(1024, 1024 * 16)
    assert count(FaceEncoder, (3, 64, 64)) == down + inner + conv(1024, 4 * 512, 3) == 69_662_976


def test_the_classic_decoder_has_the_layers_of_its_list():
    ups = conv(512, 4 * 256, 3) + conv(256, 4 * 128, 3) + conv(128, 4 * 64, 3)
    assert count(FaceDecoder, (3, 64, 64), mask=False) == ups + conv(64, 3, 5) == 6_199_747
    assert count(FaceDecoder, (3, 64, 64)) == ups + conv(64, 3, 5) + conv(64, 1, 5) == 6_201_348


def test_the_discriminator_has_the_layers_of_its_list():
    layers = conv(6, 64, 4) + conv(64, 128, 4) + conv(128, 256, 4) + conv(256, 1, 4)
    assert count(FaceDiscriminator, (6, 64, 64)) == layers == 666_049


@pytest.mark.parametrize(("side", "widths"), [(32, [128, 256, 512]), (128, [128, 256, 512, 1024, 1024])])
def test_other_sizes_halve_as_often_as_it_takes(side, widths):
    with torch.device("meta"):
        encoder = FaceEncoder(DataSpec((3, side, side)), 0)
    assert [layers[0].out_channels for layers in encoder.down] == widths
    assert encoder.inner[1].in_features == widths[-1] * 16


@pytest.mark.parametrize("side", [8, 16, 32, 64, 128])
@pytest.mark.parametrize(
    ("encoder", "decoder"), [(FaceEncoder, FaceDecoder), (AttendingFaceEncoder, AttendingFaceDecoder)]
)
def test_faces_have_the_size_of_the_data(side, encoder, decoder):
    data = DataSpec((3, side, side))
    codes = encoder(data, 0, channels=2, hidden=4)(torch.zeros(2, 3, side, side))
    assert codes.shape == (2, 8, 8, 8)
    face = decoder(data, 0, channels=2)(codes)
    assert face.colours.shape == (2, 3, side, side)
    assert face.mask.shape == (2, 1, side, side)
    logits = FaceDiscriminator(DataSpec((6, side, side)), 0, channels=2)(torch.zeros(2, 6, side, side)).logits
    assert logits.shape == (2, 1, min(8, side // 2), min(8, side // 2))


def test_colours_and_masks_stay_in_their_ranges():
    network = FaceDecoder(DataSpec((1, 32, 32)), 0, channels=2)
    face = network(100 * torch.randn(4, 8, 8, 8))
    assert face.colours.min() < -0.5
    assert face.colours.abs().max() <= 1
    assert 0 <= face.mask.min() < 0.5 < face.mask.max() <= 1


def test_a_face_lies_over_an_image_where_its_mask_says():
    colours, below = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), -1.0)
    mask = torch.tensor([0.0, 1.0, 0.5, 0.25]).view(1, 1, 2, 2)
    over = Face(colours, mask).over(below)
    torch.testing.assert_close(over[0, 2].flatten(), torch.tensor([-1.0, 0.5, -0.25, -0.625]))
    assert torch.equal(Face(colours, None).over(below), colours)


def test_the_second_version_attends_on_the_maps_of_16_and_8():
    with torch.device("meta"):
        encoder, decoder = (kind(DataSpec((3, 64, 64)), 0) for kind in (AttendingFaceEncoder, AttendingFaceDecoder))
    attending = [place for place, layer in enumerate(encoder.down) if isinstance(layer, SelfAttention)]
    assert (attending, len(encoder.down)) == ([3, 5], 7)
    assert [encoder.down[place].g.in_channels for place in (3, 5)] == [256, 512]
    assert [layer.g.in_channels for layer in decoder.up if isinstance(layer, SelfAttention)] == [128, 64]


@pytest.mark.parametrize("shape", [(3, 48, 48), (3, 64, 32), (3, 4, 4), (2,)])
@pytest.mark.parametrize("network", [FaceEncoder, FaceDecoder, FaceDiscriminator])
def test_sizes_that_are_no_power_of_2_are_refused(shape, network):
    kind = "images" if len(shape) == 3 else "points"
    with pytest.raises(UnsupportedShapeError, match=r"8, 16, 32, 64, 128"):
        network(DataSpec(shape, kind=kind), 0)


def test_classes_are_refused():
    with pytest.raises(UserError, match=r"game\.conditional"):
        FaceDecoder(DataSpec((3, 16, 16)), 3)

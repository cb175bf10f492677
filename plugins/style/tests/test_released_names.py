"""A released state, name by name with its shape, is the whole state of a network here."""

import pytest
import torch
from gan_lightning_style.released import discriminator_state, generator_state
from gan_lightning_style.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator

from gan_lightning.data.spec import DataSpec

SIDE, CLASSES, WIDTHS = 32, 10, {4: 512, 8: 512, 16: 512, 32: 256}


def layer(name, *shape, bias=True):
    return {f"{name}.weight": shape, **({f"{name}.bias": shape[:1]} if bias else {})}


def released_generator():
    shapes = {"mapping.w_avg": (512,), "synthesis.b4.const": (512, 4, 4)}
    shapes |= layer("mapping.embed", 512, CLASSES) | layer("mapping.fc0", 512, 1024) | layer("mapping.fc1", 512, 512)
    inputs = 512
    for size, width in WIDTHS.items():
        for number in (1,) if size == 4 else (0, 1):
            name = f"synthesis.b{size}.conv{number}"
            shapes |= layer(name, width, inputs, 3, 3) | layer(f"{name}.affine", inputs, 512)
            shapes |= {f"{name}.noise_const": (size, size), f"{name}.noise_strength": ()}
            shapes |= {f"{name}.resample_filter": (4, 4)}
            inputs = width
        shapes |= layer(f"synthesis.b{size}.torgb", 3, width, 1, 1) | layer(
            f"synthesis.b{size}.torgb.affine", width, 512
        )
        shapes |= {f"synthesis.b{size}.resample_filter": (4, 4)}
    return shapes


def released_discriminator():
    shapes = layer("mapping.embed", 512, CLASSES) | layer("b32.fromrgb", 256, 3, 1, 1)
    for number in range(8):
        shapes |= layer(f"mapping.fc{number}", 512, 512)
    for size, wide in ((32, 256), (16, 512), (8, 512)):
        shapes |= layer(f"b{size}.conv0", wide, wide, 3, 3) | layer(f"b{size}.conv1", 512, wide, 3, 3)
        shapes |= layer(f"b{size}.skip", 512, wide, 1, 1, bias=False) | {f"b{size}.skip.resample_filter": (4, 4)}
        shapes |= {f"b{size}.resample_filter": (4, 4)}
    return shapes | layer("b4.conv", 512, 513, 3, 3) | layer("b4.fc", 512, 8192) | layer("b4.out", 512, 512)


NETWORKS = {
    "generator": (StyleGAN2Generator, {"mapping_layers": 2}, released_generator, generator_state),
    "discriminator": (StyleGAN2Discriminator, {}, released_discriminator, discriminator_state),
}


@pytest.mark.parametrize("role", NETWORKS)
def test_every_tensor_has_its_place(role):
    network, options, released, translate = NETWORKS[role]
    with torch.device("meta"):
        ours = network(DataSpec((3, SIDE, SIDE), (10,) * CLASSES), CLASSES, channel_base=8192, **options)
        state = translate({name: torch.empty(shape) for name, shape in released().items()})
    assert {name: value.shape for name, value in state.items()} == {
        name: value.shape for name, value in ours.state_dict().items()
    }


def test_layers_of_one_shape_are_not_mixed_up():
    released = {f"b{size}.conv0.weight": torch.tensor(float(size)) for size in (16, 8)}
    assert float(discriminator_state(released)["halvings.0.conv0.weight"]) == 16
    released = {
        f"synthesis.b{size}.conv{number}.bias": torch.tensor(size + number) for size, number in ((8, 0), (8, 1))
    }
    assert int(generator_state(released)["stages.1.convolutions.1.bias"]) == 9


def test_a_name_that_is_none_is_told():
    with pytest.raises(KeyError, match="fourier"):
        generator_state({"synthesis.b4.fourier": torch.zeros(1)})

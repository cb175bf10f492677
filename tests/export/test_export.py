"""Every generator there is can be exported, and what is exported makes the same samples."""

import json
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import product

import pytest
import torch
from safetensors import safe_open
from styled_toys import StyledToy, styled_catalog
from torch import nn
from toys import toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.export import FORMATS, Exportable
from gan_lightning.export.folding import folded
from gan_lightning.fit import Session
from gan_lightning.layers import SPECTRAL, WNLinear
from gan_lightning.recipe import check
from gan_lightning.testing.subject import Subject
from gan_lightning.testing.toys import CLASSES
from gan_lightning.testing.trials import SHAPES, build, spec_of, stirred
from gan_lightning.trained import Trained

GENERATORS = [
    entry.name for entry in Catalog.installed().entries("architecture") if "generator" in entry.component.roles
]
needs_onnx = pytest.mark.skipif(
    not all(map(find_spec, FORMATS["onnx"].needs)), reason="onnx, onnxscript and onnxruntime are not installed"
)


@cache
def of_architecture(name: str, classes: tuple[int, ...]) -> Exportable:
    """Prepare the smallest generator of an architecture, with the first number of classes that it takes."""
    subject = Subject(Catalog.installed().find("architecture", name))
    for shape, number in product(sorted(SHAPES, key=lambda shape: torch.Size(shape).numel()), classes):
        with suppress(UserError, ValueError):
            network = stirred(build(subject, "generator", shape, number))
            return Exportable.of_generator(network, spec_of(shape, number), conditional=bool(number))
    raise AssertionError(f"{name} takes no shape")


def exports(name, way, path, *classes):
    exportable = of_architecture(name, classes)
    difference = FORMATS[way].export(exportable, path / f"generator{FORMATS[way].suffix}")
    assert (difference is None) == (not exportable.is_a_function())


#: What torch.export makes of antialiased resizing is for batches of 2 to 8 only.
FIXED_BATCHES = {"singan"}


@pytest.mark.parametrize("name", [name for name in GENERATORS if name not in FIXED_BATCHES])
def test_every_generator_is_a_program_of_torch_export(name, tmp_path):
    exports(name, "torch", tmp_path, 0, CLASSES)


@pytest.mark.parametrize("name", sorted(FIXED_BATCHES))
def test_one_that_is_none_is_refused_in_one_line(name, tmp_path):
    with pytest.raises(UserError, match=r"torch\.export cannot follow this generator"):
        exports(name, "torch", tmp_path, 0, CLASSES)


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_is_exported_to_onnx(name, tmp_path):
    exports(name, "onnx", tmp_path, CLASSES, 0)


@needs_onnx
@pytest.mark.parametrize("name", ["dcgan", "sngan_cnn"])
def test_generators_with_classes_are_exported_to_onnx(name, tmp_path):
    exports(name, "onnx", tmp_path, CLASSES)


def of_module(network, *, conditional=False):
    network.latent_shape = (4,)
    return Exportable.of_generator(network, DataSpec((2,), (5, 5), kind="points"), conditional=conditional)


def test_truncation_is_an_input_where_the_generator_has_its_own(tmp_path):
    torch.manual_seed(0)
    network = StyledToy(DataSpec((1, 4, 4), (5, 5)), 2)
    exportable = Exportable.of_generator(network, DataSpec((1, 4, 4), (5, 5)), conditional=True)
    assert exportable.names == ("latents", "labels", "truncation")
    assert FORMATS["torch"].export(exportable, tmp_path / "a.pt2") < 1e-6
    loaded = torch.export.load(tmp_path / "a.pt2").module()
    latents, labels, _ = exportable.inputs(7)
    whole = loaded(latents, labels, torch.tensor(1.0))
    assert torch.allclose(whole, network.eval()(latents, labels), atol=1e-6)
    typical = loaded(latents, labels, torch.tensor(0.0))
    assert torch.allclose(typical[0], typical[1])


@needs_onnx
def test_onnx_takes_batches_of_any_size_by_name(tmp_path):
    import onnxruntime

    exportable = of_module(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)))
    assert FORMATS["onnx"].export(exportable, tmp_path / "a.onnx") < 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    assert [one.name for one in session.get_inputs()] == ["latents"]
    assert [one.name for one in session.get_outputs()] == ["samples"]
    for count in (1, 2, 65):
        (made,) = session.run(None, {"latents": torch.ones(count, 4).numpy()})
        assert made.shape == (count, 2)


def test_norms_of_weights_are_folded():
    torch.manual_seed(0)
    network = nn.Sequential(SPECTRAL.linear(4, 8), nn.Tanh(), WNLinear(8, 2)).train()
    for _ in range(3):
        network(torch.randn(3, 4))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    plain = folded(network)
    latents = torch.randn(5, 4)
    assert torch.allclose(plain(latents), network.eval()(latents), atol=1e-6)
    assert sorted(plain.state_dict()) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert not plain.training
    assert before.keys() == network.state_dict().keys(), "the network itself is left as it is"


class Noisy(nn.Linear):
    def forward(self, x, labels=None):
        return super().forward(x) + torch.randn(x.shape[0], 1)


def test_a_generator_with_noise_of_its_own_is_exported_uncompared(tmp_path):
    exportable = of_module(Noisy(4, 2))
    assert not exportable.is_a_function()
    assert FORMATS["torch"].export(exportable, tmp_path / "a.pt2") is None
    assert (tmp_path / "a.pt2").is_file()


class Counting(nn.Linear):
    """Asks how many samples there are in the way that settles it."""

    def forward(self, x, labels=None):
        return super().forward(x) + torch.zeros(len(x), 2)


def test_a_generator_may_ask_for_the_length_of_its_batch(tmp_path):
    assert FORMATS["torch"].export(of_module(Counting(4, 2)), tmp_path / "a.pt2") == 0
    assert len(torch.zeros(3)) == 3


class Fixed(nn.Linear):
    """Makes three samples, whatever it is asked."""

    def forward(self, x, labels=None):
        return super().forward(x[:3])


def test_what_makes_something_else_is_refused_and_not_left_behind(tmp_path):
    with pytest.raises(UserError):
        FORMATS["torch"].export(of_module(Fixed(4, 2)), tmp_path / "a.pt2")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("gan_lightning.export.formats.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'gan-lightning\[onnx\]'"):
        FORMATS["onnx"].export(of_module(nn.Linear(4, 2)), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def trained(tmp_path):
    catalog = styled_catalog()
    data = {"name": "digits", "resolution": 8, "batch_size": 8}
    game = {"name": "two_player", "conditional": True}
    recipe = check(toy_recipe(tmp_path / "run", architecture="styled", data=data, game=game), catalog)
    session = Session.prepare(recipe, catalog)
    with torch.no_grad():
        for weight in session.module.game.networks["generator"].parameters():
            weight.mul_(2.0)  # so that the average is another
    return Trained(session.module, recipe, session.samples.spec, 12, 96)


def test_weights_are_those_of_the_average_by_the_names_of_the_class(trained, tmp_path):
    for weights in ("ema", "raw"):
        exportable = Exportable.of(trained, weights)
        assert FORMATS["safetensors"].export(exportable, tmp_path / "a.safetensors") is None
        with safe_open(tmp_path / "a.safetensors", "pt") as file:
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
        network = StyledToy(trained.data, trained.data.classes)
        network.load_state_dict(found)
        latents, labels, _ = exportable.inputs(2)
        wanted = trained.module.networks(averaged=weights == "ema")["generator"].eval()(latents, labels)
        assert torch.equal(network.eval()(latents, labels), wanted)


def test_the_facts_say_what_the_inputs_are(trained, tmp_path):
    FORMATS["safetensors"].export(Exportable.of(trained), tmp_path / "a.safetensors")
    facts = json.loads((tmp_path / "a.json").read_text())
    assert facts["inputs"]["latents"] == {"shape": ["batch", 4], "type": "float32", "distribution": "normal"}
    assert facts["inputs"]["labels"]["classes"] == [str(digit) for digit in range(10)]
    assert facts["outputs"]["samples"]["shape"] == ["batch", 1, 8, 8]
    assert facts["architecture"]["name"] == "styled"
    assert facts["updates"] == 12

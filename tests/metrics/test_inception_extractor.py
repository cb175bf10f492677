import pickle
import urllib.error

import pytest
import torch
from torch_fidelity import feature_extractor_inceptionv3 as fidelity
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from gan_lightning.errors import UserError
from gan_lightning.metrics.inception import Inception
from gan_lightning.metrics.tf1_resize import resize_like_tf1

OUTPUTS = ["2048", "logits_unbiased"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights in a file, with batch norms that are no identities, so that folding is put to the test."""
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        torch.manual_seed(0)
        patch.setattr(fidelity, "load_state_dict_from_url", lambda *_, **__: None)
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        state = FeatureExtractorInceptionV3("inception-v3-compat", OUTPUTS).state_dict()
        for name, value in state.items():
            if ".bn." in name and value.is_floating_point():
                value.copy_(torch.rand_like(value) + (0.5 if not name.endswith(("bias", "mean")) else 0.0))
        torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def extractor(weights):
    return Inception(weights=weights)


@pytest.fixture(scope="module")
def images():
    return torch.randint(0, 256, (3, 3, 32, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_equals_torch_fidelity_called_directly(weights, extractor, images):
    direct = FeatureExtractorInceptionV3("inception-v3-compat", OUTPUTS, str(weights))
    with torch.no_grad():
        features, logits = direct(images)
    found = extractor(images)
    for mine, theirs in ((found.features, features), (found.logits, logits)):
        assert theirs.std() > 1e-3 * theirs.abs().max()
        assert float((mine - theirs).abs().max() / theirs.abs().max()) < 1e-5
    assert found.features.shape == (3, 2048) and found.logits.shape == (3, 1008)


@pytest.mark.parametrize("shape", [(32, 40), (299, 299), (500, 310), (1, 2)])
def test_the_resize_is_that_of_tensorflow_1(shape):
    generator = torch.Generator().manual_seed(2)
    images = torch.randint(0, 256, (2, 3, *shape), dtype=torch.uint8, generator=generator).float()
    expected = interpolate_bilinear_2d_like_tensorflow1x(images, size=(299, 299), align_corners=False)
    found = resize_like_tf1(images, 299)
    torch.testing.assert_close(found, expected, rtol=0, atol=255 * 1e-6)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_bf16_is_near_and_says_that_it_is_for_monitoring_only(weights, extractor, images):
    rough = Inception(weights=weights, precision="bf16")
    found, exact = rough(images), extractor(images)
    assert found.features.dtype == found.logits.dtype == torch.float32
    for mine, theirs in ((found.features, exact.features), (found.logits, exact.logits)):
        assert 1e-5 < float((mine - theirs).norm() / theirs.norm()) < 2e-2
    assert rough.protocol() == {**extractor.protocol(), "precision": "bf16, for monitoring only"}


def test_gray_is_repeated_and_alpha_dropped(extractor, images):
    gray = images[:1, :1]
    rgb = extractor(gray.expand(-1, 3, -1, -1)).features
    assert torch.equal(extractor(gray).features, rgb)
    assert torch.equal(extractor(torch.cat([gray.expand(-1, 3, -1, -1), images[:1, 1:2]], dim=1)).features, rgb)


def test_weights_are_read_late_and_named_by_their_hash(weights):
    lazy = Inception(weights=weights)
    protocol = lazy.protocol()
    assert "network" not in vars(lazy)
    assert protocol["extractor"] == "inception" and protocol["resize"] == "tf1-bilinear-299"
    assert len(protocol["weights_sha256"]) == 64


def test_without_a_network_one_line_says_what_to_do(monkeypatch, tmp_path):
    def offline(*_, **__):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    expected = "set evaluate.extractor.weights: PATH/weights-inception-2015-12-05-6726825d.pth"
    with pytest.raises(UserError, match=expected) as caught:
        Inception().protocol()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not weights", pickle.dumps({"x": print}, protocol=2)])
def test_files_that_hold_no_weights_are_refused(content, tmp_path):
    file = tmp_path / "bad.pth"
    file.write_bytes(content)
    with pytest.raises(UserError, match="damaged or no file of weights"):
        _ = Inception(weights=file).network


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="does not fit the network"):
        _ = Inception(weights=tmp_path / "other.pth").network


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*none\.pth"):
        Inception(weights=tmp_path / "none.pth").protocol()

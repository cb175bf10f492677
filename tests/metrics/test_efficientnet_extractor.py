import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from gan_lightning.errors import UserError
from gan_lightning.metrics.efficientnet import EfficientNetLite0
from gan_lightning.metrics.frechet import FrechetDistance

COUNT = 48


@pytest.fixture(scope="module")
def extractor():
    return EfficientNetLite0()


@pytest.fixture(scope="module")
def digits():
    bunch = load_digits()
    order = torch.randperm(len(bunch.images), generator=torch.Generator().manual_seed(0))
    images = torch.from_numpy(bunch.images / 16 * 255).round().to(torch.uint8)[:, None]
    return images[order], torch.from_numpy(bunch.target)[order]


@pytest.fixture(scope="module")
def distance(extractor, digits):
    """Frechet distance of a set of digits to others that are real."""
    real = extractor(digits[0][:COUNT]).features

    def measure(images):
        score = FrechetDistance()
        score.update(real, real=True)
        score.update(extractor(images).features, real=False)
        return float(score.compute()["fid"])

    return measure


@pytest.fixture(scope="module")
def others(digits):
    return digits[0][COUNT:], digits[1][COUNT:]


@pytest.fixture(scope="module")
def clean(distance, others):
    return distance(others[0][:COUNT])


def test_equals_the_plain_network(extractor, digits):
    plain = EfficientNet.from_name("efficientnet-lite0")
    plain.load_state_dict(torch.load(extractor.weights_file(), weights_only=True))
    plain.eval()
    images = digits[0][:5].expand(-1, 3, -1, -1)
    resized = functional.interpolate(images.float(), (224, 224), mode="bicubic", antialias=True)
    with torch.no_grad():
        logits = plain((resized - 127) / 128)
        features = plain.extract_features((resized - 127) / 128).mean((2, 3))
    found = extractor(digits[0][:5])
    assert found.features.shape == (5, 1280) and found.logits.shape == (5, 1000)
    assert float((found.features - features).abs().max() / features.abs().max()) < 1e-4
    assert float((found.logits - logits).abs().max() / logits.abs().max()) < 1e-4


def test_more_noise_is_further_away(distance, others, clean):
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(others[0][:COUNT].shape, generator=generator)
    noisy = [(others[0][:COUNT] + level * noise).round().clamp(0, 255).to(torch.uint8) for level in (16, 64)]
    little, much = map(distance, noisy)
    assert clean * 1.2 < little and little * 1.2 < much


def test_blurred_digits_are_further_away(distance, others, clean):
    blurred = functional.avg_pool2d(functional.pad(others[0][:COUNT].float(), (1, 1, 1, 1), mode="replicate"), 3, 1)
    assert clean * 1.5 < distance(blurred.to(torch.uint8))


def test_missing_classes_are_further_away(distance, others, clean):
    images, labels = others
    assert clean * 1.2 < distance(images[labels < 2][:COUNT])


def test_it_is_built_late_and_draws_nothing(digits):
    lazy = EfficientNetLite0(batch_size=2)
    assert "network" not in vars(lazy) and not isinstance(lazy, nn.Module)
    before = torch.get_rng_state()
    found = lazy(digits[0][:3])
    assert torch.equal(before, torch.get_rng_state())
    assert not found.features.requires_grad and not lazy.network.training


def test_the_batch_size_changes_nothing(extractor, digits):
    one_by_one = EfficientNetLite0(batch_size=1)
    torch.testing.assert_close(
        one_by_one(digits[0][:3]).features, extractor(digits[0][:3]).features, rtol=1e-4, atol=1e-5
    )


def test_the_protocol_names_weights_and_resize(extractor):
    protocol = extractor.protocol()
    assert protocol["resize"] == "bicubic-antialias-224" and len(protocol["weights_sha256"]) == 64


def test_stacks_of_channels_are_refused(extractor):
    with pytest.raises(UserError, match="1 to 4 channels, these have 5"):
        extractor(torch.zeros(1, 5, 8, 8, dtype=torch.uint8))

"""SIFID: what is compared, on which features, and that the protocol says so."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_single_image import early_features
from gan_lightning_single_image.early_features import EarlyFeatures
from gan_lightning_single_image.sifid import SIFID
from torch import nn

from gan_lightning.data.samples import Samples, to_bytes
from gan_lightning.errors import UserError
from gan_lightning.metrics.frechet import FrechetDistance


def images(count, seed):
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return nn.functional.interpolate(coarse, (40, 48), mode="bicubic").clamp(0, 1) * 2 - 1


def score(real, fake):
    metric = SIFID()
    metric.update(real, real=True)
    metric.update(fake, real=False)
    return metric.compute()["sifid"].item()


def test_it_is_the_mean_of_the_distances_of_each_image_to_the_real_one():
    real, fake = images(1, 0), images(3, 1)
    early, expected = EarlyFeatures("efficientnet_lite0"), []
    for one in fake:
        distance = FrechetDistance()
        distance.update(early(to_bytes(real))[0], real=True)
        distance.update(early(to_bytes(one[None]))[0], real=False)
        expected.append(distance.compute()["fid"].item())
    assert score(real, fake) == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_it_is_about_what_patches_are_like_and_not_where_they_are():
    textures = [torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1 for seed in range(2)]
    same, alike, paler = (score(textures[0], other) for other in (textures[0], textures[1], textures[1] * 0.5))
    assert same < 1e-6
    assert same < alike < paler / 4


def test_features_are_early_local_and_named():
    early = EarlyFeatures("efficientnet_lite0")
    black = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    dotted = black.clone()
    dotted[:, :, 32, 32] = 255
    changed = (early(black) - early(dotted)).abs().amax(2).reshape(16, 16) > 1e-5
    assert 0 < changed.sum() <= 9, "a pixel is seen from the few positions near it"
    assert early(black).shape == (1, 256, 24)
    assert SIFID().protocol()["features"] == "efficientnet_lite0-block-2-24"
    assert len(SIFID().protocol()["features_sha256"]) == 64


def test_inception_is_asked_before_its_first_max_pooling():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            layers = nn.Conv2d(3, 64, 3, 2), nn.Conv2d(64, 64, 3), nn.MaxPool2d(3, 2), nn.Conv2d(64, 80, 1)
            self.trunk = nn.Sequential(*layers)

    assert early_features._EARLY["inception"](Network(), torch.zeros(1, 3, 31, 31)).shape == (1, 64, 13, 13)
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    names = FeatureExtractorInceptionV3.__init__.__code__.co_names
    assert names.index("Conv2d_2b_3x3") < names.index("MaxPool_1") < names.index("Conv2d_3b_1x1")


def test_points_and_nothing_are_refused():
    points = Samples(torch.zeros(4, 2), None, "ring", "ring")
    with pytest.raises(UserError, match="metric 'sifid': it compares images, and ring are points"):
        SIFID().prepare(points, 4)
    metric = SIFID()
    metric.update(images(1, 0), real=True)
    with pytest.raises(UserError, match="sifid: 0 fake samples are too few"):
        metric.compute()

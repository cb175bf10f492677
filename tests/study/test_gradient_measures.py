"""Measured gradients against what theory says of them."""

import math
from dataclasses import replace

import pytest
import torch
from tiny_studies import tiny_study

from gan_lightning.recipe import check
from gan_lightning.study.duel import Duel
from gan_lightning.study.jobs import all_jobs
from gan_lightning.study.loading import find_study, load_study
from gan_lightning.study.measures.base import Setting
from gan_lightning.study.measures.gaussians import Gaussians
from gan_lightning.study.measures.image_gradients import ImageGradients
from gan_lightning.study.measures.parallel_lines import ParallelLines
from gan_lightning.study.toys import PLANE, Cloud, moved


def _setting(catalog, folder, **changes):
    recipe = check({**tiny_study()["recipes"]["points"], "run": {"name": "r"}, "sample": None, **changes}, catalog)
    return Setting(recipe, recipe, catalog, folder, folder)


PENALISED = {"loss": "wasserstein", "penalties": ["gradient_penalty"]}
WIDE = {"architecture": {"name": "mlp", "discriminator": {"hidden": 64}}}


def test_the_first_loss_vanishes_where_wasserstein_does_not(catalog, tmp_path):
    measure = Gaussians(distances=(16.0,), turns=(1, 10, 150))
    first, other = (measure(_setting(catalog, tmp_path, **WIDE, **loss)).values for loss in ({}, PENALISED))
    assert first["kept"] < 0.05
    assert other["kept"] > 0.5
    assert other["cosine"] > 0.9


def test_the_generator_stands_still_and_its_gradient_is_autograds(catalog, tmp_path):
    setting = _setting(catalog, tmp_path)
    cloud = Cloud()
    duel = Duel(setting.recipe, catalog, PLANE, cloud, moved(cloud, torch.tensor([3.0, 0.0])))
    duel.play(5)
    assert duel.turns == 5
    assert not cloud.place.any()
    samples = duel.samples.clone().requires_grad_()
    logits = duel.game.networks["discriminator"](samples).logits
    (expected,) = torch.autograd.grad(-torch.nn.functional.softplus(logits).sum(), samples)
    torch.testing.assert_close(duel.gradient, expected)


def test_parallel_lines_are_two_log_two_or_their_distance_apart(catalog, tmp_path):
    measure = ParallelLines(thetas=(1.0, 2.0), turns=150)
    first = measure(_setting(catalog, tmp_path, **WIDE))
    assert first.values["gain_far"] == pytest.approx(2 * math.log(2), abs=0.1)
    assert first.values["follows"] == pytest.approx(0.5, abs=0.05)
    wasserstein = measure(_setting(catalog, tmp_path, **WIDE, **PENALISED))
    assert wasserstein.values["follows"] == pytest.approx(1.0, abs=0.2)
    assert wasserstein.values["gain_far"] == pytest.approx(2.0, abs=0.5)
    assert wasserstein.values["pull"] == 1.0


def test_gradients_on_images_start_from_one_generator(catalog, tmp_path):
    images = {"data": {"name": "digits", "resolution": 8, "batch_size": 16}}
    first, other = (_setting(catalog, tmp_path, **images, **loss) for loss in ({}, PENALISED))
    measure = ImageGradients(early=2, turns=(1, 3))
    found = measure(replace(other, early=first.recipe))
    assert 0 < found.values["kept"] <= 1
    assert -1 <= found.values["cosine"] <= 1
    assert len(found.curves[0].y) == 2


def test_every_shipped_variant_can_be_measured(catalog, tmp_path, monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    study = load_study(find_study("losses"), [], catalog)
    jobs = [job for job in all_jobs(study, catalog) if job.task.measure == "gaussians" and job.seed == 0]
    assert len(jobs) > 20
    for job in jobs:
        recipe = check(job.recipe, catalog)
        measured = Gaussians(distances=(4.0,), turns=(1, 2))(Setting(recipe, recipe, catalog, tmp_path, tmp_path))
        assert measured.curves[0].y[-1] > 1e-30, job.key

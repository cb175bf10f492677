"""`sample`, `evaluate`, `compare` and `gan_lightning.load` on trained games."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from toys import toy_catalog

import gan_lightning
from gan_lightning.components import Extracted, Extractor


def _pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_samples_are_a_file_each(shell, digits_run):
    folder = shell.folder / "out"
    out = shell.works("sample", digits_run, "-n", 5, "--out", folder)
    assert out == f"5 samples in {folder}\n"
    assert sorted(path.name for path in folder.iterdir()) == [f"{index:06d}.png" for index in range(5)]
    assert _pixels(folder / "000004.png").shape == (8, 8)


def test_a_grid_is_one_file(shell, digits_run):
    shell.works("sample", digits_run, "-n", 5, "--out", shell.folder / "out", "--grid", "--seed", 3)
    assert [path.name for path in (shell.folder / "out").iterdir()] == ["grid-seed3.png"]


def test_points_are_rows(shell, points_run):
    shell.works("sample", points_run, "-n", 5, "--out", shell.folder)
    assert len((shell.folder / "points.csv").read_text().splitlines()) == 6


def test_a_sample_does_not_depend_on_how_many_there_are(shell, digits_run):
    few, many = shell.folder / "few", shell.folder / "many"
    shell.works("sample", digits_run, "-n", 3, "--out", few)
    shell.works("sample", digits_run, "-n", 70, "--out", many)
    for name in ("000000.png", "000002.png"):
        assert np.array_equal(_pixels(few / name), _pixels(many / name))
    other = shell.folder / "other"
    shell.works("sample", digits_run, "-n", 3, "--out", other, "--seed", 1)
    assert not np.array_equal(_pixels(few / "000000.png"), _pixels(other / "000000.png"))


def test_a_class_may_be_a_number_or_a_name(catalog, digits_run):
    trained = gan_lightning.load(digits_run, catalog)
    assert torch.equal(trained.sample(4, label="7"), trained.sample(4, label=7))
    assert not torch.equal(trained.sample(4, label=7), trained.sample(4, label=1))


def test_load_gives_samples_in_three_lines(catalog, digits_run):
    trained = gan_lightning.load(digits_run / "checkpoints" / "last.ckpt", catalog)
    samples = trained.sample(16)
    assert samples.shape == (16, 1, 8, 8)
    assert samples.abs().max() <= 1
    assert (trained.updates, trained.images) == (2, 16)
    assert torch.equal(samples, trained.sample(16))
    assert not torch.equal(samples, trained.sample(16, generator="raw"))


def test_load_takes_the_best_of_a_run(catalog, points_run):
    best = torch.load(points_run / "checkpoints" / "best.ckpt", weights_only=True)
    assert gan_lightning.load(points_run, catalog).updates == best["progress"]["updates"]


def test_sampling_leaves_the_global_generator_alone(catalog, points_run):
    trained = gan_lightning.load(points_run, catalog)
    before = torch.get_rng_state()
    trained.sample(8)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_checkpoint_is_scored_as_in_training(shell, points_run):
    results = shell.folder / "results.jsonl"
    out = shell.works("evaluate", points_run / "checkpoints" / "last.ckpt", "--out", results)
    assert "modes " in out
    assert "protocol " in out
    (row,) = [json.loads(line) for line in results.read_text().splitlines()]
    trained = [json.loads(line) for line in (points_run / "results.jsonl").read_text().splitlines()][-1]
    assert row["step"] == trained["step"] == 12
    assert row["values"] == trained["values"]
    assert row["protocol"] == trained["protocol"]


class Pooled(Extractor):
    """Quarters of an image, averaged."""

    def extract(self, images):
        pooled = torch.nn.functional.adaptive_avg_pool2d(images.float(), 2).flatten(1)
        return Extracted(pooled)

    __call__ = extract

    def protocol(self):
        return {"extractor": "pooled", "weights_sha256": "none", "resize": "none"}


@pytest.fixture
def pooled():
    return toy_catalog(extractor={"pooled": Pooled})


def test_a_folder_of_images_is_scored(shell, digits_run, pooled):
    folder = shell.folder / "images"
    shell.works("sample", digits_run, "-n", 40, "--out", folder)
    words = ["--data", "name=digits resolution=8", "--metrics", "fid", "--extractor", "pooled"]
    out = shell.works("evaluate", folder, *words, catalog=pooled)
    assert out.startswith("fid ")
    assert "fake_count 40" in out
    assert "generator folder" in out


def test_images_of_the_data_are_at_distance_zero(shell, pooled):
    from gan_lightning.data.digits import Digits

    folder = shell.folder / "images"
    folder.mkdir()
    for index, image in enumerate(Digits(8).load(shell.folder).values):
        Image.fromarray(image[0].numpy()).save(folder / f"{index}.png")
    words = ["--data", "name=digits resolution=8", "--metrics", "fid", "--extractor", "pooled"]
    out = shell.works("evaluate", folder, *words, catalog=pooled)
    assert float(out.split()[1]) == pytest.approx(0, abs=1e-6)


def test_compare_shows_runs_side_by_side(shell, points_run):
    plot = shell.folder / "plot.png"
    out = shell.works("compare", points_run, "--plot", plot)
    assert "mode_kl" in out
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_truncation_reaches_samples_and_protocols(shell, points_run):
    shell.works("sample", points_run, "-n", 5, "--out", shell.folder / "whole")
    shell.works("sample", points_run, "-n", 5, "--out", shell.folder / "less", "--truncation", 0.2)
    whole, less = ((shell.folder / name / "points.csv").read_text() for name in ("whole", "less"))
    assert whole != less
    assert "truncation 0.2" in shell.works("evaluate", points_run, "--truncation", 0.2)
    assert "truncation" not in shell.works("evaluate", points_run)
    shell.refuses(["sample", points_run, "--truncation", 0], "truncation: expected", "got 0")


def test_images_that_are_made_already_are_not_truncated(shell, digits_run):
    words = ["evaluate", shell.folder, "--data", "name=digits resolution=8", "--truncation", 0.5]
    shell.refuses(words, "--truncation", "made already")

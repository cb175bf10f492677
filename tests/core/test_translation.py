"""Games that make images from images: drawn, scored and shown by the numbers of what they are made from."""

import json

import pytest
import torch
from PIL import Image
from toys import toy_catalog, toy_recipe
from translating_toys import translating_catalog

from gan_lightning.data.itself import Itself
from gan_lightning.data.loader import Plan, RoundLoader
from gan_lightning.data.low_resolution import LowResolution, reduced
from gan_lightning.data.masked import Masked
from gan_lightning.data.samples import to_network
from gan_lightning.data.strips import side_by_side
from gan_lightning.editing.translator import Translator
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.metrics.paired import PairedDistance
from gan_lightning.recipe import check
from gan_lightning.recipe.build import Builder
from gan_lightning.sampling import draw_samples, sources_of
from gan_lightning.trained import load

LOW = {"name": "low_resolution", "of": "digits", "options": {"resolution": 16}, "factor": 2, "batch_size": 16}
EVALUATE = {"every": 4, "samples": 70, "metrics": [{"name": "paired", "perceptual": False, "baseline": True}]}


def recipe(folder, **changes):
    networks = {"name": "recolour", **changes.pop("networks", {})}
    given = {"game": {"name": "recolouring"}, "loss": None, "data": LOW, "architecture": networks, **changes}
    return check(toy_recipe(folder, **given), translating_catalog())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recolouring") / "run"
    made = recipe(folder, train={"steps": 8}, evaluate=EVALUATE, sample={"every": 4, "count": 12})
    return fit(made, translating_catalog()).run


@pytest.fixture
def data(tmp_path):
    return Builder(recipe(tmp_path), translating_catalog()).samples(tmp_path)


def test_a_sample_is_made_from_the_source_of_its_number(run, data):
    trained = load(run.folder, translating_catalog())
    game, networks = trained.module.game, trained.networks
    sources = sources_of(game, data)
    made = torch.cat(list(draw_samples(game, networks, 70, 0, sources=sources)))
    wanted = networks["generator"](to_network(sources[torch.arange(70)]))
    assert torch.equal(made, wanted)
    few = torch.cat(list(draw_samples(game, networks, 5, 3, sources=sources[torch.arange(3)])))
    assert torch.equal(few[3:], few[:2]), "sources begin again where there are no more"


def test_without_sources_it_says_what_to_use(run):
    with pytest.raises(UserError, match="gan-lightning translate"):
        load(run.folder, translating_catalog()).sample(2)


def test_data_without_sources_are_refused_before_anything_is_written(tmp_path):
    made = recipe(tmp_path / "run", data={"name": "digits", "resolution": 16, "batch_size": 16})
    with pytest.raises((UserError, KeyError)):
        fit(made, translating_catalog())
    assert not (tmp_path / "run").exists()


def test_scores_compare_each_image_with_its_own_pair(run):
    rows = [json.loads(line) for line in run.results.read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 4, 8]
    assert rows[-1]["values"]["l1"] < rows[0]["values"]["l1"]
    assert rows[0]["values"]["source_psnr"] == rows[-1]["values"]["source_psnr"] > 20


def test_pairs_that_are_shuffled_score_worse(data, tmp_path):
    evaluator = Evaluator(data, None, {"paired": PairedDistance(perceptual=False)}, 100, 0, tmp_path)
    right = to_network(data.take(evaluator._choice))
    exact = evaluator.evaluate([right[:64], right[64:]], "ema")[0].values
    shuffled = evaluator.evaluate([right.roll(1, 0)], "ema")[0].values
    assert exact == {"l1": 0.0, "psnr": 100.0, "ssim": pytest.approx(1.0)}
    assert shuffled["psnr"] < 20
    assert shuffled["ssim"] < 0.7
    known = evaluator.evaluate([(right + 0.2).clamp(-1, 1)], "ema")[0].values
    assert known["l1"] == pytest.approx(((right + 0.2).clamp(-1, 1) - right).mean().item() / 2, abs=2e-3)


def test_distances_within_a_mask_are_of_its_pixels(tmp_path):
    data = Masked("digits", {"resolution": 16}).load(tmp_path)
    evaluator = Evaluator(data, None, {"paired": PairedDistance("mask", perceptual=False)}, 40, 0, tmp_path)
    right = to_network(data.take(evaluator._choice))
    hole = data.partners["source"].take(evaluator._choice)[:, 1:] > 127
    outside = torch.where(hole, right, -right)
    assert evaluator.evaluate([outside], "ema")[0].values["l1"] == 0
    inside = torch.where(hole, -right, right)
    wanted = (((inside - right).abs() * hole).sum((1, 2, 3)) / hole.sum((1, 2, 3)) / 2).mean()
    assert evaluator.evaluate([inside], "ema")[0].values["l1"] == pytest.approx(wanted.item(), abs=1e-2)


def test_pictures_stand_between_source_and_target(run):
    with Image.open(run.samples / "step-000008.png") as picture:
        assert picture.size == (3 * 34 + 2, 4 * 34 + 2)


def test_strips_take_every_column_to_the_size_of_the_last():
    small, gray, colour = torch.zeros(2, 4, 4, 4), torch.ones(2, 1, 8, 8), -torch.ones(2, 3, 8, 8)
    strip = side_by_side(small, gray, colour)
    assert strip.shape == (6, 3, 8, 8)
    assert [image.mean().item() for image in strip] == [0, 1, -1, 0, 1, -1]
    assert side_by_side(torch.zeros(1, 2, 8, 8), gray[:1]).shape == (2, 1, 8, 8)


def test_images_of_any_size_are_continued_and_cut_again(tmp_path):
    made = recipe(tmp_path / "run", networks={"generator": {"multiple": 4}}, train={"steps": 1}, sample=None)
    trained = load(fit(made, translating_catalog()).run.folder, translating_catalog())
    translator = Translator(trained)
    images = torch.rand(2, 1, 5, 7) * 2 - 1
    assert translator(images).shape == (2, 1, 10, 14)
    assert torch.equal(translator(images), trained.networks["generator"](images).detach())
    with pytest.raises(UserError, match="shape"):
        translator(torch.zeros(1, 3, 8, 8))
    with pytest.raises(UserError, match="one direction"):
        Translator(trained, backward=True)(torch.zeros(1, 1, 16, 16))


def test_games_of_latents_translate_nothing(tmp_path):
    plain = check(toy_recipe(tmp_path / "run", train={"steps": 1}), toy_catalog())
    trained = load(fit(plain, toy_catalog()).run.folder, toy_catalog())
    with pytest.raises(UserError, match="gan-lightning sample"):
        Translator(trained)
    with pytest.raises(UserError, match="no encoder"):
        trained.encode(torch.zeros(1, 2))


def test_scores_may_be_of_other_samples_of_the_data(tmp_path):
    changes = {**EVALUATE, "data": {"options": {"resolution": 32}, "factor": 4}}
    made = recipe(tmp_path / "a", evaluate=changes)
    with pytest.raises(UserError, match=r"evaluate\.data: .*32x32.*16x16"):
        fit(made, translating_catalog())
    with pytest.raises(UserError, match=r"evaluate\.data\.factr: unknown key"):
        recipe(tmp_path / "b", evaluate={**EVALUATE, "data": {"factr": 2}})
    kept = recipe(tmp_path / "c", evaluate={**EVALUATE, "data": {"of": "digits"}})
    assert check(kept.as_dict(), translating_catalog()) == kept


def test_smaller_sources_are_the_images_reduced(tmp_path):
    data = LowResolution("digits", {"resolution": 16}, factor=4).load(tmp_path)
    assert data.spec.partners == {"source": (1, 4, 4)}
    soft = data.take(torch.tensor([3])) // 3 + 80  # Pillow clips between its two passes: nothing to clip
    image = Image.fromarray(soft[0, 0].numpy())
    wanted = torch.tensor(list(image.resize((4, 4), Image.Resampling.BICUBIC).tobytes())).view(4, 4)
    assert (reduced(soft, 4, 4)[0, 0].int() - wanted).abs().max() <= 1
    assert torch.equal(data.partners["source"].take(torch.tensor([3, 0]))[0, 0], reduced(data.values[3:4], 4, 4)[0, 0])
    with pytest.raises(UserError, match=r"data\.factor"):
        LowResolution("digits", {"resolution": 16}, factor=5).load(tmp_path)
    with pytest.raises(UserError, match="points"):
        LowResolution("mixture").load(tmp_path)


def test_holes_are_gray_marked_and_stay(tmp_path):
    data = Masked("digits", {"resolution": 32}).load(tmp_path)
    rows = torch.arange(40)
    image, source = data.take(rows), data.partners["source"].take(rows)
    hole = source[:, 1:] == 255
    assert set(source[:, 1].unique().tolist()) == {0, 255}
    assert bool((source[:, :1][hole] == 128).all())
    assert torch.equal(source[:, :1][~hole], image[~hole])
    shares = hole.float().mean((1, 2, 3))
    assert 0.1 < shares.min() < shares.max() < 0.8
    assert torch.equal(source[[5]], data.partners["source"].take(torch.tensor([5])))
    middle = Masked("digits", {"resolution": 32}, hole="centre").load(tmp_path).partners["source"].take(rows[:1])
    assert (middle[0, 1] == 255).sum() == 16 * 16


def test_images_that_are_their_own_sources_keep_labels_and_flips(tmp_path):
    data = Itself("digits", {"resolution": 16}).load(tmp_path)
    rows = torch.tensor([3, 0, 7])
    assert data.spec.partners == {"source": data.spec.shape}
    assert torch.equal(data.partners["source"].take(rows), data.take(rows))
    assert data.spec.classes == 10
    other = Itself("digits", {"resolution": 32}).load(tmp_path)
    assert data.fingerprint != other.fingerprint
    batch = next(iter(RoundLoader(data, lambda _: Plan(2, 10), seed=1, flip=True)))
    assert batch.flips.any()
    assert torch.equal(batch.samples(), batch.partners["source"].samples())
    with pytest.raises(UserError, match="points"):
        Itself("mixture").load(tmp_path)

import pytest
import torch

from gan_lightning.components import Extracted, Extractor
from gan_lightning.data.samples import Samples, to_bytes, to_network
from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.metrics.frechet import FrechetDistance
from gan_lightning.metrics.inception_score import InceptionScore
from gan_lightning.metrics.kernel import KernelDistance
from gan_lightning.metrics.modes import ModeCoverage
from gan_lightning.metrics.prdc import PrecisionRecallDensityCoverage


class Pixels(Extractor):
    """The pixels themselves, and what was seen of them."""

    def __init__(self, classes=4):
        self.seen, self.classes = [], classes

    def __call__(self, images):
        assert images.dtype == torch.uint8
        self.seen.append(images)
        flat = images.flatten(1).float() / 255
        return Extracted(flat, flat[:, : self.classes] if self.classes else None)

    def protocol(self):
        return {"extractor": "pixels", "weights_sha256": "0", "resize": "none", "scale": 255}

    def count(self):
        return sum(map(len, self.seen))


def photos(count, seed=0):
    return torch.randint(0, 256, (count, 1, 3, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def data(count=60):
    return Samples(photos(count), None, "photos", f"photos-{count}")


def every_score():
    return {
        "fid": FrechetDistance(),
        "kid": KernelDistance(subsets=4, subset_size=20),
        "is": InceptionScore(splits=2),
        "prdc": PrecisionRecallDensityCoverage(),
    }


class Recorder(FrechetDistance):
    """Notes whether it was asked to build a graph."""

    graphs = False

    def update(self, view, real):
        self.graphs |= view.requires_grad
        super().update(view, real)


def fakes(count=60, seed=7, batch=16):
    return to_network(photos(count, seed)).split(batch)


def evaluator(tmp_path, extractor=None, scores=None, count=60, samples=None):
    samples = data() if samples is None else samples
    return Evaluator(samples, extractor or Pixels(), scores or every_score(), count, seed=5, cache=tmp_path)


def test_scores_are_those_of_the_metrics_fed_by_hand(tmp_path):
    results = {result.name: result for result in evaluator(tmp_path).evaluate(fakes(), "ema")}
    for name, score in every_score().items():
        for values, real in ((photos(60), True), (photos(60, 7), False)):
            score.update(getattr(Pixels()(values), score.sees), real=real)
        expected = {key: float(value) for key, value in score.compute().items()}
        assert results[name].values == pytest.approx(expected, rel=1e-9)
        assert results[name].better == score.better


def test_each_batch_is_extracted_once_for_all_scores(tmp_path):
    extractor = Pixels()
    judge = evaluator(tmp_path, extractor)
    judge.evaluate(fakes(), "ema")
    assert extractor.count() == 120
    judge.evaluate(fakes(), "ema")
    assert extractor.count() == 180  # the real side is not touched again


def test_calls_do_not_leak_into_each_other(tmp_path):
    judge = evaluator(tmp_path)
    first = judge.evaluate(fakes(), "ema")
    judge.evaluate(fakes(seed=9), "ema")
    assert judge.evaluate(fakes(), "ema") == first


def test_a_call_that_fails_does_not_leak_into_the_next(tmp_path):
    judge = evaluator(tmp_path)
    first = judge.evaluate(fakes(), "ema")
    with pytest.raises(UserError, match="NaN or infinite samples"):
        judge.evaluate([*fakes(20, 9), torch.full((4, 1, 3, 3), float("nan"))], "ema")
    assert judge.evaluate(fakes(), "ema") == first


def test_images_are_rounded_to_bytes_before_extraction(tmp_path):
    extractor = Pixels()
    evaluator(tmp_path, extractor).evaluate([torch.full((60, 1, 3, 3), 1.3) * torch.rand(60, 1, 1, 1)], "ema")
    assert int(extractor.seen[-1].max()) == 255
    batch = to_network(photos(60, 7)) + 0.3 / 127.5
    extractor = Pixels()
    evaluator(tmp_path, extractor).evaluate([batch], "ema")
    assert torch.equal(extractor.seen[-1], to_bytes(batch)) and torch.equal(extractor.seen[-1], photos(60, 7))


def test_real_features_are_kept_on_disk(tmp_path):
    first, second = Pixels(), Pixels()
    results = [evaluator(tmp_path, extractor).evaluate(fakes(), "ema") for extractor in (first, second)]
    assert (first.count(), second.count()) == (120, 60)
    assert results[0] == results[1]


def test_a_subset_of_the_reals_is_chosen_once_and_for_all(tmp_path):
    chosen = []
    for seed, cache in ((1, "a"), (2, "b")):
        extractor = Pixels()
        Evaluator(data(), extractor, every_score(), 30, seed, tmp_path / cache).evaluate(fakes(30), "ema")
        chosen.append(extractor.seen[0])
    assert torch.equal(*chosen) and len(chosen[0]) == 30
    assert not torch.equal(chosen[0], photos(60)[:30])
    assert len({tuple(image.flatten().tolist()) for image in chosen[0]}) == 30


def test_reading_stops_at_the_count(tmp_path):
    def endless():
        for number in range(100):
            assert number < 4, "more batches were made than needed"
            yield fakes(16, number)[0]

    (result,) = evaluator(tmp_path, scores={"fid": FrechetDistance()}).evaluate(endless(), "ema")
    assert result.protocol.fake_count == 60


def test_the_protocol_says_it_all(tmp_path):
    kid, modes = KernelDistance(subsets=4, subset_size=50), {"fid": FrechetDistance()}
    judge = evaluator(tmp_path, scores={"kid": kid, **modes}, count=80)
    protocol = judge.evaluate(fakes(40), "raw")[0].protocol
    assert protocol.as_dict() == {
        "data": "photos",
        "fingerprint": "photos-60",
        "real_count": 60,
        "fake_count": 40,
        "truncation": None,
        "standing_statistics": None,
        "generator": "raw",
        "seed": 5,
        "quantised": "uint8",
        "extractor": "pixels",
        "weights_sha256": "0",
        "resize": "none",
        "extractor_settings": {"scale": 255},
        "settings": {"degree": 3, "subsets": 4, "subset_size": 40},
    }


def test_the_global_stream_and_gradients_are_left_alone(tmp_path):
    weight = torch.ones(1, requires_grad=True)
    points = Samples(torch.randn(60, 2), None, "points", "p")
    before = torch.get_rng_state()
    evaluator(tmp_path).evaluate(fakes(), "ema")
    assert torch.equal(before, torch.get_rng_state())
    score = Recorder()
    Evaluator(points, None, {"fid": score}, 60, 0, tmp_path).evaluate(
        (weight * rows for rows in points.values.split(20)), "ema"
    )
    assert not score.graphs and torch.is_grad_enabled()


def test_one_process_of_many_may_evaluate_alone(tmp_path):
    def waiting(*_, **__):
        raise AssertionError("other processes were waited for")

    score = FrechetDistance()
    score.distributed_available_fn, score.dist_sync_fn = lambda: True, waiting
    evaluator(tmp_path, scores={"fid": score}).evaluate(fakes(), "ema")


def test_points_are_their_own_features(tmp_path):
    generator = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0, 0.0], [5.0, 5.0]])
    points = centres.repeat(50, 1) + 0.1 * torch.randn(100, 2, generator=generator)
    mixture = Samples(points, None, "mixture", "m", facts={"centres": centres, "spread": 0.1})
    scores = {"fid": FrechetDistance(), "modes": ModeCoverage()}
    results = Evaluator(mixture, None, scores, 100, 0, tmp_path).evaluate([points[:50], points[50:]], "ema")
    assert results[0].values["fid"] == pytest.approx(0.0, abs=1e-9)
    assert results[1].values["modes"] == 2 and results[1].values["high_quality"] > 0.95
    assert {(one.protocol.extractor, one.protocol.quantised) for one in results} == {(None, None)}


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_non_finite_fakes_are_refused(tmp_path, bad):
    with pytest.raises(UserError, match="NaN or infinite samples"):
        evaluator(tmp_path).evaluate([torch.full((4, 1, 3, 3), bad)], "ema")


def test_no_fakes_are_refused(tmp_path):
    with pytest.raises(UserError, match="no generated samples to evaluate, expected 60"):
        evaluator(tmp_path).evaluate([], "ema")


def test_misfits_are_refused_before_anything_is_made(tmp_path):
    points = Samples(torch.zeros(9, 2), None, "points", "p")
    with pytest.raises(UserError, match="metric 'fid' needs an extractor"):
        Evaluator(data(), None, {"fid": FrechetDistance()}, 9, 0, tmp_path)
    with pytest.raises(UserError, match="points are points; set it to null"):
        Evaluator(points, Pixels(), {"fid": FrechetDistance()}, 9, 0, tmp_path)
    with pytest.raises(UserError, match="points is no mixture"):
        Evaluator(points, None, {"modes": ModeCoverage()}, 9, 0, tmp_path)
    with pytest.raises(UserError, match=r"evaluate\.samples is 0, expected at least 1"):
        Evaluator(points, None, {}, 0, 0, tmp_path)


def test_a_score_of_logits_needs_logits(tmp_path):
    with pytest.raises(UserError, match="metric 'is' needs logits"):
        evaluator(tmp_path, Pixels(classes=0), {"is": InceptionScore()}).evaluate(fakes(), "ema")

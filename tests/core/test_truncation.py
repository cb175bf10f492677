"""Truncation: latents drawn again, generators with a way of their own, and what refuses."""

import json
import math

import pytest
import torch
from toys import TOY, ToyGenerator, toy_catalog, toy_recipe

from gan_lightning.components import Architecture
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import check
from gan_lightning.sampling import draw_samples
from gan_lightning.trained import load
from gan_lightning.truncation import truncated_normal


class Leaning(ToyGenerator):
    """Has a truncation of its own: it shrinks latents."""

    def truncated(self, latents, labels, psi):
        return self(latents * psi, labels)


CATALOG = toy_catalog(
    architecture={"leaning": Architecture({"generator": Leaning, "discriminator": TOY.roles["discriminator"]})}
)


def module(folder, **changes):
    return Session.prepare(check(toy_recipe(folder / "run", **changes), CATALOG), CATALOG).module


def samples(module, count=5, **options):
    return torch.cat(list(draw_samples(module.game, module.networks(), count, seed=3, **options)))


@pytest.mark.parametrize("psi", [0.05, 0.7, 2.0])
def test_what_is_drawn_again_has_the_distribution_of_drawing_until_it_fits(psi):
    random = Randomness(0)
    drawn = truncated_normal(random.normal("latents", 200_000), psi, random)
    density, inside = math.exp(-(psi**2) / 2) / math.sqrt(2 * math.pi), math.erf(psi / math.sqrt(2))
    assert drawn.abs().max() <= psi
    assert drawn.mean().item() == pytest.approx(0, abs=0.01 * psi)
    assert drawn.var().item() == pytest.approx(1 - 2 * psi * density / inside, rel=0.02)


def test_entries_within_the_limit_stay():
    random = Randomness(0)
    latents = random.normal("latents", 64, 8)
    drawn = truncated_normal(latents, 1.0, random)
    assert torch.equal(drawn == latents, latents.abs() <= 1)
    assert torch.equal(truncated_normal(latents, 50.0, random), latents)


def test_a_truncated_sample_is_the_same_however_many_there_are(tmp_path):
    made = module(tmp_path)
    assert torch.equal(samples(made, 3, truncation=0.5), samples(made, 70, truncation=0.5)[:3])
    assert not torch.equal(samples(made, 3, truncation=0.5), samples(made, 3))
    assert samples(made, 64, truncation=0.1).std(0).mean() < samples(made, 64).std(0).mean() / 3


def test_a_generator_with_its_own_way_is_asked(tmp_path):
    made = module(tmp_path, architecture="leaning")
    assert torch.equal(samples(made, truncation=1.0), samples(made))
    still = samples(made, truncation=0.0)
    assert torch.equal(still[0], still[1])


def test_latents_that_are_bounded_already_refuse(tmp_path):
    uniform = {"name": "two_player", "prior": "uniform"}
    with pytest.raises(UserError, match=r"game\.prior=normal"):
        samples(module(tmp_path, game=uniform), truncation=0.5)
    samples(module(tmp_path, game=uniform, architecture="leaning"), truncation=0.5)


@pytest.mark.parametrize("psi", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_limit_is_refused(tmp_path, psi):
    with pytest.raises(UserError, match="truncation: expected"):
        samples(module(tmp_path), truncation=psi)


def test_a_game_without_truncation_says_so(tmp_path, monkeypatch):
    made = module(tmp_path)
    monkeypatch.delattr(type(made.game), "require_truncation")
    with pytest.raises(UserError, match="TwoPlayerGame makes samples without"):
        samples(made, truncation=0.5)


def test_a_recipe_scores_truncated_samples_and_says_so(tmp_path):
    section = {"every": 12, "samples": 100, "metrics": ["modes"], "truncation": 0.3}
    outcome = fit(check(toy_recipe(tmp_path / "run", evaluate=section), CATALOG), CATALOG)
    rows = [json.loads(line) for line in outcome.run.results.read_text().splitlines()]
    assert {row["protocol"]["truncation"] for row in rows} == {0.3}
    trained = load(outcome.run.last, CATALOG)
    assert not torch.equal(trained.sample(5, truncation=0.3), trained.sample(5))


def test_a_recipe_with_an_impossible_truncation_leaves_no_run_folder(tmp_path):
    section = {"every": 12, "samples": 100, "metrics": ["modes"], "truncation": 0.3}
    recipe = toy_recipe(tmp_path / "run", evaluate=section, game={"name": "two_player", "prior": "uniform"})
    with pytest.raises(UserError, match="truncation"):
        fit(check(recipe, CATALOG), CATALOG)
    assert not (tmp_path / "run").exists()

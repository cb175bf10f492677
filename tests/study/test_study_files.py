"""What a study file may say, and what is said against one that is wrong."""

import pytest
from tiny_studies import tiny_study

from gan_lightning.errors import UserError
from gan_lightning.recipe.merging import lay_over
from gan_lightning.study.jobs import all_jobs, select
from gan_lightning.study.loading import find_study, load_study


@pytest.mark.parametrize("name", ["losses", "quick"])
def test_the_shipped_studies_are_right(name, catalog, monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    study = load_study(find_study(name), [], catalog)
    assert len(study.axes) == 3
    assert study.claims


def test_a_variant_changes_what_it_names_and_nothing_else(write, catalog):
    jobs = all_jobs(load_study(write(tiny_study()), [], catalog), catalog)
    plain, other = (next(job.recipe for job in jobs if job.variant == name) for name in ("plain", "other"))
    changed = {key for key in plain if plain[key] != other[key]} - {"run"}
    assert changed == {"loss", "penalties"}


def test_another_component_keeps_none_of_the_old_ones_options():
    base = {"loss": {"name": "one", "margin": 1}, "data": {"name": "d", "size": 1}}
    laid = lay_over(base, {"loss": {"name": "two"}, "data": {"size": 2}})
    assert laid == {"loss": {"name": "two"}, "data": {"name": "d", "size": 2}}


def test_a_variant_may_leave_a_recipe_out(write, catalog):
    variants = {"plain": {}, "other": {"loss": "hinge", "per_recipe": {"points": None}}}
    jobs = all_jobs(load_study(write(tiny_study(variants=variants)), [], catalog), catalog)
    assert {job.variant for job in jobs} == {"plain"}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], 4),
        (["gradients"], 2),
        (["ring/plain"], 1),
        (["*/oth*", "ring/plain/0"], 3),
    ],
)
def test_jobs_are_chosen_by_axis_task_variant_and_seed(write, catalog, patterns, expected):
    jobs = all_jobs(load_study(write(tiny_study()), [], catalog), catalog)
    assert len(select(jobs, patterns)) == expected


def test_a_pattern_that_means_nothing_is_refused(write, catalog):
    jobs = all_jobs(load_study(write(tiny_study()), [], catalog), catalog)
    with pytest.raises(UserError, match=r"--only ring/plane: no job matches.*variants plain, other"):
        select(jobs, ["ring/plane"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seedz=[1]", "seedz: unknown key; did you mean 'seeds'"),
        ("seeds=[1,1]", "seeds: expected one or more different whole numbers"),
        ("baseline=plane", "baseline: there is no 'plane'; did you mean 'plain'"),
        (
            "variants.other.loss=wasserstien",
            "variants.other on recipes.points: recipe: loss: .*did you mean 'wasserstein'",
        ),
        ("axes.diversity.ring.samplez=3", "axes.diversity.ring.samplez: unknown key; did you mean 'samples'"),
        ("axes.diversity.ring.metrics=[moods]", "axes.diversity.ring.metrics: .*did you mean 'modes'"),
        ("axes.diversity.ring.ranks=[recal]", "axes.diversity.ring.ranks: there is no 'recal'; did you mean 'recall'"),
        ("axes.gradients.apart.measure=gausians", "measure: there is no 'gausians'; did you mean 'gaussians'"),
        ("title=${oc.env:HOME}", "recipes run no resolvers"),
    ],
)
def test_mistakes_are_told_in_one_line(write, catalog, override, said):
    path = write(tiny_study())
    with pytest.raises(UserError, match=said) as told:
        load_study(path, [override], catalog)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)


def test_a_claim_about_nothing_is_refused(write, catalog):
    claim = {"text": "t", "value": "apart.uzeful", "variant": "other", "expect": "near", "than": 0.0}
    with pytest.raises(UserError, match=r"claims\[0\].value: there is no 'uzeful'; did you mean 'useful'"):
        load_study(write(tiny_study(claims=[claim])), [], catalog)

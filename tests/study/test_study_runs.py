"""A tiny study from its file to its report."""

import json
import signal
import subprocess
import sys
import time

import pytest
import yaml
from tiny_studies import tiny_study

from gan_lightning.cli import run
from gan_lightning.study.jobs import all_jobs, read_result
from gan_lightning.study.loading import load_study
from gan_lightning.study.parsing import parse_study
from gan_lightning.study.report.claims import check_claim
from gan_lightning.study.report.gather import Findings
from gan_lightning.study.report.ranks import axis_scores, covered
from gan_lightning.study.schema import Claim

# Runs in every process that finds it: a worker that measures the variant `dead` on Gaussians ends at once
DEADLY = """
import os, sys
if "gan_lightning.study.worker" in sys.orig_argv:
    from gan_lightning.study.measures.gaussians import Gaussians
    honest = Gaussians.__call__
    def call(self, setting):
        return os._exit(7) if setting.recipe.run.name == "dead" else honest(self, setting)
    Gaussians.__call__ = call
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study with a variant that cannot be built, for its rule is about images, and one that kills its process."""
    folder = tmp_path_factory.mktemp("study")
    variants = {**tiny_study()["variants"], "broken": {"penalties": ["consistency"]}, "dead": {}}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(tiny_study(variants=variants), sort_keys=False))
    (folder / "sitecustomize.py").write_text(DEADLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        assert run(["study", str(path), "--out", str(folder / "out"), "--jobs", "1"]) == 0
    return path, folder / "out"


def test_every_job_has_a_result(finished, catalog):
    path, root = finished
    jobs = all_jobs(load_study(path, [], catalog), catalog)
    results = {job.key: read_result(root, job) for job in jobs}
    failed = {key for key, result in results.items() if result["status"] == "failed"}
    assert len(results) == 8
    assert failed == {"apart/broken/seed-0", "ring/broken/seed-0", "apart/dead/seed-0"}
    assert results["ring/plain/seed-0"]["values"].keys() >= {"modes", "mode_kl", "recall", "coverage"}


def test_the_report_shows_axes_claims_failures_and_protocol(finished):
    _, root = finished
    page, text = (root / "report.html").read_text(), (root / "report.md").read_text()
    for part in ("5 of 8 jobs done, 3 failed", "ring/broken/seed-0", "torch 2", "agrees", "fingerprint", "wasserstein"):
        assert part in page
        assert part in text
    assert page.count("data:image/png;base64,") == text.count("](") == 5  # axes, curves, three strips
    assert 'src="data' in page and "http" not in page
    assert (root / "figures" / "axes.png").is_file()


def test_what_is_done_is_not_done_again_and_what_changed_is(finished, catalog):
    path, root = finished
    results = sorted(root.glob("jobs/*/*/*/result.json"))
    before = {result: result.stat().st_mtime_ns for result in results}
    assert run(["study", str(path), "--out", str(root), "--only", "*/plain", "--only", "*/other"]) == 0
    assert {result: result.stat().st_mtime_ns for result in results} == before
    changed = load_study(path, ["recipes.points.train.steps=7"], catalog)
    assert all(read_result(root, job) is None for job in all_jobs(changed, catalog))


def test_jobs_are_listed(finished, capsys):
    path, root = finished
    capsys.readouterr()
    assert run(["study", str(path), "--out", str(root), "--list", "--only", "ring"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == [
        f"ring/{name}/seed-0  {'failed' if name == 'broken' else 'done'}"
        for name in ("plain", "other", "broken", "dead")
    ]


def test_a_dead_process_fails_its_job_and_no_other(finished):
    _, root = finished
    dead, after = (
        json.loads((root / f"jobs/{task}/dead/seed-0/result.json").read_text()) for task in ("apart", "ring")
    )
    assert dead["status"] == "failed"
    assert dead["error"] == "its process ended with exit code 7; see log.txt"
    assert after["status"] == "done"


def _workers(root):
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "study.worker" in line and str(root) in line]


def test_workers_end_with_the_study_that_is_told_to(tmp_path):
    path, root = tmp_path / "long.yaml", tmp_path / "out"
    study = tiny_study()
    study["recipes"]["points"]["train"]["steps"] = 1_000_000
    path.write_text(yaml.safe_dump(study, sort_keys=False))
    command = [sys.executable, "-m", "gan_lightning", "study", str(path), "--out", str(root), "--only", "ring"]
    with subprocess.Popen([*command, "--jobs", "1"], stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 120
            while not list(root.glob("jobs/ring/plain/seed-0/run")) and time.monotonic() < deadline:
                time.sleep(0.2)
            started = _workers(root)
        finally:
            process.send_signal(signal.SIGTERM)
    assert started, "the training has not started"
    assert process.returncode == 128 + signal.SIGTERM
    assert not _workers(root)


def _findings(**numbers):
    study = parse_study(tiny_study(seeds=[0, 1, 2]))
    found = {name: dict(enumerate(values)) for name, values in numbers.items()}
    return Findings(study, {("apart", "useful"): found}, {("apart", "useful"): "higher"})


def test_scores_are_shares_of_variants_beaten():
    findings = _findings(plain=[0.1, 0.2, 0.1], other=[0.5, 0.6, 0.1])
    scores = axis_scores(findings, "gradients")
    assert scores == {"plain": {0: 0.0, 1: 0.0, 2: 0.5}, "other": {0: 1.0, 1: 1.0, 2: 0.5}}
    assert covered(findings, scores, "other") == "undecided"  # two standard errors, and not more
    findings = _findings(plain=[0.1, 0.2, 0.1], other=[0.5, 0.6, 0.3])
    assert covered(findings, axis_scores(findings, "gradients"), "other") == "better"


@pytest.mark.parametrize(
    ("other", "expect", "than", "verdict"),
    [
        ([0.9, 0.8, 0.9], "better", "plain", "agrees"),
        ([0.0, 0.1, 0.0], "better", "plain", "disagrees"),
        ([0.0, 0.9, 0.5], "better", "plain", "not decided"),
        ([0.9], "better", "plain", "not decided"),
        ([0.9, 0.8, 0.9], "below", "plain", "disagrees"),
        ([0.9], "near", 0.95, "agrees"),
        ([0.5], "near", 0.95, "disagrees"),
        ([], "near", 0.95, "not decided"),
    ],
)
def test_claims_are_decided_by_standard_errors(other, expect, than, verdict):
    findings = _findings(plain=[0.4, 0.5, 0.4], other=other)
    claim = Claim("t", "apart.useful", "other", expect, than, tolerance=0.1)
    assert check_claim(claim, findings).verdict == verdict

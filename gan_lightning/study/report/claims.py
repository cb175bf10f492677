"""Whether what was said elsewhere agrees with what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from gan_lightning.study.report.gather import Findings
from gan_lightning.study.report.statistics import ENOUGH, Estimate, difference, estimate
from gan_lightning.study.schema import Claim

AGREES, DISAGREES, OPEN = "agrees", "disagrees", "not decided"
_SIGNS = {"lower": -1.0, "higher": 1.0}


@dataclass(frozen=True)
class Checked:
    """A claim and what became of it.

    Args:
        claim: What was said.
        verdict: ``agrees``, ``disagrees`` or ``not decided``.
        measured: The numbers that it was checked on.
    """

    claim: Claim
    verdict: str
    measured: str


def check_claim(claim: Claim, findings: Findings) -> Checked:
    """Check a claim: it holds or not where the difference is above two standard errors over seeds.

    A single seed decides only whether a number is near another, since the claim states how near.
    """
    task, _, value = claim.value.partition(".")
    numbers = findings.of(task, value)
    left = numbers.get(claim.variant, {})
    right = numbers.get(claim.than, {}) if isinstance(claim.than, str) else dict.fromkeys(left, claim.than)
    found, ours, theirs = difference(left, right), estimate(left.values()), estimate(right.values())
    if found is None or ours is None or theirs is None:
        return Checked(claim, OPEN, "not measured")
    told = f"{claim.value}: {claim.variant} {ours}, against {theirs if isinstance(claim.than, str) else claim.than}"
    if claim.expect == "near":
        return Checked(claim, _near(found, claim.tolerance), told)
    sign = {"above": 1.0, "below": -1.0}.get(claim.expect) or _SIGNS[findings.better[task, value]]
    if not found.decided:
        return Checked(claim, OPEN, told)
    return Checked(claim, AGREES if sign * found.mean > 0 else DISAGREES, told)


def _near(found: Estimate, tolerance: float) -> str:
    beyond = abs(found.mean) - tolerance
    if beyond <= 0:
        return AGREES
    return DISAGREES if beyond > ENOUGH * (found.error or 0.0) else OPEN

"""Putting every registered check to an artefact, to see what would overturn its result."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.artefact import Artefact
from reliance_eval.robustness.check import CHECKS, Check, CheckRule, Checks
from reliance_eval.robustness.deviating import deviations


def challenge(artefact: Artefact) -> Checks:
    """Run every check whose inputs exist at or above an artefact.

    Parameters
    ----------
    artefact : Draw, Panel or Estimates
        A draw is checked for balance; a panel for attrition too; estimates against re-draws of
        the lottery.

    Returns
    -------
    Checks
        In the order of the checks' names; a check that has nothing to say yet says why. With
        them, what was planned and what was done.
    """
    found: list[Check] = []
    for name in CHECKS:
        found += run(CHECKS[name], artefact)
    checks = Checks(parent=artefact, checks=tuple(found))
    return replace(checks, deviations=deviations(checks))


def run(rule: CheckRule, artefact: Artefact) -> tuple[Check, ...]:
    """Run one check on the first artefact it can read; nothing where there is none."""
    for kind in rule.reads:
        if (read := artefact.nearest(kind)) is not None:
            return rule.run(read)
    return ()

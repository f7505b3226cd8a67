"""The pipeline rehearsed on permuted offers: its p-values are the pipeline's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_trials import plain_trial, sample

from reliance_eval.estimation import estimate
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.families import corrected, smallest_adjusted
from reliance_eval.estimation.finding import Finding
from reliance_eval.panel import Panel
from reliance_eval.protocol.model import Correction
from reliance_eval.robustness import Checks
from reliance_eval.robustness.checks.empirical_size import _is_luck, _Rehearsal, empirical_size


def reassigned(trial: Panel, arms: list[str]) -> Panel:
    """The same trial, had the lottery given these arms."""
    drawn = trial.parent.assignment.assign(arm=arms)
    return replace(
        trial, parent=replace(trial.parent, assignment=drawn), units=trial.units.assign(arm=arms)
    )


@pytest.mark.parametrize("is_yes_or_no", [False, True])
def test_rehearsed_p_values_are_those_of_the_estimates_of_each_offer(*, is_yes_or_no: bool) -> None:
    trial = plain_trial(n=60)
    if is_yes_or_no:
        # Nine in sixty: rare in an arm under most offers, and the test is then Agresti and Caffo's.
        value = (trial.outcomes["value"].rank() > 48).where(trial.outcomes["value"].notna())
        trial = replace(trial, outcomes=trial.outcomes.assign(value=value.astype(float)))
    rehearsal = _Rehearsal(estimate(trial))
    compared = 0
    for row in range(6):
        arms = np.where(rehearsal.offers[row] == 1, "offered", "control").tolist()
        for found in estimate(reassigned(trial, arms)).estimated:
            assert found.promise is not None
            # Both are the same formulas on the same numbers: nine digits and more.
            assert rehearsal.p[found.promise.id][row] == pytest.approx(found.p_value, rel=1e-9)
            compared += 1
    # Nine promises; a LATE whose first stage an offer leaves at zero has no number.
    assert compared > 45


def test_the_share_of_small_p_is_the_level_where_the_law_of_t_holds() -> None:
    # One re-draw in ten of the 999 that the protocol promises.
    error = (0.05 * 0.95 / 99) ** 0.5
    for check in empirical_size(estimate(plain_trial())):
        assert check.statistic is not None
        assert check.monte_carlo_error == pytest.approx(error)
        assert check.statistic <= 0.05 + 3 * error


@pytest.mark.parametrize("method", ["max-t", "bonferroni", "holm", "hochberg", "bh", "bky", "none"])
def test_the_smallest_adjusted_p_is_that_of_the_corrected_family(method: Correction) -> None:
    rng = np.random.default_rng(4)
    shared = rng.normal(size=40)
    findings: dict[str, Finding] = {}
    for name in "abc":
        made = sample(outcome=shared + rng.normal(size=40), take_up=None)
        found = answer("blocked", made)
        assert isinstance(found, Finding)
        findings[name] = found
    if method == "none":
        least = min(found.estimate.p_value for found in findings.values())
    else:
        whole = corrected(findings, method, promised=3, redraws=lambda _: None)
        least = min(each.p_adjusted for each in whole.values() if each.p_adjusted is not None)
    assert smallest_adjusted(findings, method, 3) == pytest.approx(least, rel=1e-12)


def test_three_errors_are_counted_with_the_binomial_law() -> None:
    # P(X >= x) of a binomial (199, 0.05): 0.0026 at 20 and 0.0012 at 21, where ndtr(-3) = 0.00135.
    assert _is_luck(20 / 199, 0.05, 199)
    assert not _is_luck(21 / 199, 0.05, 199)
    assert _is_luck(0.0, 0.05, 19)


def test_a_family_is_rehearsed_after_its_correction() -> None:
    estimates = estimate(plain_trial())
    families = [check for check in empirical_size(estimates) if check.subject.startswith("main.")]
    assert [check.subject for check in families] == ["main.itt.blocked", "main.itt.lin"]
    # One outcome at one horizon: the corrected p is p itself, and the family its only member.
    alone = {check.subject: check.statistic for check in empirical_size(estimates)}
    assert alone["main.itt.blocked"] == alone["work.12.itt.blocked"]
    assert isinstance(Checks(parent=estimates, checks=tuple(families)), Checks)

"""Hundreds of simulated trials through the whole line: true effects recovered, intervals honest.

Each trial is a new world: people, extracts on disk, screen, draw, panel, estimates; only what the
protocol asks is shorter. Run with ``pytest -m slow tests/calibration``.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from reliance_eval.eligibility import screen
from reliance_eval.estimation import Estimate, estimate
from reliance_eval.extract import read_extract, read_extracts
from reliance_eval.lottery import draw
from reliance_eval.panel import follow_up
from reliance_eval.protocol import Protocol, read_protocol
from reliance_eval.simulation import Effect, Truth, simulate

pytestmark = pytest.mark.slow

TRIALS = 300
HOUSEHOLDS = 3_000
ELIGIBLE_SHARE = 0.25
HORIZON = 12
OUTCOMES = ("employed", "income_per_unit")
# A program that is right leaves this band once in 370 cells (three standard errors).
BAND = 3 * math.sqrt(0.95 * 0.05 / TRIALS)


@dataclass(frozen=True)
class Trial:
    truth: Truth
    found: dict[tuple[str, str], Estimate]


def short_protocol(folder: Path) -> Protocol:
    """The Nancy protocol, cut after twelve months, two outcomes and no subgroup."""
    with resources.as_file(resources.files("reliance_eval.protocol") / "programmes/nancy") as there:
        shutil.copytree(there, folder, dirs_exist_ok=True)
    path = folder / "protocol.toml"
    head, *outcomes = path.read_text(encoding="utf-8").split("[[outcomes]]\n")
    *_, tail = outcomes[-1].partition("[[covariates]]")
    kept = [text for text in outcomes if text.startswith(tuple(f'name = "{n}"' for n in OUTCOMES))]
    kept = [text.partition("[[covariates]]")[0] for text in kept]
    before, _, rest = tail.partition("[[subgroups]]")
    after = rest[rest.index("[inference]") :]
    text = head + "".join(f"[[outcomes]]\n{outcome}" for outcome in kept)
    text += "[[covariates]]" + before + after
    text = text.replace("horizons_months = [3, 12, 36]", f"horizons_months = [{HORIZON}]")
    path.write_text(text.replace('adjust = "max-t"', 'adjust = "none"'), encoding="utf-8")
    return read_protocol(path)


def hold(protocol: Protocol, seed: int) -> Trial:
    simulation = simulate(protocol, seed=seed, households=HOUSEHOLDS, eligible_share=ELIGIBLE_SHARE)
    flow = screen(read_extract("households", protocol))
    estimates = estimate(follow_up(draw(flow), read_extracts(protocol)))
    # A block whose arm keeps one answer has no interacted regression: rare, and said in words.
    assert {refusal.reason for refusal in estimates.not_estimable} <= {"leverage_one"}
    assert simulation.truth is not None
    found = {
        (e.promise.outcome, e.promise.estimator): e
        for e in estimates.estimated
        if e.promise is not None
    }
    return Trial(simulation.truth, found)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    protocol = short_protocol(tmp_path_factory.mktemp("calibration"))
    return [hold(protocol, seed) for seed in range(TRIALS)]


CELLS = [(outcome, estimator) for outcome in OUTCOMES for estimator in ("blocked", "lin", "wald")]


def answered(trials: list[Trial], outcome: str, estimator: str) -> list[tuple[Estimate, Effect]]:
    """The estimates of one cell, each with its truth; nearly every trial has one."""
    pairs = [
        (trial.found[outcome, estimator], trial.truth.effect(outcome, HORIZON))
        for trial in trials
        if (outcome, estimator) in trial.found
    ]
    assert len(pairs) >= 0.98 * len(trials)
    return pairs


@pytest.mark.parametrize(("outcome", "estimator"), CELLS)
def test_true_effects_are_recovered(trials, outcome, estimator):
    name = "sample_late" if estimator == "wald" else "sample_itt"
    pairs = answered(trials, outcome, estimator)
    errors = np.array([found.estimate - getattr(truth, name) for found, truth in pairs])
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / math.sqrt(len(errors))


@pytest.mark.parametrize(("outcome", "estimator"), CELLS)
def test_intervals_cover_as_often_as_they_say(trials, outcome, estimator):
    # Trials differ in their people, so the target is the effect on people of that kind at large:
    # the mean over all trials, known to a twentieth of one trial's standard error.
    name = "late" if estimator == "wald" else "itt"
    pairs = answered(trials, outcome, estimator)
    target = float(np.mean([getattr(truth, name) for _, truth in pairs]))
    covered = [covers(found, target) for found, _ in pairs]
    assert np.mean(covered) == pytest.approx(0.95, abs=BAND)


def covers(found: Estimate, target: float) -> bool:
    """Whether the interval (for a LATE, the Anderson-Rubin set) holds a value."""
    intervals = found.anderson_rubin or ((found.conf_low, found.conf_high),)
    return any(
        (low is None or low <= target) and (high is None or target <= high)
        for low, high in intervals
    )

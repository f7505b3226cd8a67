"""Every promised effect over the same re-draws: its p, its family's p, its interval."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_trials import panel, plain_trial, protocol, replay, sample

from reliance_eval.estimation import estimate
from reliance_eval.estimation.promising import promises
from reliance_eval.estimation.redraws.full_rank import full_rank
from reliance_eval.estimation.redraws.jointly import of_promises
from reliance_eval.estimation.redraws.reassigning import Asked, Question, many_of
from reliance_eval.estimation.redraws.replaying import Replay, counted, p_value
from reliance_eval.estimation.redraws.shelving import every_seat
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import DESIGNS, Lots
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol
from reliance_eval.robustness import CHECKS, Check, redraw_test
from reliance_eval.robustness.challenging import run
from reliance_eval.robustness.inverting import MOST, Gathered
from reliance_eval.robustness.replaying_promises import replayed_promises

# Sums are taken in another order than the estimator takes them.
SAME = 1e-9


def outcome(name: str, **changes: object) -> dict[str, object]:
    clause = protocol().clauses.outcomes[0].model_dump(by_alias=True, exclude_unset=True)
    return clause | {"name": name} | changes


def two_outcomes(**changes: object) -> Protocol:
    return protocol(outcomes=[outcome("work"), outcome("income")], **changes)


@cache
def family_trial(arms: int = 2) -> Panel:
    """Two outcomes of sixty units in two blocks; the second follows the first."""
    rng = np.random.default_rng(8)
    names = ["control", "offered", "more"][:arms]
    made = two_outcomes(
        lottery=protocol().clauses.lottery.model_dump(by_alias=True, exclude_unset=True)
        | {"arms": dict.fromkeys(reversed(names), 60 // arms), "reference": "control"}
    )
    units = pd.DataFrame(
        {
            "unit": [f"u{i:02}" for i in range(60)],
            "arm": [names[i % arms] for i in range(60)],
            "area": np.where(np.arange(60) < 30, "north", "south"),
            "age": rng.integers(20, 50, 60).astype(float),
            "take_up": [float(i % arms > 0 and i % 4 > 1) for i in range(60)],
        }
    )
    values = pd.Series(rng.normal(size=60) + 0.4 * (units["arm"] != "control"))
    trial = panel(units, values, made=made)
    second = trial.outcomes.assign(outcome="income", value=values + rng.normal(size=60))
    return replace(trial, outcomes=pd.concat([trial.outcomes, second], ignore_index=True))


@cache
def found(arms: int = 2) -> dict[str, Check]:
    return {check.subject: check for check in run(CHECKS["redraws"], estimate(family_trial(arms)))}


def test_the_family_is_corrected_by_the_largest_t_of_the_same_redraws() -> None:
    trial = family_trial()
    panelled, draw = Panelled(trial), trial.parent
    cells = [
        cell
        for cell in promises(draw)
        if cell.promise.estimator == "blocked" and not cell.promise.subgroup
    ]
    replayed = replayed_promises(draw, cells, panelled, level=0.95)
    joint = of_promises(draw, cells, panelled)
    assert joint is not None
    expected = joint.single_step()
    # The correction of estimates has re-draws of its own: they agree within Monte-Carlo error,
    # four standard errors of a difference of two shares of a thousand.
    for cell, p in zip(cells, expected, strict=True):
        one = replayed[cell.promise.id]
        assert one.p_family is not None
        assert one.p_family == pytest.approx(p, abs=4 * np.sqrt(2 * p * (1 - p) / 1000))
        assert one.p_family >= one.p_value


@pytest.mark.parametrize("arms", [2, 3])
def test_every_primary_effect_has_its_family_and_its_interval(arms: int) -> None:
    estimates = estimate(family_trial(arms))
    primary = 0
    for each in estimates.estimated:
        assert each.promise is not None
        check = found(arms)[each.promise.id]
        row: dict[str, Any] = dict(zip(check.columns, check.rows[0], strict=True))
        if each.promise.estimand == "itt" and not each.promise.subgroup:
            primary += 1
            assert row["effect_low"] < each.estimate < row["effect_high"]
            # The interval holds zero where the same re-draws do not reject it, and only there.
            assert (row["effect_low"] <= 0 <= row["effect_high"]) == (row["p"] > 0.05)
            assert row["p_family"] >= row["p"]
            assert "with_interval" in check.sentence
        else:
            assert row["effect_low"] is None
    # Two outcomes by two estimators, for each arm but the reference.
    assert primary == 4 * (arms - 1)


def test_a_late_has_the_p_of_the_offer_redraw_by_redraw() -> None:
    # With the ITT's own variance, Anderson and Rubin's statistic at zero is the ITT's t, whatever
    # the assignment: the two p are one number.
    for estimator, offer in (("wald", "blocked"), ("wald_lin", "lin")):
        base = sample(take_up=(np.arange(40) % 2) * (np.arange(40) % 3 > 0) * 1.0)
        how = replay(base.arms.tolist(), blocks=base.blocks.tolist(), redraws=40)
        rows = np.ones(40, dtype=bool)
        late = Asked(Question(estimator, (base,), rows), every_seat(40, (1, 0)), (0, 1))
        itt = many_of(Question(offer, (base.without_take_up(),), rows), arms=(0, 1), replay=how)
        for chunk in how.drawn_chunks():
            ours, theirs = itt.moments(chunk).studentised, late.moments(chunk).studentised
            assert np.abs(ours) == pytest.approx(np.abs(theirs), rel=SAME, abs=SAME)


def test_a_late_among_fewer_units_than_the_itt_is_tested_by_its_own_statistic() -> None:
    trial = plain_trial()
    units = trial.units.drop(columns=["block", "cluster", "probability", "area_band"])
    units["take_up"] = units["take_up"].mask(np.arange(len(units)) % 7 == 3)
    estimates = estimate(panel(units, trial.outcomes["value"]))
    checks = {check.subject: check for check in run(CHECKS["redraws"], estimates)}
    (late,) = (
        each
        for each in estimates.estimated
        if each.promise is not None and each.promise.id == "work.12.late.wald"
    )
    check = checks["work.12.late.wald"]
    assert check.statistic == pytest.approx(late.statistic, rel=SAME)
    assert check.statistic != pytest.approx(checks["work.12.itt.blocked"].statistic, rel=1e-3)
    assert check.sentence == "check.redraws.agrees"


CLUSTERED = sample(
    clusters=np.arange(40) // 2, groups=20, arms=np.arange(40) // 2 % 2, is_clustered=True
)
PREPARED: dict[str, tuple[str, Sample]] = {
    "blocks": ("blocked", sample()),
    "three arms": ("blocked", sample(arms=np.arange(40) % 3, target=2)),
    "clusters": ("blocked", CLUSTERED),
    "adjusted": ("lin", sample()),
    "adjusted, three arms": ("lin", sample(arms=np.arange(40) % 3, target=2)),
    "additive": ("ancova", sample()),
}


@pytest.mark.parametrize("name", PREPARED)
def test_what_is_drawn_alone_gives_the_estimators_own_numbers(name: str) -> None:
    """The re-draws hold clusters, and units of two arms: the estimator is asked of everybody."""
    estimator, base = PREPARED[name]
    if estimator == "blocked":
        base = base.without_covariates()
    how = replay(
        base.arms.tolist(),
        blocks=base.blocks.tolist(),
        clusters=base.clusters.tolist() if base.is_clustered else None,
        redraws=40,
    ).among((base.target, 0))
    codes = range(int(base.arms.max()) + 1)
    question = Question(estimator, (base,), np.ones(40, dtype=bool))
    fast = many_of(question, arms=codes, replay=how)
    assert not isinstance(fast, Asked)
    for drawn, filled in zip(how.drawn_chunks(), how.chunks(), strict=True):
        ours = fast.moments(drawn)
        assert fast.estimates(drawn) == pytest.approx(ours.estimate, rel=SAME, abs=SAME)
        slow = Asked(question, every_seat(40, (base.target, 0)), tuple(codes)).moments(filled)
        assert ours.estimate == pytest.approx(slow.estimate, rel=SAME, abs=SAME)
        assert ours.variance == pytest.approx(slow.variance, rel=SAME, abs=SAME)


def test_an_assignment_in_which_a_covariate_does_not_vary_goes_the_slow_way() -> None:
    rare = np.isin(np.arange(40), (2, 3)).astype(float)[:, None]
    blocks = np.zeros(40, dtype=int)
    many = full_rank(
        rare - rare.mean(),
        np.random.default_rng(1).normal(size=(40, 1)),
        np.ones(40, dtype=bool),
        blocks=blocks,
        seats=every_seat(40, (1, 0)),
    )
    apart, together = np.arange(40) % 2, np.arange(40) // 2 % 2
    told = many.found(np.stack([apart, together]), has_variance=True)
    assert told.is_regular.tolist() == [True, False]


def test_only_accepted_draws_are_held_again() -> None:
    rng = np.random.default_rng(4)
    arms = np.repeat([0, 1], 12)
    lots = Lots(
        blocks=np.zeros(24, dtype=int),
        places=np.array([[12, 12]]),
        clusters=np.arange(24),
        covariates=rng.integers(0, 20, (24, 1)),
        bounds=np.array([150]),
    )
    design = DESIGNS["rerandomised"]
    how = Replay(
        design=design,
        lots=lots,
        observed=arms,
        free=np.ones(24, dtype=bool),
        redraws=300,
        seed=1,
        stream="test",
    )
    held = np.concatenate(list(how.drawn_chunks()))
    assert design.accepts(held, lots).all()
    # The rule is a restriction: chance alone is refused often.
    anyhow = np.concatenate(list(replace(how, design=DESIGNS["complete"]).drawn_chunks()))
    assert not design.accepts(anyhow, lots).all()


def test_clusters_are_drawn_once_however_many_members_they_have() -> None:
    clusters = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3] * 2
    clusters = [c + 4 * (i // 12) for i, c in enumerate(clusters)]
    how = replay([c % 2 for c in clusters], clusters=clusters, redraws=20)
    (drawn,) = how.drawn_chunks()
    assert drawn.shape == (20, 8)
    assert np.array_equal(how.drawn[how.columns], how.observed)


def test_progress_is_told_up_to_the_last_redraw() -> None:
    told: list[tuple[int, int]] = []
    data = pd.DataFrame({"z": np.arange(40) % 2, "y": np.arange(40.0) % 7})
    redraw_test(
        data,
        outcome="y",
        offer="z",
        redraws=20_000,
        seed=1,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told[-1] == (20_000, 20_000)
    assert len(told) > 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_an_interval_keeps_no_more_redraws_than_it_says() -> None:
    from reliance_eval.estimation.redraws.weighing import Moments

    gathered = Gathered()
    chunk = Moments(np.zeros((MOST // 2 + 1, 3)), np.zeros((MOST // 2 + 1, 3)))
    for _ in range(3):
        gathered.add(chunk)
    assert sum(len(part.estimate) for part in gathered.parts) == MOST


def test_sixty_outcomes_share_one_pass_over_the_redraws() -> None:
    base = sample()
    rng = np.random.default_rng(1)
    outcomes = rng.normal(size=(60, 40))
    for horizon in range(3):
        outcomes[20 * horizon : 20 * (horizon + 1), rng.integers(0, 40, 4)] = np.nan
    how = replay(base.arms.tolist(), blocks=base.blocks.tolist(), redraws=99)
    rows = np.ones(40, dtype=bool)
    samples = [replace(base, outcome=one) for one in outcomes]
    for estimator in ("blocked", "lin"):
        together = many_of(Question(estimator, tuple(samples), rows), arms=(0, 1), replay=how)
        (chunk,) = how.drawn_chunks()
        every = together.moments(chunk).studentised
        observed = together.moments(how.drawn[None]).studentised[0]
        tail = counted(how, observed, [every])
        for column in (0, 25, 59):
            alone = many_of(
                Question(estimator, (samples[column],), rows), arms=(0, 1), replay=how
            ).moments(chunk)
            extreme = int((np.abs(alone.studentised[:, 0]) >= abs(observed[column]) - 1e-9).sum())
            assert tail.p_value(column) == p_value(extreme, redraws=99, is_exact=False)

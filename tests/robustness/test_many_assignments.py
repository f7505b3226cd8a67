"""What is computed for many assignments at once is what the estimator says of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_trials import sample

from reliance_eval.estimation.blockwise import is_nested
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.redraws.reassigning import Question, reassigned
from reliance_eval.estimation.sample import Sample

# Sums are taken in another order than the estimator takes them: agreement to 1e-9 relative leaves
# room for that, and a wrong formula none.
SAME = 1e-9


def with_holes(made: Sample, *places: int) -> Sample:
    outcome = made.outcome.copy()
    outcome[list(places)] = np.nan
    return replace(made, outcome=outcome)


def covariates_with_indicators(*lone: int) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    x, missing = rng.normal(size=40), np.zeros(40)
    missing[list(lone)] = 1.0
    return {
        "covariates": np.column_stack([x, missing]),
        "covariate_names": ("x", "x missing"),
    }


def rare_covariate() -> dict[str, Any]:
    """Two of forty have it: some assignments put both in one arm, whose slope is then nobody's."""
    rng = np.random.default_rng(5)
    rare = np.isin(np.arange(40), (3, 8)).astype(float)
    return {"covariates": np.column_stack([rng.normal(size=40), rare])}


TRIALS: dict[str, tuple[str, Sample]] = {
    "blocks": ("blocked", sample()),
    "one block": ("blocked", sample(blocks=np.zeros(40, dtype=int), block_names=("-",))),
    "holes": ("blocked", with_holes(sample(), 0, 1, 5, 33)),
    "a block that loses an arm": ("blocked", with_holes(sample(), 32, 34, 36)),
    "pairs": (
        "blocked",
        sample(blocks=np.arange(40) // 2, block_names=tuple(str(i) for i in range(20))),
    ),
    "blocks with an arm of one": (
        "blocked",
        sample(blocks=np.minimum(np.arange(40) // 2, 4), block_names=tuple("abcde")),
    ),
    "three arms": ("blocked", sample(arms=np.arange(40) % 3, target=2)),
    "clusters": (
        "blocked",
        sample(
            clusters=np.arange(40) // 2,
            groups=20,
            arms=np.arange(40) // 2 % 2,
            is_clustered=True,
        ),
    ),
    "clusters with holes": (
        "blocked",
        with_holes(
            sample(
                clusters=np.arange(40) // 2,
                groups=20,
                arms=np.arange(40) // 2 % 2,
                is_clustered=True,
            ),
            0,
            1,
            7,
        ),
    ),
    "units drawn in villages": (
        "blocked",
        sample(clusters=np.arange(40) % 9, groups=9, is_clustered=True),
    ),
    "units drawn in villages, holes": (
        "blocked",
        with_holes(sample(clusters=np.arange(40) % 9, groups=9, is_clustered=True), 0, 3, 33),
    ),
    "adjusted": ("lin", sample()),
    "adjusted, holes": ("lin", with_holes(sample(), 0, 1, 5, 33)),
    "adjusted, one block": ("lin", sample(blocks=np.zeros(40, dtype=int), block_names=("-",))),
    "adjusted, three arms": ("lin", sample(arms=np.arange(40) % 3, target=2)),
    "adjusted, a copied covariate": (
        "lin",
        sample(covariates=np.column_stack([np.arange(40.0), 2 * np.arange(40.0) + 1])),
    ),
    "adjusted, a covariate the blocks decide": (
        "lin",
        sample(
            covariates=np.column_stack([np.arange(40.0), np.repeat([3.0, 5.0, 1.0], [20, 12, 8])])
        ),
    ),
    "adjusted, missing covariates": ("lin", sample(**covariates_with_indicators(0, 3, 4, 9, 21))),
    "adjusted, few missing covariates": ("lin", sample(**covariates_with_indicators(2, 5, 22))),
    "adjusted, clusters": (
        "lin",
        sample(
            clusters=np.arange(40) // 2,
            groups=20,
            arms=np.arange(40) // 2 % 2,
            is_clustered=True,
        ),
    ),
    "another variance": ("blocked", sample(variance="HC3")),
    "additive": ("ancova", sample()),
    "additive, holes": ("ancova", with_holes(sample(), 0, 1, 5, 33)),
    "additive, no covariate": ("ancova", sample().without_covariates()),
    "additive, pairs": (
        "ancova",
        sample(blocks=np.arange(40) // 2, block_names=tuple(str(i) for i in range(20))),
    ),
    "additive, a block that loses all but one": ("ancova", with_holes(sample(), *range(33, 40))),
    "additive, a copied covariate": (
        "ancova",
        sample(covariates=np.column_stack([np.arange(40.0), 2 * np.arange(40.0) + 1])),
    ),
    "additive, three arms": ("ancova", sample(arms=np.arange(40) % 3, target=2)),
    "adjusted, a covariate that some arms do not show": ("lin", sample(**rare_covariate())),
}


def assignments(made: Sample, count: int) -> np.ndarray:
    """Shuffle the drawn things within their blocks, the first row as it was."""
    rng = np.random.default_rng(4)
    rows = [made.arms]
    drawn_in = made.clusters if is_nested(made) else np.arange(len(made.arms))
    first, member = np.unique(drawn_in, return_index=True, return_inverse=True)[1:]
    for _ in range(count - 1):
        drawn = made.arms[first].copy()
        for block in np.unique(made.blocks):
            own = np.flatnonzero(made.blocks[first] == block)
            drawn[own] = drawn[rng.permutation(own)]
        rows.append(drawn[member])
    return np.stack(rows)


@pytest.mark.parametrize("name", TRIALS)
def test_each_assignment_gets_the_estimators_own_numbers(name: str) -> None:
    estimator, made = TRIALS[name]
    every = assignments(made, 40)
    question = Question(estimator, (made,), np.ones(40, dtype=bool))
    found = reassigned(question, every, arms=range(int(made.arms.max()) + 1))
    compared = 0
    for row, arms in enumerate(every):
        moved = replace(made, arms=arms)
        if estimator == "blocked":
            moved = moved.without_covariates()
        given = answer(estimator, moved)
        if isinstance(given, NotEstimable):
            continue
        compared += 1
        assert found.estimate[row, 0] == pytest.approx(given.estimate.estimate, rel=SAME, abs=SAME)
        assert found.variance[row, 0] == pytest.approx(
            given.estimate.std_error**2, rel=SAME, abs=SAME
        )
    # Where a covariate is rare, many assignments leave its only unit in an arm a leverage of one.
    assert compared >= 15


def test_outcomes_computed_together_are_those_computed_alone() -> None:
    made = sample()
    others = (made, with_holes(made, 3, 4), replace(made, outcome=made.outcome**2))
    every, rows = assignments(made, 20), np.ones(40, dtype=bool)
    for estimator in ("blocked", "lin"):
        together = reassigned(Question(estimator, others, rows), every, arms=range(2))
        for column, alone in enumerate(others):
            own = reassigned(Question(estimator, (alone,), rows), every, arms=range(2))
            assert together.studentised[:, column] == pytest.approx(own.studentised[:, 0], rel=SAME)


def test_a_change_of_unit_and_of_origin_moves_no_t() -> None:
    made = sample()
    every, rows = assignments(made, 20), np.ones(40, dtype=bool)
    for estimator in ("blocked", "lin"):
        plain = reassigned(Question(estimator, (made,), rows), every, arms=range(2))
        cents = replace(made, outcome=100 * made.outcome + 5e4)
        moved = reassigned(Question(estimator, (cents,), rows), every, arms=range(2))
        assert moved.studentised == pytest.approx(plain.studentised, rel=1e-8, abs=1e-8)


def test_an_outcome_that_never_varies_has_a_t_of_zero() -> None:
    flat = sample(outcome=np.full(40, 0.1))
    found = reassigned(
        Question("blocked", (flat,), np.ones(40, dtype=bool)), assignments(flat, 5), arms=range(2)
    )
    assert np.all(found.studentised == 0.0)

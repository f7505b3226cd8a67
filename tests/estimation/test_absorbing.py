"""Absorbed effects: every number is that of the regression with each indicator written out."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from reliance_eval.estimation.absorbing import absorb, absorbed_least_squares
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.clusterwise import SMALL
from reliance_eval.estimation.linear import Fit, least_squares
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import CLUSTERED, REGRESSION, spread

N = 240
NAMES = ("offer", "x", "w")


def village(levels: int, seed: int = 0) -> Ints:
    """Levels of unequal size, the last seen in a single row."""
    codes = np.sort(np.random.default_rng(seed).integers(0, levels - 1, N))
    codes[-1] = levels - 1
    return codes


def month() -> Ints:
    return np.arange(N) % 7


EFFECTS: dict[str, tuple[Ints, ...]] = {
    "one effect": (village(30),),
    "two effects that cross": (village(30), month()),
    "two effects, one nested in the other": (village(30), village(30) // 4),
    "three effects": (month(), village(30), village(12, seed=5)[::-1].copy()),
    "two effects in two unconnected halves": (
        village(30),
        (np.arange(N) % 3) + 3 * (village(30) >= 15),
    ),
}

CLUSTERS = {
    "pairs of rows": np.arange(N) // 2,
    "clusters that cross effects": np.random.default_rng(3).integers(0, 25, N),
    "effects nested in clusters": village(30) // 3,
    "clusters of more rows than are squared": np.arange(N) // (2 * SMALL),
    "large clusters that hold effects whole": village(30) // 10,
}


def columns(seed: int = 1) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    offer = rng.integers(0, 2, N).astype(float)
    x, w = rng.normal(size=N), 1000 + rng.normal(size=N)
    noise = rng.normal(size=(N, 2)) * (1 + offer[:, None])
    return np.column_stack([offer, x, w]), noise + (offer + 0.5 * x + village(30))[:, None]


def written_out(effects: tuple[Ints, ...], *, weights: Floats | None = None) -> Fit:
    """Solve the same regression with each indicator as a column, before the others."""
    design, outcomes = columns()
    dummies = np.concatenate(
        [codes[:, None] == np.arange(codes.max() + 1) for codes in effects], axis=1
    ).astype(float)
    names = (*(f"level {level}" for level in range(dummies.shape[1])), *NAMES)
    return least_squares(
        np.concatenate([dummies, design], axis=1), outcomes, names=names, weights=weights
    )


def absorbed(effects: tuple[Ints, ...], *, weights: Floats | None = None) -> Fit:
    design, outcomes = columns()
    return absorbed_least_squares(design, outcomes, names=NAMES, effects=effects, weights=weights)


def some_weights() -> Floats:
    return np.random.default_rng(9).uniform(0.2, 3.0, N)


@cache
def both(name: str, *, is_weighted: bool = False) -> tuple[Fit, Fit]:
    """Give the absorbed fit, and the one with every indicator written out."""
    weights = some_weights() if is_weighted else None
    effects = EFFECTS[name]
    return absorbed(effects, weights=weights), written_out(effects, weights=weights)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("name", EFFECTS)
def test_the_fit_is_the_one_with_indicators(name: str, is_weighted: bool) -> None:
    ours, full = both(name, is_weighted=is_weighted)
    assert ours.names == NAMES
    assert ours.dropped == ()
    assert ours.df_residual == full.df_residual
    assert ours.coefficients == pytest.approx(full.coefficients[-3:], rel=1e-10)
    assert ours.residuals == pytest.approx(full.residuals, abs=1e-10)
    assert ours.leverage == pytest.approx(full.leverage, abs=1e-10)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("convention", [name for name in REGRESSION if name not in CLUSTERED])
def test_every_variance_by_unit_is_the_one_with_indicators(
    convention: str, name: str, is_weighted: bool
) -> None:
    rows = np.arange(N)
    ours, full = (
        spread(fit, "offer", convention=convention, clusters=rows, groups=N)
        for fit in both(name, is_weighted=is_weighted)
    )
    assert ours.influence == pytest.approx(full.influence, rel=1e-10, abs=1e-12)
    assert ours.df == full.df
    assert ours.full_leverage == full.full_leverage


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("clusters", CLUSTERS)
@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("convention", CLUSTERED)
def test_every_variance_by_cluster_is_the_one_with_indicators(
    convention: str, name: str, clusters: str, is_weighted: bool
) -> None:
    codes = CLUSTERS[clusters]
    ours, full = (
        spread(fit, "offer", convention=convention, clusters=codes, groups=int(codes.max()) + 1)
        for fit in both(name, is_weighted=is_weighted)
    )
    assert ours.influence == pytest.approx(full.influence, rel=1e-10, abs=1e-12)
    assert ours.df == pytest.approx(full.df, rel=1e-10)


def root(square: Floats, power: float) -> Floats:
    """The symmetric Moore-Penrose root of a square of residual makers, as in the definition."""
    values, vectors = np.linalg.eigh(square)
    turned = np.where(values > 1e-9, np.where(values > 1e-9, values, 1.0) ** -power, 0.0)
    found: Floats = (vectors * turned) @ vectors.T
    return found


@pytest.mark.parametrize("clusters", CLUSTERS)
@pytest.mark.parametrize("name", EFFECTS)
def test_cr2_is_its_definition_with_every_matrix_written_out(name: str, clusters: str) -> None:
    # Pustejovsky and Tipton (2018), equations 3, 6 and 10, on n x n matrices.
    codes = CLUSTERS[clusters]
    beside, full = both(name)
    maker = np.eye(N) - full.basis @ full.basis.T
    pull = full.pull("offer")
    corrected = np.zeros((int(codes.max()) + 1, N))
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        corrected[code, rows] = root(maker[np.ix_(rows, rows)], 0.5) @ pull[rows]
    form = corrected @ maker @ corrected.T
    ours = spread(beside, "offer", convention="CR2", clusters=codes, groups=len(corrected))
    assert ours.influence == pytest.approx((corrected @ full.residuals).T, rel=1e-9, abs=1e-12)
    assert ours.df == pytest.approx(np.trace(form) ** 2 / np.sum(form**2), rel=1e-9)


def test_cr2_beside_effects_has_no_bias_under_the_working_model() -> None:
    # With independent, equal errors its expectation is the true variance: 1 over what is left of
    # the offer. The expectation of a quadratic form is a trace, so the outcomes are the identity.
    design, _ = columns()
    fit = absorbed_least_squares(design, np.eye(N), names=NAMES, effects=(village(30), month()))
    codes = CLUSTERS["clusters that cross effects"]
    found = spread(fit, "offer", convention="CR2", clusters=codes, groups=25)
    truth = float(np.sum(fit.pull("offer") ** 2))
    assert np.sum(found.influence**2) == pytest.approx(truth, rel=1e-10)


def test_what_effects_determine_is_dropped_by_name() -> None:
    design, outcomes = columns()
    constant = (village(30) % 2).astype(float)
    more = np.column_stack([design, constant, design[:, 1] + constant, np.zeros(N)])
    names = (*NAMES, "by village", "copy", "zero")
    fit = absorbed_least_squares(more, outcomes, names=names, effects=(village(30),))
    assert fit.dropped == ("by village", "copy", "zero")
    assert fit.coefficients == pytest.approx(absorbed((village(30),)).coefficients, rel=1e-10)


def test_absorbing_twice_changes_nothing() -> None:
    design, _ = columns()
    effects = (village(30), month())
    once = absorb(design, effects, some_weights())
    assert absorb(once, effects, some_weights()) == pytest.approx(once, abs=1e-13)


def test_levels_that_no_row_has_change_nothing() -> None:
    design, _ = columns()
    effects = (village(30), month())
    spaced = tuple(3 * codes + 2 for codes in effects)
    assert absorb(design, spaced) == pytest.approx(absorb(design, effects), abs=1e-13)


def test_a_level_of_one_row_has_leverage_one_and_bears_on_nothing() -> None:
    fit = absorbed((village(30),))
    assert fit.leverage[-1] == pytest.approx(1.0, abs=1e-14)
    found = spread(fit, "offer", convention="HC3", clusters=np.arange(N), groups=N)
    singles = int(np.sum(np.bincount(village(30)) == 1))
    assert singles >= 1
    assert found.full_leverage == singles
    assert np.all(found.influence[:, -1] == 0.0)


def test_a_row_that_alone_decides_the_coefficient_has_no_variance() -> None:
    block = np.array([0, 0, 0, 1, 1, 1])
    offer = np.array([[0.0, 0, 0, 0, 0, 1]]).T
    fit = absorbed_least_squares(
        offer, np.random.default_rng(0).normal(size=(6, 1)), names=("offer",), effects=(block,)
    )
    with pytest.raises(Unestimable) as refusal:
        spread(fit, "offer", convention="HC2", clusters=np.arange(6), groups=6)
    assert refusal.value.reason == "leverage_one"
    with pytest.raises(Unestimable) as refusal:
        spread(fit, "offer", convention="CR2", clusters=np.arange(6) // 3, groups=2)
    assert refusal.value.reason == "too_few_clusters"


def test_as_many_levels_as_rows_leave_nothing() -> None:
    with pytest.raises(Unestimable) as refusal:
        absorbed_least_squares(
            np.ones((4, 1)), np.ones((4, 1)), names=("x",), effects=(np.arange(4),)
        )
    assert refusal.value.reason == "too_few_units"

"""One critical value for a family, against simulation and against what is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reliance_eval.estimation.inference import critical_value, p_value
from reliance_eval.estimation.multiplicity import MaxT, correlation


def equal(size: int, rho: float) -> np.ndarray:
    return np.full((size, size), rho) + (1 - rho) * np.eye(size)


def test_a_family_of_one_is_not_corrected() -> None:
    alone = MaxT(np.eye(1), 40.0)
    assert alone.p_value(2.1) == p_value(2.1, 40.0)
    assert alone.critical_value(0.95) == critical_value(0.95, 40.0)


def test_independent_normals_follow_sidak() -> None:
    # df this large is a normal to 1e-7; then P(max <= c) is a power.
    family = MaxT(np.eye(4), 1e8)
    expected = 1 - (1 - 2 * stats.norm.sf(2.3)) ** 4
    assert family.p_value(2.3) == pytest.approx(expected, abs=1e-6)


def test_copies_of_one_estimate_are_one_estimate() -> None:
    assert MaxT(np.ones((3, 3)), 50.0).p_value(2.0) == pytest.approx(p_value(2.0, 50.0), abs=2e-5)
    mirrored = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert MaxT(mirrored, 50.0).p_value(2.0) == pytest.approx(p_value(2.0, 50.0), abs=2e-5)


@pytest.mark.parametrize(("size", "rho", "df"), [(3, 0.5, 20.0), (6, 0.8, 100.0), (9, 0.2, 8.0)])
def test_the_largest_t_is_scipys_multivariate_t(size: int, rho: float, df: float) -> None:
    at = 2.4
    box = stats.multivariate_t(shape=equal(size, rho), df=df)
    inside = box.cdf(
        np.full(size, at), lower_limit=np.full(size, -at), random_state=1, maxpts=400_000
    )
    # SciPy's own error at this many points is some 2e-5.
    assert MaxT(equal(size, rho), df).p_value(at) == pytest.approx(1 - inside, abs=1e-4)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_p_and_interval_come_from_one_critical_value(level: float) -> None:
    family = MaxT(equal(4, 0.6), 57.0)
    critical = family.critical_value(level)
    assert family.p_value(critical) == pytest.approx(1 - level, abs=1e-9)
    assert critical_value(level, 57.0) < critical < critical_value(1 - (1 - level) / 4, 57.0)


def test_the_correlation_is_that_of_contributions() -> None:
    rng = np.random.default_rng(2)
    contributions = rng.normal(size=(2, 400)) + rng.normal(size=400)
    found = correlation(contributions)
    assert found[0, 1] == pytest.approx(0.5, abs=0.12)
    assert np.diag(found) == pytest.approx(1.0)


def test_the_lattice_is_the_same_every_time() -> None:
    assert MaxT(equal(5, 0.3), 30.0).p_value(2.2) == MaxT(equal(5, 0.3), 30.0).p_value(2.2)

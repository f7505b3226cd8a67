"""p-values corrected from p-values alone, against R, statsmodels and the published procedures."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import get_args

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import adjust_p_values
from reliance_eval.estimation.adjusting import ALONE, Alone

PEERS: dict[Alone, str] = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bh": "fdr_bh",
}
"""What statsmodels calls the same correction."""

# jobs2/expected.json: family4.hc2_cov.padj.*, raw p of four outcomes; R's p.adjust (stats 4.2.2).
JOBS = [0.221600137537267, 0.266364747587863, 0.084628044147738, 0.426579815020518]
BY_R = {
    "bonferroni": [0.886400550149068, 1.0, 0.338512176590952, 1.0],
    "holm": [0.664800412611801, 0.664800412611801, 0.338512176590952, 0.664800412611801],
    "hochberg": [0.426579815020518, 0.426579815020518, 0.338512176590952, 0.426579815020518],
    "bh": [0.355152996783817, 0.355152996783817, 0.338512176590952, 0.426579815020518],
}


def families(count: int = 60) -> list[np.ndarray]:
    """Families of one to nine p-values, small and large ones mixed, some of them equal."""
    rng = np.random.default_rng(11)
    made = []
    for _ in range(count):
        p = rng.random(rng.integers(1, 10)) ** rng.integers(1, 6)
        made.append(np.where(rng.random(len(p)) < 0.3, p[0], p))
    return [*made, np.array([0.0, 1.0, 1.0]), np.ones(4), np.zeros(3)]


@pytest.mark.parametrize("method", PEERS)
def test_four_outcomes_of_jobs2_are_corrected_as_r_does(method: Alone) -> None:
    # Sums and products of four doubles: nothing but rounding lies between two programs.
    assert adjust_p_values(JOBS, method=method) == pytest.approx(BY_R[method], rel=1e-12)


@pytest.mark.parametrize("method", PEERS)
def test_any_family_is_corrected_as_statsmodels_does(method: Alone) -> None:
    # Each Holm of statsmodels takes a tenth of a second.
    for p in families(12):
        theirs = multipletests(p, method=PEERS[method])[1]
        assert adjust_p_values(p, method=method) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def two_stages(p: np.ndarray, share: float) -> np.ndarray:
    """Definition 6 of Benjamini, Krieger and Yekutieli (2006), as written there."""

    def rejected(level: float) -> int:
        passing = np.sort(p) <= np.arange(1, len(p) + 1) * level / len(p)
        return int(np.max(np.flatnonzero(passing) + 1, initial=0))

    first = share / (1 + share)
    r = rejected(first)
    if r == 0:
        return np.zeros(len(p), dtype=bool)
    if r == len(p):
        return np.ones(len(p), dtype=bool)
    again = rejected(first * len(p) / (len(p) - r))
    rejects: np.ndarray = p <= np.sort(p)[again - 1]
    return rejects


def test_a_sharpened_q_is_the_smallest_share_that_rejects() -> None:
    for p in families():
        q = adjust_p_values(p, method="bky")
        for one in set(q[q < 1.0]):
            # Just above q the published procedure rejects; just under it, it does not.
            over, under = two_stages(p, one * (1 + 1e-9)), two_stages(p, one * (1 - 1e-9))
            assert over[q == one].all()
            assert not under[q == one].any() or one == 0.0


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.3])
def test_sharpened_q_values_decide_as_statsmodels_does(share: float) -> None:
    # Its adjusted p of this method holds at its own alpha only, so decisions are compared.
    for p in families():
        theirs = multipletests(p, alpha=share, method="fdr_tsbky")[0]
        assert (adjust_p_values(p, method="bky") <= share).tolist() == theirs.tolist()


@pytest.mark.parametrize("method", ALONE)
def test_order_never_matters_and_a_smaller_p_is_never_corrected_to_a_larger_one(
    method: Alone,
) -> None:
    for p in families(20):
        q = adjust_p_values(p, method=method)
        assert np.all(np.diff(q[np.argsort(p, kind="stable")]) >= 0)
        assert adjust_p_values(p[::-1], method=method).tolist() == q[::-1].tolist()


def test_the_corrections_stand_in_their_known_order() -> None:
    for p in families():
        by = {name: adjust_p_values(p, method=name) for name in get_args(Alone)}
        # From the strictest to the most permissive; rounding may part equal ones by a last place.
        chain = ["bonferroni", "holm", "hochberg", "bh"]
        for strict, loose in pairwise(chain):
            assert np.all(by[loose] <= by[strict] * (1 + 1e-12))
        for name in chain:
            assert np.all(by[name] >= p * (1 - 1e-12))


def test_holm_multiplies_the_smallest_p_by_the_number_of_tests() -> None:
    # Wrong ways that this dies of: the largest first, no running maximum, no bound at one.
    for order in permutations([0.01, 0.02, 0.03, 0.9]):
        by_p = dict(zip(order, adjust_p_values(order, method="holm"), strict=True))
        assert by_p == pytest.approx({0.01: 0.04, 0.02: 0.06, 0.03: 0.06, 0.9: 0.9})
    assert adjust_p_values([0.5, 0.6], method="holm").tolist() == [1.0, 1.0]


@pytest.mark.parametrize("wrong", [[0.1, np.nan], [0.1, 1.2], [-0.1, 0.2]])
def test_what_is_no_p_value_is_refused(wrong: list[float]) -> None:
    with pytest.raises(DataError) as refusal:
        adjust_p_values(wrong)
    assert refusal.value.faults[0].code == "E-ESTIMATION-P-VALUES"


def test_an_unknown_correction_is_refused_by_name() -> None:
    with pytest.raises(ProtocolError) as refusal:
        adjust_p_values([0.1], method="hommel")  # type: ignore[arg-type]
    assert refusal.value.faults[0].code == "E-ESTIMATION-CORRECTION"

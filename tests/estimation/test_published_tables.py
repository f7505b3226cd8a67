"""Tables of papers, to the digit they print, from the data their authors published.

Each printed number is in ``published`` of the trial's ``expected.json``, whose README says which
are reproduced from the data and which are recalled; those that are not the same quantity on these
data are named here, so that a figure added there is reproduced or fails.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from reference_cases import (
    JTPA,
    REFERENCE,
    frame_of,
    published,
    specification,
)
from reference_objects import lives

from reliance_eval.estimation import Estimate, NaiveComparisons, itt, naive_comparisons
from reliance_eval.estimation.survival.lifetimes import HazardRatio

pytestmark = pytest.mark.shared

JTPA_TABLES = [
    "late.earnings.men.cov",
    "late.earnings.women.cov",
    "itt.earnings.men.nocov",
    "itt.earnings.women.nocov",
]


@pytest.mark.parametrize("quantity", JTPA_TABLES)
def test_abadie_angrist_and_imbens_print_hc1(shared: Path, quantity: str) -> None:
    # Econometrica 70 (2002), Tables I and III: HC1, which is Stata's regress, robust.
    printed = published("jtpa")[quantity]
    found = specification("jtpa", quantity)
    assert found is not None
    ours = found[0].estimate(variance="HC1", convention="stata")
    assert (round(ours.estimate), round(ours.std_error)) == (printed["value"], printed["se"])


@pytest.mark.parametrize("sex", ["men", "women"])
def test_as_treated_is_only_what_a_naive_comparison_would_have_said(shared: Path, sex: str) -> None:
    # Table II of the same paper: earnings on training received, HC1.
    printed = published("jtpa")[f"ols_asreceived.earnings.{sex}.cov"]
    found = naive_comparisons(
        frame_of(f"jtpa/{sex}"),
        outcome="earnings",
        offer="assignmt",
        take_up="training",
        covariates=[*JTPA, *(["afdc"] if sex == "women" else [])],
        variance="HC1",
    )
    assert isinstance(found, NaiveComparisons)
    row = found.tidy().set_index("comparison").loc["as_treated"]
    assert (round(row["estimate"]), round(row["std_error"])) == (printed["value"], printed["se"])


def test_dehejia_and_wahba_print_a_classical_standard_error(shared: Path) -> None:
    # JASA 94 (1999), Table 3: $1,794 (633).
    printed = published("nsw_dw")["itt.re78.nocov"]
    found = itt(frame_of("nsw_dw"), outcome="re78", offer="treat", variance="classical")
    assert isinstance(found, Estimate)
    assert (round(found.estimate), round(found.std_error)) == (printed["value"], printed["se"])


def test_gerber_green_and_larimer_print_these_turnouts(shared: Path) -> None:
    # APSR 102 (2008), Table 2: shares to one decimal of a percentage, and counts.
    printed = published("social_pressure")["turnout"]
    asked = specification("social_pressure", "itt.voted.hh.t1")
    assert asked is not None
    for arm, name in enumerate(["civic", "hawthorne", "self", "neighbors"], start=1):
        asked = specification("social_pressure", f"itt.voted.hh.t{arm}")
        assert asked is not None
        found = asked[0].estimate(variance="CR0")
        share = found.mean_reference + found.estimate
        assert (round(share, 3), found.n_arm) == (printed["value"][name], printed["n"][name])
        assert round(found.mean_reference, 3) == printed["value"]["control"]
        assert found.n_reference == printed["n"]["control"]


def test_gerber_green_and_larimer_print_this_standard_error(shared: Path) -> None:
    # Table 3, last column: block effects and past votes, .003 by household. Its estimates, recalled
    # to two digits, are within a thousandth of ours.
    printed = published("social_pressure")["itt.voted.blockFE_cov.hh"]
    for arm, value in printed["value"].items():
        asked = specification("social_pressure", f"itt.voted.blockFE_cov.hh.{arm}")
        assert asked is not None
        found = asked[0].estimate(convention="fixest")
        assert round(found.std_error, 3) == printed["se"]
        assert found.estimate == pytest.approx(value, abs=0.0011)


def test_elmunzer_and_others_print_these_counts(shared: Path) -> None:
    # NEJM 366 (2012): 27 of 295 against 52 of 307; their P = 0.005 is Fisher's exact test.
    found = itt(frame_of("indo_rct"), outcome="pep", offer="indomethacin")
    assert isinstance(found, Estimate)
    assert (found.n_arm, found.n_reference) == (295, 307)
    arm = found.mean_reference + found.estimate
    assert (round(295 * arm, 9), round(307 * found.mean_reference, 9)) == (27, 52)


SEEN = {
    "jtpa": {*JTPA_TABLES, *(f"ols_asreceived.earnings.{sex}.cov" for sex in ("men", "women"))},
    "nsw_dw": {"itt.re78.nocov"},
    "social_pressure": {"turnout", "itt.voted.blockFE_cov.hh"},
    "indo_rct": {"fisher_exact.pep"},
}
NOT_PRINTED_BY_THESE_DATA = {
    ("nsw_dw", "itt.re78.cov"): "the paper also adjusts for age squared",
    ("jobcorps_lee", "lee.week208"): "weighted by design; the public extract has no weights",
    ("thornton_hiv", "itt.got.any.nocov"): "recalled as 0.43 to 0.45, of another sample",
    ("colon_survival", "cox.recurrence"): "recalled in words: a reduction by 41 %",
    ("jobs2", "note"): "no figure of these specifications",
    ("peru_iron", "itt.gradesq34"): "the paper pools arms and interacts them with anaemia",
}


def test_every_published_figure_is_reproduced_or_named(shared: Path) -> None:
    trials = sorted(path.parent.name for path in REFERENCE.glob("*/expected.json"))
    for trial in trials:
        for quantity in published(trial):
            is_seen = quantity in SEEN.get(trial, set())
            assert is_seen or (trial, quantity) in NOT_PRINTED_BY_THESE_DATA, (trial, quantity)


def test_what_is_recalled_in_words_has_the_right_size(shared: Path) -> None:
    # Moertel and others (1990): recurrence falls by 40 to 41 % with both drugs. Thornton (2008):
    # an incentive raises pick-up by 43 to 45 points.
    both = next(each for each in lives("recurrence").comparisons if each.arm == "Lev+5FU")
    assert isinstance(both.hazard_ratio, HazardRatio)
    assert 0.39 <= 1.0 - both.hazard_ratio.ratio <= 0.42
    found = itt(frame_of("thornton_hiv"), outcome="got", offer="any", clusters="villnum")
    assert isinstance(found, Estimate)
    assert 0.43 <= found.estimate <= 0.455

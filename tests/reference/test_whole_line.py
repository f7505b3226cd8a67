"""A trial that others held runs from its file to the report, with the numbers others found.

Every expected number is one that at least two programs of ``expected.json`` of the reference
trials agree on to 1e-6, here to ten digits or so; the comment names them. The tolerance, 1e-8
relative, leaves room for the order of summation only.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from trials import jobs2, nsw, reports, run_to_the_report, thornton

SAME = 1e-8


def promise(table: pd.DataFrame, outcome: str, estimand: str, estimator: str = "") -> pd.Series:
    rows = table[(table["outcome"] == outcome) & (table["estimand"] == estimand)]
    if estimator:
        rows = rows[rows["estimator"] == estimator]
    assert len(rows) == 1
    row = rows.iloc[0]
    assert row["status"] == "estimated"
    return row


def test_supported_work_gives_the_benchmark(tmp_path: Path) -> None:
    table = run_to_the_report(study := nsw(tmp_path / "nsw"))
    plain = promise(table, "earnings", "itt", "blocked")
    # estimatr 1.0.0 difference_in_means; R 4.2.2 t.test; scipy 1.17.1 ttest_ind(equal_var=False).
    assert plain["estimate"] == pytest.approx(1794.34240427, rel=SAME)
    assert plain["std_error"] == pytest.approx(670.996546382, rel=SAME)
    assert plain["df"] == pytest.approx(307.132493112, rel=SAME)
    assert plain["p_value"] == pytest.approx(0.00789297771452, rel=SAME)
    adjusted = promise(table, "earnings", "itt", "lin")
    # estimatr 1.0.0 lm_lin HC2; statsmodels 0.15.0 on the interacted, centred design.
    assert adjusted["estimate"] == pytest.approx(1621.58310144, rel=SAME)
    assert adjusted["std_error"] == pytest.approx(694.721573787, rel=SAME)
    assert adjusted["df"] == 427
    assert reports(study) == ["report.en.html", "report.fr.html"]


def test_incentives_are_clustered_by_village(tmp_path: Path) -> None:
    table = run_to_the_report(study := thornton(tmp_path / "thornton"))
    effect = promise(table, "collected", "itt")
    # estimatr 1.0.0 lm_robust CR2; clubSandwich 0.5.8 CR2 with Satterthwaite.
    assert effect["n"] == 2830
    assert effect["estimate"] == pytest.approx(0.451982274406, rel=SAME)
    assert effect["std_error"] == pytest.approx(0.0227903218610, rel=SAME)
    assert effect["df"] == pytest.approx(62.8758649123, rel=SAME)
    assert reports(study) == ["report.en.html", "report.fr.html"]


# The column of the reference file behind each outcome of the protocol.
COLUMNS = {
    "search_confidence": "job_seek",
    "depression": "depress2",
    "working": "work1",
    "influence": "job_disc",
}


def reference(shared: Path, quantity: str, se_type: str, peer: str) -> dict[str, float]:
    """Give a peer's result on a quantity of JOBS II."""
    content = json.loads((shared / "reference/jobs2/expected.json").read_text(encoding="utf-8"))
    (found,) = [
        result
        for result in content["results"]
        if (result["quantity"], result.get("se_type"), result["peer"]) == (quantity, se_type, peer)
    ]
    return found


@pytest.mark.shared
def test_the_seminar_has_its_itt_first_stage_and_late(tmp_path: Path, shared: Path) -> None:
    table = run_to_the_report(study := jobs2(tmp_path / "jobs2", shared))
    for outcome, column in COLUMNS.items():
        offer = promise(table, outcome, "itt")
        # HC2 of the two-arm regression is the Neyman standard error (two peers agree to 1e-6).
        for peer in ("estimatr", "statsmodels"):
            theirs = reference(shared, f"itt.{column}.nocov", "HC2", peer)
            assert offer["estimate"] == pytest.approx(theirs["estimate"], rel=SAME)
            assert offer["std_error"] == pytest.approx(theirs["se"], rel=SAME)
        joining = promise(table, outcome, "late")
        theirs = reference(shared, f"late.{column}.nocov", "HC2", "estimatr")
        assert joining["estimate"] == pytest.approx(theirs["estimate"], rel=SAME)
        assert joining["std_error"] == pytest.approx(theirs["se"], rel=SAME)
        # 372 of the 600 offered attended, and none of the 299 others: the file's own counts.
        assert joining["first_stage"] == pytest.approx(372 / 600, rel=SAME)
        # LATE's test is the test of the offer's effect.
        assert joining["p_value"] == pytest.approx(offer["p_value"], rel=SAME)
        assert joining["mean_reference"] == pytest.approx(offer["mean_reference"], rel=SAME)
    assert reports(study) == ["report.en.html", "report.fr.html"]

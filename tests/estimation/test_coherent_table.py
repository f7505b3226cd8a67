"""One coherent table: LATE times first stage is the ITT, of the same units, in every row."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_trials import golden, trial
from small_panels import OUTCOME, clauses, panel

from reliance_eval.estimation import Estimate, coherent_table, estimate, itt, late
from reliance_eval.estimation.cohering import COLUMNS
from reliance_eval.estimation.table import COLUMNS as OF_ESTIMATES
from reliance_eval.panel import Panel

# The list of the protocol's page of tables, "always these columns, in this order".
PROMISED = """
id, outcome, horizon_months, estimand, estimator, subgroup, arm, reference, estimate, std_error, df,
statistic, p_value, conf_low, conf_high, level, family, p_adjusted, conf_low_adjusted,
conf_high_adjusted, n, n_arm, n_reference, mean_reference, first_stage, first_stage_f, set, status,
reason, variance, specification
"""
TEXTS = {
    "id", "outcome", "estimand", "estimator", "subgroup", "arm", "reference", "family", "set",
    "status", "reason", "variance", "specification",
}  # fmt: skip
COUNTS = {"horizon_months", "n", "n_arm", "n_reference"}


class TestTidy:
    """``Estimates.tidy()`` is a contract: names, order, types and what each answer fills."""

    def test_its_columns_are_those_of_the_protocols_page_in_their_order(self) -> None:
        listed = [name.strip() for name in PROMISED.replace("\n", " ").split(",")]
        assert list(OF_ESTIMATES) == listed
        for found in (estimate(panel()), estimate(lost(panel()))):
            assert list(found.tidy().columns) == listed

    def test_each_column_has_its_type_whatever_is_missing(self) -> None:
        for found in (estimate(panel()), estimate(lost(panel()))):
            for name, kind in found.tidy().dtypes.items():
                expected = "string" if name in TEXTS else "Int64" if name in COUNTS else "Float64"
                assert str(kind) == expected, name

    def test_a_row_without_a_number_has_a_reason_and_a_row_with_one_has_a_convention(self) -> None:
        table = estimate(lost(panel())).tidy()
        is_there = table["status"] == "estimated"
        assert set(table["status"]) == {"estimated", "not_estimable"}
        for name in ("estimate", "std_error", "variance", "p_value"):
            assert table[name].notna().tolist() == is_there.tolist()
        assert table["reason"].isna().tolist() == is_there.tolist()
        assert (table["set"].notna() == (is_there & (table["estimand"] == "late"))).all()

    def test_an_exploratory_row_says_so_in_the_place_of_its_family(self) -> None:
        subgroups = [
            {"variable": "children", "status": "exploratory", "outcomes": ["housed"]},
            {"variable": "children", "outcomes": ["employed"]},
        ]
        found = estimate(panel(protocol=clauses(subgroups=subgroups)))
        table = found.tidy()
        by = table["subgroup"].notna() & (table["subgroup"] != "")
        assert set(table[by & (table["outcome"] == "housed")]["family"]) == {"exploratory"}
        assert set(table[by & (table["outcome"] == "employed")]["family"]) == {"work"}
        assert set(table[~by]["family"]) == {"work"}
        assert "exploratory" in found._repr_html_()
        assert "exploratory" not in estimate(panel())._repr_html_()


def lost(given: Panel, *, outcome: str = "housed") -> Panel:
    """The panel before an outcome is there."""
    outcomes = given.outcomes.copy()
    rows = outcomes["outcome"] == outcome
    outcomes.loc[rows, "value"] = np.nan
    outcomes.loc[rows, "status"] = "not_yet_observed"
    return replace(given, outcomes=outcomes)


def is_coherent(table: pd.DataFrame) -> bool:
    """Whether LATE times first stage is the ITT, to the last place of a double."""
    rows: Any = table.dropna(subset=["late", "first_stage"])
    gaps = [
        abs(row.late * row.first_stage - row.itt) <= math.ulp(row.itt) for row in rows.itertuples()
    ]
    return len(gaps) > 0 and all(gaps)


class TestBareFrames:
    """``coherent_table`` on a data frame."""

    @pytest.mark.parametrize("seed", range(8))
    def test_late_times_first_stage_is_the_itt_whatever_is_missing(self, seed: int) -> None:
        frame = trial(seed)
        rng = np.random.default_rng(seed)
        frame = frame.assign(other=frame["y"] ** 2)
        frame.loc[rng.random(len(frame)) < 0.2, "y"] = np.nan
        frame.loc[rng.random(len(frame)) < 0.1, "d"] = np.nan
        for covariates in ((), ("x", "w")):
            table = coherent_table(
                frame,
                outcomes=["y", "other"],
                offer="z",
                take_up="d",
                blocks="block",
                covariates=covariates,
            )
            assert list(table["outcome"]) == ["y", "other"]
            assert is_coherent(table)

    def test_its_numbers_are_those_of_the_functions_it_stands_for(self) -> None:
        frame = golden()
        row: Any
        (row,) = coherent_table(frame, outcomes="y", offer="z", take_up="d").itertuples()
        offered = itt(frame, outcome="y", offer="z")
        taken = late(frame, outcome="y", offer="z", take_up="d")
        assert isinstance(offered, Estimate)
        assert isinstance(taken, Estimate)
        assert taken.first_stage is not None
        assert (row.itt, row.itt_std_error, row.p_value) == (
            offered.estimate,
            offered.std_error,
            offered.p_value,
        )
        assert (row.late, row.late_std_error) == (taken.estimate, taken.std_error)
        assert row.first_stage == taken.first_stage.estimate
        assert row.first_stage_f == taken.first_stage_f
        assert row.untreated_complier_mean == taken.untreated_complier_mean
        assert (row.n, row.n_arm, row.n_reference) == (taken.n, taken.n_arm, taken.n_reference)

    def test_its_itt_is_of_the_units_whose_take_up_is_known(self) -> None:
        frame = golden()
        holed = frame.assign(d=frame["d"].where(frame.index % 5 != 0))
        row: Any
        (row,) = coherent_table(holed, outcomes="y", offer="z", take_up="d").itertuples()
        known = itt(holed.dropna(subset="d"), outcome="y", offer="z")
        assert isinstance(known, Estimate)
        assert row.itt == pytest.approx(known.estimate, rel=1e-12)

    def test_full_compliance_has_a_first_stage_of_one_without_an_error(self) -> None:
        frame = golden().assign(d=golden()["z"])
        row: Any
        (row,) = coherent_table(frame, outcomes="y", offer="z", take_up="d").itertuples()
        assert row.first_stage == 1.0
        assert row.late == row.itt
        assert pd.isna(row.first_stage_std_error)

    def test_what_has_no_number_is_a_row_with_its_reason(self) -> None:
        frame = golden().assign(d=0.0, flat=1.0)
        table = coherent_table(frame, outcomes=["y", "flat"], offer="z", take_up="d")
        assert list(table["status"]) == ["not_estimable", "not_estimable"]
        assert list(table["reason"]) == ["no_take_up", "no_take_up"]
        assert {name: str(kind) for name, kind in table.dtypes.items()} == COLUMNS


class TestPanels:
    """``Estimates.coherent()``."""

    def test_there_is_one_row_an_outcome_and_horizon(self) -> None:
        table = estimate(panel()).coherent()
        cells = list(zip(table["outcome"], table["horizon_months"], strict=True))
        assert cells == [("employed", 3), ("employed", 12), ("housed", 3), ("housed", 12)]
        assert {name: str(kind) for name, kind in table.dtypes.items()} == COLUMNS
        assert is_coherent(table)

    def test_it_stays_coherent_where_take_up_is_not_known_for_all(self) -> None:
        given = panel()
        taken = given.units["take_up"].where(np.arange(240) % 7 != 0)
        found = estimate(replace(given, units=given.units.assign(take_up=taken)))
        assert is_coherent(found.coherent())

    def test_adjusted_and_unadjusted_pairs_keep_apart(self) -> None:
        analyses = [
            {"estimand": estimand, "adjust": adjust}
            for estimand in ("itt", "late")
            for adjust in ("none", "lin")
        ]
        table = estimate(panel(protocol=clauses(analyses=analyses))).coherent()
        assert set(table["estimator"]) == {"wald", "wald_lin"}
        assert len(table) == 8
        assert is_coherent(table)

    def test_an_itt_without_a_late_has_a_row_of_its_own(self) -> None:
        table = estimate(panel(protocol=clauses(analyses=[{"estimand": "itt"}]))).coherent()
        assert len(table) == 4
        assert table["itt"].notna().all()
        assert table["late"].isna().all()
        assert set(table["status"]) == {"estimated"}

    def test_a_late_without_take_up_shows_its_itt_and_the_reason(self) -> None:
        given = panel()
        found = estimate(replace(given, units=given.units.assign(take_up=np.nan)))
        table = found.coherent()
        assert len(table) == 4
        assert table["itt"].notna().all()
        assert set(table["reason"]) == {"take_up_unknown"}

    def test_subgroups_have_their_rows(self) -> None:
        found = estimate(panel(protocol=clauses(subgroups=[{"variable": "children"}])))
        table = found.coherent()
        assert len(table) == 12
        assert set(table["subgroup"].dropna()) == {"children=ch_1", "children=ch_2plus"}
        assert is_coherent(table)

    def test_it_is_written_beside_the_estimates_and_read_back(self, tmp_path: Path) -> None:
        found = estimate(lost(panel()))
        found.write(tmp_path)
        table = pd.read_csv(tmp_path / "coherent.csv")
        assert list(table.columns) == list(COLUMNS)
        expected = found.coherent()
        for name in ("itt", "late", "first_stage"):
            assert table[name].to_numpy() == pytest.approx(
                expected[name].to_numpy(dtype=float, na_value=np.nan), nan_ok=True
            )
        assert pd.read_parquet(tmp_path / "coherent.parquet").equals(expected)

    def test_a_text_that_a_spreadsheet_would_run_is_neutralised(self, tmp_path: Path) -> None:
        lottery = clauses().lottery.model_dump(by_alias=True)
        outcomes = [OUTCOME | {"name": "employed", "horizons_months": [3]}]
        made = clauses(lottery=lottery, outcomes=outcomes)
        found = estimate(panel(protocol=made))
        one = found.estimated[1]
        assert one.promise is not None
        told = one.revised(promise=replace(one.promise, arm="=HYPERLINK(1)"))
        replace(found, estimated=(found.estimated[0], told)).write(tmp_path)
        assert "'=HYPERLINK(1)" in (tmp_path / "coherent.csv").read_text(encoding="utf-8")

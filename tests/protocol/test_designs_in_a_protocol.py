"""What each design needs of its clause, and what belongs to another."""

from __future__ import annotations

from datetime import date

import pytest

from reliance_eval.protocol.consistency import inconsistencies
from reliance_eval.protocol.designing import design_findings
from reliance_eval.protocol.model import Clauses

COLUMNS = {
    "age": {"type": "integer"},
    "income": {"type": "number"},
    "village": {"type": "text"},
    "born": {"type": "date"},
}
AGE = {"covariates": [{"variable": "age"}]}
BALANCE = {"covariates": [{"variable": "age", "bound": 12}]}


def clauses(*, analyses: object = ({"estimand": "itt"},), **lottery: object) -> Clauses:
    clause = {"day": date(2020, 2, 1), "unit": "id", "size": 600}
    return Clauses.model_validate(
        {
            "format": 1,
            "trial": {"id": "small", "title": {"en": "Small"}},
            "extracts": {
                "people": {"id": "id", "columns": COLUMNS},
                "months": {"id": "id", "month": "m", "columns": {"pay": {"type": "number"}}},
            },
            "variables": [
                {"name": "age", "column": "age"},
                {"name": "village", "column": "village"},
                {"name": "tenure", "column": "born", "months_since": True},
                {"name": "pay", "column": "pay", "extract": "months", "month": -1},
            ],
            "eligibility": {"extract": "people", "on": date(2020, 1, 1)},
            "lottery": clause | {"arms": {"offered": 300, "control": 300}} | lottery,
            "outcomes": [
                {
                    "name": "work",
                    "label": {"en": "Work"},
                    "kind": "amount",
                    "from": {"extract": "people", "column": "income"},
                    "horizons_months": [12],
                }
            ],
            "analyses": analyses,
        }
    )


def found(**lottery: object) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(finding.code, finding.path) for finding in design_findings(clauses(**lottery))]


@pytest.mark.parametrize(
    "lottery",
    [
        {"design": "complete"},
        {"design": "stratified", "arms": {"letter": 100, "visit": 200, "control": 300}},
        {"design": "clustered", "clusters": "village", "arms": {"a": 1, "b": 2, "c": 597}},
        {"design": "pairs", "pairs": AGE},
        {"design": "rerandomised", "balance": BALANCE},
        {"design": "rerandomised", "balance": BALANCE, "arms": {"offered": 200, "control": 400}},
        {"design": "simple", "odds": [1, 3], "arms": {"offered": 200, "control": 400}},
        {"design": "simple", "odds": [2, 6], "arms": {"offered": 1, "control": 2}, "size": 3},
        {"design": "recorded", "clusters": "village", "arm": "village"},
        {"design": "pairs", "pairs": {"covariates": [{"variable": "tenure", "scale": 12}]}},
    ],
)
def test_a_clause_that_says_what_its_design_needs_has_no_fault(lottery: dict[str, object]) -> None:
    assert found(**lottery) == []


@pytest.mark.parametrize(
    ("lottery", "code", "path"),
    [
        ({"design": "simple"}, "E-PROTOCOL-MISSING-KEY", ("lottery",)),
        ({"design": "pairs"}, "E-PROTOCOL-MISSING-KEY", ("lottery",)),
        ({"design": "rerandomised"}, "E-PROTOCOL-MISSING-KEY", ("lottery",)),
        ({"design": "clustered"}, "E-PROTOCOL-MISSING-KEY", ("lottery",)),
        (
            {"design": "stratified", "clusters": "village"},
            "E-PROTOCOL-DESIGN-KEY",
            ("lottery", "clusters"),
        ),
        ({"design": "complete", "odds": [1, 2]}, "E-PROTOCOL-DESIGN-KEY", ("lottery", "odds")),
        ({"design": "complete", "pairs": AGE}, "E-PROTOCOL-DESIGN-KEY", ("lottery", "pairs")),
        (
            {"design": "complete", "balance": BALANCE},
            "E-PROTOCOL-DESIGN-KEY",
            ("lottery", "balance"),
        ),
        (
            {"design": "pairs", "pairs": AGE, "arms": {"a": 200, "b": 200, "c": 200}},
            "E-PROTOCOL-TWO-ARMS",
            ("lottery", "arms"),
        ),
        (
            {"design": "pairs", "pairs": AGE, "arms": {"offered": 200, "control": 400}},
            "E-PROTOCOL-PAIRS-ARMS",
            ("lottery", "arms"),
        ),
        ({"design": "simple", "odds": [3, 3]}, "E-PROTOCOL-ODDS", ("lottery", "odds")),
        ({"design": "simple", "odds": [0, 3]}, "E-PROTOCOL-ODDS", ("lottery", "odds")),
        ({"design": "simple", "odds": [1, 3]}, "E-PROTOCOL-ODDS-ARMS", ("lottery", "arms")),
        (
            {"design": "pairs", "pairs": {"covariates": [{"variable": "agee"}]}},
            "E-PROTOCOL-UNKNOWN-NAME-NEAR",
            ("lottery", "pairs", "covariates", 0, "variable"),
        ),
        (
            {"design": "pairs", "pairs": {"covariates": [*AGE["covariates"], *AGE["covariates"]]}},
            "E-PROTOCOL-NAME-TWICE",
            ("lottery", "pairs", "covariates", 1, "variable"),
        ),
        (
            {"design": "pairs", "pairs": {"covariates": [{"variable": "village"}]}},
            "E-PROTOCOL-DRAW-COVARIATE",
            ("lottery", "pairs", "covariates", 0, "variable"),
        ),
        (
            {
                "design": "rerandomised",
                "balance": {"covariates": [{"variable": "pay", "bound": 3}]},
            },
            "E-PROTOCOL-DRAW-COVARIATE",
            ("lottery", "balance", "covariates", 0, "variable"),
        ),
    ],
)
def test_what_a_design_lacks_or_lends_is_named_where_it_stands(
    lottery: dict[str, object], code: str, path: tuple[str | int, ...]
) -> None:
    assert (code, path) in found(**lottery)


@pytest.mark.parametrize("analysis", [{"adjust": "lin"}, {"estimator": "lin"}])
def test_an_adjustment_that_pairs_never_allow_is_refused_in_the_protocol(
    analysis: dict[str, str],
) -> None:
    promised = [{"estimand": "itt"}, {"estimand": "itt"} | analysis]
    made = clauses(analyses=promised, design="pairs", pairs=AGE)
    findings = [(finding.code, finding.path) for finding in design_findings(made)]
    assert findings == [("E-PROTOCOL-PAIRS-LIN", ("analyses", 1))]


def test_only_a_simple_or_a_recorded_draw_announces_no_size(tmp_path) -> None:
    def codes(**lottery: object) -> set[str]:
        given = clauses(size=None, **lottery)
        return {finding.code for finding in inconsistencies(given, tmp_path, {})}

    arms = {"offered": 200, "control": 400}
    assert "E-PROTOCOL-MISSING-KEY" in codes(design="complete")
    assert "E-PROTOCOL-MISSING-KEY" not in codes(design="simple", odds=[1, 3], arms=arms)

"""Why an outcome is missing: moved, died, refused; and what no code explains is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_studies import DAY, LATE, followed, month, outcome, study

from reliance_eval.errors import ProtocolError
from reliance_eval.panel import Panel
from reliance_eval.protocol import read_protocol

CODES = {"MUT": "moved", "DCD": "died", "REF": "refused"}
MONTHLY = {"extract": "monthly", "column": "situation", "codes": CODES}


def statuses(panel: Panel, horizon: int = 3) -> list[str]:
    rows = panel.outcomes[panel.outcomes["horizon_months"] == horizon]
    return list(rows["status"])


def row(unit: str, number: int, x: float | None = None, situation: str | None = None) -> Any:
    return {"id": unit, "month": month(number), "x": x, "situation": situation}


def of_months(
    folder: Path, rows: list[Any], *, absences: list[dict[str, Any]], horizons: tuple[int, ...]
) -> Panel:
    outcomes = [outcome("value_at", horizons=horizons)]
    made = study(
        folder, outcomes, deliveries={"monthly": [(LATE, rows)]}, clauses={"absences": absences}
    )
    return followed(made)


ROWS = [
    row("u1", 2, 1.0, "MUT"),
    row("u2", 1, 1.0),
    row("u2", 3, None, "DCD"),
    row("u3", 3, None, "AUT"),
    row("u4", 3, 5.0, "REF"),
]


def test_the_last_row_up_to_the_horizon_tells_why(tmp_path: Path) -> None:
    panel = of_months(tmp_path, ROWS, absences=[MONTHLY], horizons=(1, 3))
    # u1 left in month 2: at month 1 it had no row either, and no reason yet.
    assert statuses(panel, 1) == ["not_delivered", "observed", "not_delivered", "not_delivered"]
    # u3's code stands for nothing declared: lost. What u4 shows is observed, whatever her code.
    assert statuses(panel) == ["moved", "died", "missing", "observed"]


def test_a_reason_neither_makes_nor_unmakes_a_value(tmp_path: Path) -> None:
    without = of_months(tmp_path, ROWS, absences=[], horizons=(1, 3))
    told = of_months(tmp_path, ROWS, absences=[MONTHLY], horizons=(1, 3))
    assert told.outcomes["value"].equals(without.outcomes["value"])
    assert told.outcomes["value"].notna().equals(told.outcomes["status"] == "observed")
    assert statuses(without) == ["not_delivered", "missing", "missing", "observed"]


def test_who_came_back_is_lost_and_not_gone(tmp_path: Path) -> None:
    rows = [row("u1", 1, 1.0, "MUT"), row("u1", 2, 2.0), row("u1", 3)]
    panel = of_months(tmp_path, rows, absences=[MONTHLY], horizons=(3,))
    assert statuses(panel)[0] == "missing"


def test_accounts_that_contradict_each_other_tell_nothing(tmp_path: Path) -> None:
    deaths = [{"id": "u1", "day": date(2018, 3, 1), "what": code} for code in ("DCD", "MUT")]
    deaths.append({"id": "u2", "day": date(2018, 3, 2), "what": "DCD"})
    deaths.append({"id": "u3", "day": date(2019, 3, 2), "what": "DCD"})
    made = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={"monthly": [(LATE, [row("u4", 3, 1.0)])], "events": [(LATE, deaths)]},
        clauses={"absences": [{"extract": "events", "column": "what", "codes": CODES}]},
    )
    # u3 died after the window of three months.
    assert statuses(followed(made)) == ["not_delivered", "died", "not_delivered", "observed"]


def test_a_reason_is_of_the_outcomes_it_names(tmp_path: Path) -> None:
    outcomes = [outcome("value_at"), outcome("mean")]
    made = study(
        tmp_path,
        outcomes,
        deliveries={"monthly": [(LATE, [row("u1", 2, None, "MUT")])]},
        clauses={"absences": [MONTHLY | {"outcomes": ["mean"]}]},
    )
    panel = followed(made)
    found = panel.outcomes[panel.outcomes["unit"] == "u1"].set_index("outcome")["status"]
    assert found.to_dict() == {"value_at": "not_delivered", "mean": "moved"}


def test_what_time_has_not_reached_needs_no_reason(tmp_path: Path) -> None:
    made = study(
        tmp_path,
        [outcome("value_at")],
        deliveries={"monthly": [(DAY, [row("u1", 0, 1.0, "MUT")])]},
        clauses={"absences": [MONTHLY]},
    )
    assert set(statuses(followed(made))) == {"not_yet_observed"}


PROTOCOL = """
format = 1
[trial]
id = "small"
title = { en = "Small" }
[extracts.people]
id = "id"
[extracts.people.columns]
x = { type = "number" }
gone = { codes = { "1" = "away" } }
[eligibility]
extract = "people"
on = 2020-01-01
[lottery]
day = 2020-01-01
unit = "id"
design = "stratified"
size = 2
arms = { offered = 1, control = 1 }
[[outcomes]]
name = "work"
label = { en = "Work" }
kind = "amount"
from = { extract = "people", column = "x" }
horizons_months = [12]
[[analyses]]
estimand = "itt"
[[absences]]
"""


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ('extract = "people"\ncolumn = "gone"\ncodes = {}', "E-PROTOCOL-ABSENCE-CODES"),
        ('extract = "people"\ncolumn = "x"\ncodes = { a = "moved" }', "E-PROTOCOL-ABSENCE-TEXT"),
        ('extract = "people"\ncolumn = "gone"\ncodes = { 1 = "moved" }', "E-PROTOCOL-UNKNOWN-NAME"),
        ('extract = "people"\ncolumn = "y"\ncodes = { a = "died" }', "E-PROTOCOL-UNKNOWN-NAME"),
        (
            'extract = "people"\ncolumn = "gone"\ncodes = { away = "died" }\noutcomes = ["w"]',
            "E-PROTOCOL-UNKNOWN-NAME",
        ),
        ('extract = "people"\ncolumn = "gone"\ncodes = { away = "lost" }', "E-PROTOCOL-"),
    ],
)
def test_a_clause_that_cannot_be_followed_is_refused(
    clause: str, code: str, tmp_path: Path
) -> None:
    (tmp_path / "protocol.toml").write_text(PROTOCOL + clause, encoding="utf-8")
    with pytest.raises(ProtocolError, match=code):
        read_protocol(tmp_path / "protocol.toml")
    sound = PROTOCOL + 'extract = "people"\ncolumn = "gone"\ncodes = { away = "moved" }'
    (tmp_path / "protocol.toml").write_text(sound, encoding="utf-8")
    assert read_protocol(tmp_path / "protocol.toml").clauses.absences[0].column == "gone"

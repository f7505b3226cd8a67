"""Screening: who is in, and Kirchhoff's law of the counts."""

from __future__ import annotations

import random
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from households import extract_of, protocol_of
from hypothesis import given
from hypothesis import strategies as st

from reliance_eval.eligibility import screen
from reliance_eval.eligibility.screening import count_steps
from reliance_eval.errors import DataError, ProtocolError, UnreadableInput

CRITERIA = [
    {
        "name": "lone_parent",
        "all": [
            {"column": "family", "is": "lone_parent"},
            {"column": "children", "at_least": 1},
        ],
    },
    {"name": "nancy", "column": "commune", "in": ["54395", "54547"]},
    {"name": "not_student", "column": "student", "is": False},
    {"name": "two_years", "variable": "seniority", "at_least": 24},
    {"name": "under_50", "variable": "age", "below": 50},
]
IN = {
    "family": "lone_parent",
    "children": 1,
    "commune": "54395",
    "student": False,
    "registered_on": date(2015, 1, 31),
    "born_on": date(1968, 2, 1),
    "income": 100.0,
}
PEOPLE = [
    IN,
    IN | {"family": "couple"},
    IN | {"family": None, "children": 0},  # unknown and no: no
    IN | {"family": None},  # unknown and yes: unknown
    IN | {"commune": "75056"},
    IN | {"commune": None},
    IN | {"student": True},
    IN | {"registered_on": date(2016, 1, 31)},  # 24 months to the day
    IN | {"registered_on": date(2016, 2, 1)},  # a day short
    IN | {"born_on": date(1968, 1, 31)},  # fifty on the day itself
    IN | {"commune": "75056", "student": True},
    IN | {"born_on": None},
]


def test_each_answer_is_counted_where_it_falls(tmp_path: Path) -> None:
    flow = screen(extract_of(protocol_of(tmp_path, criteria=CRITERIA), PEOPLE))
    # By hand from PEOPLE: criterion, entering, refused, unknown, remaining, alone, only.
    assert [astuple(step) for step in flow.steps] == [
        ("lone_parent", 12, 2, 1, 9, 2, 2),
        ("nancy", 9, 2, 1, 6, 2, 1),
        ("not_student", 6, 1, 0, 5, 2, 1),
        ("two_years", 5, 1, 0, 4, 1, 1),
        ("under_50", 4, 1, 1, 2, 1, 1),
    ]
    assert flow.assessed == 12
    assert list(flow.eligible["unit"]) == ["h00", "h07"]
    assert list(flow.to_pandas()["remaining"]) == [9, 6, 5, 4, 2]
    assert "h00" not in flow._repr_html_()


@given(
    answers=st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=20),
    data=st.data(),
)
def test_entering_is_refused_and_unknown_and_remaining(
    answers: list[list[int]], data: st.DataObject
) -> None:
    units = data.draw(st.lists(st.integers(0, 50), min_size=len(answers), max_size=len(answers)))
    steps = count_steps(list("abcd"), np.array(answers), np.array(units))
    entering = sum(units)
    for step in steps:
        assert step.entering == entering == step.refused + step.unknown + step.remaining
        assert step.only <= step.refused <= step.alone
        entering = step.remaining


@pytest.mark.parametrize("seed", [1, 2])
def test_row_order_never_matters(tmp_path: Path, seed: int) -> None:
    people = [person | {"id": f"h{k:02d}"} for k, person in enumerate(PEOPLE)]
    protocol = protocol_of(tmp_path, criteria=CRITERIA)
    flow = screen(extract_of(protocol, people))
    shuffled = random.Random(seed).sample(people, len(people))
    again = screen(extract_of(protocol, shuffled))
    assert again.table_digests == flow.table_digests
    assert again.steps == flow.steps


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ({"column": "income", "at_least": 100}, {100.0, 101.0}),
        ({"column": "income", "above": 100}, {101.0}),
        ({"column": "income", "at_most": 100}, {99.0, 100.0}),
        ({"column": "income", "below": 100}, {99.0}),
        ({"column": "income", "is": 100}, {100.0}),
        ({"column": "income", "above": 99, "below": 101}, {100.0}),
        ({"column": "income", "known": True}, {99.0, 100.0, 101.0}),
    ],
)
def test_each_comparison_keeps_its_side(
    tmp_path: Path, test: dict[str, Any], kept: set[float]
) -> None:
    people = [{"income": income} for income in (99.0, 100.0, 101.0, None)]
    flow = screen(extract_of(protocol_of(tmp_path, criteria=[{"name": "c", **test}]), people))
    incomes = [people[int(unit[1:])]["income"] for unit in flow.eligible["unit"]]
    assert set(incomes) == kept
    assert flow.steps[0].unknown == (0 if "known" in test else 1)


def test_a_list_of_codes_may_be_a_file(tmp_path: Path) -> None:
    criteria = [{"name": "nancy", "column": "commune", "in": "codes.csv"}]
    lists = {"codes.csv": ("54395", "54547")}
    protocol = protocol_of(tmp_path, criteria=criteria, code_lists=lists)
    flow = screen(extract_of(protocol, PEOPLE))
    assert flow.steps[0].refused == 2
    assert flow.steps[0].unknown == 1


def test_an_unknown_stops_where_the_protocol_says_so(tmp_path: Path) -> None:
    protocol = protocol_of(tmp_path, criteria=CRITERIA, eligibility={"unknown": "stop"})
    with pytest.raises(DataError) as stopped:
        screen(extract_of(protocol, PEOPLE))
    found = [(f.values["criterion"], f.values["n"]) for f in stopped.value.faults]
    assert found == [("lone_parent", 1), ("nancy", 1), ("under_50", 1)]
    assert "1 unit," in stopped.value.text("en")


def test_without_criteria_everybody_is_in(tmp_path: Path) -> None:
    flow = screen(extract_of(protocol_of(tmp_path), PEOPLE))
    assert flow.steps == ()
    assert flow.assessed == len(flow.eligible) == 12


def test_nobody_may_be_in(tmp_path: Path) -> None:
    criteria = [{"name": "rich", "column": "income", "above": 1e6}]
    blocks = {"blocks": ["kids"]}
    flow = screen(extract_of(protocol_of(tmp_path, criteria=criteria, lottery=blocks), PEOPLE))
    assert flow.eligible.empty
    assert "block" in flow.eligible


def test_variables_and_bands_go_with_the_eligible(tmp_path: Path) -> None:
    protocol = protocol_of(
        tmp_path, criteria=CRITERIA, lottery={"blocks": ["studies", "kids", "seniority"]}
    )
    flow = screen(extract_of(protocol, [*PEOPLE, IN | {"children": 4, "student": False}]))
    # 49 years on 2018-01-31; 36 and 24 months of registration: by hand.
    expected = pd.DataFrame(
        {
            "unit": ["h00", "h07", "h12"],
            "age": [49.0, 49.0, 49.0],
            "seniority": [36.0, 24.0, 36.0],
            "seniority_band": ["rsa_2_5"] * 3,
            "kids": [1.0, 1.0, 4.0],
            "kids_band": ["ch_1", "ch_1", "ch_2plus"],
            "studies": [0.0, 0.0, 0.0],
            "studies_band": ["st_0"] * 3,
            "block": ["st_0_ch_1_rsa_2_5", "st_0_ch_1_rsa_2_5", "st_0_ch_2plus_rsa_2_5"],
        }
    )
    pd.testing.assert_frame_equal(flow.eligible, expected, check_dtype=False)


def test_without_blocks_the_block_is_a_dash(tmp_path: Path) -> None:
    assert set(screen(extract_of(protocol_of(tmp_path), PEOPLE)).eligible["block"]) == {"-"}


def test_an_eligible_unit_without_a_band_is_refused_with_a_count(tmp_path: Path) -> None:
    people = [IN, IN | {"children": 0}, IN | {"children": None}]
    protocol = protocol_of(tmp_path, lottery={"blocks": ["kids"]})
    with pytest.raises(DataError) as refused:
        screen(extract_of(protocol, people))
    assert [f.code for f in refused.value.faults] == ["E-ELIGIBILITY-NO-BAND"]
    assert refused.value.faults[0].values == {"variable": "kids", "n": 2}


def test_a_delivery_after_the_draw_is_not_read(tmp_path: Path) -> None:
    protocol = protocol_of(tmp_path, delivered=date(2018, 2, 16))
    extract = extract_of(protocol, PEOPLE)
    with pytest.raises(UnreadableInput) as refused:
        screen(extract)
    assert refused.value.code == "E-ELIGIBILITY-NO-DELIVERY"


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ({"column": "commune", "is": 54395}, "is"),
        ({"column": "commune", "at_least": 54395}, "at_least"),
        ({"column": "student", "is": "no"}, "is"),
        ({"column": "student", "is": 0}, "is"),
        ({"column": "children", "is": True}, "is"),
        ({"column": "children", "in": ["1", "2"]}, "in"),
        ({"column": "born_on", "below": 50}, "below"),
        ({"variable": "age", "is": "50"}, "is"),
    ],
)
def test_a_test_that_does_not_suit_its_column_is_a_fault_of_the_protocol(
    tmp_path: Path, test: dict[str, Any], name: str
) -> None:
    extract = extract_of(protocol_of(tmp_path, criteria=[{"name": "c", **test}]), PEOPLE)
    with pytest.raises(ProtocolError) as refused:
        screen(extract)
    assert refused.value.faults[0].code == "E-ELIGIBILITY-TEST"
    assert refused.value.faults[0].values["test"] == name
    assert refused.value.faults[0].where == "eligibility.criteria[1]"


def test_a_flow_is_saved_and_loaded(tmp_path: Path) -> None:
    extract = extract_of(protocol_of(tmp_path, criteria=CRITERIA), PEOPLE)
    flow = screen(extract)
    folder = flow.save(tmp_path / "out")
    again = type(flow).load(folder, parent=extract)
    assert again.steps == flow.steps
    assert again.digest == flow.digest


RECORDED = {
    "design": "recorded",
    "size": None,
    "arms": {"treated": 2, "control": 1},
    "arm": "arm",
    "clusters": "village",
    "probability": "p",
}
COLUMNS = {"arm": {}, "village": {"type": "integer"}, "p": {"type": "number"}}
TRIAL = [
    IN | {"arm": "treated", "village": 1, "p": 0.5},
    IN | {"arm": "treated", "village": 2, "p": 0.5},
    IN | {"arm": "control", "village": 2, "p": 0.5},
]


def test_a_draw_held_elsewhere_brings_its_columns(tmp_path: Path) -> None:
    late = date(2021, 1, 1)
    protocol = protocol_of(tmp_path, lottery=RECORDED, columns=COLUMNS, delivered=late)
    eligible = screen(extract_of(protocol, TRIAL)).eligible
    assert list(eligible["arm"]) == ["treated", "treated", "control"]
    assert list(eligible["cluster"]) == ["1", "2", "2"]
    assert list(eligible["probability"]) == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"arm": None}, ["E-ELIGIBILITY-DRAW-UNKNOWN", "E-ELIGIBILITY-ARM-COUNT"]),
        ({"arm": "waiting"}, ["E-ELIGIBILITY-ARM", "E-ELIGIBILITY-ARM-COUNT"]),
        ({"arm": "treated"}, ["E-ELIGIBILITY-ARM-COUNT", "E-ELIGIBILITY-ARM-COUNT"]),
        ({"village": None}, ["E-ELIGIBILITY-DRAW-UNKNOWN"]),
        ({"p": 1.0}, ["E-ELIGIBILITY-PROBABILITY"]),
        ({"p": None}, ["E-ELIGIBILITY-PROBABILITY"]),
    ],
)
def test_a_draw_held_elsewhere_may_not_contradict_the_protocol(
    tmp_path: Path, changed: dict[str, Any], codes: list[str]
) -> None:
    protocol = protocol_of(tmp_path, lottery=RECORDED, columns=COLUMNS)
    with pytest.raises(DataError) as refused:
        screen(extract_of(protocol, [*TRIAL[:2], TRIAL[2] | changed]))
    assert [f.code for f in refused.value.faults] == codes
    for language in ("en", "fr"):
        assert all(f.text(language) for f in refused.value.faults)

"""A person in several lists: refused, left out, or drawn again as the protocol says."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_waves import FIRST, arms_of, followed, hold_waves, listed, small_study

from reliance_eval.errors import DataError, ProtocolError, UnreadableInput
from reliance_eval.lottery import Entry, Ledger, admit
from reliance_eval.panel import Panel, follow_up
from reliance_eval.protocol import read_protocol
from reliance_eval.study import Study, open_study, record_entries, run_act

NEW = ("b01", "b02", "b03", "b04")


def second(study: Study, *units: str) -> Study:
    listed(study.folder, "second", units)
    return open_study(study.folder)


def cell(panel: Panel, unit: str) -> dict[int, float | str]:
    rows = panel.outcomes[panel.outcomes["unit"] == unit]
    return {
        int(row.horizon_months): row.value if row.status == "observed" else str(row.status)
        for row in rows.itertuples()
    }


def test_a_list_with_somebody_drawn_is_refused(tmp_path: Path) -> None:
    study = small_study(tmp_path, "refused")
    hold_waves(study)
    drawn = arms_of(study, "w1")
    study = second(study, *NEW, drawn["control"][0], drawn["offered"][0])
    with pytest.raises(DataError) as caught:
        hold_waves(study)
    (fault,) = caught.value.faults
    # The two are the first of six in byte order, before b01.
    assert (fault.code, dict(fault.values)) == ("E-WAVE-REDRAWN", {"n": 2, "rows": "1, 2"})


def test_left_out_is_a_step_that_is_counted(tmp_path: Path) -> None:
    study = small_study(tmp_path, "left_out")
    hold_waves(study)
    drawn = arms_of(study, "w1")
    panel = followed(second(study, *NEW, drawn["control"][0], *drawn["reserve"]))
    steps = panel.parent.parent.steps
    # By hand: 10 in the first list, then 4 new ones, a control (left out) and two in reserve.
    assert [(s.criterion, s.entering, s.refused, s.remaining) for s in steps] == [
        ("adult", 17, 0, 17),
        ("already_drawn", 17, 1, 16),
    ]
    assert panel.units["unit"].is_unique
    assert len(panel.units) == 12


def test_an_earlier_control_with_a_later_offer_is_dropped_from_that_day_on(
    tmp_path: Path,
) -> None:
    study = small_study(tmp_path, "allowed")
    hold_waves(study)
    controls = arms_of(study, "w1")["control"]
    panel = followed(second(study, *controls))
    again = arms_of(study, "w2")
    assert len(panel.units) == 12
    for unit in again["offered"]:
        # w1 is of January, w2 of July: month 3 is April, 6 July, 9 October; x is the month.
        assert cell(panel, unit) == {3: 4.0, 6: "redrawn", 9: "redrawn"}
        # October is month 3 of her second draw; months 6 and 9 are in 2019.
        assert cell(panel, f"{unit}@w2")[3] == 10.0
    rows = panel.units.set_index("unit")
    for unit in again["offered"]:
        assert (rows.loc[unit, "arm"], rows.loc[unit, "take_up"]) == ("control", 0.0)
        assert (rows.loc[f"{unit}@w2", "arm"], rows.loc[f"{unit}@w2", "take_up"]) == ("offered", 1)


def test_a_control_drawn_again_as_a_control_counts_in_each_wave(tmp_path: Path) -> None:
    study = small_study(tmp_path, "allowed")
    hold_waves(study)
    panel = followed(second(study, *arms_of(study, "w1")["control"]))
    for unit in arms_of(study, "w2")["control"]:
        assert cell(panel, unit) == {3: 4.0, 6: 7.0, 9: 10.0}
        assert cell(panel, f"{unit}@w2")[3] == 10.0
    blocks = panel.units.groupby("wave")["block"].unique().apply(list).to_dict()
    assert blocks == {"w1": ["w1"], "w2": ["w2"]}


def test_who_had_an_offer_is_never_drawn_again(tmp_path: Path) -> None:
    study = small_study(tmp_path, "allowed")
    hold_waves(study)
    offered = arms_of(study, "w1")["offered"]
    study = second(study, *NEW, *offered)
    hold_waves(study)
    listed_again = set(study.of_wave("w2").load("draw").assignment["unit"])
    assert listed_again == set(NEW)


def test_who_was_called_from_the_reserve_is_left_out_too(tmp_path: Path) -> None:
    study = small_study(tmp_path, "allowed")
    panel = followed(study)
    called = panel.parent.reserve["unit"].iloc[0]
    path = tmp_path / "calls.csv"
    path.write_text(f"unit,on,reason\n{called},2018-02-01,a place was vacant\n", encoding="utf-8")
    record_entries(open_study(tmp_path), "replacement", path)
    study = second(study, *NEW, called)
    hold_waves(study)
    assert called not in set(study.of_wave("w2").load("draw").assignment["unit"])


def test_an_objection_erases_every_row_of_a_person(tmp_path: Path) -> None:
    study = small_study(tmp_path, "allowed")
    hold_waves(study)
    panel = followed(second(study, *arms_of(study, "w1")["control"]))
    unit = arms_of(study, "w2")["control"][0]
    path = tmp_path / "objections.csv"
    path.write_text(f"unit,on,reason\n{unit},2018-09-01,by letter\n", encoding="utf-8")
    study = open_study(tmp_path)
    # The ledger is the whole study's, whichever wave is named.
    record_entries(study.of_wave("w2"), "objection", path)
    again: Panel = run_act(open_study(tmp_path), "panel")
    assert not again.units["unit"].str.startswith(unit).any()
    assert again.units["unit"].str.startswith("objected:").sum() == 2
    assert (
        again.units["arm"].value_counts().to_dict() == panel.units["arm"].value_counts().to_dict()
    )


def test_an_entry_is_dated_after_the_draw_of_its_wave(tmp_path: Path) -> None:
    study = small_study(tmp_path, "left_out")
    hold_waves(study)
    draw = followed(second(study, *NEW)).parent
    (first, later) = (arms_of(study, wave)["offered"][0] for wave in ("w1", "w2"))
    between = draw.intakes[0].day.replace(month=3)
    entry = Entry("withdrawal", first, between, "moved")
    assert admit((entry,), ledger=Ledger(), draw=draw, source="f.csv")
    entry = Entry("withdrawal", later, between, "moved")
    with pytest.raises(DataError) as caught:
        admit((entry,), ledger=Ledger(), draw=draw, source="f.csv")
    assert caught.value.faults[0].code == "E-LEDGER-EARLY"


def test_a_pooled_panel_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    study = small_study(tmp_path, "left_out")
    hold_waves(study)
    panel = followed(second(study, *NEW))
    loaded: Panel = open_study(tmp_path).load("panel")
    assert loaded.digest == panel.digest
    assert loaded.parent.intakes == panel.parent.intakes
    again = follow_up(loaded.parent, [])
    assert set(again.outcomes["status"]) == {"not_yet_observed"}


def test_nothing_is_pooled_before_the_first_draw(tmp_path: Path) -> None:
    study = small_study(tmp_path, "refused")
    with pytest.raises(UnreadableInput) as caught:
        run_act(study, "flow")
    assert caught.value.code == "E-WAVE-BEFORE"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('redrawn = "refused"', 'redrawn = "refused"\nseed = "text:x"', "E-PROTOCOL-WAVES-SEED"),
        ('design = "complete"', 'design = "recorded"\narm = "adult"', "E-PROTOCOL-WAVES-DESIGN"),
        ('seed = "text:two"', 'seed = "text:one"', "E-PROTOCOL-WAVES-SAME-SEED"),
        ('name = "w2"', 'name = "w1"', "E-PROTOCOL-NAME-TWICE"),
        ("day = 2018-07-15", "day = 2018-01-15", "E-PROTOCOL-WAVES-ORDER"),
        ("on = 2018-01-01\nsize = 8", "on = 2018-01-02\nsize = 8", "E-PROTOCOL-WAVES-FIRST"),
        ("size = 4\n", "size = 5\n", "E-PROTOCOL-ARMS-SUM"),
        ("size = 4\n", "", "E-PROTOCOL-MISSING-KEY"),
        ("{ offered = 6, control = 6 }", "{ offered = 7, control = 5 }", "E-PROTOCOL-WAVES-TOTAL"),
        ("{ offered = 2, control = 2 }", "{ control = 2, offered = 2 }", "E-PROTOCOL-WAVES-ARMS"),
    ],
)
def test_waves_that_contradict_each_other_are_refused(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    small_study(tmp_path, "refused")
    path = tmp_path / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        read_protocol(tmp_path)
    assert code in [fault.code for fault in caught.value.faults]


def test_a_waves_event_is_examined_like_any_other(tmp_path: Path) -> None:
    event = (
        '[lottery.waves.event]\nsource = "rfc3797"\nname = { en = "E" }\n'
        'at = 2018-08-01T20:00:00+02:00\nsources = ["Loto"]\n'
    )
    with pytest.raises(ProtocolError) as caught:
        small_study(tmp_path, "refused", ('seed = "text:two"\n', event))
    # The event comes after the day of the wave's draw.
    (fault,) = caught.value.faults
    assert fault.code == "E-PROTOCOL-EVENT-DAY"
    line = (tmp_path / "protocol.toml").read_text(encoding="utf-8").split("\n")
    assert line[int(fault.where.split(":")[1]) - 1].startswith(("day = 2018-07-15", "[["))


def test_units_never_drawn_keep_one_name(tmp_path: Path) -> None:
    study = small_study(tmp_path, "left_out")
    hold_waves(study)
    reserve = arms_of(study, "w1")["reserve"]
    assert len(reserve) == len(FIRST) - 8
    panel = followed(second(study, *NEW, *reserve))
    named = panel.parent.assignment["unit"]
    assert named.is_unique
    assert named.str.contains("@").sum() == len(reserve)

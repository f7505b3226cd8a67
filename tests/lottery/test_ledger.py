"""The ledger: after the draw nobody leaves or changes arm; rows are named, never units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from small_lotteries import JOB, flow_of

from reliance_eval.errors import DataError
from reliance_eval.lottery import KINDS, Draw, Entry, Kind, Ledger, admit, draw
from reliance_eval.lottery.ledger import EntryCount

LATER = date(2099, 1, 1)


@pytest.fixture(scope="module")
def held() -> Draw:
    """Forty units in two blocks, of whom sixteen are drawn."""
    units = [f"u{n:02d}" for n in range(40)]
    cells = [JOB[n % 2] for n in range(40)]
    eligible = pd.DataFrame({"unit": units, "block": cells, "job_band": cells})
    arms = {"offered": 8, "control": 8}
    return draw(flow_of(eligible, design="stratified", blocks=("job",), arms=arms))


def units(held: Draw, arm: str) -> list[str]:
    rows = held.reserve if arm == "reserve" else held.assignment[held.assignment["arm"] == arm]
    return list(rows["unit"])


def admitted(held: Draw, *entries: Entry, before: Ledger | None = None) -> Ledger:
    return admit(entries, ledger=before or Ledger(), draw=held, source="file.csv")


def refused(held: Draw, *entries: Entry, before: Ledger | None = None) -> list[tuple[str, str]]:
    with pytest.raises(DataError) as caught:
        admitted(held, *entries, before=before)
    for language in ("en", "fr"):
        said = caught.value.text(language)
        assert not any(entry.unit in said for entry in entries)
        assert not any(entry.reason in said for entry in entries)
    return [(fault.code, fault.where) for fault in caught.value.faults]


def entry(kind: Kind, unit: str, on: date = LATER) -> Entry:
    return Entry(kind, unit, on, "private motive")


def test_the_assignment_never_moves(held: Draw) -> None:
    before = held.digest
    offered = units(held, "offered")
    admitted(held, *(entry(kind, offered[0]) for kind in KINDS if kind != "replacement"))
    assert held.digest == before
    assert units(held, "offered") == offered


def test_a_place_goes_to_the_first_of_the_blocks_reserve(held: Draw) -> None:
    by_block = held.reserve.groupby("block")["unit"].apply(list)
    for line in by_block:
        called = admitted(held, *(entry("replacement", unit) for unit in line[:3]))
        assert called.units("replacement") == set(line[:3])
        assert refused(held, entry("replacement", line[2])) == [("E-LEDGER-NOT-NEXT", "file.csv:2")]


def test_a_call_out_of_turn_says_how_many_come_before(held: Draw) -> None:
    line = held.reserve.groupby("block")["unit"].apply(list).iloc[0]
    with pytest.raises(DataError) as caught:
        admitted(held, entry("replacement", line[0]), entry("replacement", line[4]))
    (fault,) = caught.value.faults
    # The first was called; the second, third and fourth come before the fifth.
    assert (fault.where, fault.values["n"]) == ("file.csv:3", 3)


@pytest.mark.parametrize("kind", ["withdrawal", "late_ineligibility", "refusal"])
def test_who_left_the_reserve_is_passed_over(held: Draw, kind: Kind) -> None:
    line = held.reserve.groupby("block")["unit"].apply(list).iloc[0]
    before = admitted(held, entry(kind, line[0]))
    assert admitted(held, entry("replacement", line[1]), before=before)
    assert refused(held, entry("replacement", line[0]), before=before) == [
        ("E-LEDGER-GONE", "file.csv:2")
    ]


def test_an_objection_does_not_take_a_place_in_the_reserve_away(held: Draw) -> None:
    line = held.reserve.groupby("block")["unit"].apply(list).iloc[0]
    before = admitted(held, entry("objection", line[0]))
    assert admitted(held, entry("replacement", line[0]), before=before)


def test_who_was_drawn_is_never_called(held: Draw) -> None:
    found = refused(held, *(entry("replacement", units(held, arm)[0]) for arm in held.arms))
    assert found == [("E-LEDGER-NOT-RESERVE", "file.csv:2"), ("E-LEDGER-NOT-RESERVE", "file.csv:3")]


def test_every_fault_of_a_file_is_named_at_once(held: Draw) -> None:
    offered, control = units(held, "offered"), units(held, "control")
    day = held.protocol.clauses.lottery.day
    found = refused(
        held,
        entry("withdrawal", "zz-nobody"),
        entry("refusal", control[0]),
        entry("withdrawal", offered[0], date.min),
        entry("withdrawal", offered[1], day),
        entry("withdrawal", offered[1]),
    )
    assert found == [
        ("E-LEDGER-UNKNOWN", "file.csv:2"),
        ("E-LEDGER-NOT-OFFERED", "file.csv:3"),
        ("E-LEDGER-EARLY", "file.csv:4"),
        ("E-LEDGER-TWICE", "file.csv:6"),
    ]


def test_who_was_excluded_before_the_seed_holds_no_place(held: Draw) -> None:
    unit = units(held, "reserve")[0]
    table = held.assignment.copy()
    table.loc[table["unit"] == unit, "arm"] = "excluded"
    excluded = replace(held, assignment=table)
    assert refused(excluded, entry("withdrawal", unit)) == [("E-LEDGER-EXCLUDED", "file.csv:2")]
    # She may still object: her name is in the list that was drawn from.
    assert admitted(excluded, entry("objection", unit))


def test_an_entry_is_made_once_whatever_the_file(held: Draw) -> None:
    offered = units(held, "offered")
    before = admitted(held, entry("withdrawal", offered[0]))
    assert refused(held, entry("withdrawal", offered[0]), before=before) == [
        ("E-LEDGER-TWICE", "file.csv:2")
    ]


def test_the_record_holds_counts_by_arm_and_no_unit(held: Draw) -> None:
    offered, control, reserve = (units(held, arm) for arm in ("offered", "control", "reserve"))
    ledger = admitted(
        held,
        entry("withdrawal", offered[0]),
        entry("withdrawal", control[0]),
        entry("withdrawal", control[1]),
        entry("replacement", reserve[0]),
    )
    record = ledger.record(held)
    assert record is not None
    assert record.counts == (
        EntryCount("withdrawal", "offered", 1),
        EntryCount("withdrawal", "control", 2),
        EntryCount("replacement", "reserve", 1),
    )
    assert Ledger().record(held) is None


def test_what_an_interpreter_shows_names_nobody(held: Draw) -> None:
    ledger = admitted(held, entry("withdrawal", units(held, "offered")[0]))
    assert repr(ledger) == "<Ledger, 1 entries>"
    assert repr(ledger.entries[0]) == "<Entry, withdrawal, 2099-01-01>"

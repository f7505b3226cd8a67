"""An artefact is saved whole, loaded the same, and refused when a byte of it has moved."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from reliance_eval.artefact import Artefact, write_summary
from reliance_eval.errors import IntegrityError, UnreadableInput


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    n: int


@dataclass(frozen=True)
class Head:
    """What stands at the head of a line: it has a digest and a protocol."""

    digest: str = "head"
    parent: None = None

    class protocol:  # noqa: N801
        full_digest = "protocol"


@dataclass(frozen=True, kw_only=True, eq=False)
class Thing(Artefact):
    act: ClassVar[str] = "thing"
    tables: ClassVar[tuple[str, ...]] = ("people", "counts")
    personal: ClassVar[tuple[str, ...]] = ("people",)

    parent: Any
    items: tuple[Item, ...]
    day: date
    share: float | None
    people: pd.DataFrame
    counts: pd.DataFrame


def thing(**changes: Any) -> Thing:
    fields: dict[str, Any] = {
        "parent": Head(),
        "items": (Item("a", 1), Item("b", 2)),
        "day": date(2018, 2, 15),
        "share": 0.1 + 0.2,
        "people": pd.DataFrame({"unit": ["u2", "u1"], "age": [40.5, None]}),
        "counts": pd.DataFrame({"n": [1, 2]}),
    }
    return Thing(**{**fields, **changes})


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    folder = thing().save(tmp_path)
    again = Thing.load(folder, parent=Head())
    assert again.digest == thing().digest
    assert again.items == thing().items
    assert again.day == date(2018, 2, 15)
    assert again.share == 0.1 + 0.2
    pd.testing.assert_frame_equal(again.people, thing().people)


def test_two_saves_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = thing().save(tmp_path / "one"), thing().save(tmp_path / "two")
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {
        p.name: p.read_bytes() for p in two.iterdir()
    }


@pytest.mark.parametrize(
    "change",
    [
        {"items": (Item("a", 1),)},
        {"day": date(2018, 2, 16)},
        {"share": None},
        {"people": pd.DataFrame({"unit": ["u1", "u2"], "age": [40.5, None]})},
        {"parent": Head("other")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_enters_the_digest(change: dict[str, Any]) -> None:
    assert thing(**change).digest != thing().digest


def test_a_changed_field_is_refused(tmp_path: Path) -> None:
    folder = thing().save(tmp_path)
    record = json.loads((folder / "artefact.json").read_text(encoding="utf-8"))
    record["fields"]["items"][0]["n"] = 3
    (folder / "artefact.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        Thing.load(folder, parent=Head())
    assert caught.value.exit_code == 76


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    folder = thing().save(tmp_path)
    pd.DataFrame({"n": [1, 3]}).to_parquet(folder / "counts.parquet", index=False)
    with pytest.raises(IntegrityError):
        Thing.load(folder, parent=Head())


def test_another_parent_is_refused(tmp_path: Path) -> None:
    folder = thing().save(tmp_path)
    with pytest.raises(IntegrityError):
        Thing.load(folder, parent=Head("other"))


def test_a_shareable_copy_holds_digests_and_no_person(tmp_path: Path) -> None:
    folder = thing().save(tmp_path, shareable=True)
    assert not (folder / "people.parquet").exists()
    assert "u1" not in (folder / "artefact.json").read_text(encoding="utf-8")
    record = json.loads((folder / "artefact.json").read_text(encoding="utf-8"))
    assert record["tables"]["people"] == thing().table_digests["people"]
    with pytest.raises(UnreadableInput):
        Thing.load(folder, parent=Head())


def test_an_artefact_refuses_pickling() -> None:
    with pytest.raises(TypeError, match="save"):
        pickle.dumps(thing())


def test_a_summary_keeps_formulas_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    # O60 of reliability.md: what a spreadsheet would run, and a true negative number.
    labels = ["=HYPERLINK(1)", "+1", "-x", "@SUM", "\tx", "\rx", "plain"]
    table = pd.DataFrame({"label": labels, "value": [-1.5] * 7, "=SUM(A1)": 0})
    write_summary(table, tmp_path / "t")
    again = pd.read_csv(tmp_path / "t.csv")
    assert list(again["label"][:4]) == ["'=HYPERLINK(1)", "'+1", "'-x", "'@SUM"]
    assert again["label"].iloc[-1] == "plain"
    # A head is text like any other.
    assert list(again.columns) == ["label", "value", "'=SUM(A1)"]
    assert set(again["value"]) == {-1.5}
    assert list(pd.read_parquet(tmp_path / "t.parquet")["label"]) == labels

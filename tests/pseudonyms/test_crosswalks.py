"""People who change file numbers: chains to the first one, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reliance_eval.errors import DataError, UnreadableInput
from reliance_eval.extract.renumbering import read_crosswalk


def crosswalk(folder: Path, *lines: str, header: str = "old_id,new_id,on") -> Path:
    path = folder / "crosswalk.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as refused:
        read_crosswalk(path)
    return refused.value


def test_a_chain_leads_back_to_the_first_number(tmp_path: Path) -> None:
    path = crosswalk(tmp_path, "BB22,CC33,2020-05-01", "AA11,BB22,2019-01-01")
    assert read_crosswalk(path) == {"BB22": "AA11", "CC33": "AA11"}


def test_a_change_said_twice_is_one_change(tmp_path: Path) -> None:
    path = crosswalk(tmp_path, "AA11,BB22,2019-01-01", " aa11 ,bb 22,2019-01-01")
    assert read_crosswalk(path) == {"BB22": "AA11"}


def test_a_number_that_stays_is_no_change(tmp_path: Path) -> None:
    assert read_crosswalk(crosswalk(tmp_path, "AA11,aa11,2019-01-01")) == {}


@pytest.mark.parametrize(
    ("lines", "code", "rows"),
    [
        (
            ("AA11,BB22,2019-01-01", "BB22,AA11,2020-01-01"),
            "E-CROSSWALK-CIRCLE",
            "2, 3",
        ),
        (
            ("ZZ99,YY88,2018-01-01", "AA11,BB22,2019-01-01", "BB22,CC33,2020-01-01",
             "CC33,AA11,2021-01-01"),
            "E-CROSSWALK-CIRCLE",
            "3, 4, 5",
        ),
        (
            ("AA11,BB22,2019-01-01", "AA11,CC33,2020-01-01"),
            "E-CROSSWALK-TWO-SUCCESSORS",
            "2, 3",
        ),
        (
            ("AA11,CC33,2019-01-01", "BB22,CC33,2020-01-01"),
            "E-CROSSWALK-TWO-PREDECESSORS",
            "2, 3",
        ),
        (
            ("AA11,BB22,2020-01-01", "BB22,CC33,2019-01-01"),
            "E-CROSSWALK-ORDER",
            "3",
        ),
        (("AA11,BB22,01/02/2019",), "E-CROSSWALK-LINE", "2"),
        (("AA11,,2019-01-01",), "E-CROSSWALK-LINE", "2"),
    ],
)  # fmt: skip
def test_what_would_mix_people_up_is_refused_by_line(
    tmp_path: Path, lines: tuple[str, ...], code: str, rows: str
) -> None:
    error = refusal(crosswalk(tmp_path, *lines))
    assert error.code == code
    for language in ("fr", "en"):
        text = error.text(language)
        assert rows in text
        assert not any(number in text for number in ("AA11", "BB22", "CC33"))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = crosswalk(tmp_path, "AA11,BB22,2019-01-01", header="new_id,old_id,on")
    assert refusal(path).code == "E-CROSSWALK-COLUMNS"


def test_a_crosswalk_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        read_crosswalk(tmp_path / "crosswalk.csv")


@settings(deadline=None, max_examples=40)  # each example writes a file
@given(lengths=st.lists(st.integers(2, 6), min_size=1, max_size=5), data=st.data())
def test_every_later_number_of_a_chain_gets_its_first(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], data: st.DataObject
) -> None:
    chains = [[f"N{c}-{k}" for k in range(length)] for c, length in enumerate(lengths)]
    lines = [
        f"{old},{new},20{10 + k}-01-01"
        for chain in chains
        for k, (old, new) in enumerate(pairwise(chain))
    ]
    path = crosswalk(tmp_path_factory.mktemp("chains"), *data.draw(st.permutations(lines)))
    expected = {number: chain[0] for chain in chains for number in chain[1:]}
    assert read_crosswalk(path) == expected

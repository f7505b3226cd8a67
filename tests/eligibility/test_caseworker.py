"""The caseworker's opinion, given before the lottery: a step of the flow like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from reliance_eval.eligibility import check_cases, screen
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.extract import read_extract
from reliance_eval.protocol import read_protocol

CODES = '{ F = "favourable", R = "reserved", D = "unfavourable" }'
PROTOCOL = """
format = 1
[trial]
id = "screened"
title = { en = "Screened" }
[extracts.people]
id = "id"
deliveries = [{ path = "people.csv", extracted_on = 2018-01-31 }]
[extracts.people.columns]
adult = { type = "boolean" }
opinion = { source = "AVIS", codes = CODES }
[[variables]]
name = "opinion"
column = "opinion"
categories = { favourable = "for", reserved = "res" }
[eligibility]
extract = "people"
on = 2018-01-31
unknown = "refused"
[[eligibility.criteria]]
name = "adult"
column = "adult"
is = true
[eligibility.caseworker]
column = "opinion"
label = { en = "Caseworker's opinion" }
[[eligibility.cases]]
given = { adult = true, opinion = "reserved" }
expect = { eligible = true }
[[eligibility.cases]]
given = { adult = true, opinion = "unfavourable" }
expect = { eligible = false, refused_by = ["caseworker"] }
[[eligibility.cases]]
given = { adult = true }
expect = { eligible = false, unknown_for = ["caseworker"] }
[lottery]
day = 2018-02-15
unit = "id"
design = "stratified"
size = 4
arms = { offered = 2, control = 2 }
blocks = ["opinion"]
seed = "text:screened"
[[outcomes]]
name = "y"
label = { en = "Y" }
kind = "binary"
from = { extract = "people", column = "adult" }
measure = "recorded"
horizons_months = [3]
[[analyses]]
estimand = "itt"
"""

ROWS = """id,adult,AVIS
a,true,F
b,true,R
c,true,D
d,true,
e,false,D
f,true,F
"""


def study(folder: Path, *changes: tuple[str, str], rows: str = ROWS) -> Path:
    text = PROTOCOL.replace("CODES", CODES)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "protocol.toml").write_text(text, encoding="utf-8")
    (folder / "people.csv").write_text(rows, encoding="utf-8")
    return folder


def test_unfavourable_files_leave_last_and_are_counted(tmp_path: Path) -> None:
    flow = screen(read_extract("people", read_protocol(study(tmp_path))))
    step = flow.steps[-1]
    # By hand: five adults; c is unfavourable, nobody looked at d; e failed already, and here too.
    assert (step.criterion, step.entering) == ("caseworker", 5)
    assert (step.refused, step.unknown, step.remaining) == (1, 1, 3)
    assert (step.alone, step.only) == (2, 1)
    assert flow.eligible["unit"].tolist() == ["a", "b", "f"]


def test_blocks_may_use_the_opinion(tmp_path: Path) -> None:
    flow = screen(read_extract("people", read_protocol(study(tmp_path))))
    assert flow.eligible["block"].tolist() == ["for", "res", "for"]


def test_worked_cases_ask_it_too(tmp_path: Path) -> None:
    assert check_cases(read_protocol(study(tmp_path))) == ()
    wrong = study(tmp_path, ('refused_by = ["caseworker"]', 'refused_by = ["adult"]'))
    (fault,) = check_cases(read_protocol(wrong))
    assert fault.code == "E-ELIGIBILITY-CASE-REFUSED"


def test_a_file_nobody_looked_at_may_stop_the_screen(tmp_path: Path) -> None:
    protocol = read_protocol(study(tmp_path, ('unknown = "refused"', 'unknown = "stop"')))
    with pytest.raises(DataError) as caught:
        screen(read_extract("people", protocol))
    assert dict(caught.value.faults[0].values) == {"criterion": "caseworker", "n": 1}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (', D = "unfavourable"', "", "E-PROTOCOL-CASEWORKER"),
        (", codes = " + CODES, "", "E-PROTOCOL-CASEWORKER"),
        ('"unfavourable" }', '"unfavorable" }', "E-PROTOCOL-CASEWORKER"),
        ('column = "opinion"\nlabel', 'column = "avis"\nlabel', "E-PROTOCOL-UNKNOWN-NAME"),
        ('name = "adult"', 'name = "caseworker"', "E-PROTOCOL-NAME-TWICE"),
    ],
)
def test_an_opinion_that_is_not_one_of_three_is_refused(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_protocol(study(tmp_path, (old, new)))
    assert code in [fault.code for fault in caught.value.faults]


def test_a_code_nobody_declared_is_refused_with_the_file(tmp_path: Path) -> None:
    protocol = read_protocol(study(tmp_path, rows=ROWS.replace("c,true,D", "c,true,Z")))
    with pytest.raises(DataError):
        read_extract("people", protocol)

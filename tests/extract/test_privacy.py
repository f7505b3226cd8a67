"""No message ever repeats what a person's row holds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reliance_eval.errors import RelianceError
from reliance_eval.extract.spotting import is_code, tell_codes
from reliance_eval.language.catalogue import languages

CLAUSE = """separator = ";"
date_format = "%d/%m/%Y"
[extracts.people.columns]
age = { type = "integer", minimum = 0, maximum = 120 }
born = { type = "date", required = true }
pay = { type = "number", minimum = 0 }
student = { type = "boolean" }
family = { codes = { ISO = "lone_parent" } }
"""
HEADER = ["id", "age", "born", "pay", "student", "family"]

# A canary is what a person's cell may look like: a name, an identifier, an amount, a date.
CANARIES = st.one_of(
    st.from_regex(r"[A-Z]{5,9}-[A-Z]{4,9}", fullmatch=True),
    st.from_regex(r"[12][0-9]{12}", fullmatch=True),
    st.from_regex(r"7[0-9]{4,6},[0-9]{2}[0-9]", fullmatch=True),
    st.from_regex(r"3[1-9]/1[3-9]/19[0-9]{2}", fullmatch=True),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(canaries=st.lists(CANARIES, min_size=6, max_size=18, unique=True), tail=st.sampled_from(
    ["", ";x", '"', "\x00", "\nx;1"]))  # fmt: skip
def test_no_canary_sings(study, canaries, tail):
    width = len(HEADER)
    records = [canaries[k : k + width] for k in range(0, len(canaries), width)]
    records += [[records[0][0], *("-" for _ in HEADER[1:])]]
    lines = [";".join(record + ["1"] * (width - len(record))) for record in records]
    content = "\n".join([";".join(HEADER), *lines]) + tail + "\n"
    with pytest.raises(RelianceError) as raised:
        study.read(content, CLAUSE)
    for language in languages():
        message = raised.value.text(language)
        assert not [canary for canary in canaries if canary in message]
    assert not [canary for canary in canaries if canary in repr(raised.value)]


@pytest.mark.parametrize("code", ["n.c.", "-", "<500", "> 50", "NSP", "?", "N/A", "refus", "…"])
def test_a_producers_code_is_shown(code):
    assert is_code(code, 1)


@pytest.mark.parametrize(
    "value", ["Dupont", "1.5", "12", "75012", "<123456", "54 rue A", "x" * 13, "a\u202eb", "R2D2"]
)
def test_a_persons_value_is_not(value):
    assert not is_code(value, 1)


def test_a_word_many_rows_hold_is_a_code():
    # 11 is the strictest publication threshold of the protocol's disclosure profiles.
    assert is_code("étudiant", 11)
    assert not is_code("étudiant", 10)
    assert not is_code("75012", 1000)


def test_at_most_ten_codes_are_shown_and_the_rest_counted():
    counted = [(letter, 2) for letter in "abcdefghijkl"]
    told = tell_codes(counted, total=24)
    assert str(told["codes"]).count("(2)") == 10
    assert told["hidden"] == 4

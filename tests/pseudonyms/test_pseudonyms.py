"""Pseudonyms: the published vectors, and what the same number, spelled otherwise, gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reliance_eval.errors import ProtocolError
from reliance_eval.extract.pseudonyms import check_study, hmac_of, normalised, pseudonym

FRAME = Path(__file__).parents[1] / "lottery" / "vectors" / "rl1" / "B" / "frame.tsv"
EXCLUDED = FRAME.with_name("excl.txt")
KEY = bytes(range(32))


def pid(number: str, study: str = "demo-B") -> str:
    return pseudonym(number, key=KEY, study=study)


def test_rfc_4231_case_1() -> None:
    # RFC 4231, section 4.2: key 0x0b twenty times, data "Hi There".
    expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert hmac_of(b"Hi There", key=b"\x0b" * 20) == expected


def test_the_pseudonym_printed_in_the_definition_of_rl1() -> None:
    # Worked vector B, also checked there with `openssl dgst -mac HMAC`.
    assert pid("1000000") == "4d809d121c7ab613f2ea68d31e7b7686"


def test_every_unit_of_vector_b_is_the_pseudonym_of_its_number() -> None:
    # Worked vector B: numbers 1000000 + 37 i, stratum idf if i is even and below 18, else na.
    lines = sorted(
        f"{pid(str(1_000_000 + 37 * i))}\t{'idf' if i % 2 == 0 and i < 18 else 'na'}"
        for i in range(20)
    )
    assert lines == FRAME.read_text(encoding="ascii").splitlines()


def test_the_excluded_unit_of_vector_b() -> None:
    assert EXCLUDED.read_text(encoding="ascii") == pid("1000111") + "\n"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_a_normalised_number_is_its_own_normal_form(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize("spelling", ["084127A", " 084127a ", "084 127 A", "084\u00a0127\u202fa"])
def test_spellings_of_one_number_are_one_person(spelling: str) -> None:
    assert normalised(spelling) == "084127A"


def test_leading_zeros_tell_two_people_apart() -> None:
    assert pid("0012345") != pid("12345")


@pytest.mark.parametrize("spelling", ["1 84 12 75 116 001", "184127511600145", "1841275116001"])
def test_a_nir_with_and_without_its_control_key_is_one_person(spelling: str) -> None:
    assert normalised(spelling, form="nir") == "1841275116001"


def test_draw_analysis_and_other_studies_share_no_pseudonym() -> None:
    number = "1000000"
    found = {
        pid(number),
        pid(number, study="demo-C"),
        pseudonym(number, key=KEY, study="demo-B", domain="analysis"),
        pseudonym(number, key=bytes(32), study="demo-B"),
    }
    assert len(found) == 4


@pytest.mark.parametrize("study", ["", "two words", "line\nbreak", "é", "x" * 65])
def test_a_study_that_could_be_read_two_ways_is_refused(study: str) -> None:
    with pytest.raises(ProtocolError):
        check_study(study)

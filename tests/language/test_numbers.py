"""Numbers as French and English typography want them; expected texts are the rules, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from reliance_eval.language.numbers import MINUS, NARROW, Numbers, rounded, typeset

FR, EN = Numbers("fr"), Numbers("en")
THIN = "\u202f"
WIDE = "\u00a0"


def test_french_has_a_decimal_comma_and_narrow_spaces_in_thousands() -> None:
    assert FR.decimal(1234567.891, 2) == f"1{THIN}234{THIN}567,89"
    assert FR.integer(60000) == f"60{THIN}000"
    assert FR.integer(2000) == f"2{THIN}000"


def test_english_has_a_point_and_commas() -> None:
    assert EN.decimal(1234567.891, 2) == "1,234,567.89"
    assert EN.integer(600) == "600"


@pytest.mark.parametrize("numbers", [FR, EN])
def test_negative_numbers_bear_a_true_minus(numbers: Numbers) -> None:
    texts = [numbers.decimal(-3.6), numbers.signed(-3.6), numbers.points(-0.036)]
    texts += [numbers.money(-12), numbers.interval(-1.0, 2.0, numbers.signed)]
    assert all("-" not in text and MINUS in text for text in texts)


@pytest.mark.parametrize("numbers", [FR, EN])
def test_zero_has_no_sign(numbers: Numbers) -> None:
    assert numbers.signed(0.0, 0) == "0"
    assert MINUS not in numbers.decimal(-0.001, 1)
    assert rounded(-0.001, 1) == 0.0


def test_a_share_is_a_percentage_and_a_gap_is_in_points() -> None:
    assert FR.percent(0.392) == f"39,2{THIN}%"
    assert EN.percent(0.392) == "39.2%"
    assert FR.points(0.036) == f"+3,6{WIDE}points"
    assert EN.points(-0.036) == f"{MINUS}3.6{WIDE}points"


def test_french_counts_less_than_two_as_one() -> None:
    assert FR.points(0.019) == f"+1,9{WIDE}point"
    assert FR.points(0.020) == f"+2,0{WIDE}points"
    assert EN.points(0.019) == f"+1.9{WIDE}points"
    assert EN.points(0.010, 0) == f"+1{WIDE}point"


def test_euros_stand_where_the_language_puts_them() -> None:
    assert FR.money(1234.5, 2) == f"1{THIN}234,50{THIN}€"
    assert EN.money(1234.5, 2) == "€1,234.50"
    assert FR.money(40, is_signed=True) == f"+40{THIN}€"


def test_a_p_value_never_reads_zero() -> None:
    assert FR.p_said(0.0) == f"p{THIN}<{THIN}0,001"
    assert EN.p(0.0004) == f"<{THIN}0.001"
    assert FR.p_said(0.0424) == f"p{THIN}={THIN}0,042"


def test_an_infinite_end_is_open() -> None:
    assert FR.interval(None, 3.2, FR.signed) == f"]{MINUS}∞{THIN}; +3,2]"
    assert FR.interval(None, None, FR.signed) == f"]{MINUS}∞{THIN}; +∞["
    assert EN.interval(-1.0, None, EN.signed) == f"[{MINUS}1.0, +∞)"


def test_the_first_of_the_month_is_ordinal_in_french_only() -> None:
    assert FR.day(date(2018, 2, 1)) == "1er février 2018"
    assert FR.day(date(2018, 2, 11)) == "11 février 2018"
    assert EN.day(date(2018, 2, 1)) == "1 February 2018"


def test_words_typed_with_any_space_are_set_with_the_right_one() -> None:
    assert typeset("Qui ? Elle : « oui » !", "fr") == (
        f"Qui{THIN}? Elle{THIN}: «{THIN}oui{THIN}»{THIN}!"
    )
    assert typeset("39 % ; 12 €", "fr") == f"39{THIN}%{THIN}; 12{THIN}€"
    assert typeset("voir https://exemple.fr/a:b", "fr") == "voir https://exemple.fr/a:b"
    assert typeset("Who? She: “yes”!", "en") == "Who? She: “yes”!"
    assert typeset("l'offre", "fr") == "l’offre"


def test_setting_twice_changes_nothing() -> None:
    text = "Effet nul : « 10 % » ; l'intervalle !"
    assert typeset(typeset(text, "fr"), "fr") == typeset(text, "fr")
    assert NARROW == THIN

"""Effects through time on the page: what may be printed of each period, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reliance_eval.estimation import Estimate, Estimates
from reliance_eval.language.catalogue import words
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Chapter, Figure, Paragraph
from reliance_eval.robustness import Checks


def estimates_of(checks: Checks) -> Estimates:
    found: Estimates = checks.nearest(Estimates)
    return found


def chapter(checks: Checks, language: str = "en") -> Chapter:
    document = compose(checks, language)[0]
    return next(c for c in document.chapters if c.id == "section-dynamics")


def figures(checks: Checks, language: str = "en") -> list[Figure]:
    return [block for block in chapter(checks, language).blocks if isinstance(block, Figure)]


def test_a_figure_an_estimand_with_the_numbers_of_the_estimates(checks: Checks) -> None:
    itt, late = figures(checks)
    assert [itt.id, late.id] == ["dynamics-1-itt", "dynamics-1-late"]
    found = estimates_of(checks).dynamics[0]
    assert len(itt.data.rows) == len(found.periods) == 3
    for row, period in zip(itt.data.rows, found.periods, strict=True):
        assert isinstance(period.itt, Estimate)
        # Points, to one decimal.
        assert row[1].value == pytest.approx(100 * period.itt.estimate, abs=0.051)  # type: ignore[union-attr]


def test_the_periods_before_the_draw_have_no_simultaneous_interval(checks: Checks) -> None:
    rows = figures(checks)[0].data.rows
    assert [str(row[0]) for row in rows] == ["months −4 to −2", "months 0 to 2", "months 3 to 5"]
    assert [row[3] == "–" for row in rows] == [True, False, False]


def test_a_period_with_few_people_behind_a_numerator_is_left_out(checks: Checks) -> None:
    # Some six people of each arm have the rare outcome: under the eleven of the strict profile.
    assert len(estimates_of(checks).dynamics) == 2
    assert all("dynamics-2" not in figure.id for figure in figures(checks))
    said = [b.text for b in chapter(checks).blocks if isinstance(b, Paragraph)]
    assert sum("may be printed" in text for text in said) == 1
    decisions = [d for d in compose(checks, "en")[1] if "dynamics-2" in d.place]
    assert [d.outcome for d in decisions] == ["withheld"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_stands_beside_the_picture_says_the_same(checks: Checks, language: str) -> None:
    for figure in figures(checks, language):
        assert figure.alternative.count("[") == 3
        for row in figure.data.rows:
            assert row[1].text in figure.alternative  # type: ignore[union-attr]
        said = " ".join(figure.caption.notes)
        assert words(language).text("estimation.dynamics.missing")[:30] in said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_reading_and_the_notes_say_what_the_picture_holds(
    checks: Checks, language: str
) -> None:
    itt, late = figures(checks, language)
    dashes = words(language).text("report.figure.dashes").lower()
    # The smallest effect that matters is the offer's: a LATE is not measured against it.
    has_dashes = ["dasharray" in figure.svg for figure in (itt, late)]
    told = [any(note.lower() == dashes for note in f.caption.notes) for f in (itt, late)]
    assert told == has_dashes == [True, False]
    for figure in (itt, late):
        assert figure.data.rows[-1][2].text in figure.caption.reading  # type: ignore[union-attr]


def test_the_placebo_is_told_where_all_its_periods_may_be(checks: Checks) -> None:
    told = [b.text for b in chapter(checks).blocks if isinstance(b, Paragraph)]
    assert sum("Before the lottery, taken together" in text for text in told) == 1


def test_a_trial_without_evolutions_has_no_section_on_them(checks: Checks) -> None:
    bare = replace(estimates_of(checks), dynamics=())
    assert "section-dynamics" not in [c.id for c in compose(bare, "en")[0].chapters]

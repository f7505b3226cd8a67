"""When a horizon is covered, and which days it spans."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reliance_eval.panel.horizon import (
    is_reached,
    month_complete_on,
    window,
    window_complete_on,
)


# Row O33 of the fault catalogue (design/reliability.md).
@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (date(2024, 11, 30), [date(2025, 2, 28), date(2025, 11, 30), date(2027, 11, 30)]),
        (date(2024, 2, 29), [date(2024, 5, 29), date(2025, 2, 28), date(2027, 2, 28)]),
        (date(2024, 1, 31), [date(2024, 4, 30), date(2025, 1, 31), date(2027, 1, 31)]),
        (date(2024, 8, 31), [date(2024, 11, 30), date(2025, 8, 31), date(2027, 8, 31)]),
    ],
)
def test_windows_are_counted_from_the_draw_and_clamped(day: date, ends: list[date]) -> None:
    assert [window(day, h) for h in (3, 12, 36)] == [(day, end) for end in ends]


def test_a_month_is_complete_on_the_first_day_after_it_and_its_hindsight() -> None:
    # The shortened protocol of design/protocol.md: drawn 2018-02-15, extracted 2021-09-01,
    # six months of hindsight, 36 months promised.
    complete = month_complete_on(date(2018, 2, 15), 36, hindsight_months=6)
    assert complete == date(2021, 9, 1)
    assert is_reached(complete, (date(2021, 9, 1),))
    assert not is_reached(complete, (date(2021, 8, 31), date(2018, 1, 1)))
    assert not is_reached(complete, ())


def test_a_window_is_complete_once_its_last_day_is_over() -> None:
    day = date(2024, 1, 31)
    complete = window_complete_on(day, 3, hindsight_months=0)
    assert complete == window(day, 3)[1] == date(2024, 4, 29) + timedelta(days=1)
    # Counted from the draw's day, not from the clamped end of the window.
    assert window_complete_on(day, 3, hindsight_months=1) == date(2024, 5, 31)

"""Clear days, in the calendar of Paris: neither the first day nor the last one counts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reliance_eval.lottery.notice import clear_days, in_paris, in_utc, notice_fault

EVENT = datetime(2027, 3, 12, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("committed", "days"),
    [
        # Counted on a calendar of March 2027: from the 2nd to the 11th there are ten days.
        (datetime(2027, 3, 1, 9, tzinfo=UTC), 10),
        (datetime(2027, 3, 1, 22, 59, tzinfo=UTC), 10),  # 23:59 in Paris, still the 1st
        (datetime(2027, 3, 1, 23, 0, tzinfo=UTC), 9),  # midnight in Paris: the 2nd
        (datetime(2027, 3, 11, 9, tzinfo=UTC), 0),
        (datetime(2027, 3, 12, 9, tzinfo=UTC), -1),
    ],
)
def test_days_are_those_of_paris(committed, days):
    assert clear_days(committed, EVENT) == days


def test_the_hour_that_spring_takes_away_takes_no_day():
    # Summer time began on 28 March 2027, between these two.
    start, end = datetime(2027, 3, 20, 23, 30, tzinfo=UTC), datetime(2027, 4, 1, 21, 30, tzinfo=UTC)
    assert in_paris(start) == "2027-03-21T00:30:00+01:00"
    assert in_paris(end) == "2027-04-01T23:30:00+02:00"
    assert clear_days(start, end) == 10


@given(st.integers(0, 400), st.integers(-14, 14))
def test_the_offset_an_instant_is_written_with_never_matters(hours, offset):
    committed = EVENT - timedelta(hours=hours)
    elsewhere = committed.astimezone(timezone(timedelta(hours=offset)))
    assert clear_days(committed, EVENT) == clear_days(elsewhere, EVENT)
    assert in_utc(committed) == in_utc(elsewhere)


def test_o38_an_event_too_soon_is_named_with_both_instants_and_the_earliest_day():
    fault = notice_fault(datetime(2027, 3, 2, 9, tzinfo=UTC), EVENT, days=10)
    assert fault is not None
    for text in ("en", "fr"):
        said = fault.text(text)
        assert "2027-03-12T19:30:00Z" in said
        assert "2027-03-12T20:30:00+01:00" in said
        assert "2027-03-02T09:00:00Z" in said
        assert "2027-03-02T10:00:00+01:00" in said
        assert "2027-03-13" in said
    assert notice_fault(datetime(2027, 3, 1, 9, tzinfo=UTC), EVENT, days=10) is None

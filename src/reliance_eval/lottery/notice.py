"""Clear days between a commitment and its event, in the calendar of Paris.

A delay in clear days (« jours francs ») counts neither the day it starts from nor the day it ends
on: between a commitment made on the 1st and an event on the 12th there are ten clear days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from reliance_eval.errors import Fault
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.appointing import PARIS


def clear_days(start: datetime, end: datetime) -> int:
    """Count the whole days between two instants, without the days of either.

    >>> clear_days(datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 3, 12, 9, tzinfo=UTC))
    10
    """
    return (paris_day(end) - paris_day(start)).days - 1


def notice_fault(committed: datetime, event: datetime, *, days: int) -> Fault | None:
    """Say that an event comes before the commitment plus its notice, if it does."""
    if clear_days(committed, event) >= days:
        return None
    earliest = paris_day(committed) + timedelta(days=days + 1)
    values: dict[str, Value] = {
        "event_utc": in_utc(event),
        "event_paris": in_paris(event),
        "committed_utc": in_utc(committed),
        "committed_paris": in_paris(committed),
        "n": days,
        "earliest": earliest.isoformat(),
    }
    return Fault("E-COMMITMENT-NOTICE", "protocol.toml", values)


def paris_day(instant: datetime) -> date:
    """Give the calendar day of an instant in Paris."""
    return instant.astimezone(PARIS).date()


def in_utc(instant: datetime) -> str:
    """Write an instant in universal time.

    >>> in_utc(datetime(2027, 7, 1, 20, 30, tzinfo=PARIS))
    '2027-07-01T18:30:00Z'
    """
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def in_paris(instant: datetime) -> str:
    """Write an instant in the time of Paris, with its offset.

    >>> in_paris(datetime(2027, 7, 1, 18, 30, tzinfo=UTC))
    '2027-07-01T20:30:00+02:00'
    """
    return instant.astimezone(PARIS).isoformat(timespec="seconds")

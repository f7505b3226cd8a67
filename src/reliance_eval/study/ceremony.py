"""What a person brings to a solemn act: an instant, a value, the reason of a fallback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reliance_eval.errors import Fault, IntegrityError, ProtocolError
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.notice import in_utc


@dataclass(frozen=True, slots=True)
class Brought:
    """What a commitment or a draw is given beside the study's own files.

    Attributes
    ----------
    at : datetime or None
        The instant, where it is declared rather than read off the machine.
    value : str or None
        What the seed event gave.
    fallback : str or None
        Why the fallback event stands in for the event, where it does.
    """

    at: datetime | None = None
    value: str | None = None
    fallback: str | None = None


NOTHING = Brought()


def instant(text: str) -> datetime:
    """Read a declared instant.

    Raises
    ------
    ProtocolError
        It is no instant, or has no offset from universal time.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ProtocolError(Fault("E-COMMITMENT-INSTANT"))
    return at


def check_clock(commitment: Commitment, at: datetime | None) -> None:
    """Refuse an instant before the commitment, or declared after one that the machine dated.

    Raises
    ------
    IntegrityError
        Who could choose the instant could choose it after the seed was known.
    """
    if at is None:
        return
    if commitment.clock == "machine":
        raise IntegrityError(Fault("E-COMMITMENT-CLOCK"))
    if at < commitment.at:
        values = {"at": in_utc(at), "day": commitment.committed_at}
        raise IntegrityError(Fault("E-COMMITMENT-ORDER", "", dict(values)))

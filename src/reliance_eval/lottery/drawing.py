"""``draw``: who is offered a place, by RL1, from the protocol, the frame and the seed alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault, IntegrityError, ProtocolError, UnreadableInput
from reliance_eval.lottery.assigning import draw_of
from reliance_eval.lottery.beacons import seed_of
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.committing import terms_of
from reliance_eval.lottery.holding import check_quotas, hold
from reliance_eval.lottery.model import Draw
from reliance_eval.lottery.notice import in_paris, in_utc, notice_fault
from reliance_eval.lottery.preparing import Terms, check_design, prepare
from reliance_eval.lottery.recording import record
from reliance_eval.lottery.seeds import is_canonical, is_plain
from reliance_eval.protocol.model import PublicEvent

RECORDED = "recorded"


def draw(  # noqa: PLR0913 (the signature is a contract)
    parent: Flow | Commitment,
    *,
    seed: str | None = None,
    value: str | None = None,
    exclusions: Iterable[str] = (),
    fallback: bool = False,
    at: datetime | None = None,
) -> Draw:
    """Hold the lottery that the protocol announces.

    A ``recorded`` draw was held elsewhere: its arms are read and its counts checked. Any other is
    held by RL1; the row order, the types of the columns, the locale and the machine change
    nothing.

    Parameters
    ----------
    parent : Flow or Commitment
        The eligible units and their blocks, for a plain or a recorded draw; what was committed
        to, for a draw whose seed comes from a public event.
    seed : str, optional
        Of a plain draw: ``text:`` and 1 to 64 of ``[0-9A-Za-z_.-]``; by default the protocol's.
    value : str, optional
        What the event gave: the numbers drawn, or the JSON of a drand round.
    exclusions : iterable of str
        What was excluded after the commitment and before the event.
    fallback : bool
        Whether the value is that of the fallback event, the first one not having taken place.
    at : datetime with its offset, optional
        The instant of the draw, where it is declared; by default this machine's.

    Returns
    -------
    Draw

    Raises
    ------
    ProtocolError
        The seed is left to a public event, or not named, and nothing was committed to. Or the
        seed is not in canonical form; or the design has no rule here.
    UnreadableInput
        The event's value was not given.
    IntegrityError
        What was committed to has changed; the event has not taken place yet; or a drand round is
        not the one named, or not genuine.
    DataError
        Fewer units than places; a block too small and no rule to merge it; an identifier
        missing, outside RL1's alphabet or there twice.
    """
    if isinstance(parent, Commitment):
        seed = seed_at(parent, value=value, fallback=fallback, at=at)
        return replace(_public(parent, seed, frozenset(exclusions)), is_fallback=fallback)
    lottery = parent.protocol.clauses.lottery
    check_design(lottery.design)
    if lottery.design == RECORDED:
        if seed is not None:
            raise ProtocolError(Fault("E-LOTTERY-RECORDED-SEED"))
        return record(parent)
    if value is not None or lottery.event is not None:
        raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT"))
    plain = _plain_seed(lottery.seed, seed)
    terms = prepare(parent)
    ballot = terms.ballot(seed=plain)
    return draw_of(parent, ballot, hold(ballot, design=lottery.design), merged=terms.merged)


def seed_at(
    commitment: Commitment, *, value: str | None, fallback: bool, at: datetime | None
) -> str:
    """Give the seed that a commitment's event gave, once that event is past.

    Raises
    ------
    ProtocolError
        The commitment names no fallback event, and one was asked for.
    UnreadableInput
        The value was not given.
    IntegrityError, DataError
        The event is not past, came before its notice, or gave another value: see ``seed_of``.
    """
    event = _event(commitment, fallback=fallback)
    if value is None:
        values = {"event_utc": in_utc(event.at), "event_paris": in_paris(event.at)}
        raise UnreadableInput(Fault("E-DRAW-NO-VALUE", "", dict(values)))
    if fault := notice_fault(commitment.at, event.at, days=commitment.notice_days):
        raise IntegrityError(fault)
    now = at or datetime.now(UTC)
    if now < event.at:
        values = {
            "event_utc": in_utc(event.at),
            "event_paris": in_paris(event.at),
            "now_utc": in_utc(now),
            "now_paris": in_paris(now),
        }
        raise IntegrityError(Fault("E-DRAW-EARLY", "", dict(values)))
    return seed_of(event, value)


def check_exclusions(terms: Terms, excluded: frozenset[str]) -> None:
    """Raise where what is excluded is not in the frame, or leaves too few units for the places.

    Raises
    ------
    DataError
        Counts are given, never identifiers.
    """
    if unknown := len(excluded - set(terms.units)):
        raise DataError(Fault("E-EXCLUSIONS-UNKNOWN", "", {"n": unknown}))
    live = dict.fromkeys(terms.quotas, 0)
    for unit, stratum in zip(terms.units, terms.strata, strict=True):
        if unit not in excluded and stratum in live:
            live[stratum] += 1
    check_quotas(terms.quotas, live)


def _event(commitment: Commitment, *, fallback: bool) -> PublicEvent:
    if not fallback:
        return commitment.event
    if commitment.fallback is None:
        raise ProtocolError(Fault("E-DRAW-NO-FALLBACK"))
    return commitment.fallback


def _public(commitment: Commitment, seed: str, excluded: frozenset[str]) -> Draw:
    terms = terms_of(commitment)
    check_exclusions(terms, excluded)
    ballot = terms.ballot(seed=seed, excluded=excluded)
    held = hold(ballot, design=commitment.design)
    return draw_of(commitment, ballot, held, merged=terms.merged, commitment_id=commitment.id)


def _plain_seed(declared: str | None, given: str | None) -> str:
    """Give the plain seed; a public event leaves no choice, whatever seed is given."""
    for seed in (declared, given):
        if seed is not None and not is_canonical(seed):
            raise ProtocolError(Fault("E-LOTTERY-SEED"))
        if seed is not None and not is_plain(seed):
            raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT"))
    seed = given or declared
    if seed is None:
        raise ProtocolError(Fault("E-LOTTERY-NO-COMMITMENT"))
    return seed

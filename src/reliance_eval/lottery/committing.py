"""``commit``: fix what the lottery will be held on, before anybody can know its seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from reliance_eval.eligibility import Flow
from reliance_eval.errors import Fault, IntegrityError, ProtocolError
from reliance_eval.fingerprint import SHORT, of_bytes, of_file
from reliance_eval.lottery import package as files
from reliance_eval.lottery.announcing import TEXT, text_of
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.notice import in_utc, notice_fault
from reliance_eval.lottery.places import Quota
from reliance_eval.lottery.preparing import CLUSTERED, Terms, prepare
from reliance_eval.protocol.protocol import Protocol

DIGITS = 16
"""Characters of a commitment's number."""

NOTHING = "–"
"""What stands in a message for the digest of a file that is not there."""


def commit(flow: Flow, *, at: datetime | None = None) -> Commitment:
    """Fix protocol, frame, places and code lists, and name the event that the seed comes from.

    Parameters
    ----------
    flow : Flow
        The eligible units and their blocks.
    at : datetime with its offset, optional
        The instant of the commitment, for a ceremony told afterwards; it is then said everywhere
        to be declared. By default this machine's.

    Returns
    -------
    Commitment

    Raises
    ------
    ProtocolError
        The protocol names no public event: there is nothing to commit to.
    IntegrityError
        The event comes before the commitment plus its notice in clear days.
    DataError
        The lottery cannot be held on these units: see ``prepare``.
    """
    lottery = flow.protocol.clauses.lottery
    event = lottery.event
    if event is None:
        raise ProtocolError(Fault("E-COMMITMENT-NO-EVENT"))
    instant = (at or datetime.now(UTC)).replace(microsecond=0)
    if fault := notice_fault(instant, event.at, days=event.notice_days):
        raise IntegrityError(fault)
    terms = prepare(flow)
    contents = terms.files()
    digests = {name: of_bytes(content) for name, content in contents.items()}
    live = Counter(terms.strata)
    commitment = Commitment(
        parent=flow,
        id="",
        design=lottery.design,
        arms=tuple(lottery.arms),
        reference=lottery.control,
        quotas=tuple(
            Quota(block=block, places=places, live=live[block])
            for block, places in sorted(terms.quotas.items())
        ),
        odds=terms.odds,
        merged=terms.merged,
        drawn_in="clusters" if lottery.design == CLUSTERED else "units",
        bounds=terms.bounds,
        protocol_digest=digests[files.PROTOCOL],
        frame_digest=digests[files.FRAME],
        quota_digest=digests[files.ODDS if terms.odds else files.QUOTA],
        code_list_digests=_code_lists(flow.protocol),
        covariates_digest=digests.get(files.COVARIATES, ""),
        bounds_digest=digests.get(files.BOUNDS, ""),
        event=event,
        fallback=event.fallback,
        notice_days=event.notice_days,
        committed_at=in_utc(instant),
        clock="machine" if at is None else "declared",
        frame=terms.frame,
    )
    return replace(commitment, id=number_of(commitment))


def terms_of(commitment: Commitment) -> Terms:
    """Give what a commitment's lottery is held on, from its own record.

    Raises
    ------
    IntegrityError
        The protocol, the frame, the places or a code list is not the one committed to.
    """
    terms = commitment.terms
    if faults := list(_changes(commitment, terms.files())):
        raise IntegrityError(faults)
    return terms


def changed_files(commitment: Commitment, found: dict[str, bytes]) -> Iterator[Fault]:
    """Say which files, as found on disk, are not those committed to."""
    for name, line in _expected(commitment).items():
        there = of_bytes(found[name]) if name in found else NOTHING
        if there != line[1]:
            yield _changed("E-COMMITMENT-FILE", commitment, line, there, where=name)


def number_of(commitment: Commitment) -> str:
    """Give the number of a commitment: the beginning of its published text's digest."""
    return of_bytes(text_of(commitment))[:DIGITS]


def _expected(commitment: Commitment) -> dict[str, tuple[str, str]]:
    """Give the key and the digest that each file was published with."""
    rule = files.ODDS if commitment.odds else files.QUOTA
    expected = {
        files.PROTOCOL: ("protocol_sha256", commitment.protocol_digest),
        files.FRAME: ("frame_sha256", commitment.frame_digest),
        rule: (f"{rule.removesuffix('.tsv')}_sha256", commitment.quota_digest),
    }
    if commitment.bounds:
        expected[files.COVARIATES] = ("covariates_sha256", commitment.covariates_digest)
        expected[files.BOUNDS] = ("bounds_sha256", commitment.bounds_digest)
    return expected


def _changes(commitment: Commitment, contents: dict[str, bytes]) -> Iterator[Fault]:
    for name, line in _expected(commitment).items():
        found = of_bytes(contents[name])
        if found != line[1]:
            is_protocol = name == files.PROTOCOL
            code = "E-COMMITMENT-PROTOCOL" if is_protocol else "E-COMMITMENT-FILE"
            yield _changed(code, commitment, line, found)
    before, now = commitment.code_list_digests, _code_lists(commitment.protocol)
    for name in sorted({*before, *now}):
        line = ("code_list_sha256", before.get(name, NOTHING))
        if (found := now.get(name, NOTHING)) != line[1]:
            yield _changed("E-COMMITMENT-FILE", commitment, line, found, where=name)
    # Event, notice and instant have no file of their own: the published text holds them.
    if (number := number_of(commitment)) != commitment.id:
        line = ("commitment_sha256", commitment.id)
        yield _changed("E-COMMITMENT-FILE", commitment, line, number, where=TEXT)


def _changed(
    code: str, commitment: Commitment, line: tuple[str, str], found: str, *, where: str = ""
) -> Fault:
    key, committed = line
    values = {"key": key, "committed": committed[:SHORT], "found": found[:SHORT]}
    return Fault(code, where, {**values, "day": commitment.committed_at})


def _code_lists(protocol: Protocol) -> dict[str, str]:
    """Give the SHA-256 of each list of codes, of the file as it stands."""
    return {
        name: of_file(protocol.folder / name)
        for name in sorted(protocol.code_lists)
        if (protocol.folder / name).is_file()
    }

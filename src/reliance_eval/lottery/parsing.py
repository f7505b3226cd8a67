"""Reading a package strictly: one admissible spelling for each file, or the line that breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.lottery import package as files
from reliance_eval.lottery.holding import Ballot
from reliance_eval.lottery.package import Package
from reliance_eval.lottery.seeds import is_canonical

_NAME = rb"[0-9A-Za-z_-]{1,64}"
_NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
_LINES = {
    files.FRAME: re.compile(_NAME + rb"\t" + _NAME),
    files.QUOTA: re.compile(_NAME + rb"(?:\t" + _NUMBER + rb"){2,}"),
    files.EXCLUSIONS: re.compile(_NAME),
}
_FORMS = {
    files.FRAME: "unit TAB stratum",
    files.QUOTA: "stratum TAB n_T TAB n_C",
    files.EXCLUSIONS: "unit",
}


def ballot_of(package: Package) -> Ballot:
    """Give what a package says the lottery was held on.

    Raises
    ------
    IntegrityError
        A file is not in RL1's form; every file's first fault is named.
    """
    contents = package.files
    faults = [fault for name in _LINES if (fault := _form_fault(name, contents[name]))]
    seed = contents[files.SEED].decode("ascii", errors="replace")
    if not is_canonical(seed):
        faults.append(Fault("E-PACKAGE-SEED", files.SEED))
    if faults:
        raise IntegrityError(faults)

    frame = [line.split("\t") for line in _lines(contents[files.FRAME])]
    quota = [line.split("\t") for line in _lines(contents[files.QUOTA])]
    ballot = Ballot(
        protocol=contents[files.PROTOCOL],
        units=[unit for unit, _ in frame],
        strata=[stratum for _, stratum in frame],
        quotas={stratum: tuple(map(int, places)) for stratum, *places in quota},
        excluded=frozenset(_lines(contents[files.EXCLUSIONS])),
        seed=seed,
    )
    if faults := list(_disagreements(ballot)):
        raise IntegrityError(faults)
    return ballot


def _lines(content: bytes) -> list[str]:
    return content.decode("ascii").split("\n")[:-1]


def _form_fault(name: str, content: bytes) -> Fault | None:
    """Give the first thing wrong in a file of lines: its form, its order, its last byte."""
    lines = content.split(b"\n")
    keys: list[bytes] = []
    for row, line in enumerate(lines[:-1], start=1):
        if not _LINES[name].fullmatch(line):
            return Fault("E-PACKAGE-LINE", f"{name}:{row}", {"form": _FORMS[name]})
        key = line.split(b"\t")[0]
        if keys and key <= keys[-1]:
            code = "E-PACKAGE-DUPLICATE" if key == keys[-1] else "E-PACKAGE-ORDER"
            return Fault(code, f"{name}:{row}")
        keys.append(key)
    if lines[-1]:
        return Fault("E-PACKAGE-LAST-LINE", f"{name}:{len(lines)}")
    if not keys and name != files.EXCLUSIONS:
        return Fault("E-PACKAGE-EMPTY", name)
    return None


def _disagreements(ballot: Ballot) -> Iterator[Fault]:
    """Say where the frame, the quotas and the exclusions speak of different things."""
    strata = set(ballot.strata)
    for row, stratum in enumerate(sorted(ballot.quotas), start=1):
        if stratum not in strata:
            yield Fault("E-PACKAGE-QUOTA-WITHOUT-UNITS", f"{files.QUOTA}:{row}")
    for row, stratum in enumerate(ballot.strata, start=1):
        if stratum not in ballot.quotas:
            yield Fault("E-PACKAGE-UNITS-WITHOUT-QUOTA", f"{files.FRAME}:{row}")
            break
    if len({len(places) for places in ballot.quotas.values()}) > 1:
        yield Fault("E-PACKAGE-ARMS", files.QUOTA)
    units = set(ballot.units)
    for row, unit in enumerate(sorted(ballot.excluded), start=1):
        if unit not in units:
            yield Fault("E-PACKAGE-EXCLUDED-UNKNOWN", f"{files.EXCLUSIONS}:{row}")
            break

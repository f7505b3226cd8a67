"""Reading a package strictly: one admissible spelling for each file, or the line that breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.lottery import package as files
from reliance_eval.lottery.holding import Ballot
from reliance_eval.lottery.package import Package
from reliance_eval.lottery.seeds import is_canonical

_NAME = rb"[0-9A-Za-z_-]{1,64}"
_NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
_INTEGER = rb"(?:0|-?[1-9][0-9]{0,15})"
_BOUND = rb"(?:0|[1-9][0-9]{0,17})"
_LINES = {
    files.FRAME: re.compile(_NAME + rb"\t" + _NAME),
    files.QUOTA: re.compile(_NAME + rb"(?:\t" + _NUMBER + rb"){2,}"),
    files.ODDS: re.compile(_NAME + rb"\t" + _NUMBER + rb"\t" + _NUMBER),
    files.COVARIATES: re.compile(_NAME + rb"(?:\t" + _INTEGER + rb")+"),
    files.BOUNDS: re.compile(_BOUND + rb"(?:\t" + _BOUND + rb")*"),
    files.EXCLUSIONS: re.compile(_NAME),
}
_FORMS = {
    files.FRAME: "unit TAB stratum",
    files.QUOTA: "stratum TAB n_T TAB n_C",
    files.ODDS: "stratum TAB a TAB b",
    files.COVARIATES: "unit TAB integer TAB integer",
    files.BOUNDS: "integer TAB integer",
    files.EXCLUSIONS: "unit",
}


def ballot_of(package: Package, *, seed_is_line: bool = False) -> Ballot:
    """Give what a package says the lottery was held on.

    Parameters
    ----------
    package : Package
    seed_is_line : bool
        Whether ``seed.txt`` is a line, whose seed is what comes before its line end. Two vectors
        of RL1's definition are written so; a real package is never read so.

    Raises
    ------
    IntegrityError
        A file is not in RL1's form; every file's first fault is named.
    """
    contents = package.files
    faults = [
        fault
        for name in _LINES
        if name in contents and (fault := _form_fault(name, contents[name]))
    ]
    content = contents[files.SEED]
    if seed_is_line:
        content = content.removesuffix(b"\n")
    seed = content.decode("ascii", errors="replace")
    if not is_canonical(seed):
        faults.append(Fault("E-PACKAGE-SEED", files.SEED))
    if faults:
        raise IntegrityError(faults)

    frame = [line.split("\t") for line in _lines(contents[files.FRAME])]
    covariates = _numbers(contents.get(files.COVARIATES, b""))
    bounds = [line.split("\t") for line in _lines(contents.get(files.BOUNDS, b""))]
    if faults := list(_rerandomised_faults(frame, covariates, bounds)):
        raise IntegrityError(faults)
    ballot = Ballot(
        protocol=contents[files.PROTOCOL],
        units=[unit for unit, _ in frame],
        strata=[stratum for _, stratum in frame],
        quotas=_numbers(contents.get(files.QUOTA, b"")),
        excluded=frozenset(_lines(contents[files.EXCLUSIONS])),
        seed=seed,
        odds={name: (a, b) for name, (a, b) in _numbers(contents.get(files.ODDS, b"")).items()},
        covariates=np.array([*covariates.values()], dtype=np.int64) if bounds else None,
        bounds=tuple(map(int, bounds[0])) if bounds else (),
    )
    if faults := list(_disagreements(ballot)):
        raise IntegrityError(faults)
    return ballot


def _numbers(content: bytes) -> dict[str, tuple[int, ...]]:
    """Give the whole numbers of each line, by the name that the line begins with."""
    lines = [line.split("\t") for line in _lines(content)]
    return {name: tuple(map(int, numbers)) for name, *numbers in lines}


def _lines(content: bytes) -> list[str]:
    return content.decode("ascii").split("\n")[:-1]


def _form_fault(name: str, content: bytes) -> Fault | None:
    """Give the first thing wrong in a file of lines: its form, its order, its last byte."""
    lines = content.split(b"\n")
    keys: list[bytes] = []
    for row, line in enumerate(lines[:-1], start=1):
        if not _LINES[name].fullmatch(line):
            return Fault("E-PACKAGE-LINE", f"{name}:{row}", {"form": _FORMS[name]})
        if name == files.BOUNDS:
            if row > 1:
                return Fault("E-PACKAGE-DUPLICATE", f"{name}:{row}")
            key = b"bounds"
        else:
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


def _rerandomised_faults(
    frame: list[list[str]], covariates: Mapping[str, tuple[int, ...]], bounds: list[list[str]]
) -> Iterator[Fault]:
    """Say where a re-randomised draw's covariates are not those of the frame, or of the bounds."""
    if not bounds:
        return
    if [unit for unit, _ in frame] != [*covariates]:
        yield Fault("E-PACKAGE-COVARIATE-UNITS", files.COVARIATES)
    for row, numbers in enumerate(covariates.values(), start=1):
        if len(numbers) != len(bounds[0]):
            yield Fault("E-PACKAGE-COVARIATE-COUNT", f"{files.COVARIATES}:{row}")
            break


def _disagreements(ballot: Ballot) -> Iterator[Fault]:
    """Say where the frame, the quotas or odds and the exclusions speak of different things."""
    name = files.ODDS if ballot.odds else files.QUOTA
    strata = set(ballot.strata)
    for row, stratum in enumerate(ballot.names, start=1):
        if stratum not in strata:
            yield Fault("E-PACKAGE-QUOTA-WITHOUT-UNITS", f"{name}:{row}")
    known = set(ballot.names)
    for row, stratum in enumerate(ballot.strata, start=1):
        if stratum not in known:
            yield Fault("E-PACKAGE-UNITS-WITHOUT-QUOTA", f"{files.FRAME}:{row}")
            break
    if len({len(places) for places in ballot.quotas.values()}) > 1:
        yield Fault("E-PACKAGE-ARMS", files.QUOTA)
    elif ballot.bounds and ballot.arms != 2:
        yield Fault("E-PACKAGE-TWO-ARMS", files.QUOTA)
    for row, stratum in enumerate(sorted(ballot.odds), start=1):
        chances, of = ballot.odds[stratum]
        if not 0 < chances < of:
            yield Fault("E-PACKAGE-ODDS", f"{files.ODDS}:{row}")
    units = set(ballot.units)
    for row, unit in enumerate(sorted(ballot.excluded), start=1):
        if unit not in units:
            yield Fault("E-PACKAGE-EXCLUDED-UNKNOWN", f"{files.EXCLUSIONS}:{row}")
            break

"""Read a protocol: every fault of it at once, each with its line and what to write instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reliance_eval.errors import Fault, ProtocolError, UnreadableInput
from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.amending import amend, read_amendments
from reliance_eval.protocol.appointing import event_findings
from reliance_eval.protocol.code_lists import read_code_lists
from reliance_eval.protocol.consistency import Names, inconsistencies
from reliance_eval.protocol.designing import design_findings
from reliance_eval.protocol.finding import Finding
from reliance_eval.protocol.model import Clauses
from reliance_eval.protocol.positions import Place, nearest_place, positions
from reliance_eval.protocol.protocol import Protocol
from reliance_eval.protocol.standards.naming import statement_findings
from reliance_eval.protocol.validation import findings_of
from reliance_eval.protocol.waving import wave_findings

LARGEST = 1_000_000
DEEPEST = 32
_FOREIGN = {".yaml", ".yml", ".json", ".ini"}
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_protocol(path: Path | str, *, names: Names | None = None) -> Protocol:
    """Read a protocol file, its amendments and the code lists it names.

    Parameters
    ----------
    path : path
        The TOML file, or the study folder that holds ``protocol.toml``.
    names : mapping of str to tuple of str, optional
        Admissible names by kind (``design``, ``measure``, ``estimator``...), handed down by who
        knows the registries; without it names are checked by the stage that resolves them.

    Raises
    ------
    ProtocolError
        With every fault found, each with its line and column; mend them all and read again.
    UnreadableInput
        There is no such file.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "protocol.toml"
    source = _read_bytes(path)
    table = _parse(path, source)
    amendments = read_amendments(path.parent)
    amended, amendment_faults = amend(table, amendments)
    try:
        clauses = Clauses.model_validate(amended)
    except ValidationError as error:
        found = findings_of(error, amended)
        raise ProtocolError((*_placed(path, source, found), *amendment_faults)) from None
    code_lists, list_findings = read_code_lists(clauses, path.parent)
    found = [
        *list_findings,
        *inconsistencies(clauses, path.parent, names or {}),
        *design_findings(clauses),
        *event_findings(clauses),
        *wave_findings(clauses),
        *statement_findings(clauses.statements),
    ]
    faults = (*_placed(path, source, found), *amendment_faults)
    if faults:
        raise ProtocolError(faults)
    raw = {name: content for name, content, _ in amendments}
    return Protocol(clauses, source, path.parent, code_lists, raw)


def _read_bytes(path: Path) -> bytes:
    if path.suffix.lower() != ".toml":
        raise ProtocolError(Fault("E-PROTOCOL-NOT-TOML", path.name))
    try:
        size = path.stat().st_size
        source = path.read_bytes() if size <= LARGEST else b""
    except OSError:
        if others := [p for p in sorted(path.parent.glob("protocol.*")) if p.suffix in _FOREIGN]:
            raise ProtocolError(Fault("E-PROTOCOL-NOT-TOML", others[0].name)) from None
        raise UnreadableInput(Fault("E-PROTOCOL-ABSENT", str(path))) from None
    if size > LARGEST:
        raise _error("E-PROTOCOL-TOO-LARGE", path, {"size": size, "largest": LARGEST})
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _error("E-PROTOCOL-UTF16", path)
    if not source.strip():
        raise _error("E-PROTOCOL-EMPTY", path)
    return source


def _parse(path: Path, source: bytes) -> dict[str, Any]:
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error("E-PROTOCOL-NOT-UTF8", path, {"offset": error.start}) from None
    if _too_deep(text):
        raise _error("E-PROTOCOL-TOO-DEEP", path, {"deepest": DEEPEST})
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _error("E-PROTOCOL-TOO-DEEP", path, {"deepest": DEEPEST}) from None
    except tomllib.TOMLDecodeError as error:
        raise ProtocolError(_syntax_fault(path, str(error))) from None


def _too_deep(text: str) -> bool:
    """Say whether a header has too many dots or brackets nest too far, before parsing."""
    depth = deepest = 0
    for line in text.splitlines():
        bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "", line).split("#")[0]
        if bare.split("=")[0].count(".") > DEEPEST:
            return True
        for mark in re.findall(r"[\[\]{}]", bare):
            depth = depth + 1 if mark in "[{" else max(depth - 1, 0)
            deepest = max(deepest, depth)
    return deepest > DEEPEST


def _syntax_fault(path: Path, message: str) -> Fault:
    place = _AT_LINE.search(message)
    where = f"{path.name}:{place[1]}:{place[2]}" if place else path.name
    is_twice = "overwrite" in message or "twice" in message
    code = "E-PROTOCOL-TWICE" if is_twice else "E-PROTOCOL-SYNTAX"
    return Fault(code, where, {} if is_twice else {"reason": _AT_LINE.sub("", message).strip()})


def _error(code: str, path: Path, values: Mapping[str, Value] | None = None) -> ProtocolError:
    return ProtocolError(Fault(code, path.name, dict(values or {})))


def _placed(path: Path, source: bytes, findings: Iterable[Finding]) -> tuple[Fault, ...]:
    """Give findings their line and column, in the order of the file."""
    findings = list(findings)
    if not findings:
        return ()
    places = positions(source)
    placed = [(nearest_place(places, f.path), f) for f in findings]

    def order(item: tuple[Place | None, Finding]) -> tuple[Place, str]:
        return item[0] or (0, 0), item[1].code

    return tuple(
        Fault(f.code, f"{path.name}:{p[0]}:{p[1]}" if p else path.name, f.values)
        for p, f in sorted(placed, key=order)
    )

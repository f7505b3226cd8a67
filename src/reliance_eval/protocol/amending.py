"""Amendments: dated changes after the draw was committed to, each with its reason.

An amendment may add deliveries, correct how a file is read, change labels, disclosure or what the
authors state, and add exploratory outcomes, subgroups and evolutions (``[[dynamics]]``).
Eligibility, lottery, primary outcomes and promised analyses are what was promised: an amendment
that touches them is refused.
"""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from reliance_eval.errors import Fault

FOLDER = "amendments"
Amendment: TypeAlias = tuple[str, bytes, dict[str, Any] | None]

_READING = {"encoding", "separator", "decimal", "date_format", "hindsight_months"}
_LABELS = {"title", "sources", "population", "programme", "unit_label", "languages"}
_LABELS |= {"question", "background", "context"}


def read_amendments(folder: Path) -> tuple[Amendment, ...]:
    """Read the amendments of a study in the order of their names; None where TOML fails."""
    found: list[Amendment] = []
    for path in sorted((folder / FOLDER).glob("*.toml")):
        content = path.read_bytes()
        try:
            table = tomllib.loads(content.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            table = None
        found.append((path.name, content, table))
    return tuple(found)


def amend(
    table: dict[str, Any], amendments: tuple[Amendment, ...]
) -> tuple[dict[str, Any], list[Fault]]:
    """Apply amendments to a protocol's table; give the result and what could not be applied."""
    amended = copy.deepcopy(table)
    faults: list[Fault] = []
    for name, _, change in amendments:
        where = f"{FOLDER}/{name}"
        if change is None:
            faults.append(Fault("E-AMENDMENT-SYNTAX", where))
            continue
        if not isinstance(change.get("on"), date) or not change.get("reason"):
            faults.append(Fault("E-AMENDMENT-UNDATED", where))
        for key in sorted(set(change) - {"on", "reason"}):
            faults += [
                Fault("E-AMENDMENT-FORBIDDEN", where, {"key": forbidden})
                for forbidden in _apply(amended, key, change[key])
            ]
    return amended, faults


def _apply(amended: dict[str, Any], key: str, change: Any) -> list[str]:
    """Apply one table of an amendment; give the keys it may not touch."""
    if key == "extracts":
        return _apply_extracts(amended.setdefault("extracts", {}), change)
    if key in ("disclosure", "report"):
        amended[key] = {**amended.get(key, {}), **change}
        return []
    if key == "statements":
        before = amended.get("statements", {})
        amended["statements"] = {
            **before,
            **{name: {**before.get(name, {}), **words} for name, words in change.items()},
        }
        return []
    if key == "trial":
        amended["trial"].update({k: v for k, v in change.items() if k in _LABELS})
        return [f"trial.{k}" for k in sorted(set(change) - _LABELS)]
    if key in ("outcomes", "subgroups", "dynamics"):
        word = "role" if key == "outcomes" else "status"
        added = [item for item in change if item.get(word) == "exploratory"]
        amended.setdefault(key, []).extend(added)
        return [key] if len(added) < len(change) else []
    return [key]


def _apply_extracts(extracts: dict[str, Any], change: dict[str, Any]) -> list[str]:
    forbidden: list[str] = []
    for name, clause in change.items():
        if name not in extracts:
            forbidden.append(f"extracts.{name}")
            continue
        for key, value in clause.items():
            if key == "deliveries":
                extracts[name].setdefault("deliveries", []).extend(value)
            elif key in _READING:
                extracts[name][key] = value
            else:
                forbidden.append(f"extracts.{name}.{key}")
    return forbidden

"""What can go wrong, as data: a fault has a code, a place and values; its words come later.

::

    RelianceError                         exit
    ├── DataError            data rejected          65
    ├── UnreadableInput      input unreadable       66
    ├── InternalError        a fault of ours        70
    ├── SealedError          cannot create          73
    ├── StorageError         input/output           74
    ├── BusyError            busy, try again        75
    ├── IntegrityError       integrity failure      76
    ├── ConfidentialityError refused                77
    └── ProtocolError        protocol error         78

A finished run that needs acknowledgement ends 3 under ``--strict``; an interrupted one ends 130.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from reliance_eval.language.catalogue import Value, words

ACKNOWLEDGE = 3
INTERRUPTED = 130
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it is, and the values its message needs.

    Attributes
    ----------
    code : str
        Stable code such as ``"E-PROTOCOL-UNKNOWN-KEY"``; ``language/words/*/faults-*.toml`` holds
        its ``what`` and ``repair`` in every language.
    where : str
        ``file:row[:column]``, or ``""`` where the fault has no place.
    values : mapping of str to value
        What the message's placeholders stand for. Never a person's identifier or value.
    """

    code: str
    where: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """Give the message ``CODE  where  what  →  how to repair`` in one language."""
        what = words(language).text(f"{self.code}.what", **self.values)
        repair = words(language).text(f"{self.code}.repair", **self.values)
        place = f"{self.where}  " if self.where else ""
        return f"{self.code}  {place}{what}  →  {repair}"


class RelianceError(Exception):
    """Something a person can mend, with every fault found at once."""

    exit_code: ClassVar[int] = 70

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self.faults)

    @property
    def code(self) -> str:
        """The code of the first fault."""
        return self.faults[0].code

    def text(self, language: str = "en") -> str:
        """Give the faults, one a line; past twenty of them, the rest as a count."""
        lines = [fault.text(language) for fault in self.faults[:SHOWN]]
        if (more := len(self.faults) - SHOWN) > 0:
            lines.append(words(language).text("more_faults", n=more))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


class DataError(RelianceError):
    """An extract was read and rejected."""

    exit_code = 65


class UnreadableInput(RelianceError):  # noqa: N818
    """A file is missing or cannot be opened."""

    exit_code = 66


class InternalError(RelianceError):
    """A fault of this program."""

    exit_code = 70


class SealedError(RelianceError):
    """An act cannot be created: it is sealed already, or its folder refuses writing."""

    exit_code = 73


class StorageError(RelianceError):
    """The disk refused: full, or failing."""

    exit_code = 74


class BusyError(RelianceError):
    """Another run holds this study."""

    exit_code = 75


class IntegrityError(RelianceError):
    """A digest is not the one recorded."""

    exit_code = 76


class ConfidentialityError(RelianceError):
    """Refused, to protect people."""

    exit_code = 77


class ProtocolError(RelianceError):
    """The protocol says something it may not, or does not say something it must."""

    exit_code = 78

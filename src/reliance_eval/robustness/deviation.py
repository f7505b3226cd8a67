"""A line of the account: what was planned, what was done, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from reliance_eval.language.catalogue import Value, words

if TYPE_CHECKING:
    import pandas as pd

Status: TypeAlias = Literal["none", "amended", "deviated", "not_yet"]
"""``none``: done as planned. ``amended``: changed by a dated amendment with its reason.
``deviated``: done otherwise. ``not_yet``: not done, and time or a later act may bring it."""

Severity: TypeAlias = Literal["none", "foreseen", "minor", "major"]
"""``foreseen``: a rule written beforehand says so, and who read the plan expected it. ``minor``: a
reader should know. ``major``: what was promised is not what was done."""

SEVERITIES: tuple[Severity, ...] = ("none", "foreseen", "minor", "major")
"""From the least grave to the gravest."""

COLUMNS = ("item", "subject", "planned", "done", "status", "severity", "reason", "promises")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One thing the protocol planned, and what became of it.

    Attributes
    ----------
    item : str
        What the line is about: ``registration``, ``seed``, ``analysis``...; its words are
        ``deviation.item.<item>``.
    subject : str
        Which one, where there are several: an estimator, a check, an amendment's file; or ``""``.
    status : {"none", "amended", "deviated", "not_yet"}
    severity : {"none", "foreseen", "minor", "major"}
    planned, done : str
        Keys of the two sentences, after ``deviation.planned.`` and ``deviation.done.``.
    reason : str
        Key of the sentence that says why, after ``deviation.reason.``; or ``""``.
    values : mapping
        What the placeholders of the sentences stand for; never a count of people, but for those
        of the draw, which were announced.
    promises : tuple of str
        The promises concerned, by id.
    """

    item: str
    subject: str = ""
    status: Status
    severity: Severity = "none"
    planned: str
    done: str
    reason: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    promises: tuple[str, ...] = ()

    @property
    def is_departure(self) -> bool:
        """Whether something was done otherwise, in a way that no rule foresaw."""
        return self.status == "deviated" and self.severity in ("minor", "major")

    def said(self, part: Literal["item", "planned", "done", "reason"], language: str) -> str:
        """Give one of the sentences in words; ``""`` for a reason that is not needed."""
        key = getattr(self, part)
        return words(language).text(f"deviation.{part}.{key}", **self.values) if key else ""


def departures(found: Iterable[Deviation]) -> tuple[Deviation, ...]:
    """Give what was done otherwise in a way that no rule foresaw: what grades a trial down."""
    return tuple(each for each in found if each.is_departure)


def gravest(found: Iterable[Deviation]) -> Severity:
    """Give the gravest severity there is; ``none`` where nothing was done otherwise."""
    grades = [SEVERITIES.index(each.severity) for each in found if each.status == "deviated"]
    return SEVERITIES[max(grades, default=0)]


def tabulated(found: Iterable[Deviation], language: str) -> pd.DataFrame:
    """Give one row a line of the account, in words."""
    import pandas as pd

    rows = [
        [
            each.said("item", language),
            each.subject,
            each.said("planned", language),
            each.said("done", language),
            each.status,
            each.severity,
            each.said("reason", language),
            ", ".join(each.promises),
        ]
        for each in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))

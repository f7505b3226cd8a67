"""How solid a trial is, graded by stated criteria and blind to what it found.

No grade reads an estimate. The design is graded from the draw and its dates, precision from the
standard errors, attrition from the counts that are published, deviations from the account of what
was planned and done. The cut-offs are conventions of this project and stand in the report beside
each grade, so that a reader may move them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

Grade: TypeAlias = Literal["strong", "fair", "weak", "open"]
"""``open``: nothing to grade yet, or no yardstick to grade by."""

Registered: TypeAlias = Literal["before_draw", "before_data", "after_data", "never"]
"""When the trial was registered, against its draw and the first delivery of its outcomes."""

LOST = {"strong": 0.10, "fair": 0.30}
"""Largest share of the units drawn whose outcome is not known, for each grade."""
GAP = {"strong": 0.05, "fair": 0.10}
"""Largest gap in that share between two arms."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How precisely one effect was measured; not what it is.

    Attributes
    ----------
    half_width : float
        Half the length of the interval a conclusion rests on, in the outcome's unit.
    std_error : float
    smallest : float
        Smallest effect that matters.
    """

    half_width: float
    std_error: float
    smallest: float

    def detectable(self, power: float) -> float:
        """Give the effect found with this power: Bloom (1995), Evaluation Review 19(5), 547-556.

        >>> round(Precision(1.96, 1.0, 3.0).detectable(0.8), 2)
        2.8
        """
        return self.half_width + NormalDist().inv_cdf(power) * self.std_error


@dataclass(frozen=True, slots=True)
class Known:
    """Published numbers of units whose outcome is known, in each arm, and of units drawn.

    Where only a minimum is published, that minimum.
    """

    known: tuple[float, ...]
    drawn: tuple[int, ...]

    @property
    def lost(self) -> float:
        """Share of those drawn whose outcome is not known."""
        return 1.0 - sum(self.known) / sum(self.drawn)

    @property
    def gap(self) -> float:
        """Gap between the arms with the largest and the smallest share known."""
        shares = [known / drawn for known, drawn in zip(self.known, self.drawn, strict=True)]
        return max(shares) - min(shares)


def design_grade(*, is_repeatable: bool, has_public_seed: bool, registered: Registered) -> Grade:
    """Grade the draw and the registration.

    >>> design_grade(is_repeatable=True, has_public_seed=False, registered="before_data")
    'fair'
    """
    if not is_repeatable or registered in ("after_data", "never"):
        return "weak"
    return "strong" if has_public_seed and registered == "before_draw" else "fair"


def detected(found: Iterable[Precision], *, power: float) -> int:
    """Count the effects for which one that matters could be detected with this power."""
    return sum(one.detectable(power) <= one.smallest for one in found)


def precision_grade(found: Sequence[Precision], *, power: float) -> Grade:
    """Grade precision: every effect that matters could be detected, some, or none."""
    if not found:
        return "open"
    within = detected(found, power=power)
    if within == len(found):
        return "strong"
    return "fair" if within else "weak"


def attrition_grade(found: Sequence[Known]) -> Grade:
    """Grade attrition by its worst outcome and horizon.

    >>> attrition_grade([Known((95.0, 93.0), (100, 100)), Known((80.0, 88.0), (100, 100))])
    'fair'
    """
    if not found:
        return "open"
    grades: tuple[Grade, ...] = ("strong", "fair")
    for grade in grades:
        if all(one.lost <= LOST[grade] + SLACK and one.gap <= GAP[grade] + SLACK for one in found):
            return grade
    return "weak"


SLACK = 1e-9
"""A share that is a cut-off but for the rounding of its division is on its better side."""


def deviation_grade(severities: Iterable[str]) -> Grade:
    """Grade departures from the plan by their severity, ``minor`` or ``major``."""
    found = set(severities)
    if "major" in found:
        return "weak"
    return "fair" if found else "strong"

"""The flow's counts as they may be printed: rounded so that they still add up.

Remaining counts are rounded and what leaves is their difference, so that entering = leaving +
remaining holds on paper too. Criteria that few units fail are put together under "other reasons",
which takes in the smallest of the others until it can be printed.
"""

from __future__ import annotations

from dataclasses import dataclass

from reliance_eval.eligibility import Flow
from reliance_eval.eligibility.flow import Step
from reliance_eval.errors import Fault, InternalError
from reliance_eval.lottery import Draw
from reliance_eval.reporting.disclosure import Gate, Mark, Reason, Shown

WITHHELD = Shown(None, "withheld")


@dataclass(frozen=True, slots=True)
class Exit:
    """Criteria and the units that leave there.

    Attributes
    ----------
    criteria : tuple of str
        One criterion, or those put together.
    entering, leaving, refused, unknown, remaining : Shown
        ``leaving`` = ``refused`` + ``unknown``, which are withheld together when one is small.
    """

    criteria: tuple[str, ...]
    is_merged: bool
    entering: Shown
    leaving: Shown
    refused: Shown
    unknown: Shown
    remaining: Shown


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the units assessed to the units drawn."""

    assessed: Shown
    exits: tuple[Exit, ...]
    eligible: Shown
    not_drawn: Shown | None
    drawn: Shown | None


@dataclass(frozen=True, slots=True)
class _Group:
    criteria: tuple[str, ...]
    refused: int
    unknown: int
    is_merged: bool = False

    @property
    def leaving(self) -> int:
        return self.refused + self.unknown


def check_counts(flow: Flow, draw: Draw | None) -> None:
    """Refuse a flow whose counts do not add up.

    Raises
    ------
    InternalError
        Somebody entered and neither left nor stayed, or the draw holds others than the eligible.
    """
    before = flow.assessed
    faults = []
    for step in flow.steps:
        if step.entering != before or step.entering != step.refused + step.unknown + step.remaining:
            faults.append(Fault("E-REPORT-FLOW", step.criterion))
        before = step.remaining
    if before != len(flow.eligible):
        faults.append(Fault("E-REPORT-FLOW", "eligible"))
    if draw is not None and len(draw.assignment) != len(flow.eligible):
        faults.append(Fault("E-REPORT-FLOW", "draw"))
    if faults:
        raise InternalError(faults)


def waterfall(flow: Flow, draw: Draw | None, gate: Gate) -> Waterfall:
    """Give the publishable counts of a flow and, where there is one, of its draw."""
    check_counts(flow, draw)
    groups = _merged(flow.steps, gate)
    eligible = len(flow.eligible)
    drawn = None if draw is None else len(draw.drawn)
    spare = None if drawn is None else eligible - drawn
    hides_eligible = spare is not None and gate.is_small(spare)
    exact = [flow.assessed]
    for group in groups:
        exact.append(exact[-1] - group.leaving)
    # A total announced before the draw (everybody eligible was drawn) stays exact.
    printed = [gate.announced(n, place=f"flow.{i}") for i, n in enumerate(exact)]
    if groups and gate.is_small(sum(group.leaving for group in groups)):
        # Nothing above the eligible is printed: any of it would give the small total away.
        printed[:-1] = [
            gate.withhold(f"flow.{i}", "complement", n) for i, n in enumerate(exact[:-1])
        ]
    if hides_eligible and drawn is not None:
        # The eligible, and whoever entered where almost nobody left after: with those drawn, they
        # would give the small reserve away.
        printed = [
            gate.withhold(f"flow.{i}", "secondary", n) if gate.is_small(n - drawn) else shown
            for i, (n, shown) in enumerate(zip(exact, printed, strict=True))
        ]
    exits = tuple(
        _exit(group, before, after, gate)
        for group, before, after in zip(groups, printed[:-1], printed[1:], strict=True)
    )
    shown_drawn = None if drawn is None else gate.announced(drawn, place="flow.drawn")
    not_drawn = None if shown_drawn is None else _difference(printed[-1], shown_drawn)
    for place, (group, found) in enumerate(zip(groups, exits, strict=True)):
        counts = (exact[place], group.leaving, group.refused, group.unknown, exact[place + 1])
        _log(gate, f"flow.{'+'.join(group.criteria)}", found, counts)
    if drawn is not None and spare is not None:
        for number, (one, n) in enumerate(
            ((printed[-1], eligible), (not_drawn, spare), (shown_drawn, drawn))
        ):
            assert one is not None
            gate.record(f"flow.draw#{number}", one.mark, _reason(gate, one, n), n)
    return Waterfall(
        assessed=printed[0],
        exits=exits,
        eligible=printed[-1],
        not_drawn=not_drawn,
        drawn=shown_drawn,
    )


FIELDS = ("entering", "leaving", "refused", "unknown", "remaining")


def _log(gate: Gate, place: str, found: Exit, counts: tuple[int, ...]) -> None:
    """Write down what was decided of each cell of an exit, once all of them are known."""
    for field, n in zip(FIELDS, counts, strict=True):
        shown: Shown = getattr(found, field)
        gate.record(f"{place}#{field}", shown.mark, _reason(gate, shown, n), n)


def _reason(gate: Gate, shown: Shown, n: int) -> Reason:
    if gate.is_public:
        return "public"
    if shown.is_withheld:
        return "threshold" if gate.is_small(n) else "secondary"
    if shown.mark == "exact":
        return "zero" if n == 0 else "announced"
    return "rounding"


def _merged(steps: tuple[Step, ...], gate: Gate) -> tuple[_Group, ...]:
    groups = [_Group((step.criterion,), step.refused, step.unknown) for step in steps]
    small = [group for group in groups if gate.is_small(group.leaving)]
    if not small:
        return tuple(groups)
    others = sorted((g for g in groups if g not in small and g.leaving), key=lambda g: g.leaving)
    while gate.is_small(sum(group.leaving for group in small)) and others:
        small.append(others.pop(0))
    kept = [group for group in groups if group not in small]
    together = [group for group in groups if group in small]
    merged = _Group(
        tuple(name for group in together for name in group.criteria),
        sum(group.refused for group in together),
        sum(group.unknown for group in together),
        is_merged=True,
    )
    gate.record("flow.other_reasons", "rounded", "merged", merged.leaving)
    return (*kept, merged)


def _exit(group: _Group, before: Shown, after: Shown, gate: Gate) -> Exit:
    place = f"flow.{'+'.join(group.criteria)}"
    leaving = _difference(before, after)
    if group.leaving == 0:
        zero = Shown(0, "exact")
        return Exit(group.criteria, group.is_merged, before, zero, zero, zero, after)
    refused, unknown = WITHHELD, WITHHELD
    if leaving.value is not None and group.unknown == 0:
        refused, unknown = leaving, gate.count(0, place=f"{place}.unknown")
    elif leaving.value is not None and group.refused == 0:
        refused, unknown = gate.count(0, place=f"{place}.refused"), leaving
    elif leaving.value is not None and not (
        gate.is_small(group.unknown) or gate.is_small(group.refused)
    ):
        refused, unknown = _split(group, leaving, gate, place=place)
    else:
        gate.withhold(f"{place}.unknown", "threshold", group.unknown)
    return Exit(group.criteria, group.is_merged, before, leaving, refused, unknown, after)


def _split(group: _Group, leaving: Shown, gate: Gate, *, place: str) -> tuple[Shown, Shown]:
    """Split those leaving in two that add up, neither of which reads as a small count."""
    assert leaving.value is not None
    unknown = gate.count(group.unknown, place=f"{place}.unknown")
    assert unknown.value is not None
    if gate.is_public:
        return _difference(leaving, unknown), unknown
    if leaving.value < 2 * gate.least:
        return WITHHELD, gate.withhold(f"{place}.unknown", "threshold", group.unknown)
    kept = Shown(min(unknown.value, leaving.value - gate.least), "rounded")
    return _difference(leaving, kept), kept


def _difference(before: Shown, after: Shown) -> Shown:
    if before.value is None or after.value is None:
        return WITHHELD
    mark: Mark = "exact" if before.mark == after.mark == "exact" else "rounded"
    return Shown(before.value - after.value, mark)

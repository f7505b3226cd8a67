"""The lines of the flow of participants as they may be printed: the same in picture and table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from reliance_eval.panel.model import EXPECTED, RARE
from reliance_eval.reporting.aftermath import recorded
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.missing.counting import shown_statuses
from reliance_eval.reporting.participants import OBSERVED, Followed, participants
from reliance_eval.reporting.section import Context

Stage: TypeAlias = Literal["allocation", "follow_up", "analysis"]

TO_COME = "not_yet_observed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its words, and its count in each arm; None where an arm has none.

    Attributes
    ----------
    box : str
        The head of the box it stands in, under its stage.
    key : str
        Its place in identifiers, without the arm.
    depth : int
        1 for a part of the line above it.
    about, at : str
        Outcome and horizon of a line: a picture puts the outcomes of a horizon together.
    """

    stage: Stage
    box: str
    key: str
    label: str
    shown: dict[str, Shown | None]
    depth: int = 0
    about: str = ""
    at: str = ""


@dataclass(frozen=True, eq=False)
class Lines:
    """The entries of a trial, from allocation to analysis.

    Attributes
    ----------
    context : Context
        With a draw.
    """

    context: Context

    @cached_property
    def arms(self) -> dict[str, Followed]:
        """Exact counts by arm; refused where they do not add up."""
        assert self.context.draw is not None
        found = participants(self.context.draw, self.context.panel, self.context.estimates)
        return {each.arm: each for each in found}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every line, stage after stage."""
        return (*self._allocation(), *self._follow_up(), *self._analysis())

    def _place(self, key: str, arm: str) -> str:
        return f"participants.{key}#{arm}"

    def _allocation(self) -> Iterable[Entry]:
        context, voice = self.context, self.context.voice
        box = voice.say("structure.flow.allocated")
        shown: dict[str, Shown | None] = {
            arm: context.gate.announced(each.drawn, place=self._place("allocated", arm))
            for arm, each in self.arms.items()
        }
        yield Entry("allocation", box, "allocated", box, shown)
        if all(each.took_up is not None for each in self.arms.values()):
            for key in ("received", "not_received"):
                yield Entry(
                    "allocation",
                    box,
                    key,
                    voice.say(f"structure.flow.{key}"),
                    {arm: self._taken(key, each) for arm, each in self.arms.items()},
                    depth=1,
                )
        if context.panel is None:
            return
        ledger = {arm: recorded(context, arm) for arm in self.arms}
        for kind in dict.fromkeys(kind for side in ledger.values() for kind in side):
            label = voice.say(f"report.ledger.{kind}")
            sides: dict[str, Shown | None] = {arm: ledger[arm].get(kind) for arm in self.arms}
            for arm, one in sides.items():
                if one is not None:
                    context.gate.again(self._place(f"ledger.{kind}", arm), one)
            yield Entry("allocation", box, f"ledger.{kind}", label, sides, depth=1)

    def _taken(self, key: str, each: Followed) -> Shown:
        assert each.took_up is not None
        n = each.took_up if key == "received" else each.drawn - each.took_up
        return self.context.gate.part(n, of=each.drawn, place=self._place(key, each.arm))

    def _follow_up(self) -> Iterable[Entry]:
        """Give, for each horizon and primary outcome, who is known and why the others are not."""
        context = self.context
        primary = [o for o in context.protocol.clauses.outcomes if o.role == "primary"]
        if context.panel is None:
            return
        for horizon in sorted({h for outcome in primary for h in outcome.horizons_months}):
            for outcome in primary:
                if horizon in outcome.horizons_months:
                    yield from self._cell(outcome.name, horizon)

    def _cell(self, outcome: str, horizon: int) -> Iterable[Entry]:
        voice, key = self.context.voice, f"{outcome}.{horizon}"
        months = voice.numbers.months(horizon)
        box = voice.say("structure.flow.followed", horizon=months)
        counts = {arm: each.statuses[outcome, horizon] for arm, each in self.arms.items()}
        label = voice.outcome(outcome)
        if all(set(found) == {TO_COME} for found in counts.values()):
            nobody: dict[str, Shown | None] = dict.fromkeys(counts)
            said = voice.say("structure.flow.to_come", outcome=label)
            yield Entry("follow_up", box, key, said, nobody, about=label, at=months)
            return
        shown = {
            arm: shown_statuses(self.context, {OBSERVED: 0, **found}, f"follow_up.{key}.{arm}")
            for arm, found in counts.items()
        }
        for status in (*EXPECTED, *RARE):
            sides = {arm: found.get(status) for arm, found in shown.items()}
            if status != OBSERVED and all(one is None or one.value == 0 for one in sides.values()):
                continue
            for arm, one in sides.items():
                self._note(f"{key}.{status}", arm, one)
            name = label if status == OBSERVED else voice.say(f"report.status.{status}")
            yield Entry(
                "follow_up",
                box,
                f"{key}.{status}",
                name,
                sides,
                depth=int(status != OBSERVED),
                about=label,
                at=months,
            )

    def _note(self, key: str, arm: str, shown: Shown | None) -> None:
        """Write down that a count decided elsewhere is printed here too."""
        if shown is not None:
            self.context.gate.again(self._place(key, arm), shown)

    def _analysis(self) -> Iterable[Entry]:
        voice, gate = self.context.voice, self.context.gate
        cells = dict.fromkeys(cell for each in self.arms.values() for cell in each.analysed)
        box = voice.say("structure.flow.analysed")
        for outcome, horizon in cells:
            key = f"analysed.{outcome}.{horizon}"
            sides: dict[str, Shown | None] = {}
            for arm, each in self.arms.items():
                n = each.analysed.get((outcome, horizon))
                place = self._place(key, arm)
                known = each.statuses.get((outcome, horizon), {}).get(OBSERVED, 0)
                of = known if n is not None and n < known else each.drawn
                sides[arm] = None if n is None else gate.part(n, of=of, place=place)
            label, months = voice.cell_label(outcome, horizon), voice.numbers.months(horizon)
            yield Entry("analysis", box, key, label, sides, about=voice.outcome(outcome), at=months)
            left_out = {
                arm: each.statuses[outcome, horizon].get(OBSERVED, 0)
                - each.analysed.get((outcome, horizon), 0)
                for arm, each in self.arms.items()
                if (outcome, horizon) in each.analysed
            }
            if any(left_out.values()):
                yield Entry(
                    "analysis",
                    box,
                    f"{key}.left_out",
                    voice.say("structure.flow.left_out"),
                    {
                        arm: gate.count(n, place=self._place(f"{key}.left_out", arm))
                        for arm, n in left_out.items()
                    },
                    depth=1,
                    about=voice.outcome(outcome),
                    at=months,
                )

"""The counts of a procès-verbal: exact in the restricted copy, through the gate in the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from reliance_eval.eligibility import Flow
from reliance_eval.lottery.package import arm_letters
from reliance_eval.lottery.sealing import NO_PLACE, block_codes, cutoffs_file
from reliance_eval.reporting.disclosure import Gate, Shown
from reliance_eval.reporting.document import WITHHELD
from reliance_eval.reporting.minutes.facts import Facts
from reliance_eval.reporting.public_counts import counts_file
from reliance_eval.reporting.waterfall import waterfall
from reliance_eval.reporting.wording import Voice

WAITING = ("R", "X")
SIGN = "."
"""What ``counts.tsv`` has in a withheld cell."""


@dataclass(frozen=True)
class Counts:
    """Writes counts and block names for one copy."""

    facts: Facts
    voice: Voice
    gate: Gate
    is_public: bool

    @property
    def flow(self) -> Flow:
        """The flow the draw came from."""
        flow: Flow = self.facts.draw.nearest(Flow)
        return flow

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """RL1's letters of the arms."""
        return arm_letters(len(self.facts.draw.arms))

    @cached_property
    def names(self) -> dict[str, str]:
        """What each block is called in this copy, by its opaque code."""
        codes = block_codes(self.facts.package.files)
        return {code: code if self.is_public else name for name, code in codes.items()}

    def number(self, n: int, place: str) -> str:
        """Write a count."""
        if not self.is_public:
            return self.voice.numbers.integer(n)
        return self.voice.count(place, self.gate.count(n, place=f"minutes.{place}")).text

    def reasons(self) -> list[str]:
        """Write the counts of the exclusions, all withheld where one would be."""
        numbers = [item.n for item in self.facts.exclusions]
        if self.is_public and any(self.gate.is_small(n) for n in numbers):
            for n in numbers:
                self.gate.withhold("minutes.exclusions", "threshold", n)
            return [WITHHELD] * len(numbers)
        return [self.number(n, "exclusions") for n in numbers]

    def steps(self) -> list[tuple[str, str, str, str, str]]:
        """Give each criterion with who entered, was refused, was unknown, and remained."""
        if not self.is_public:
            write = self.voice.numbers.integer
            return [
                (
                    self.voice.criterion(step.criterion),
                    write(step.entering),
                    write(step.refused),
                    write(step.unknown),
                    write(step.remaining),
                )
                for step in self.flow.steps
            ]
        # Before the draw is counted, as the report does: two papers must not be told apart.
        found = waterfall(self.flow, self.facts.draw, self.gate)
        return [
            (
                self._criteria(item.criteria, is_merged=item.is_merged),
                self._text(item.entering),
                self._text(item.refused),
                self._text(item.unknown),
                self._text(item.remaining),
            )
            for item in found.exits
        ]

    def _criteria(self, names: tuple[str, ...], *, is_merged: bool) -> str:
        labels = [self.voice.criterion(name) for name in names]
        if not is_merged:
            return labels[0]
        return self.voice.say("report.flow.others", criteria=self.voice.listed(labels))

    def _text(self, shown: Shown) -> str:
        return self.voice.count("minutes", shown).text

    def places(self) -> dict[str, list[str]]:
        """Give each block's counts by arm, reserve and excluded, then those of all blocks."""
        if self.is_public:
            return self._gated()
        rows = [line.split("\t") for line in self._assignment()]
        cells = Counter((block, letter) for _, block, _, letter, _ in rows)
        codes = block_codes(self.facts.package.files)
        write = self.voice.numbers.integer
        letters = (*self.letters, *WAITING)
        table = {
            name: [write(cells[name, letter]) for letter in letters]
            for name, code in codes.items()
            if code in self.names
        }
        totals = Counter(letter for _, _, _, letter, _ in rows)
        return {**table, "": [write(totals[letter]) for letter in letters]}

    def _gated(self) -> dict[str, list[str]]:
        content = counts_file(self.facts.package, self.gate, arms=len(self.letters)).decode()
        rows = [line.split("\t") for line in content.splitlines()[1:]]
        write = self.voice.numbers.integer
        texts = {
            name: [WITHHELD if n == SIGN else write(float(n)) for n in numbers]
            for name, *numbers in rows
        }
        total = texts.pop("all")
        # A table of signs says nothing that one sentence does not.
        blocks = {name: cells for name, cells in texts.items() if set(cells) != {WITHHELD}}
        return {**blocks, "": total}

    def _assignment(self) -> list[str]:
        return self.facts.package.files["assignment.tsv"].decode("ascii").splitlines()

    @property
    def units(self) -> int:
        """Lines of the anonymous ranking."""
        return len(self._assignment())

    def cutoffs(self) -> list[tuple[str, int, str]]:
        """Give each block, arm (its place in the protocol) and the last ticket that takes it."""
        rows = [line.split("\t") for line in cutoffs_file(self.facts.package).decode().splitlines()]
        return [
            (self.names[code], place, ticket)
            for code, *tickets in rows[1:]
            for place, ticket in enumerate(tickets)
            if ticket != NO_PLACE
        ]

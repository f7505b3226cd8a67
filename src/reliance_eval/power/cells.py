"""The cells of a diagnosis: effects, shares and what was simulated, as a language writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reliance_eval.estimation import Promise
from reliance_eval.language.numbers import rounded
from reliance_eval.power.diagnosis import Diagnosis
from reliance_eval.power.operating import Measured
from reliance_eval.reporting.document import NONE, Caption, Cell, Number
from reliance_eval.reporting.wording import Scale, Voice


@dataclass(frozen=True)
class Cells:
    """A diagnosis, and the voice that tells it."""

    diagnosis: Diagnosis
    voice: Voice

    def caption(self, reading: str = "", *notes: str) -> Caption:
        """Give the words under an exhibit."""
        say = self.voice.say
        simulated = self.diagnosis.simulated
        key = "formula" if simulated is None else "both"
        count = 0 if simulated is None else simulated.trials
        return Caption(
            reading=reading,
            scope=say("power.scope", drawn=self.drawn, unit=self.voice.unit()),
            source=say(f"power.source.{key}", n=self.voice.numbers.integer(count)),
            notes=notes,
        )

    @property
    def drawn(self) -> str:
        """How many are to be drawn, as the protocol says it."""
        return self.voice.numbers.integer(
            sum(self.diagnosis.protocol.clauses.lottery.arms.values())
        )

    def row(self, promise: Promise) -> str:
        """Head a row: outcome, horizon, subgroup, and the arm where there are several."""
        label = self.voice.cell_label(promise.outcome, promise.horizon_months)
        if promise.subgroup:
            label = self.voice.say(
                "power.row.subgroup", row=label, subgroup=self.voice.subgroup(promise.subgroup)
            )
        if len(self.diagnosis.protocol.clauses.lottery.arms) > 2:
            label = self.voice.say("report.row_arm", row=label, arm=self.voice.arm(promise.arm))
        return label

    def scale(self, promise: Promise) -> Scale:
        """Choose how effects on an outcome are written, alike in every row."""
        of_one = [
            item.std_error
            for item in self.diagnosis.detectable
            if item.promise.outcome == promise.outcome and item.std_error
        ]
        return self.voice.scale(promise.outcome, of_one)

    def effect(self, identifier: str, value: float | None, scale: Scale) -> Cell:
        """Give an effect without its sign: either one is meant."""
        return NONE if value is None else self.voice.error(identifier, value, scale)

    def percentage(self, identifier: str, value: float | None, digits: int = 0) -> Cell:
        """Give a share, or a power."""
        if value is None:
            return NONE
        text = self.voice.numbers.percent(value, digits)
        return Number(identifier, rounded(100 * value, digits), text)

    def measured(self, identifier: str, found: Measured | None, digits: int = 1) -> Cell:
        """Give a share found by simulation, with its error in points."""
        if found is None:
            return NONE
        numbers = self.voice.numbers
        text = self.voice.say(
            "power.measured",
            value=numbers.percent(found.value, digits),
            error=numbers.decimal(100 * found.error, digits),
        )
        return Number(identifier, rounded(100 * found.value, digits), text)

    def measured_effect(self, identifier: str, found: Measured | None, scale: Scale) -> Cell:
        """Give an effect found by simulation, with its error."""
        if found is None:
            return NONE
        factor = 100.0 if scale.is_share else 1.0
        # One digit more than an effect has: a bias is a small part of it.
        finer = replace(scale, digits=scale.digits + 1)
        numbers = self.voice.numbers
        text = self.voice.say(
            "power.measured",
            value=self.voice.effect(found.value, finer, is_signed=False),
            error=numbers.decimal(factor * found.error, finer.digits),
        )
        return Number(identifier, rounded(factor * found.value, finer.digits), text)

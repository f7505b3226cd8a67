"""What the page of a diagnosis shows: its tables, and its pictures with their numbers."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.language.numbers import rounded
from reliance_eval.power.assuming import Assumed
from reliance_eval.power.cells import Cells
from reliance_eval.power.curves import Drawn, power_plot
from reliance_eval.power.diagnosis import Curve, Detectable, Point
from reliance_eval.power.operating import Operating
from reliance_eval.reporting.document import NONE, Cell, Figure, Number, Table
from reliance_eval.reporting.wording import Scale

OPERATING = (
    "outcome",
    "truth",
    "bias",
    "coverage",
    "power",
    "power_family",
    "wrong_sign",
    "exaggeration",
    "smallest_simulated",
)
"""Columns of what simulated trials did."""


class Exhibits(Cells):
    """The tables and the pictures."""

    # ------------------------------------------------------------------ assumptions

    def assumptions(self) -> Table:
        """Give each number that formulas took, and who says so."""
        say = self.voice.say
        rows: list[tuple[Cell, ...]] = []
        late = next((d for d in self.diagnosis.detectable if d.promise.estimand == "late"), None)
        if late is not None:
            take_up = self.percentage("take_up#value", late.take_up.value, 1)
            rows.append((say("power.assumed.take_up"), take_up, self._source(late.take_up)))
        for name, assumed in self.diagnosis.assumed.items():
            write = self._plain if name == "cluster_size" else self._share
            rows.append((say(f"power.assumed.{name}"), write(name, assumed), self._source(assumed)))
        for item in self._one_a_cell():
            rows += self._of_cell(item)
        return Table(
            id="assumptions",
            title=say("power.table.assumptions"),
            columns=tuple(say(f"power.column.{name}") for name in ("supposed", "value", "source")),
            rows=tuple(rows),
            caption=self.caption("", say("power.note.sources")),
        )

    def _of_cell(self, item: Detectable) -> list[tuple[Cell, ...]]:
        say, label, scale = self.voice.say, self.row(item.promise), self.scale(item.promise)
        identifier = f"{item.promise.outcome}.{item.promise.horizon_months}"
        missing = self.percentage(f"{identifier}#attrition", item.attrition.value, 1)
        if item.base_rate is None:
            key, assumed = "standard_deviation", item.standard_deviation
            value = self.effect(f"{identifier}#sd", assumed.value, scale)
        else:
            key, assumed = "base_rate", item.base_rate
            value = self.percentage(f"{identifier}#rate", assumed.value, 1)
        return [
            (say(f"power.assumed.{key}", row=label), value, self._source(assumed)),
            (say("power.assumed.attrition", row=label), missing, self._source(item.attrition)),
        ]

    def _one_a_cell(self) -> list[Detectable]:
        """Give the first promise of each outcome and horizon."""
        first: dict[tuple[str, int], Detectable] = {}
        for item in self.diagnosis.detectable:
            first.setdefault((item.promise.outcome, item.promise.horizon_months), item)
        return list(first.values())

    def _share(self, name: str, assumed: Assumed) -> Cell:
        return self.percentage(f"{name}#value", assumed.value, 1)

    def _plain(self, name: str, assumed: Assumed) -> Cell:
        return self.voice.plain(f"{name}#value", assumed.value or 0.0, 1)

    def _source(self, assumed: Assumed) -> str:
        key = "unknown" if assumed.value is None else assumed.source
        return self.voice.say(f"power.origin.{key}")

    # ------------------------------------------------------------------ by formula

    def detectable(self, estimator: str, items: list[Detectable]) -> Table:
        """Give the smallest effects of one analysis."""
        say = self.voice.say
        first = items[0]
        names = ("outcome", "std_error", "smallest", "smallest_family", "in_sd", "power_matters")
        percent = self.voice.numbers.percent(self.diagnosis.power, 0)
        reading = ""
        if first.smallest is not None:
            reading = say(
                "power.reading.detectable",
                row=self.row(first.promise),
                effect=self.voice.effect(
                    first.smallest, self.scale(first.promise), is_signed=False
                ),
                power=percent,
            )
        return Table(
            id=f"detectable-{estimator}",
            title=say("power.table.detectable", analysis=self.voice.estimator(estimator)),
            columns=tuple(say(f"power.column.{name}") for name in names),
            rows=tuple(self._detectable_row(item) for item in items),
            caption=self.caption(reading, say("power.note.family"), say("power.note.sd")),
        )

    def _detectable_row(self, item: Detectable) -> tuple[Cell, ...]:
        name, scale = item.promise.id, self.scale(item.promise)
        in_sd = NONE if item.in_sd is None else self.voice.plain(f"{name}#sd", item.in_sd, 2)
        return (
            self.row(item.promise),
            self.effect(f"{name}#error", item.std_error, scale),
            self.effect(f"{name}#smallest", item.smallest, scale),
            self.effect(f"{name}#family", item.smallest_family, scale)
            if item.family_size > 1
            else NONE,
            in_sd,
            self.percentage(f"{name}#power", item.power),
        )

    def needed(self) -> Table | None:
        """Give what the smallest effects that matter need; None where none is stated."""
        say, numbers = self.voice.say, self.voice.numbers
        rows: list[tuple[Cell, ...]] = []
        for item in self.diagnosis.detectable:
            if item.needed is None or item.matters is None:
                continue
            name = item.promise.id
            counts = {"arm": item.needed.arm, "both": item.needed.arm + item.needed.reference}
            counts["drawn"] = item.needed.drawn
            rows.append(
                (
                    self.row(item.promise),
                    self.voice.estimator(item.promise.estimator),
                    self.voice.threshold(item.matters, self.scale(item.promise)),
                    *(
                        Number(f"{name}#{key}", rounded(count, 0), numbers.integer(count))
                        for key, count in counts.items()
                    ),
                )
            )
        if not rows:
            return None
        names = ("outcome", "analysis", "matters", "needed_arm", "needed_both", "needed_drawn")
        return Table(
            id="needed",
            title=say("power.table.needed"),
            columns=tuple(say(f"power.column.{key}") for key in names),
            rows=tuple(rows),
            caption=self.caption("", say("power.note.needed")),
        )

    # ------------------------------------------------------------------ by simulation

    def operating(self, estimator: str, items: list[Operating]) -> Table:
        """Give what one analysis did over all simulated trials."""
        say = self.voice.say
        return Table(
            id=f"operating-{estimator}",
            title=say("power.table.operating", analysis=self.voice.estimator(estimator)),
            columns=tuple(say(f"power.column.{name}") for name in OPERATING),
            rows=tuple(self._operating_row(item) for item in items),
            caption=self.caption("", say("power.note.measured"), say("power.note.errors")),
        )

    def _operating_row(self, item: Operating) -> tuple[Cell, ...]:
        name, scale, voice = item.promise.id, self.scale(item.promise), self.voice
        exaggeration: Cell = NONE
        if item.exaggeration is not None:
            text = voice.say(
                "power.measured",
                value=voice.numbers.decimal(item.exaggeration.value, 1),
                error=voice.numbers.decimal(item.exaggeration.error, 1),
            )
            exaggeration = Number(f"{name}#exaggeration", rounded(item.exaggeration.value, 1), text)
        truth = NONE if item.truth is None else voice.difference(f"{name}#truth", item.truth, scale)
        return (
            self.row(item.promise),
            truth,
            self.measured_effect(f"{name}#bias", item.bias, scale),
            self.measured(f"{name}#coverage", item.coverage),
            self.measured(f"{name}#simulated_power", item.power),
            self.measured(f"{name}#simulated_family", item.power_family),
            self.measured(f"{name}#wrong_sign", item.wrong_sign),
            exaggeration,
            self.measured_effect(f"{name}#simulated_smallest", item.smallest, scale),
        )

    # ------------------------------------------------------------------ pictures

    def curve(self, curve: Curve, item: Detectable) -> Figure:
        """Draw the power of one promise, with the numbers drawn."""
        say, numbers, scale = self.voice.say, self.voice.numbers, self.scale(item.promise)
        factor = 100.0 if scale.is_share else 1.0
        identifier = f"power-{item.promise.outcome}-{item.promise.arm}".replace("_", "-")
        title = say("power.figure.title", row=self.row(item.promise))
        smallest = self.voice.effect(item.smallest or 0.0, scale, is_signed=False)
        percent = numbers.percent(self.diagnosis.power, 0)
        family = self.voice.effect(item.smallest_family or 0.0, scale, is_signed=False)
        key = "family" if item.family_size > 1 else "alone"
        alternative = say(
            f"power.figure.{key}_alternative", power=percent, smallest=smallest, family=family
        )
        unit = say("report.figure.points") if scale.is_share else scale.unit
        axis = say("power.figure.axis_unit", unit=unit) if unit else say("power.figure.axis")
        shown = Drawn(
            points=tuple(replace(point, effect=factor * point.effect) for point in curve.points),
            power=self.diagnosis.power,
            matters=None if item.matters is None else factor * item.matters,
            has_family=item.family_size > 1,
            axis=axis,
            height=say("power.figure.height"),
            names=(
                say("power.figure.line_alone"),
                say("power.figure.line_family"),
                say("power.figure.mark_alone"),
                say("power.figure.mark_family"),
            ),
            write=numbers.decimal,
        )
        svg = power_plot(shown, identifier=identifier, title=title, alternative=alternative)
        names = ("effect", "formula", "formula_family", "simulated", "simulated_family")
        rows = tuple(self._point(item.promise.id, point, scale) for point in curve.points)
        data = Table(
            id=f"{identifier}-data",
            title=title,
            columns=tuple(say(f"power.column.{name}") for name in names),
            rows=rows,
            caption=self.caption(),
        )
        return Figure(
            id=identifier,
            title=title,
            svg=svg,
            alternative=alternative,
            data=data,
            caption=self.caption(alternative, *self._curve_notes(item)),
        )

    def _curve_notes(self, item: Detectable) -> tuple[str, ...]:
        keys = ["dots"]
        if item.matters is not None:
            keys.append("matters")
        if self.diagnosis.simulated is not None:
            keys.append("marks")
        return tuple(self.voice.say(f"power.figure.{key}") for key in keys)

    def _point(self, name: str, point: Point, scale: Scale) -> tuple[Cell, ...]:
        place = f"{name}@{point.effect:.6g}"
        finer = replace(scale, digits=scale.digits + 1)
        return (
            self.voice.effect(point.effect, finer, is_signed=False),
            self.percentage(f"{place}#formula", point.formula, 1),
            self.percentage(f"{place}#formula_family", point.formula_family, 1),
            self.measured(f"{place}#simulated", point.simulated),
            self.measured(f"{place}#simulated_family", point.simulated_family),
        )

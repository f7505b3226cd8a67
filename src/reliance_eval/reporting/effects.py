"""Rows of effects: what the tables of results share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Number
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.supporting import Backing
from reliance_eval.reporting.wording import UNADJUSTED, Scale, Voice


@dataclass(frozen=True, eq=False)
class Effect:
    """An estimate on its way to the page: its promise, its scale, and whether it may be printed."""

    context: Context
    estimate: Estimate
    scale: Scale

    @property
    def promise(self) -> Promise:
        """The promise it answers."""
        return promise_of(self.estimate)

    @property
    def is_withheld(self) -> bool:
        """Whether its numbers stay inside."""
        return self.promise.id in self.context.clearance.withheld

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The interval a conclusion rests on: simultaneous where there is one."""
        e = self.estimate
        if e.has_adjusted_interval:
            return e.conf_low_adjusted, e.conf_high_adjusted
        return e.conf_low, e.conf_high

    @property
    def is_simultaneous(self) -> bool:
        """Whether that interval covers a whole family."""
        return self.interval != (self.estimate.conf_low, self.estimate.conf_high)

    def id(self, field: str) -> str:
        """Give the identifier of one of its numbers."""
        return f"{self.promise.id}#{field}"

    def backing(self, arm: str) -> Backing:
        """Give the units behind it in one arm."""
        return self.context.clearance.backings[self.promise.id, arm]

    def n(self, arm: str, n: int) -> Number:
        """Give the number of units in an arm."""
        gate, voice, field = self.context.gate, self.context.voice, self.id(f"n_{arm}")
        if self.is_withheld:
            return voice.withheld(field)
        # Of those whose outcome is known, where some were left out; of those drawn otherwise.
        known = self.backing(arm).n
        of = known if n < known else self.context.drawn_in(arm, self.promise.subgroup)
        return voice.count(field, gate.part(n, of=of, place=field))

    def counts(self) -> tuple[Number, Number]:
        """Give the numbers of units, offered then reference."""
        return (
            self.n(self.promise.arm, self.estimate.n_arm),
            self.n(self.promise.reference, self.estimate.n_reference),
        )

    def stage(self) -> tuple[Number, Number, Number]:
        """Give the first stage of a LATE: effect, standard error, interval.

        Where no unit of the reference arm takes part, it is a rate, and is rounded like one.
        """
        fields = [self.id(f"stage_{part}") for part in ("estimate", "error", "interval")]
        gate, voice, stage = self.context.gate, self.context.voice, self.estimate.first_stage
        if self.is_withheld or stage is None:
            first, second, third = (voice.withheld(field) for field in fields)
            return first, second, third
        backing = self.backing(self.promise.arm)
        scale = Scale(True, "", gate.share_digits([backing.n]))
        value = stage.estimate
        if not gate.is_public and not self.backing(self.promise.reference).participants:
            value = gate.rounded(value * backing.n) / backing.n
        # The interval moves with the rounded rate: left where it was, its middle would give the
        # exact one back.
        shift = value - stage.estimate
        low, high = (None if e is None else e + shift for e in (stage.conf_low, stage.conf_high))
        return (
            voice.difference(fields[0], value, scale),
            voice.error(fields[1], stage.std_error, Scale(True, "", 1)),
            voice.interval(fields[2], low, high, scale),
        )

    def levels(self) -> tuple[Number, Number]:
        """Give the outcome's level in the reference and in the offered arm.

        The second is the first, as printed, plus the difference: a row adds up, and a rate rounded
        on its own would give a second view of the same people.
        """
        names = (self.id("mean_reference"), self.id("mean_arm"))
        voice, found = self.context.voice, self._reference_level()
        if found.value is None:
            return voice.withheld(names[0]), voice.withheld(names[1])
        beside = found.value + self.estimate.estimate
        if self.scale.is_share:
            beside = min(max(beside, 0.0), 1.0)
        digits = self.level_digits
        return (
            voice.level(names[0], found, self.scale, digits=digits),
            voice.level(names[1], replace(found, value=beside), self.scale, digits=digits),
        )

    def _reference_level(self) -> Shown:
        value = self.estimate.mean_reference
        if self.is_withheld:
            return Shown(None, "withheld")
        if not self.scale.is_share:
            return Shown(value, "exact")
        backing = self.backing(self.promise.reference)
        place = self.id("mean_reference")
        return self.context.gate.share(
            value, numerator=backing.contributors, n=backing.n, place=place
        )

    @property
    def level_digits(self) -> int:
        """Decimals of a level that is a percentage."""
        arms = (self.promise.arm, self.promise.reference)
        return self.context.gate.share_digits(self.backing(arm).n for arm in arms)

    @property
    def is_adjusted(self) -> bool:
        """Whether covariates enter it: the offered level is then no mean of anybody's."""
        return self.promise.estimator not in UNADJUSTED

    def difference(self) -> Number:
        """Give the effect."""
        if self.is_withheld:
            return self.context.voice.withheld(self.id("estimate"))
        return self.context.voice.difference(
            self.id("estimate"), self.estimate.estimate, self.scale
        )

    def error(self) -> Number:
        """Give the standard error."""
        if self.is_withheld:
            return self.context.voice.withheld(self.id("std_error"))
        return self.context.voice.error(self.id("std_error"), self.estimate.std_error, self.scale)

    def ends(self, field: str, low: float | None, high: float | None) -> Number:
        """Give an interval."""
        if self.is_withheld:
            return self.context.voice.withheld(self.id(field))
        return self.context.voice.interval(self.id(field), low, high, self.scale)

    def p(self, field: str, value: float) -> Number:
        """Give a p-value."""
        if self.is_withheld:
            return self.context.voice.withheld(self.id(field))
        return self.context.voice.p(self.id(field), value)

    def reading(self, interval: tuple[float | None, float | None] | None = None) -> str:
        """Give the *Lecture* of this row: level, difference and interval in one sentence.

        Parameters
        ----------
        interval : tuple of (low, high), optional
            The ordinary interval, for a table that shows it; the one concluded upon otherwise.
        """
        if self.is_withheld:
            return ""
        voice, low_high = self.context.voice, interval or self.interval
        is_simultaneous = interval is None and self.is_simultaneous
        shown = self.difference().value or 0.0
        direction = "higher" if shown > 0 else "lower" if shown < 0 else "equal"
        label = voice.outcome(self.promise.outcome)
        return voice.say(
            f"report.reading.{direction}",
            horizon=voice.numbers.months(self.promise.horizon_months),
            outcome=label,
            level=self.levels()[0].text,
            reference=voice.arm(self.promise.reference),
            arm=voice.arm(self.promise.arm),
            gap=voice.effect(abs(self.estimate.estimate), self.scale, is_signed=False),
            interval=self.ends("interval", *low_high).text,
            name=interval_name(voice, self.estimate.level, is_simultaneous=is_simultaneous),
            the_level=voice.say(
                "report.reading.adjusted_level" if self.is_adjusted else "report.reading.level"
            ),
        )


def interval_name(voice: Voice, level: float, *, is_simultaneous: bool) -> str:
    """Name an interval inside a sentence: two of them stand beside one estimate."""
    kind = "simultaneous" if is_simultaneous else "confidence"
    return voice.say(f"report.interval.{kind}", level=voice.numbers.percent(level, 0))


def effects(context: Context, rows: Iterable[Estimate]) -> tuple[Effect, ...]:
    """Give estimates their scales: one an outcome, chosen over all its standard errors."""
    assert context.estimates is not None
    errors: dict[str, list[float]] = defaultdict(list)
    for estimate in context.estimates.estimated:
        errors[promise_of(estimate).outcome].append(estimate.std_error)
    scales = {name: context.voice.scale(name, found) for name, found in errors.items()}
    return tuple(Effect(context, row, scales[promise_of(row).outcome]) for row in rows)


def promised(context: Context) -> tuple[Estimate | NotEstimable, ...]:
    """Give every row, estimated or not, in the protocol's order."""
    assert context.estimates is not None
    every: list[Estimate | NotEstimable] = [*context.estimates.estimated]
    every += context.estimates.not_estimable
    rows = {promise_of(row).id: row for row in every}
    return tuple(rows[name] for name in context.estimates.order if name in rows)


def itt_rows(context: Context, *, role: str) -> tuple[Estimate | NotEstimable, ...]:
    """Give the rows on the effect of the offer for everyone, of one tier."""
    return tuple(
        row
        for row in promised(context)
        if promise_of(row).estimand == "itt"
        and not promise_of(row).subgroup
        and promise_of(row).role == role
    )


def estimated(rows: Iterable[Estimate | NotEstimable]) -> tuple[Estimate, ...]:
    """Keep the rows that have a number."""
    return tuple(row for row in rows if isinstance(row, Estimate))


def first_estimator(rows: Iterable[Estimate | NotEstimable]) -> str:
    """Give the estimator promised first: the one the key table and the figure show."""
    return next((promise_of(row).estimator for row in rows), "")


def row_label(context: Context, promise: Promise) -> str:
    """Give the head of a row; the arm is named where several are compared with the reference."""
    voice = context.voice
    label = voice.cell_label(promise.outcome, promise.horizon_months)
    if len(context.protocol.clauses.lottery.arms) > 2:
        return voice.say("report.row_arm", row=label, arm=voice.arm(promise.arm))
    return label

"""What a rehearsal's page shows: the table of checks, and three pictures with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reliance_eval.eligibility import Flow
from reliance_eval.lottery.design import FloatArray
from reliance_eval.lottery.examining import Examination, Largest
from reliance_eval.lottery.rehearsing import Rehearsal, Source
from reliance_eval.reporting import rehearsal_figures as pictures
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.reporting.document import NONE, Caption, Cell, Figure, Number, Table
from reliance_eval.reporting.wording import Voice

DRAWN: Source = "numpy"
"""The source whose rehearsals are pictured: the more numerous one."""


@dataclass(frozen=True)
class Exhibits:
    """A rehearsal, and the voice that tells it."""

    rehearsal: Rehearsal
    flow: Flow
    voice: Voice

    @property
    def drawn(self) -> str:
        """What is drawn, in the plural."""
        is_clustered = self.rehearsal.design == "clustered"
        return self.voice.say("rehearsal.clusters") if is_clustered else self.voice.unit()

    @cached_property
    def size(self) -> str:
        """How many there are, as the gate lets it out."""
        shown = Gate(rules_of(self.flow.protocol)).count(self.rehearsal.units, place="rehearsal")
        return self.voice.count("rehearsal#units", shown).text

    @property
    def shown(self) -> Examination:
        """The examination that is pictured."""
        return self.rehearsal.examinations[DRAWN]

    def caption(self, reading: str, *notes: str) -> Caption:
        """Give the words under an exhibit."""
        say = self.voice.say
        key = "synthetic" if self.flow.synthetic else "real"
        return Caption(
            reading=reading,
            scope=say("rehearsal.scope", n=self.size, drawn=self.drawn),
            source=say(f"rehearsal.source.{key}"),
            notes=notes,
        )

    def ranks(self) -> Figure:
        """Draw the mean rank of each twentieth of the list."""
        say, numbers = self.voice.say, self.voice.numbers
        found, identifier = self.shown, "order-of-entry"
        title = say("rehearsal.order.figure")
        first = numbers.decimal(100 * float(found.group_ranks[0]), 2)
        values = {
            "mean": numbers.signed(found.correlation, 5),
            "error": numbers.decimal(found.correlation_error, 5),
            "first": first,
        }
        alternative = say("rehearsal.order.alternative", **values)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                str(place),
                Number(f"order#{place}", round(100 * mean, 2), numbers.decimal(100 * mean, 2)),
                Number(f"error#{place}", round(100 * error, 3), numbers.decimal(100 * error, 3)),
            )
            for place, (mean, error) in enumerate(
                zip(found.group_ranks.tolist(), found.group_errors.tolist(), strict=True), start=1
            )
        )
        svg = pictures.rank_plot(
            found.group_ranks,
            found.group_errors,
            identifier=identifier,
            title=title,
            alternative=alternative,
            axis=say("rehearsal.order.axis"),
            height=say("rehearsal.order.height"),
            write=numbers.signed,
        )
        data = Table(
            id=f"{identifier}-data",
            title=title,
            columns=(
                say("rehearsal.order.axis"),
                say("rehearsal.order.height"),
                say("rehearsal.column.error"),
            ),
            rows=rows,
            caption=self.caption(""),
        )
        reading = say("rehearsal.order.reading", **values)
        return Figure(
            id=identifier,
            title=title,
            svg=svg,
            alternative=alternative,
            data=data,
            caption=self.caption(reading, say("rehearsal.order.note")),
        )

    def table(self) -> Table:
        """Give every check of every source."""
        say, numbers = self.voice.say, self.voice.numbers
        examinations = self.rehearsal.examinations
        rows: list[tuple[Cell, ...]] = []
        for key, write in (
            ("count", lambda e: numbers.integer(e.count)),
            ("chi_square", self._chi_square),
            ("largest", lambda e: self._largest(e.inclusion)),
            ("correlation", self._correlation),
            ("pair", lambda e: self._largest(e.pairing)),
        ):
            rows.append(
                (say(f"rehearsal.row.{key}"), *(write(found) for found in examinations.values()))
            )
        first = self._largest(self.shown.inclusion)
        return Table(
            id="rehearsal-checks",
            title=say("rehearsal.table"),
            columns=(
                say("rehearsal.column.check"),
                *(say(f"rehearsal.column.{source}") for source in examinations),
            ),
            rows=tuple(rows),
            caption=self.caption(say("rehearsal.reading", largest=first), say("rehearsal.note")),
        )

    def _chi_square(self, found: Examination) -> str:
        if found.p is None or found.chi_square is None:
            return NONE
        return self.voice.say(
            "rehearsal.chi_square",
            ratio=self.voice.numbers.decimal(found.chi_square / found.df, 3),
            p=self.voice.numbers.p_said(found.p),
        )

    def _largest(self, found: Largest | None) -> str:
        if found is None:
            return NONE
        numbers = self.voice.numbers
        return self.voice.say(
            "rehearsal.largest",
            value=numbers.decimal(found.value, 2),
            limit=numbers.decimal(found.limit, 2),
        )

    def _correlation(self, found: Examination) -> str:
        numbers = self.voice.numbers
        return self.voice.say(
            "rehearsal.correlation",
            mean=numbers.signed(found.correlation, 5),
            error=numbers.decimal(found.correlation_error, 5),
        )

    def deviations(self, kind: str, deviations: FloatArray, found: Largest) -> Figure:
        """Draw gaps between chances found and declared, of units or of pairs."""
        say, numbers = self.voice.say, self.voice.numbers
        identifier = f"{kind}-deviations"
        title = say(f"rehearsal.{kind}.figure")
        within = float((abs(deviations) <= pictures.BAND).mean()) if deviations.size else 1.0
        values = {"within": numbers.percent(within), "largest": self._largest(found)}
        alternative = say("rehearsal.deviation.alternative", **values)
        svg = pictures.deviation_plot(
            deviations,
            identifier=identifier,
            title=title,
            alternative=alternative,
            axis=say("rehearsal.deviation.axis"),
            height=say("rehearsal.deviation.height"),
            write=numbers.signed,
        )
        bars = zip(
            pictures.EDGES[:-1].tolist(),
            pictures.shares_by_bar(deviations).tolist(),
            pictures.expected_by_bar().tolist(),
            strict=True,
        )
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                say(
                    "rehearsal.deviation.bar",
                    low=numbers.signed(low, 1),
                    high=numbers.signed(low + 0.5, 1),
                ),
                Number(f"{kind}#{low}", round(100 * share, 1), numbers.percent(share)),
                Number(f"{kind}#{low}e", round(100 * law, 1), numbers.percent(law)),
            )
            for low, share, law in bars
        )
        data = Table(
            id=f"{identifier}-data",
            title=title,
            columns=(
                say("rehearsal.deviation.axis"),
                say("rehearsal.column.found"),
                say("rehearsal.column.expected"),
            ),
            rows=rows,
            caption=self.caption(""),
        )
        return Figure(
            id=identifier,
            title=title,
            svg=svg,
            alternative=alternative,
            data=data,
            caption=self.caption(
                say("rehearsal.deviation.reading", **values), say("rehearsal.deviation.note")
            ),
        )

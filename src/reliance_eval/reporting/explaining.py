"""Explain a printed number: from its identifier to estimator, sample, digests and code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from reliance_eval import __version__
from reliance_eval.artefact import Artefact
from reliance_eval.errors import DataError, Fault
from reliance_eval.estimation.estimates import Estimate
from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.saying import set_said, spread_said
from reliance_eval.fingerprint import SHORT
from reliance_eval.registry import nearest
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.composing import composed
from reliance_eval.reporting.document import Cell, Chapter, Document, Figure, Number, Table
from reliance_eval.reporting.originating import data_of, prefix_of
from reliance_eval.reporting.rendered import Report
from reliance_eval.reporting.section import SECTIONS, Context

if TYPE_CHECKING:
    import pandas as pd

ANCHOR = "section-"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands behind one printed number.

    Attributes
    ----------
    id : str
    language : str
    facts : mapping of str to str
        By key (``printed``, ``estimator``, ``specification``...), in the language.
    """

    id: str
    language: str
    facts: dict[str, str]

    def text(self) -> str:
        """Give one line a fact."""
        return "\n".join(f"{self.label(key)}  {value}" for key, value in self.facts.items())

    def label(self, key: str) -> str:
        """Give the words of a fact's key."""
        from reliance_eval.language.catalogue import words

        return words(self.language).text(f"explained.fact.{key}")

    def tidy(self) -> pd.DataFrame:
        """Give one row a fact."""
        import pandas as pd

        rows = [(self.id, key, value) for key, value in self.facts.items()]
        return pd.DataFrame(rows, columns=["id", "fact", "value"])

    def __repr__(self) -> str:
        return f"Explanation({self.id})\n{self.text()}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(self.label(key))}</th><td>{escape(value)}</td></tr>'
            for key, value in self.facts.items()
        )
        return f"<table><caption>{escape(self.id)}</caption>{rows}</table>"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a number stands."""

    chapter: Chapter
    exhibit: str
    table: Table
    row: tuple[Cell, ...]
    column: int
    number: Number


@dataclass(frozen=True, slots=True)
class Explained:
    """A report open at every number."""

    context: Context
    document: Document

    @classmethod
    def of(cls, artefact: Artefact, language: str | None = None) -> Explained:
        """Compose the report of an artefact in a language, by default the protocol's first."""
        context, document = composed(artefact, language or artefact.protocol.languages[0])
        return cls(context, document)

    def identifiers(self) -> dict[str, tuple[str, ...]]:
        """Give the identifiers of every number, by exhibit."""
        found: dict[str, dict[str, None]] = {}
        for place in self._places():
            found.setdefault(place.exhibit, {})[place.number.id] = None
        return {exhibit: tuple(names) for exhibit, names in found.items()}

    def explain(self, identifier: str) -> Explanation:
        """Explain a number; an identifier without its field stands for the estimate.

        Raises
        ------
        DataError
            The report has no such number; the nearest identifier is offered.
        """
        places: dict[str, _Place] = {}
        for place in self._places():
            places.setdefault(place.number.id, place)
        found = places.get(identifier) or places.get(f"{identifier}#estimate")
        if found is None:
            close = nearest(identifier, tuple(places)) or next(iter(places), "–")
            raise DataError(Fault("E-EXPLAIN-UNKNOWN", "", {"name": identifier, "nearest": close}))
        facts = {**self._where(found), **self._promise(found), **self._made(found)}
        return Explanation(found.number.id, self.context.voice.language, facts)

    def _places(self) -> Iterator[_Place]:
        for chapter in self.document.chapters:
            for block in chapter.blocks:
                if not isinstance(block, (Table, Figure)):
                    continue
                table = block.data if isinstance(block, Figure) else block
                exhibit = f"{block.label}. {block.title}"
                for row in table.rows:
                    for column, cell in enumerate(row):
                        if isinstance(cell, Number):
                            yield _Place(chapter, exhibit, table, row, column, cell)

    def _where(self, place: _Place) -> dict[str, str]:
        head = place.row[0] if isinstance(place.row[0], str) else place.row[0].text
        say = self.context.voice.say
        return {
            "printed": say("explained.withheld") if place.number.is_withheld else place.number.text,
            "exhibit": place.exhibit,
            "row": head,
            "column": place.table.columns[place.column],
            "chapter": place.chapter.title,
        }

    def _promise(self, place: _Place) -> dict[str, str]:
        """Say what was promised and how it was estimated; nothing of other numbers."""
        estimates = self.context.estimates
        name = prefix_of(place.number.id)
        rows = {promise_of(row).id: row for row in estimates.estimated} if estimates else {}
        if name not in rows:
            return {}
        row, voice = rows[name], self.context.voice
        promise = promise_of(row)
        said = voice.cell_label(promise.outcome, promise.horizon_months)
        if promise.subgroup:
            subgroup = voice.subgroup(promise.subgroup)
            said = voice.say("report.row_subgroup", row=said, subgroup=subgroup)
        # The variance of a withheld row would tell that its outcome is rare.
        is_open = promise.id not in self.context.clearance.withheld
        spread = {"variance": self._variance(row)} if is_open else {}
        return {
            "promise": said,
            "estimand": voice.say(f"report.estimand.{promise.estimand}"),
            "tier": voice.say(f"explained.tier.{promise.role}"),
            "estimator": voice.estimator(promise.estimator),
            "formula": voice.say(f"explained.formula.{promise.estimator}"),
            "sample": self._sample(row),
            "level": voice.numbers.percent(row.level, 0),
            **spread,
            "correction": self._correction(row),
            "specification": promise.specification,
        }

    def _sample(self, row: Estimate) -> str:
        """Give the numbers of units as the report prints them: they passed the gate there."""
        voice, promise = self.context.voice, promise_of(row)
        printed = {number.id: number.text for number in self.document.numbers()}
        counts = (
            voice.say(
                "explained.units",
                arm=voice.arm(arm),
                n=printed.get(f"{promise.id}#n_{arm}", voice.say("explained.unprinted")),
            )
            for arm in (promise.arm, promise.reference)
        )
        return voice.say("explained.sample", unit=voice.unit(), counts=voice.listed(counts))

    def _variance(self, row: Estimate) -> str:
        voice = self.context.voice
        said = spread_said(row, voice.say)
        return voice.listed((said, set_said(row, voice.say))) if row.anderson_rubin else said

    def _correction(self, row: Estimate) -> str:
        say = self.context.voice.say
        if not row.adjustment:
            return say("explained.uncorrected")
        return say(f"estimation.adjustment.{row.adjustment}")

    def _made(self, place: _Place) -> dict[str, str]:
        """Name the artefact, the files and the code."""
        context, voice = self.context, self.context.voice
        name = place.chapter.id.removeprefix(ANCHOR).replace("-", "_")
        section = SECTIONS[name]
        made: Artefact = context.latest.nearest(section.needs)
        code = f"{section.compose.__module__}.{section.compose.__name__}"
        if rows := self._promise_names():
            estimator = rows.get(prefix_of(place.number.id))
            if estimator and context.estimates is not None:
                made = context.estimates
                run = ESTIMATORS[estimator].run
                code = f"{run.__module__}.{run.__name__}"
        panel = context.panel.deliveries if context.panel is not None else ()
        files = {r.path: r.sha256 for r in (*context.flow.deliveries, *panel)}
        return {
            "artefact": voice.say(
                "explained.artefact", act=voice.say(f"report.act.{made.act}"), digest=made.digest
            ),
            "data": data_of(context).digest,
            "files": voice.listed(f"{path} {digest[:SHORT]}" for path, digest in files.items()),
            "protocol": context.protocol.full_digest,
            "code": code,
            "software": f"reliance-eval {__version__}",
        }

    def _promise_names(self) -> dict[str, str]:
        estimates = self.context.estimates
        rows = estimates.estimated if estimates is not None else ()
        return {promise_of(row).id: promise_of(row).estimator for row in rows}


def explain(
    source: Report | Artefact, identifier: str, *, language: str | None = None
) -> Explanation:
    """Say where a printed number comes from.

    Parameters
    ----------
    source : Report or Artefact
        The report, or what it reports on.
    identifier : str
        ``<promise or exhibit>#<field>``, as the page has it in ``data-id``; without a field, the
        estimate of a promise.
    language : str, optional
        By default the protocol's first.

    Raises
    ------
    DataError
        The report has no such number, or does not know what it reports on.
    """
    artefact = source.artefact if isinstance(source, Report) else source
    if artefact is None:
        raise DataError(Fault("E-EXPLAIN-ALONE"))
    return Explained.of(artefact, language).explain(identifier)

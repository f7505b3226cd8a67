"""Write the pre-analysis plan of a protocol, in each of its languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path

from reliance_eval import __version__, fingerprint
from reliance_eval.fingerprint import SHORT
from reliance_eval.planning import deciding, promising, standards_filled
from reliance_eval.planning.intending import Intention, Planned, planned
from reliance_eval.power import Diagnosis
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Format
from reliance_eval.protocol.standards.items import Standard
from reliance_eval.reporting import protocol_said as said
from reliance_eval.reporting.checklist import Filled
from reliance_eval.reporting.document import Block, Chapter, Document, Listing, Paragraph
from reliance_eval.reporting.labelling import labelled
from reliance_eval.reporting.rendering.formats import files_of
from reliance_eval.reporting.rendering.html import html
from reliance_eval.reporting.section import SECTIONS
from reliance_eval.storage import write_atomically

FRAME_HEIGHT = 720
MISSING = "missing"
REPORT = "report"
"""What the names of a document's files begin with, in the writers of reports."""


@dataclass(frozen=True)
class Plan:
    """A pre-analysis plan: a protocol told as a document, with nobody's data.

    Attributes
    ----------
    intention : Intention
        The protocol, the day that the plan bears, and whether nobody was drawn by then.
    diagnosis : Diagnosis or None
        What the protocol can detect, where that was computed.
    languages : tuple of str
    formats : tuple of {"html", "pdf", "docx", "latex"}
    """

    intention: Intention
    diagnosis: Diagnosis | None
    languages: tuple[str, ...]
    formats: tuple[Format, ...]

    @property
    def protocol(self) -> Protocol:
        """The protocol that is planned."""
        return self.intention.protocol

    @cached_property
    def documents(self) -> dict[str, Document]:
        """One document a language."""
        return {name: self._document(name) for name in self.languages}

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Contents by name: ``plan.<language>.html``, ``.pdf``..."""
        written: dict[str, bytes] = {}
        for document in self.documents.values():
            written |= files_of(document, self.formats)
        return {
            f"plan{name.removeprefix(REPORT)}" if name.startswith(REPORT) else name: content
            for name, content in written.items()
        }

    @property
    def html(self) -> dict[str, bytes]:
        """The self-contained pages, by language, whatever the forms asked for."""
        return {name: html(document) for name, document in self.documents.items()}

    @property
    def digest(self) -> str:
        """SHA-256 over the files, in every form and language."""
        return fingerprint.of_plain(
            {name: fingerprint.of_bytes(content) for name, content in self.files.items()}
        )

    @cached_property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """What is left to the authors: items of SPIRIT 2025, and fields of the registry."""
        context = self._context(self.languages[0])
        context.chapters.update({name: name for name in CHAPTERS})
        kinds: tuple[Standard, ...] = ("spirit", "registry")
        return {kind: _left(standards_filled.filled_items(context, kind)) for kind in kinds}

    def save(self, folder: Path | str) -> tuple[Path, ...]:
        """Write every file in a folder; give their paths."""
        paths = []
        for name, content in self.files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
            paths.append(path)
        return tuple(paths)

    def _repr_html_(self) -> str:
        language = self.languages[0]
        page = self.html[language].decode("utf-8")
        return (
            f'<iframe title="plan.{language}.html" srcdoc="{escape(page)}" '
            f'sandbox="" width="100%" height="{FRAME_HEIGHT}"></iframe>'
        )

    def _context(self, language: str) -> Planned:
        return planned(self.intention, language, diagnosis=self.diagnosis)

    def _document(self, language: str) -> Document:
        context = self._context(language)
        voice = context.voice
        chapters = []
        for name, compose in CHAPTERS.items():
            if blocks := compose(context):
                title = voice.say(f"plan.section.{name}")
                context.chapters[name] = title
                chapters.append(Chapter(f"section-{name}", title, blocks))
        return Document(
            language=language,
            title=voice.say("plan.title", title=context.title()),
            subtitle=voice.say("plan.subtitle", day=voice.numbers.day(self.intention.on)),
            identity=_identity(context),
            watermark="" if self.intention.is_before_draw else voice.say("plan.after"),
            chapters=labelled(
                tuple(chapters),
                table=voice.say("report.page.table"),
                figure=voice.say("report.page.figure"),
            ),
            footer=voice.say("plan.footer", start=self.protocol.full_digest[:SHORT]),
            dated=self.intention.on,
        )


def plan(  # noqa: PLR0913 (whose plan, on which day, in which forms)
    protocol: Protocol,
    *,
    on: date | None = None,
    is_drawn: bool = False,
    diagnosis: Diagnosis | None = None,
    language: str | None = None,
    formats: Iterable[Format] | None = None,
) -> Plan:
    """Write the pre-analysis plan of a protocol.

    Parameters
    ----------
    protocol : Protocol
    on : date, optional
        The day the plan bears, and says to be declared; by default today.
    is_drawn : bool
        Whether the draw was held already. A plan that bears the day of the draw, or a later one,
        says that it was written after it in any case.
    diagnosis : Diagnosis, optional
        What the protocol can detect; without it the plan says that it was not computed.
    language : str, optional
        One language only.
    formats : iterable of {"html", "pdf", "docx", "latex"}, optional
        Forms to write; by default those of the protocol's report.
    """
    day = on or date.today()
    intention = Intention(
        parent=protocol,
        on=day,
        is_before_draw=not is_drawn and day < protocol.clauses.lottery.day,
        is_declared=on is not None,
    )
    spoken = protocol.languages if language is None else (language,)
    asked = protocol.clauses.report.formats if formats is None else tuple(formats)
    return Plan(intention, diagnosis, spoken, asked)


def _left(rows: tuple[Filled, ...]) -> tuple[str, ...]:
    return tuple(row.item.number for row in rows if row.status == MISSING)


def _identity(context: Planned) -> tuple[tuple[str, str], ...]:
    voice, protocol = context.voice, context.protocol
    state = "before" if context.intention.is_before_draw else "after"
    return (
        (voice.say("plan.identity.state"), voice.say(f"plan.identity.{state}")),
        (voice.say("plan.identity.day"), _day(context)),
        (voice.say("report.identity.registration"), said.registration_said(voice)),
        (voice.say("report.identity.draw"), voice.numbers.day(protocol.clauses.lottery.day)),
        (voice.say("plan.identity.protocol"), protocol.digest),
        (voice.say("plan.identity.full_protocol"), protocol.full_digest),
        (voice.say("report.identity.software"), f"reliance-eval {__version__}"),
    )


def _day(context: Planned) -> str:
    """Give the day of the plan, and whose word it is."""
    key = "declared" if context.intention.is_declared else "machine"
    return context.voice.say(
        f"plan.identity.{key}", day=context.voice.numbers.day(context.intention.on)
    )


def _section(name: str) -> Callable[[Planned], tuple[Block, ...]]:
    """Give a section of the report that needs nothing but the protocol."""

    def compose(context: Planned) -> tuple[Block, ...]:
        return SECTIONS[name].compose(context)

    return compose


def _again(context: Planned) -> tuple[Block, ...]:
    voice = context.voice
    command = f"reliance-eval plan --on {context.intention.on.isoformat()}"
    return Paragraph(voice.say("plan.again")), Listing(command, voice.say("plan.command"))


CHAPTERS: dict[str, Callable[[Planned], tuple[Block, ...]]] = {
    "context": _section("context"),
    "questions": _section("questions"),
    "population": deciding.population,
    "lottery": deciding.lottery,
    "definitions": _section("definitions"),
    "analyses": promising.analyses,
    "multiplicity": promising.multiplicity,
    "more": promising.more,
    "missing": promising.missing,
    "power": promising.power,
    "confidentiality": _section("confidentiality"),
    "amendments": promising.amendments,
    "spirit": standards_filled.spirit,
    "registry": standards_filled.registry,
    "again": _again,
    "accessibility": _section("accessibility"),
}
"""Chapters in their order; those that refer to others come last."""

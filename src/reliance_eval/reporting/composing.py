"""The report of an artefact: every section that can be written, in each language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path

from reliance_eval import __version__, fingerprint
from reliance_eval.artefact import Artefact
from reliance_eval.reporting.disclosure import Decision, Gate, rules_of
from reliance_eval.reporting.document import (
    Block,
    Chapter,
    Document,
    Figure,
    Table,
    labelled,
)
from reliance_eval.reporting.rendering.html import html
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.wording import Voice
from reliance_eval.storage import write_atomically

FRAME_HEIGHT = 720
TO_COME = ("not_yet_observed", "not_delivered")
"""Reasons for want of a number that a later delivery takes away."""


@dataclass(frozen=True)
class Report:
    """A rendered report: the only thing that has passed disclosure control.

    Attributes
    ----------
    parent_digest : str
        Digest of the artefact reported on.
    html : mapping of language to bytes
        One self-contained page a language.
    disclosure_log : tuple of Decision
        Every decision of the gate, with exact counts: restricted, for the output checker.
    """

    parent_digest: str
    html: dict[str, bytes] = field(repr=False)
    disclosure_log: tuple[Decision, ...] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over the documents of every language."""
        return fingerprint.of_plain(
            {language: fingerprint.of_bytes(page) for language, page in self.html.items()}
        )

    def save(self, folder: Path | str) -> tuple[Path, ...]:
        """Write ``report.<language>.html`` in a folder that may leave; give the files."""
        paths = []
        for language, page in self.html.items():
            path = Path(folder) / f"report.{language}.html"
            write_atomically(path, page)
            paths.append(path)
        return tuple(paths)

    def save_log(self, path: Path | str) -> Path:
        """Write the disclosure log, one decision a line, outside the folder that may leave."""
        lines = [
            json.dumps(asdict(decision), ensure_ascii=False, sort_keys=True)
            for decision in self.disclosure_log
        ]
        write_atomically(Path(path), ("\n".join(lines) + "\n").encode("utf-8"))
        return Path(path)

    def _repr_html_(self) -> str:
        # The page forbids itself the network and has no script; the frame shuts it in further.
        language, page = next(iter(self.html.items()))
        return (
            f'<iframe title="report.{language}.html" srcdoc="{escape(page.decode("utf-8"))}" '
            f'sandbox="" width="100%" height="{FRAME_HEIGHT}"></iframe>'
        )


def report(artefact: Artefact, *, language: str | None = None) -> Report:
    """Report on an artefact of any act, in each language of its protocol or in one.

    Parameters
    ----------
    artefact : Artefact
        A flow, draw, panel, estimates or checks; sections read what stands above it.
    language : str, optional
        One language only.

    Raises
    ------
    ConfidentialityError
        The protocol sets disclosure rules of its own and names nobody who decided so.
    InternalError
        The flow's counts do not add up.
    """
    languages = artefact.protocol.languages if language is None else (language,)
    pages: dict[str, bytes] = {}
    log: tuple[Decision, ...] = ()
    for place, name in enumerate(languages):
        document, decisions = compose(artefact, name)
        pages[name] = html(document)
        if place == 0:
            log = decisions
    return Report(artefact.digest, pages, log)


def compose(artefact: Artefact, language: str) -> tuple[Document, tuple[Decision, ...]]:
    """Give the document of an artefact in one language, and the decisions of its gate."""
    voice = Voice(artefact.protocol, language)
    gate = Gate(rules_of(artefact.protocol))
    context = Context(artefact, voice, gate)
    chapters = []
    for name, section in _in_order():
        if artefact.nearest(section.needs) is None:
            continue
        if blocks := section.compose(context):
            title = voice.say(f"report.section.{name}")
            anchor = name.replace("_", "-")
            chapters.append(Chapter(f"section-{anchor}", title, _explained(blocks, voice)))
    document = Document(
        language=language,
        title=voice.say(f"report.title.{_design(context)}", title=context.title()),
        subtitle=voice.say(f"report.title.{'final' if _is_final(context) else 'interim'}"),
        identity=_identity(context),
        watermark=voice.say("report.title.synthetic") if context.flow.synthetic else "",
        chapters=labelled(
            tuple(chapters),
            table=voice.say("report.page.table"),
            figure=voice.say("report.page.figure"),
        ),
    )
    return document, tuple(dict.fromkeys(gate.log))


def _in_order() -> list[tuple[str, Section]]:
    return sorted(((name, SECTIONS[name]) for name in SECTIONS), key=lambda pair: pair[1].order)


def _design(context: Context) -> str:
    draw = context.draw
    if draw is not None:
        return "clustered" if draw.drawn_in == "clusters" else "individual"
    return "individual"


def _is_final(context: Context) -> bool:
    """Say whether everything promised was done, with nothing left for time to bring."""
    if context.checks is None or context.estimates is None:
        return False
    return not any(row.reason in TO_COME for row in context.estimates.not_estimable)


def _identity(context: Context) -> tuple[tuple[str, str], ...]:
    voice, clauses = context.voice, context.protocol.clauses
    lines = []
    registration = clauses.trial.registration
    if registration is None:
        text = voice.say("report.identity.unregistered")
    else:
        is_late = registration.on > clauses.lottery.day
        text = voice.say(
            "report.identity.registered_late" if is_late else "report.identity.registered",
            registry=registration.registry,
            id=registration.id,
            day=voice.numbers.day(registration.on),
        )
    lines.append((voice.say("report.identity.registration"), text))
    if context.draw is not None:
        day = voice.numbers.day(clauses.lottery.day)
        lines.append((voice.say("report.identity.draw"), day))
    source = context.source()
    lines.append((voice.say("report.identity.source"), source[:1].upper() + source[1:]))
    lines.append((voice.say("report.identity.software"), f"reliance-eval {__version__}"))
    return tuple(lines)


def _explained(blocks: Iterable[Block], voice: Voice) -> tuple[Block, ...]:
    """Add, under each exhibit that withholds a number, the words for its sign."""

    def explain(block: Block) -> Block:
        table = block.data if isinstance(block, Figure) else block
        if not isinstance(table, Table) or not table.withholds:
            return block
        assert isinstance(block, (Table, Figure))
        notes = (*block.caption.notes, voice.say("report.note.withheld"))
        return replace(block, caption=replace(block.caption, notes=notes))

    return tuple(explain(block) for block in blocks)

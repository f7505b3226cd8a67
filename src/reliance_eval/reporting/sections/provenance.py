"""Provenance: which software, which protocol, which files, which artefacts."""

from __future__ import annotations

from reliance_eval import __version__, fingerprint
from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.extract import DeliveryRecord
from reliance_eval.reporting.document import Block, Cell, Code, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section


def provenance(context: Context) -> tuple[Block, ...]:
    """Give the digests of the line and the deliveries it read."""
    voice = context.voice
    blocks: list[Block] = [
        Paragraph(voice.say("report.provenance.intro", version=__version__)),
        _artefacts(context),
        _deliveries(context),
        Paragraph(voice.say("report.provenance.explain")),
    ]
    if context.protocol.amendments:
        blocks.append(_amendments(context))
    return tuple(blocks)


def _artefacts(context: Context) -> Table:
    voice, protocol = context.voice, context.protocol
    rows: list[tuple[Cell, ...]] = [
        (voice.say("report.provenance.protocol"), Code(protocol.digest)),
        (voice.say("report.provenance.full_protocol"), Code(protocol.full_digest)),
    ]
    line: list[Artefact] = []
    here = context.latest
    while isinstance(here, Artefact):
        line.insert(0, here)
        here = here.parent
    rows += [(voice.say(f"report.act.{item.act}"), Code(item.digest)) for item in line]
    if context.panel is not None and context.panel.ledger is not None:
        rows.append((voice.say("report.provenance.ledger"), Code(context.panel.ledger.digest)))
    return Table(
        id="provenance-artefacts",
        title=voice.say("report.provenance.artefacts"),
        columns=(voice.say("report.column.item"), voice.say("report.column.sha256")),
        rows=tuple(rows),
        caption=context.file_caption(
            voice.say("report.provenance.reading", start=protocol.digest[: fingerprint.SHORT])
        ),
    )


def _deliveries(context: Context) -> Table:
    voice = context.voice
    records: dict[tuple[str, str], DeliveryRecord] = {}
    panel = context.panel.deliveries if context.panel is not None else ()
    for record in (*context.flow.deliveries, *panel):
        records.setdefault((record.extract, record.path), record)
    rows = tuple(
        (
            Code(record.path),
            record.extract,
            voice.numbers.day(record.extracted_on),
            Code(record.sha256),
        )
        for record in records.values()
    )
    columns = ("file", "extract", "extracted_on", "sha256")
    return Table(
        id="provenance-deliveries",
        title=voice.say("report.provenance.deliveries"),
        columns=tuple(voice.say(f"report.column.{name}") for name in columns),
        rows=rows,
        caption=context.file_caption(
            voice.say("report.provenance.delivery_reading", day=str(rows[0][2])) if rows else ""
        ),
    )


def _amendments(context: Context) -> Table:
    voice = context.voice
    rows = tuple(
        (Code(name), Code(fingerprint.of_bytes(content)))
        for name, content in context.protocol.amendments.items()
    )
    return Table(
        id="provenance-amendments",
        title=voice.say("report.provenance.amendments"),
        columns=(voice.say("report.column.file"), voice.say("report.column.sha256")),
        rows=rows,
        caption=context.file_caption(voice.say("report.provenance.amendment_reading")),
    )


SECTIONS.register("provenance")(Section(needs=Flow, order=98, compose=provenance))

"""Which promise the numbers of a table answer, and what stands behind all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reliance_eval import __version__
from reliance_eval.artefact import Artefact
from reliance_eval.estimation.estimates import Promise
from reliance_eval.fingerprint import SHORT
from reliance_eval.panel import Panel
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import Block, Cell, Figure, Number, Table
from reliance_eval.reporting.origin import Origin
from reliance_eval.reporting.section import Context


def prefix_of(identifier: str) -> str:
    """Give what an identifier says the number is of: all but its field."""
    return identifier.partition("#")[0]


def promises_of(context: Context) -> dict[str, Promise]:
    """Give the promises that were answered with numbers, by identifier."""
    if context.estimates is None:
        return {}
    return {promise_of(row).id: promise_of(row) for row in context.estimates.estimated}


def with_origins(blocks: Iterable[Block], promises: dict[str, Promise]) -> tuple[Block, ...]:
    """Give blocks whose tables know which promise each row answers."""

    def known(block: Block) -> Block:
        if isinstance(block, Table):
            return replace(block, origins=_origins(block, promises))
        if isinstance(block, Figure):
            return replace(block, data=replace(block.data, origins=_origins(block.data, promises)))
        return block

    return tuple(known(block) for block in blocks)


def _origins(table: Table, promises: dict[str, Promise]) -> tuple[Origin, ...]:
    found: dict[str, Origin] = {}
    for row in table.rows:
        for name in (prefix_of(cell.id) for cell in row if isinstance(cell, Number)):
            if name in promises:
                found.setdefault(name, Origin(_text(row[0]), name, promises[name].specification))
    return tuple(found.values())


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def origin_said(context: Context) -> str:
    """Say which data and which software every number of a report rests on."""
    return context.voice.say(
        "explained.origin", data=data_of(context).digest[:SHORT], version=__version__
    )


def data_of(context: Context) -> Artefact:
    """Give the artefact that holds the data: the panel, else the last one there is."""
    panel: Panel | None = context.panel
    return panel or context.latest

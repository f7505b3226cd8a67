"""Numbering the tables and figures of a document, in reading order."""

from __future__ import annotations

from dataclasses import replace

from reliance_eval.reporting.document import Block, Chapter, Figure, Table


def labelled(chapters: tuple[Chapter, ...], *, table: str, figure: str) -> tuple[Chapter, ...]:
    """Give each table and figure its number, in reading order.

    Parameters
    ----------
    table, figure : str
        The words before the number: "Tableau", "Figure".
    """
    counts = {"table": 0, "figure": 0}

    def label(block: Block) -> Block:
        if isinstance(block, Table):
            counts["table"] += 1
            return replace(block, label=f"{table} {counts['table']}")
        if isinstance(block, Figure):
            counts["figure"] += 1
            return replace(block, label=f"{figure} {counts['figure']}")
        return block

    return tuple(
        replace(chapter, blocks=tuple(label(block) for block in chapter.blocks))
        for chapter in chapters
    )

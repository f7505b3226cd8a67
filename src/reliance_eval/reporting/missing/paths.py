"""The picture of the path from known outcomes to worst cases, and its numbers."""

from __future__ import annotations

from reliance_eval.reporting.document import Cell, Figure, Table
from reliance_eval.reporting.missing.confronted import Confronted
from reliance_eval.reporting.missing.drawing import Path, Words, path_picture
from reliance_eval.reporting.section import Context

MOST = 6
"""Paths that one picture holds."""

SPAN = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the missing that the picture's table gives."""


def place_of(one: Confronted, share: float) -> str:
    """Name a row of the picture's table."""
    return f"bounds.{one.check.subject}.{round(100 * share)}"


def path_figure(context: Context, shown: list[Confronted]) -> Figure:
    """Draw how bounds and interval grow as more of the missing may be anything, one strip each."""
    voice = context.voice
    drawn = shown[:MOST]
    title = voice.say("missing.path_title")
    alternative = " ".join(_path_said(context, one) for one in drawn)
    svg = path_picture(
        tuple(_path(context, one) for one in drawn),
        Words(
            identifier="bounds-figure",
            title=title,
            alternative=alternative,
            across=voice.say("missing.axis_share"),
        ),
        percent=lambda share: voice.numbers.percent(share, 0),
    )
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    notes = [voice.say("missing.note_path", level=level)]
    if len(shown) > MOST:
        notes.append(voice.say("missing.note_most", n=voice.numbers.integer(MOST)))
    return Figure(
        id="bounds-figure",
        title=title,
        svg=svg,
        alternative=alternative,
        data=_path_data(context, drawn, title),
        caption=context.caption(_path_said(context, drawn[0]), notes=tuple(notes)),
    )


def _path(context: Context, one: Confronted) -> Path:
    factor = 100.0 if one.scale.is_share else 1.0
    voice = context.voice
    ends = [tuple(factor * end for end in row) for row in one.path.values()]
    unit = voice.say("report.figure.points") if one.scale.is_share else one.scale.unit
    lee = one.answers.get("lee")
    return Path(
        title=one.head,
        unit=unit,
        shares=tuple(one.path),
        bounds=tuple((row[0], row[1]) for row in ends),
        interval=tuple((row[2], row[3]) for row in ends),
        lee=None if lee is None else (factor * lee[2], factor * lee[3]),
        broken=one.broken,
        write=voice.numbers.signed,
    )


def _path_said(context: Context, one: Confronted) -> str:
    voice, whole = context.voice, one.path[1.0]
    key = "path_said" if one.broken is not None else "path_said_unbroken"
    return voice.say(
        f"missing.{key}",
        row=one.head,
        low=voice.effect(whole[0], one.scale),
        high=voice.effect(whole[1], one.scale),
        share=voice.numbers.percent(one.broken or 0.0, 0),
    )


def _path_data(context: Context, drawn: list[Confronted], title: str) -> Table:
    voice = context.voice
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    rows: list[tuple[Cell, ...]] = []
    for one in drawn:
        for share in SPAN:
            low, high, conf_low, conf_high = one.path[share]
            place = place_of(one, share)
            rows.append(
                (
                    one.head,
                    voice.numbers.percent(share, 0),
                    voice.interval(f"{place}#bounds", low, high, one.scale),
                    voice.interval(f"{place}#interval", conf_low, conf_high, one.scale),
                )
            )
    return Table(
        id="bounds-figure-data",
        title=title,
        columns=(
            voice.say("report.column.outcome"),
            voice.say("missing.axis_share"),
            voice.say("missing.column_bounds"),
            voice.say("report.column.interval", level=level),
        ),
        rows=tuple(rows),
        caption=context.caption(),
    )

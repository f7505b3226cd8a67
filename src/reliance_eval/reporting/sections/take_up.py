"""Take-up: who took the offer up, and what the offer changed in it."""

from __future__ import annotations

import math

from reliance_eval.language.numbers import MINUS
from reliance_eval.panel import Panel
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.effects import Effect, effects
from reliance_eval.reporting.section import SECTIONS, Context, Section


def take_up(context: Context) -> tuple[Block, ...]:
    """Give take-up by arm and, once estimated, the first stage."""
    panel: Panel = context.latest.nearest(Panel)
    if "take_up" not in panel.units:
        return ()
    voice = context.voice
    clause = context.protocol.clauses.take_up
    label = "" if clause is None else voice.protocol.text(clause.label, voice.language)
    label = voice.label(label)
    said = [voice.say("report.take_up.intro", label=label)] if label else []
    if not panel.units["take_up"].notna().any():
        return (Paragraph(" ".join([*said, voice.say("report.take_up.unknown")])),)
    if clause is not None and clause.extract != context.protocol.clauses.eligibility.extract:
        said.append(voice.say("report.take_up.absent"))
    blocks: list[Block] = [Paragraph(" ".join(said))] if said else []
    blocks.append(_by_arm(context, panel))
    if stages := _first_stages(context):
        blocks.append(stages)
    return tuple(blocks)


def _by_arm(context: Context, panel: Panel) -> Table:
    voice, gate = context.voice, context.gate
    rows: list[tuple[Cell, ...]] = []
    for arm, n in context.places.items():
        values = panel.units.loc[panel.units["arm"] == arm, "take_up"].dropna()
        took, known = int((values > 0).sum()), len(values)
        place = f"take_up.{arm}"
        is_closed = took == 0 and arm == context.protocol.clauses.lottery.control
        share = gate.share(
            took / known if known else 0.0,
            numerator=took,
            n=known,
            place=f"{place}#share",
            by_design=is_closed,
        )
        shown = gate.part(took, of=n, place=f"{place}#took")
        whole = gate.announced(n, place=f"{place}#n")
        label = voice.arm(arm)
        rows.append(
            (
                label[:1].upper() + label[1:],
                voice.count(f"{place}#n", whole),
                voice.count(f"{place}#took", shown),
                voice.share(f"{place}#share", share, digits=gate.share_digits([known])),
            )
        )
    first = rows[0]
    share_cell = first[3]
    reading = ""
    if isinstance(share_cell, Number) and share_cell.value is not None:
        reading = voice.say(
            "report.take_up.reading",
            arm=voice.arm(next(iter(context.places))),
            share=share_cell.text,
            unit=voice.unit(),
        )
    return Table(
        id="take-up-table",
        title=voice.say("report.take_up.table"),
        columns=(
            voice.say("report.column.arm"),
            voice.say("report.column.places"),
            voice.say("report.column.took_up"),
            voice.say("report.column.take_up_rate"),
        ),
        rows=tuple(rows),
        caption=context.caption(
            reading, notes=() if gate.is_public else (voice.say("report.note.counts"),)
        ),
    )


def _first_stages(context: Context) -> Table | None:
    """Give the first stage of each promised LATE, on the sample its outcome is known for."""
    if context.estimates is None:
        return None
    voice = context.voice
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    rows: list[tuple[Cell, ...]] = []
    reading = ""
    for effect in effects(context, context.estimates.estimated):
        promise, f = effect.promise, effect.estimate.first_stage_f
        if effect.estimate.first_stage is None or promise.subgroup or promise.role != "primary":
            continue
        head = voice.cell_label(promise.outcome, promise.horizon_months)
        stage = effect.stage()
        if not reading and not effect.is_withheld:
            reading = voice.say(
                f"report.take_up.stage_{'lower' if (stage[0].value or 0) < 0 else 'higher'}",
                outcome=head,
                gap=stage[0].text.lstrip("+" + MINUS),
                unit=voice.unit(),
            )
        rows.append((head, *stage, _f(effect, f)))
    if not rows:
        return None
    return Table(
        id="first-stage",
        title=voice.say("report.take_up.stage_table"),
        columns=(
            voice.say("report.column.outcome"),
            voice.say("report.column.first_stage"),
            voice.say("report.column.std_error"),
            voice.say("report.column.interval", level=level),
            voice.say("report.column.f"),
        ),
        rows=tuple(rows),
        caption=context.caption(
            reading,
            notes=(
                *([] if context.gate.is_public else [voice.say("report.note.stage")]),
                voice.say("report.take_up.note_f"),
            ),
        ),
    )


def _f(effect: Effect, f: float | None) -> Cell:
    if f is None:
        return NONE
    field = effect.id("stage_f")
    if effect.is_withheld:
        return effect.context.voice.withheld(field)
    return effect.context.voice.plain(field, _two_digits(effect, f), 0)


def _two_digits(effect: Effect, f: float) -> float:
    """Keep two digits of an F: with more of them, it would give the participants back."""
    if effect.context.gate.is_public or f < 100:
        return f
    step = 10.0 ** (math.floor(math.log10(f)) - 1)
    return round(f / step) * step


SECTIONS.register("take_up")(Section(needs=Panel, order=50, compose=take_up))

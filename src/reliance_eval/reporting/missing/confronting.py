"""What the missing outcomes could hide: bounds side by side, and the path to the worst cases."""

from __future__ import annotations

from reliance_eval.panel.model import Panel
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.document import List as Items
from reliance_eval.reporting.effects import promised
from reliance_eval.reporting.findings import finding_said, of_check
from reliance_eval.reporting.missing.confronted import Confronted
from reliance_eval.reporting.missing.counting import cells_of
from reliance_eval.reporting.missing.paths import SPAN, path_figure, place_of
from reliance_eval.reporting.section import Context

METHODS = ("complete_cases", "weighted", "lee", "lee_interval", "lee_tightened", "worst_case")


def bounds_blocks(context: Context, panel: Panel) -> tuple[Block, ...]:
    """Give the table of bounds, the findings that need a look, and the picture of the paths."""
    voice = context.voice
    every = [Confronted(context, check) for check in of_check(context, "bounds") if check.rows]
    if not every:
        return ()
    shown = [one for one in every if _is_public(context, panel, one)]
    blocks: list[Block] = [Paragraph(voice.say("missing.bounds_intro"))]
    blocks.append(_table(context, every, shown))
    told = [
        voice.say("missing.finding", row=one.head, finding=finding_said(context, one.check))
        for one in shown
        if one.check.verdict == "attention"
    ]
    if told:
        blocks.append(Items(tuple(told)))
    if shown:
        blocks.append(path_figure(context, shown))
    return tuple(blocks)


def _is_public(context: Context, panel: Panel, one: Confronted) -> bool:
    """Say whether bounds may be printed: they tell the number known in each arm, and missing."""
    gate, place = context.gate, f"bounds.{one.check.subject}"
    arms = cells_of(context, panel.counts())[one.outcome, one.horizon]
    counts = []
    for arm in (one.arm, one.reference):
        known = arms[arm]["observed"]
        missing = sum(arms[arm].values()) - known - arms[arm]["not_yet_observed"]
        counts += [known, missing]
    smallest = min((n for n in counts if n), default=0)
    if any(gate.is_small(n) for n in counts):
        gate.row(place, "complement", smallest)
        return False
    if not gate.is_public and not _is_cleared(context, one):
        gate.row(place, "secondary", smallest)
        return False
    for row in (place, *(place_of(one, share) for share in SPAN)):
        gate.row(row, count=smallest)
    return True


def _is_cleared(context: Context, one: Confronted) -> bool:
    """Say whether the effect itself is printed; one that nobody promised has not been cleared."""
    if context.estimates is None:
        return False
    promises = [promise_of(row) for row in promised(context)]
    same = [
        promise.id
        for promise in promises
        if (promise.outcome, promise.horizon_months) == (one.outcome, one.horizon)
        and (promise.arm, promise.estimand, promise.subgroup) == (one.arm, "itt", "")
    ]
    return bool(same) and not any(name in context.clearance.withheld for name in same)


def _table(context: Context, every: list[Confronted], shown: list[Confronted]) -> Table:
    voice = context.voice
    used = [name for name in METHODS if any(name in one.answers for one in shown or every)]
    rows = tuple(_row(context, one, used, is_shown=one in shown) for one in every)
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    first = next((one for one in shown if "lee" in one.answers), None)
    keys = ["lee", "worst", "broken"] + (["weighted"] if "weighted" in used else [])
    if any(not context.protocol.outcome(one.outcome).is_share for one in shown):
        keys.append("support")
    return Table(
        id="bounds-table",
        title=voice.say("missing.bounds_table"),
        columns=(
            voice.say("report.column.outcome"),
            *(voice.say(f"missing.column_{name}", level=level) for name in used),
            voice.say("missing.column_broken"),
        ),
        rows=rows,
        caption=context.caption(
            _reading(context, first) if first else "",
            notes=tuple(voice.say(f"missing.note_{key}", level=level) for key in keys if shown),
        ),
    )


def _row(context: Context, one: Confronted, used: list[str], *, is_shown: bool) -> tuple[Cell, ...]:
    voice, place = context.voice, f"bounds.{one.check.subject}"
    if not is_shown:
        signs = (voice.withheld(f"{place}#{name}") for name in (*used, "broken"))
        return (one.head, *signs)
    cells: list[Cell] = []
    for name in used:
        ends = one.answers.get(name)
        if ends is None:
            cells.append(NONE)
        elif name in ("complete_cases", "weighted"):
            cells.append(voice.difference(f"{place}#{name}", ends[0], one.scale))
        else:
            cells.append(voice.interval(f"{place}#{name}", ends[0], ends[1], one.scale))
    return (one.head, *cells, _broken(context, one))


def _broken(context: Context, one: Confronted) -> Cell:
    """Give the share at which the conclusion falls, in words where none does or there is none."""
    voice, share = context.voice, one.broken
    if one.check.sentence.endswith("stands_always"):
        return voice.say("missing.never")
    if share is None:
        return NONE
    value = round(100 * share)
    text = voice.numbers.percent(share, 0)
    return Number(f"bounds.{one.check.subject}#broken", float(value), text)


def _reading(context: Context, one: Confronted) -> str:
    voice, (low, high, conf_low, conf_high) = context.voice, one.answers["lee"]
    return voice.say(
        "missing.bounds_reading",
        outcome=one.head,
        low=voice.effect(low, one.scale),
        high=voice.effect(high, one.scale),
        conf_low=voice.effect(conf_low, one.scale),
        conf_high=voice.effect(conf_high, one.scale),
        level=voice.numbers.percent(context.protocol.clauses.inference.level, 0),
    )

"""After the draw: what was recorded of the units drawn, and the populations analysed.

Nothing to say where nothing was recorded: the flow and the follow-up then hold every count.
"""

from __future__ import annotations

from reliance_eval.lottery import KINDS, RESERVE
from reliance_eval.panel import Panel
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Block, Cell, Number, Paragraph, Table
from reliance_eval.reporting.section import Context


def ledger_blocks(context: Context) -> tuple[Block, ...]:
    """Give the counts of the ledger and the populations, by group."""
    panel = context.panel
    if panel is None or panel.ledger is None:
        return ()
    voice = context.voice
    intro = Paragraph(voice.say("report.after_draw.intro"))
    return (intro, _events(context), _populations(context, panel))


def recorded(context: Context, arm: str) -> dict[str, Shown]:
    """Give the publishable counts of what was recorded in an arm, by kind; none is left out."""
    assert context.panel is not None
    ledger = context.panel.ledger
    counts = () if ledger is None else ledger.counts
    return {
        entry.kind: context.gate.count(entry.n, place=f"ledger.{entry.kind}.{arm}")
        for entry in counts
        if entry.arm == arm
    }


def _events(context: Context) -> Table:
    voice = context.voice
    sides = {arm: recorded(context, arm) for arm in (*context.places, RESERVE)}
    kinds = [kind for kind in KINDS if any(kind in side for side in sides.values())]
    nothing = Shown(0, "exact")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            voice.say(f"report.ledger.{kind}"),
            *(
                voice.count(f"ledger.{kind}#{arm}", side.get(kind, nothing))
                for arm, side in sides.items()
            ),
        )
        for kind in kinds
    )
    heads = [voice.arm(arm) for arm in context.places]
    return Table(
        id="ledger-counts",
        title=voice.say("report.after_draw.events"),
        columns=(
            voice.say("report.after_draw.event"),
            *heads,
            voice.say("report.after_draw.reserve"),
        ),
        rows=rows,
        caption=context.caption(
            voice.say("report.after_draw.event_reading", event=str(rows[0][0])) if rows else "",
            notes=tuple(voice.say(f"report.ledger.note_{kind}") for kind in kinds),
        ),
    )


def _populations(context: Context, panel: Panel) -> Table:
    voice, gate = context.voice, context.gate
    table = panel.populations()
    rows: list[tuple[Cell, ...]] = []
    keys = table[["population", "outcome", "horizon_months"]].drop_duplicates()
    for population, outcome, horizon in keys.itertuples(index=False):
        same = table["population"].eq(population) & table["outcome"].eq(outcome)
        if outcome:
            same &= table["horizon_months"].eq(horizon)
            label = voice.cell_label(outcome, int(horizon))
            head, name = voice.say("report.population.of", outcome=label), f"{outcome}.{horizon}"
        else:
            head, name = voice.say(f"report.population.{population}"), population
        cells = [
            voice.count(
                f"population.{name}#{arm}",
                gate.part(int(n), of=context.places[arm], place=f"population.{name}.{arm}"),
            )
            for arm, n in table.loc[same, ["arm", "n"]].itertuples(index=False)
        ]
        rows.append((head, *cells))
    return Table(
        id="populations",
        title=voice.say("report.population.table"),
        columns=(
            voice.say("report.population.column"),
            *(voice.arm(arm) for arm in context.places),
        ),
        rows=tuple(rows),
        caption=context.caption(
            _reading(context, rows), notes=(voice.say("report.population.note"),)
        ),
    )


def _reading(context: Context, rows: list[tuple[Cell, ...]]) -> str:
    first = rows[0][1]
    assert isinstance(first, Number)
    arm = next(iter(context.places))
    return context.voice.say(
        "report.population.reading",
        arm=context.voice.arm(arm),
        n=first.text,
        unit=context.voice.unit(),
    )

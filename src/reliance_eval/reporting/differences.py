"""Whether an effect differs between subgroups: one row a test of interaction."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.subgroups.interactions import Interaction
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Cell, Table
from reliance_eval.reporting.effects import effects, estimated
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Scale


def interaction_table(
    context: Context, rows: tuple[Estimate | NotEstimable, ...], *, title: str, identifier: str
) -> Table | None:
    """Give the tests between the subgroups of one variable, by one estimator.

    Parameters
    ----------
    rows : tuple of Estimate or NotEstimable
        The effects in these subgroups. A test passes where every effect it compares does.
    title, identifier : str

    Returns
    -------
    Table or None
        None where there is no test.
    """
    assert context.estimates is not None
    ids = {promise_of(row).id for row in rows}
    found = [one for one in context.estimates.interactions if _members(one, rows) & ids]
    if not any(one.p_value is not None for one in found):
        return None
    voice = context.voice
    scales = {e.promise.outcome: e.scale for e in effects(context, estimated(rows))}
    is_pair = all(one.difference is not None for one in found if one.p_value is not None)
    has_adjusted = any(one.p_adjusted is not None for one in found)
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    names = ["outcome", *(["interaction_difference", "interval"] if is_pair else [])]
    names += ["interaction_p", *(["p_adjusted"] if has_adjusted else [])]
    shown = [
        one for one in found if one.p_value is not None and not _is_withheld(context, one, rows)
    ]
    notes = [voice.say("report.subgroups.note_interaction")]
    for name in dict.fromkeys(one.adjustment for one in found if one.adjustment):
        said = voice.say(f"estimation.adjustment.{name}")
        notes.append(voice.say("report.note.adjustment", adjustment=said))
    if any(one.left_out for one in found):
        notes.append(voice.say("report.subgroups.note_left_out"))
    return Table(
        id=identifier,
        title=title,
        columns=tuple(voice.say(f"report.column.{name}", level=level) for name in names),
        rows=tuple(_row(context, one, rows, scales.get(one.outcome), names=names) for one in found),
        caption=context.caption(
            _reading(context, shown[0], scales[shown[0].outcome]) if shown else "",
            notes=tuple(notes),
        ),
    )


def _members(one: Interaction, rows: tuple[Estimate | NotEstimable, ...]) -> set[str]:
    """Give the promises that a test compares."""
    members = set()
    for row in rows:
        promise = promise_of(row)
        variable, _, level = promise.subgroup.partition("=")
        if variable == one.variable:
            own = promise.id.replace(f".{variable}-{level}", f".{variable}", 1)
            members |= {promise.id} if own == one.id else set()
    return members


def _is_withheld(
    context: Context, one: Interaction, rows: tuple[Estimate | NotEstimable, ...]
) -> bool:
    return any(name in context.clearance.withheld for name in _members(one, rows))


def _row(
    context: Context,
    one: Interaction,
    rows: tuple[Estimate | NotEstimable, ...],
    scale: Scale | None,
    *,
    names: list[str],
) -> tuple[Cell, ...]:
    voice = context.voice
    head = voice.cell_label(one.outcome, int(one.horizon_months or 0))
    if len(context.protocol.clauses.lottery.arms) > 2:
        head = voice.say("report.row_arm", row=head, arm=voice.arm(one.arm))
    if one.p_value is None or scale is None:
        return (head, *([NONE] * (len(names) - 1)))
    fields = {name: f"{one.id}#{name}" for name in names[1:]}
    is_withheld = _is_withheld(context, one, rows)
    context.gate.row(one.id, "secondary" if is_withheld else None)
    if is_withheld:
        return (head, *(voice.withheld(field) for field in fields.values()))
    cells: dict[str, Cell] = {"interaction_p": voice.p(fields["interaction_p"], one.p_value)}
    if one.difference is not None and "interaction_difference" in fields:
        field = fields["interaction_difference"]
        cells["interaction_difference"] = voice.difference(field, one.difference, scale)
        field = fields["interval"]
        cells["interval"] = voice.interval(field, one.conf_low, one.conf_high, scale)
    if one.p_adjusted is not None and "p_adjusted" in fields:
        cells["p_adjusted"] = voice.p(fields["p_adjusted"], one.p_adjusted)
    return (head, *(cells.get(name, NONE) for name in names[1:]))


def _reading(context: Context, one: Interaction, scale: Scale) -> str:
    """Say what the first published test found."""
    voice = context.voice
    assert one.p_value is not None
    said = {
        "outcome": voice.outcome(one.outcome),
        "horizon": voice.numbers.months(int(one.horizon_months or 0)),
        "p": voice.numbers.p_said(one.p_value),
    }
    if one.difference is None:
        return voice.say("report.subgroups.reading_several", **said)
    first, second = (
        voice.label(context.protocol.level_label(one.variable, level, voice.language))
        for level in one.levels
    )
    return voice.say(
        "report.subgroups.reading_pair",
        first=first,
        second=second,
        difference=voice.effect(one.difference, scale),
        **said,
    )

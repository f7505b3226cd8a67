"""Every coefficient: each estimator's numbers, then the covariates of the regressions."""

from __future__ import annotations

import math
from collections import defaultdict

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.coefficients import FORMS, Coefficient, coefficients
from reliance_eval.estimation.estimates import Promise
from reliance_eval.language.numbers import rounded
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.conventions import variable_said
from reliance_eval.reporting.document import NONE, Block, Cell, Heading, Number, Paragraph, Table
from reliance_eval.reporting.effects import estimated, itt_rows
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.sections.subgroups import subgroup_tables
from reliance_eval.reporting.tiers import ROLES, details

MOST_DIGITS = 6


def every_coefficient(context: Context) -> tuple[Block, ...]:
    """Give the detailed tables tier by tier, the other subgroup tables, and the covariates'."""
    voice = context.voice
    effects: list[Block] = [block for role in ROLES for block in details(context, role)]
    effects += subgroup_tables(context, is_first=False)
    blocks: list[Block] = []
    if effects:
        blocks += [Heading(voice.say("structure.coefficients.effects")), *effects]
    if tables := _tables(context):
        blocks.append(Heading(voice.say("structure.coefficients.regressions")))
        blocks.append(Paragraph(voice.say("structure.coefficients.intro")))
        blocks += tables
    return tuple(blocks)


def _tables(context: Context) -> list[Table]:
    assert context.estimates is not None
    rows = [row for role in ROLES for row in estimated(itt_rows(context, role=role))]
    promises = [promise_of(row) for row in rows if promise_of(row).estimator in FORMS]
    if not promises:
        return []
    found = coefficients(context.estimates.parent, {promise.id for promise in promises})
    groups: dict[tuple[str, str], list[Promise]] = defaultdict(list)
    for promise in promises:
        if promise.id in found:
            groups[promise.outcome, promise.estimator].append(promise)
    return [_table(context, group, found) for group in groups.values()]


def _table(
    context: Context, promises: list[Promise], found: dict[str, tuple[Coefficient, ...]]
) -> Table:
    """Give one row a coefficient, one column a horizon (and arm, where there are several)."""
    voice, first = context.voice, promises[0]
    several = len(context.protocol.clauses.lottery.arms) > 2
    heads = []
    for promise in promises:
        head = voice.numbers.months(promise.horizon_months)
        arm = voice.arm(promise.arm)
        heads.append(voice.say("report.row_arm", row=head, arm=arm) if several else head)
    keys = dict.fromkeys((c.part, c.covariate) for p in promises for c in found[p.id])
    rows = tuple(
        (
            _label(context, part, covariate),
            *(_cell(context, promise, found[promise.id], part, covariate) for promise in promises),
        )
        for part, covariate in keys
    )
    return Table(
        id=f"coefficients-{first.outcome}-{first.estimator}",
        title=voice.say(
            "structure.coefficients.table",
            outcome=voice.outcome(first.outcome),
            estimator=voice.estimator(first.estimator),
        ),
        columns=(voice.say("structure.coefficients.column"), *heads),
        rows=rows,
        caption=context.caption(
            _reading(context, promises[0], rows), notes=_notes(context, first.outcome)
        ),
    )


def _notes(context: Context, outcome: str) -> tuple[str, ...]:
    is_share = context.protocol.outcome(outcome).is_share
    keys = ["errors", "share" if is_share else "unit", "centred"]
    return tuple(context.voice.say(f"structure.coefficients.note_{key}") for key in keys)


def _label(context: Context, part: str, covariate: str) -> str:
    if part == "offer":
        return context.voice.say("structure.coefficients.offer")
    label = variable_said(context, covariate)
    if part == "times":
        return context.voice.say("structure.coefficients.times", variable=label)
    return label


def _cell(
    context: Context,
    promise: Promise,
    found: tuple[Coefficient, ...],
    part: str,
    covariate: str,
) -> Cell:
    """Give a coefficient with its standard error, where enough people stand behind it."""
    one = next((c for c in found if (c.part, c.covariate) == (part, covariate)), None)
    if one is None:
        return NONE
    field = f"{promise.id}#{part}.{covariate or 'offer'}"
    if promise.id in context.clearance.withheld:
        return context.voice.withheld(field)
    if context.gate.is_small(one.fewest) or (one.fewest == 0 and not context.gate.is_public):
        context.gate.withhold(field, "threshold", one.fewest)
        return context.voice.withheld(field)
    context.gate.record(field, "cleared", "large_enough", one.fewest)
    numbers = context.voice.numbers
    factor = 100.0 if context.protocol.outcome(promise.outcome).is_share else 1.0
    digits = _digits(factor * one.std_error)
    return Number(
        field,
        rounded(factor * one.estimate, digits),
        context.voice.say(
            "structure.coefficients.value",
            estimate=numbers.signed(factor * one.estimate, digits),
            error=numbers.decimal(factor * one.std_error, digits),
        ),
    )


def _digits(error: float) -> int:
    """Give a standard error two significant digits."""
    if error <= 0.0:
        return 2
    return max(0, min(MOST_DIGITS, 1 - math.floor(math.log10(error))))


def _reading(context: Context, promise: Promise, rows: tuple[tuple[Cell, ...], ...]) -> str:
    """Read the first coefficient that is published at the first horizon."""
    row = next((r for r in rows if isinstance(r[1], Number) and r[1].value is not None), None)
    if row is None:
        return ""
    assert isinstance(row[1], Number)
    return context.voice.say(
        "structure.coefficients.reading",
        horizon=context.voice.numbers.months(promise.horizon_months),
        coefficient=str(row[0]),
        value=row[1].text,
    )


SECTIONS.register("coefficients")(Section(needs=Estimates, order=92, compose=every_coefficient))

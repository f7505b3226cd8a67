"""Checks: the other questions put to the trial, with their verdicts."""

from __future__ import annotations

from reliance_eval.estimation.estimates import Promise
from reliance_eval.reporting.challenged.showing import TABLED, exhibits
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Block, Cell, Heading, Paragraph, Table
from reliance_eval.reporting.effects import promised
from reliance_eval.reporting.findings import finding_said, of_check
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.robustness import Checks
from reliance_eval.robustness.check import Check

ELSEWHERE = ("balance", "attrition", "bounds")
"""Shown in sections of their own."""

FAMILY = 2
"""Points in the subject of a check on a whole family: its name, estimand and estimator."""


def checks(context: Context) -> tuple[Block, ...]:
    """Give one table a check: a row a subject, with p, its Monte Carlo error and the finding."""
    found: Checks = context.latest.nearest(Checks)
    blocks: list[Block] = []
    for name in dict.fromkeys(check.name for check in found.checks):
        if name in ELSEWHERE:
            continue
        voice = context.voice
        every = of_check(context, name)
        own = exhibits(context, name, every)
        is_tabled = bool(own) and name in TABLED
        shown = tuple(
            check
            for check in every
            if (check.verdict == "attention" if is_tabled else _is_shown(context, check))
        )
        blocks += [
            Heading(voice.say(f"check.{name}.title")),
            Paragraph(voice.say(f"check.{name}.question")),
        ]
        if shown:
            blocks.append(_table(context, name, shown))
        blocks += own
        if said := _rest_said(context, every, shown, is_tabled=is_tabled):
            blocks.append(Paragraph(said))
    return tuple(blocks)


def _is_shown(context: Context, check: Check) -> bool:
    """Say whether a finding gets a row: the main ones, and whatever needs a look."""
    promise = None if context.estimates is None else _promises(context).get(check.subject)
    if promise is None or check.verdict == "attention":
        return True
    return promise.role == "primary" and promise.estimand == "itt" and not promise.subgroup


def _rest_said(
    context: Context, every: tuple[Check, ...], shown: tuple[Check, ...], *, is_tabled: bool
) -> str:
    """Count the findings without a row: none of them needs a look."""
    rest = [check for check in every if check not in shown]
    not_run = sum(check.verdict == "not_run" for check in rest)
    counts = {"rest": len(rest) - not_run, "rest_not_run": not_run}
    if is_tabled:
        counts["rest_tabled"] = counts.pop("rest")
    return " ".join(
        context.voice.say(f"report.checks.{key}", n=context.voice.numbers.integer(n))
        for key, n in counts.items()
        if n
    )


def _promises(context: Context) -> dict[str, Promise]:
    return {promise_of(row).id: promise_of(row) for row in promised(context)}


def _table(context: Context, name: str, found: tuple[Check, ...]) -> Table:
    voice = context.voice
    columns = ("subject", "p", "monte_carlo", "redraws", "check_verdict", "finding")
    rows = tuple(_row(context, check) for check in found)
    return Table(
        id=f"check-{name.replace('_', '-')}",
        title=voice.say(f"check.{name}.title"),
        columns=tuple(voice.say(f"report.column.{column}") for column in columns),
        rows=rows,
        caption=context.caption(
            voice.say(
                "report.checks.reading",
                subject=str(rows[0][0]),
                finding=voice.inside(str(rows[0][-1])),
            )
        ),
    )


def _row(context: Context, check: Check) -> tuple[Cell, ...]:
    voice = context.voice
    head = _subject(context, check.subject)
    verdict = voice.say(f"check.verdict.{check.verdict}")
    place = f"{check.name}.{check.subject}"
    withheld = context.estimates is not None and check.subject in context.clearance.withheld
    if withheld and (check.p_value is not None or check.statistic is not None):
        sign = voice.withheld(f"{place}#p")
        return (head, sign, NONE, NONE, verdict, voice.say("report.verdict.withheld"))
    context.gate.row(place)
    error, redraws = check.monte_carlo_error, check.redraws
    return (
        head,
        NONE if check.p_value is None else voice.p(f"{place}#p", check.p_value),
        NONE if error is None else voice.plain(f"{place}#error", error, 4),
        NONE if redraws is None else voice.plain(f"{place}#redraws", redraws, 0),
        verdict,
        finding_said(context, check),
    )


def _subject(context: Context, subject: str) -> str:
    """Name what was checked: a promise in words, else everything."""
    voice = context.voice
    promise = None if context.estimates is None else _promises(context).get(subject)
    if promise is None and subject.count(".") == FAMILY:
        _, estimand, estimator = subject.split(".")
        named = voice.say(f"report.estimand.{estimand}"), voice.estimator(estimator)
        return voice.say("report.checks.family", estimand=named[0], estimator=named[1])
    if promise is None:
        return subject or voice.say("report.checks.everything")
    head = voice.cell_label(promise.outcome, promise.horizon_months)
    if promise.subgroup:
        level = voice.subgroup(promise.subgroup)
        head = voice.say("report.row_subgroup", row=head, subgroup=level)
    return voice.say(
        "report.checks.subject",
        row=head,
        estimand=voice.say(f"report.estimand.{promise.estimand}"),
        estimator=voice.estimator(promise.estimator),
    )


SECTIONS.register("checks")(Section(needs=Checks, order=80, compose=checks))

"""The synthesis on one page: question, answer, what is excluded, how sure; then one table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.document import NONE, Block, Cell, Heading, List, Paragraph, Table
from reliance_eval.reporting.effects import Effect, effects, estimated, first_estimator, itt_rows
from reliance_eval.reporting.grouping import Line, line_of, under_groups
from reliance_eval.reporting.judged import smallest_of, verdict_named, verdict_of, verdict_said
from reliance_eval.reporting.reasons import reason_said
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.sections.solidity import graded

MOST_WORDS = 300
"""Words of a plain summary, at most: NIHR Journals Library, plain language summary."""

TOLD = 4
"""Outcomes told in words, at most; the table holds all."""

Rows = Sequence[Estimate | NotEstimable]


@dataclass(frozen=True, slots=True)
class Part:
    """A question that the summary answers, and its sentences."""

    name: str
    sentences: tuple[str, ...]
    is_list: bool = False


def summary(context: Context) -> tuple[Block, ...]:
    """Give the plain words, then each primary outcome with its level, difference and interval."""
    rows = itt_rows(context, role="primary")
    rows = tuple(row for row in rows if promise_of(row).estimator == first_estimator(rows))
    if not rows:
        return ()
    shown = {effect.promise.id: effect for effect in effects(context, estimated(rows))}
    blocks: list[Block] = []
    for part in told(context, rows, list(shown.values())):
        blocks.append(Heading(context.voice.say(f"structure.summary.{part.name}")))
        is_list = part.is_list and len(part.sentences) > 1
        blocks.append(List(part.sentences) if is_list else Paragraph(" ".join(part.sentences)))
    return (*blocks, _table(context, rows, shown))


def told(context: Context, rows: Rows, shown: list[Effect]) -> tuple[Part, ...]:
    """Tell as many outcomes as fit in the words of a plain summary."""
    parts: tuple[Part, ...] = ()
    for most in range(TOLD, 0, -1):
        parts = _parts(context, rows, shown, most=most)
        if sum(len(s.split(" ")) for part in parts for s in part.sentences) <= MOST_WORDS:
            break
    return parts


def _parts(context: Context, rows: Rows, shown: list[Effect], *, most: int) -> tuple[Part, ...]:
    by_outcome: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in shown:
        if not effect.is_withheld:
            by_outcome[effect.promise.outcome, effect.promise.arm].append(effect)
    last = [found[-1] for found in by_outcome.values()][:most]
    others = {id(found[-1]): found[:-1] for found in by_outcome.values()}
    answer = [_answer(effect, others[id(effect)]) for effect in last]
    voice = context.voice
    if not answer:
        answer = [voice.say("structure.summary.no_answer")]
    elif left := len(by_outcome) - len(last):
        answer.append(voice.say("structure.summary.others", n=left))
    return (
        Part("question", (_question(context),)),
        Part("answer", tuple(answer), is_list=True),
        *((Part("excluded", _excluded(context, last), is_list=True),) if last else ()),
        Part("sure", _sure(context, rows, shown)),
    )


def _question(context: Context) -> str:
    voice, trial = context.voice, context.protocol.clauses.trial
    question = context.protocol.text(trial.question, voice.language)
    places = [
        voice.say(
            "structure.summary.places",
            n=voice.count(arm, context.gate.announced(n, place=f"summary.{arm}")).text,
            arm=voice.arm(arm),
        )
        for arm, n in context.places.items()
    ]
    *before, final = places
    said = voice.say("report.days", before=", ".join(before), last=final)
    question = voice.label(question) if question else voice.say("structure.summary.asked")
    return f"{question} {voice.say('structure.summary.compared', places=said, unit=voice.unit())}"


def _answer(effect: Effect, earlier: Sequence[Effect]) -> str:
    """Say the last horizon's level, difference and interval, then the earlier verdicts."""
    voice, (low, high) = effect.context.voice, effect.interval
    gap = effect.difference().value or 0.0
    several = len(effect.context.protocol.clauses.lottery.arms) > 2
    said = voice.say(
        f"structure.summary.answer_{'higher' if gap > 0 else 'lower' if gap < 0 else 'equal'}",
        horizon=voice.numbers.months(effect.promise.horizon_months),
        outcome=voice.outcome(effect.promise.outcome),
        level=effect.levels()[0].text,
        gap=voice.effect(abs(effect.estimate.estimate), effect.scale, is_signed=False),
        confidence=voice.numbers.percent(effect.estimate.level, 0),
        low=voice.say("report.no_end") if low is None else voice.bound(low, effect.scale),
        high=voice.say("report.no_end") if high is None else voice.effect(high, effect.scale),
        arm=voice.arm(effect.promise.arm) if several else voice.say("structure.summary.offered"),
    )
    if not earlier:
        return said
    verdicts = voice.listed(
        voice.say(
            "structure.summary.earlier_one",
            horizon=voice.numbers.months(one.promise.horizon_months),
            verdict=voice.inside(verdict_named(one)),
        )
        for one in earlier
    )
    return f"{said} {voice.say('structure.summary.earlier', verdicts=verdicts)}"


def _excluded(context: Context, last: Sequence[Effect]) -> tuple[str, ...]:
    """Say the verdicts; those on outcomes without an effect that matters, in one sentence."""
    voice = context.voice
    unset = [e for e in last if verdict_of(e).reading == "unknown"]
    said = [
        voice.say(
            "structure.summary.verdict",
            outcome=voice.outcome(effect.promise.outcome),
            verdict=voice.inside(verdict_said(effect)),
        )
        for effect in last
        if effect not in unset
    ]
    if unset:
        names = voice.listed(voice.outcome(effect.promise.outcome) for effect in unset)
        said.append(voice.say("structure.summary.unset", outcomes=names))
    if any(smallest_of(e) is None or verdict_of(e).reading == "inconclusive" for e in last):
        said.append(voice.say("structure.summary.not_proof"))
    return tuple(said)


def _sure(context: Context, rows: Rows, shown: list[Effect]) -> tuple[str, ...]:
    """Say the grades, what is missing, and whether the people exist."""
    voice = context.voice
    grades = {one.criterion: voice.say(f"structure.grade.{one.grade}") for one in graded(context)}
    said = [voice.say("structure.summary.grades", **grades)]
    if withheld := sum(effect.is_withheld for effect in shown):
        said.append(voice.say("structure.summary.withheld", n=withheld))
    if missing := len(rows) - len(shown):
        said.append(voice.say("structure.summary.missing", n=missing))
    if any(effect.is_simultaneous for effect in shown):
        said.append(voice.say("structure.summary.together"))
    if context.flow.synthetic:
        said.append(voice.say("structure.summary.synthetic"))
    return tuple(said)


def _table(context: Context, rows: Rows, shown: dict[str, Effect]) -> Table:
    voice = context.voice
    first = next((effect for effect in shown.values() if not effect.is_withheld), None)
    is_together = any(effect.is_simultaneous for effect in shown.values())
    level = voice.numbers.percent(context.protocol.clauses.inference.level, 0)
    names = ["outcome", "reference_level", "difference"]
    names += ["simultaneous" if is_together else "interval", "n_arm", "n_reference", "verdict"]
    return Table(
        id="key-results",
        title=voice.say("report.key_results.table"),
        columns=tuple(voice.say(f"report.column.{name}", level=level) for name in names),
        rows=under_groups(_line(context, row, shown) for row in rows),
        caption=context.caption(
            first.reading() if first else "",
            notes=_notes(context, is_together=is_together) if shown else (),
        ),
    )


def _line(context: Context, row: Estimate | NotEstimable, shown: dict[str, Effect]) -> Line:
    promise = promise_of(row)
    if isinstance(row, NotEstimable):
        return line_of(context, promise, (NONE,) * 5 + (reason_said(context, row),))
    effect = shown[promise.id]
    cells: tuple[Cell, ...] = (
        effect.levels()[0],
        effect.difference(),
        effect.ends("interval", *effect.interval),
        *effect.counts(),
        verdict_named(effect),
    )
    return line_of(context, promise, cells)


def _notes(context: Context, *, is_together: bool) -> tuple[str, ...]:
    """Say no more than the page needs: the section that follows defines the verdicts."""
    keys = ["together"] if is_together else []
    return tuple(context.voice.say(f"structure.summary.note_{key}") for key in (*keys, "verdict"))


SECTIONS.register("summary")(Section(needs=Estimates, order=6, compose=summary))

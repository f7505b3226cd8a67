"""Solidity: four grades by stated criteria, none of which reads a result."""

from __future__ import annotations

from dataclasses import dataclass

from reliance_eval.lottery import Commitment, Draw
from reliance_eval.reporting.dates import registered
from reliance_eval.reporting.document import Block, Paragraph, Table
from reliance_eval.reporting.effects import effects, estimated, first_estimator, itt_rows
from reliance_eval.reporting.grading import (
    GAP,
    LOST,
    Grade,
    Known,
    Precision,
    attrition_grade,
    design_grade,
    detected,
    deviation_grade,
    precision_grade,
)
from reliance_eval.reporting.judged import smallest_of
from reliance_eval.reporting.missing.counting import cells_of, shown_statuses
from reliance_eval.reporting.participants import OBSERVED
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.robustness.deviating import deviations
from reliance_eval.robustness.deviation import departures

RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Graded:
    """A criterion, its grade, and what it was graded on, in words."""

    criterion: str
    grade: Grade
    finding: str


def solidity(context: Context) -> tuple[Block, ...]:
    """Give the box: criterion, grade, finding and the scale of grades."""
    voice = context.voice
    power = voice.numbers.percent(context.protocol.clauses.power.power, 0)
    said = {
        **{f"lost_{grade}": voice.numbers.percent(share, 0) for grade, share in LOST.items()},
        **{
            f"gap_{grade}": voice.numbers.points(gap, 0, is_signed=False)
            for grade, gap in GAP.items()
        },
        "power": power,
    }
    found = graded(context)
    table = Table(
        id="solidity",
        title=voice.say("structure.solidity.table"),
        columns=tuple(
            voice.say(f"structure.solidity.{name}")
            for name in ("criterion", "grade", "finding", "scale")
        ),
        rows=tuple(
            (
                voice.say(f"structure.solidity.{one.criterion}"),
                voice.say(f"structure.grade.{one.grade}"),
                one.finding,
                voice.say(f"structure.solidity.scale_{one.criterion}", **said),
            )
            for one in found
        ),
        caption=context.caption(
            voice.say(
                "structure.solidity.reading",
                criterion=voice.inside(voice.say(f"structure.solidity.{found[0].criterion}")),
                grade=voice.say(f"structure.grade.{found[0].grade}"),
                finding=voice.inside(found[0].finding),
            )
        ),
    )
    return (Paragraph(voice.say("structure.solidity.intro")), table)


def graded(context: Context) -> tuple[Graded, ...]:
    """Grade the four criteria, as far as the line has come."""
    return (_design(context), _precision(context), _attrition(context), _deviations(context))


def _design(context: Context) -> Graded:
    draw: Draw = context.latest.nearest(Draw)
    is_repeatable = draw.design != RECORDED
    committed = [bool(intake.commitment_id) for intake in draw.intakes]
    has_public_seed = all(committed) if committed else draw.nearest(Commitment) is not None
    when = registered(context)
    parts = ["repeatable" if is_repeatable else "recorded"]
    if is_repeatable:
        parts.append("public_seed" if has_public_seed else "chosen_seed")
    parts.append(when)
    said = (context.voice.say(f"structure.solidity.design_{part}") for part in parts)
    grade = design_grade(
        is_repeatable=is_repeatable, has_public_seed=has_public_seed, registered=when
    )
    return Graded("design", grade, _sentence(context.voice.listed(said)))


def _precision(context: Context) -> Graded:
    power = context.protocol.clauses.power.power
    found = _precisions(context)
    grade = precision_grade(found, power=power)
    key = "precision_found" if found else _without_precision(context)
    numbers = context.voice.numbers
    said = context.voice.say(
        f"structure.solidity.{key}",
        within=numbers.integer(detected(found, power=power)),
        n=numbers.integer(len(found)),
    )
    return Graded("precision", grade, said)


def _without_precision(context: Context) -> str:
    trial = context.protocol.clauses.trial
    primary = {o.name for o in context.protocol.clauses.outcomes if o.role == "primary"}
    is_set = bool(primary & set(trial.smallest_effect_that_matters))
    return "precision_to_come" if is_set else "precision_unset"


def _precisions(context: Context) -> tuple[Precision, ...]:
    """Give the precision of each published primary effect with a smallest one that matters."""
    if context.estimates is None:
        return ()
    rows = itt_rows(context, role="primary")
    first = first_estimator(rows)
    found = []
    for effect in effects(context, estimated(rows)):
        (low, high), smallest = effect.interval, smallest_of(effect)
        is_first = effect.promise.estimator == first and not effect.is_withheld
        if is_first and smallest is not None and low is not None and high is not None:
            half = (high - low) / 2
            found.append(Precision(half, effect.estimate.std_error, smallest))
    return tuple(found)


def _attrition(context: Context) -> Graded:
    voice, found = context.voice, _known(context)
    if not found:
        return Graded("attrition", "open", voice.say("structure.solidity.attrition_to_come"))
    said = voice.say(
        "structure.solidity.attrition_found",
        lost=voice.numbers.percent(max(one.lost for one in found), 0),
        gap=voice.numbers.points(max(one.gap for one in found), 0, is_signed=False),
    )
    return Graded("attrition", attrition_grade(found), said)


def _known(context: Context) -> tuple[Known, ...]:
    """Give the published counts of primary outcomes at the horizons that were reached."""
    panel = context.panel
    if panel is None:
        return ()
    cells = cells_of(context, panel.counts())
    found = []
    for outcome in context.protocol.clauses.outcomes:
        for horizon in outcome.horizons_months if outcome.role == "primary" else ():
            cell = cells[outcome.name, horizon]
            if not any(counts[OBSERVED] for counts in cell.values()):
                continue
            place = f"follow_up.{outcome.name}.{horizon}"
            shown = [
                shown_statuses(context, counts, f"{place}.{arm}")[OBSERVED].value
                for arm, counts in cell.items()
            ]
            if None not in shown:
                known = tuple(float(value or 0) for value in shown)
                found.append(Known(known, tuple(context.places[arm] for arm in cell)))
    return tuple(found)


def _deviations(context: Context) -> Graded:
    found = departures(deviations(context.latest))
    grade = deviation_grade(one.severity for one in found)
    major = sum(one.severity == "major" for one in found)
    key = "none" if not found else "major" if major else "minor"
    n = major or len(found)
    said = context.voice.say(f"structure.solidity.deviations_{key}", n=n)
    return Graded("deviations", grade, said)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


SECTIONS.register("solidity")(Section(needs=Draw, order=4, compose=solidity))

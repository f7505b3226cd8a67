"""Testing every promised subgroup for an effect of its own.

The family of these tests is the pre-specified ones on primary outcomes, over variables, outcomes
and horizons, of one estimand by one estimator. Their statistics differ in kind, so their p-values
are corrected from p alone: by Holm where the protocol's method rests on statistics of one kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reliance_eval.estimation.adjusting import ALONE
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.families import is_still_to_come
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.subgroups.differing import compared
from reliance_eval.estimation.subgroups.interactions import Interaction
from reliance_eval.protocol.model import Correction

Answered = Finding | NotEstimable


def tested(
    found: Mapping[str, Answered], cells: Sequence[Cell], *, method: Correction, groups: int
) -> tuple[Interaction, ...]:
    """Give one interaction a subgroup, outcome, horizon, analysis and arm.

    Parameters
    ----------
    found : mapping of promise id to Finding or NotEstimable
    cells : sequence of Cell
        Every promise, in order.
    method : str
        The correction that the protocol asks for.
    groups : int
        Number of clusters drawn, or of units.
    """
    by_id: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.subgroup:
            by_id[_id(cell)].append(cell)
    given = [_interaction(name, members, found, groups) for name, members in by_id.items()]
    still_open = {
        name
        for name, members in by_id.items()
        if any(is_still_to_come(found[cell.promise.id]) for cell in members)
    }
    return _adjusted(given, still_open, method)


def of_levels(
    answers: Mapping[str, Answered], interaction: Interaction, groups: int
) -> Interaction:
    """Fill an interaction with the test between the levels that have a number.

    Parameters
    ----------
    answers : mapping of level to Finding or NotEstimable
    interaction : Interaction
        What is asked.
    groups : int
    """
    findings = {name: each for name, each in answers.items() if isinstance(each, Finding)}
    asked = replace(
        interaction,
        levels=tuple(findings),
        left_out=tuple(name for name in answers if name not in findings),
    )
    if len(findings) < 2:
        reasons = [each.reason for each in answers.values() if isinstance(each, NotEstimable)]
        return replace(asked, reason=reasons[0] if reasons else "one_level")
    one = compared(list(findings.values()), groups=groups)
    return replace(
        asked,
        difference=one.difference,
        std_error=one.std_error,
        conf_low=one.conf_low,
        conf_high=one.conf_high,
        statistic=one.statistic,
        df_between=one.df_between,
        df=one.df,
        p_value=one.p_value,
    )


def _id(cell: Cell) -> str:
    variable, level = cell.subgroup
    return cell.promise.id.replace(f".{variable}-{level}", f".{variable}", 1)


def _interaction(
    name: str, members: Sequence[Cell], found: Mapping[str, Answered], groups: int
) -> Interaction:
    promise = members[0].promise
    asked = Interaction(
        id=name,
        outcome=promise.outcome,
        horizon_months=promise.horizon_months,
        estimand=promise.estimand,
        estimator=promise.estimator,
        variable=members[0].subgroup[0],
        arm=promise.arm,
        reference=promise.reference,
        role=promise.role,
        family=promise.family,
        levels=(),
        level=promise.level,
    )
    answers = {cell.subgroup[1]: found[cell.promise.id] for cell in members}
    return of_levels(answers, asked, groups)


def _adjusted(
    given: Sequence[Interaction], still_open: set[str], method: Correction
) -> tuple[Interaction, ...]:
    if method == "none":
        return tuple(given)
    families: dict[tuple[str, ...], list[Interaction]] = defaultdict(list)
    for one in given:
        if one.role == "primary":
            # The id between the horizon and the variable: estimand, estimator, named variance.
            convention = one.id.split(".", 2)[2].rpartition(f".{one.variable}")[0]
            families[one.family, convention].append(one)
    corrected: dict[str, Interaction] = {}
    for members in families.values():
        is_open = any(one.id in still_open for one in members)
        chosen = "bonferroni" if is_open else method if method in ALONE else "holm"
        # Promised tests without a p count as if theirs were one: Bonferroni is over all of them.
        every = np.array([1.0 if one.p_value is None else one.p_value for one in members])
        for p, one in zip(ALONE[chosen](every), members, strict=True):
            if one.p_value is not None:
                corrected[one.id] = one.revised(p_adjusted=float(p), adjustment=chosen)
    return tuple(corrected.get(one.id, one) for one in given)

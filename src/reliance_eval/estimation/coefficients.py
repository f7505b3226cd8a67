"""The coefficients of the promised regressions, covariates included, for an appendix.

They describe the regressions and are no effects: a covariate was not drawn by lottery.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.peers import as_read
from reliance_eval.estimation.promising import Cell, promises
from reliance_eval.estimation.regressing import Fitted, Form, fitted
from reliance_eval.estimation.regressors import OFFER
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import spread_of
from reliance_eval.panel import Panel

FORMS: dict[str, Form] = {"lin": "interacted", "ancova": "additive"}
"""The regressions whose coefficients are given: those of the effect of the offer."""

Part: TypeAlias = Literal["offer", "alone", "times"]
"""``offer``: an arm's indicator; ``alone``: a covariate; ``times``: a covariate, offered only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A coefficient of a promised regression.

    Attributes
    ----------
    covariate : str
        Its column: a variable, ``variable=level``, or ``variable missing``; "" for an arm.
    estimate, std_error : float
        By the regression's own convention.
    fewest : int
        Units of the smaller arm that differ from the column's most common value: what it rests on.
    """

    part: Part
    covariate: str
    estimate: float
    std_error: float
    fewest: int


def coefficients(panel: Panel, ids: Collection[str]) -> dict[str, tuple[Coefficient, ...]]:
    """Give the coefficients of the regressions promised for everyone, by promise.

    Parameters
    ----------
    panel : Panel
    ids : collection of str
        The promises asked for; those answered without a regression are left out.

    Returns
    -------
    dict of promise id to tuple of Coefficient
        In the order of the columns; those dropped as collinear are not there.
    """
    panelled = Panelled(panel)
    found: dict[str, tuple[Coefficient, ...]] = {}
    for cell in promises(panel.parent):
        promise = cell.promise
        if promise.id in ids and promise.estimator in FORMS and not promise.subgroup:
            try:
                found[promise.id] = _of(panelled, cell)
            except Unestimable:
                # The estimate itself says why.
                continue
    return found


def _of(panelled: Panelled, cell: Cell) -> tuple[Coefficient, ...]:
    sample = panelled.sample(cell).without_take_up()
    solved = fitted(sample, sample.outcome[:, None], form=FORMS[cell.promise.estimator])
    origins = dict(zip(solved.design.names, solved.design.origins, strict=True))
    return tuple(
        Coefficient(
            part=_part(name),
            covariate=origins[name],
            estimate=float(solved.fit.coefficients[place, 0]),
            std_error=_std_error(solved, name),
            fewest=_fewest(solved, origins[name]),
        )
        for place, name in enumerate(solved.fit.names)
    )


def _part(name: str) -> Part:
    if name.startswith("with "):
        return "alone"
    return "offer" if name == OFFER or " times " not in name else "times"


def _std_error(solved: Fitted, name: str) -> float:
    sample, rows = solved.sample, solved.rows
    read, clusters = sample.reading, sample.clusters[rows]
    spread = spread_of(
        solved.fit,
        solved.fit.pull(name),
        convention=read.variance,
        clusters=clusters,
        groups=sample.groups,
    )
    spread = as_read(
        spread, read, k=solved.fit.rank, clusters=clusters, effects=sample.blocks[rows]
    )
    return float(np.linalg.norm(spread.influence))


def _fewest(solved: Fitted, covariate: str) -> int:
    arms = solved.sample.arms[solved.rows]
    if not covariate:
        return int(np.bincount(arms).min())
    place = solved.sample.covariate_names.index(covariate)
    return _uncommon(solved.sample.covariates[solved.rows, place], arms)


def _uncommon(values: Floats, arms: Ints) -> int:
    """Count the units that do not have a column's most common value, in the arm with fewest."""
    levels, counts = np.unique(values, return_counts=True)
    differs = values != levels[counts.argmax()]
    return min(int(differs[arms == arm].sum()) for arm in np.unique(arms))

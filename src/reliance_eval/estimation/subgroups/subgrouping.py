"""An offer's effect in subgroups of a bare data frame, and whether it differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Bools
from reliance_eval.estimation.columns import categories
from reliance_eval.estimation.comparing import ADJUSTMENTS
from reliance_eval.estimation.estimates import Answer, NotEstimable
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.framing import (
    Columns,
    Frame,
    check_columns,
    names_of,
    read_frame,
    results,
)
from reliance_eval.estimation.subgroups.interacting import of_levels
from reliance_eval.estimation.subgroups.interactions import Interaction

if TYPE_CHECKING:
    import pandas as pd

LATES = {"none": "wald", "lin": "wald_lin"}
"""The estimator of a LATE behind each value of ``adjust``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupEffects:
    """One arm's effect by level of a variable.

    Attributes
    ----------
    by : str
    levels : tuple of str
    estimates : tuple of Estimate or NotEstimable
        One a level.
    interaction : Interaction
        The test that the effect is one.
    status : {"pre-specified", "exploratory"}
    """

    by: str
    levels: tuple[str, ...]
    estimates: tuple[Answer, ...]
    interaction: Interaction
    status: Literal["pre-specified", "exploratory"]

    def tidy(self) -> pd.DataFrame:
        """Give one row a level, with the columns of ``Estimates.tidy()`` and the status."""
        from reliance_eval.estimation.table import table_of

        table = table_of(self.estimates)
        table["subgroup"] = [f"{self.by}={level}" for level in self.levels]
        table["subgroup"] = table["subgroup"].astype("string")
        table["role"] = self.status
        return table.astype({"role": "string"})

    def text(self, language: str = "en") -> str:
        """Say whether the effect differs, and whether the question was asked beforehand."""
        return self.interaction.text(language)

    def __repr__(self) -> str:
        return f"SubgroupEffects({self.by}, {self.status}: {self.text()})"

    def _repr_html_(self) -> str:
        shown = ["subgroup", "role", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
        table = self.tidy()[[*shown, "n_arm", "n_reference", "reason"]].dropna(axis=1, how="all")
        html: str = table.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format)
        return f"{html}\n<p>{self.text()}</p>"


def subgroup_effects(  # noqa: PLR0913 (that of ``itt``, and the subgroups)
    data: IntoDataFrame,
    *,
    outcome: str,
    offer: str,
    by: str,
    take_up: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "ancova", "lin"] = "none",
    variance: str | None = None,
    weights: str | None = None,
    reference: object = None,
    level: float = 0.95,
    status: Literal["pre-specified", "exploratory"] = "exploratory",
) -> SubgroupEffects | tuple[SubgroupEffects, ...]:
    """Estimate an offer's effect in each subgroup, and test whether it is the same in all.

    That one subgroup's interval excludes zero and another's does not is no evidence of a
    difference: the interaction is.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit; rows without a subgroup are left out.
    outcome, offer, blocks, clusters, covariates, adjust, variance, weights, reference, level
        As in ``itt``; blocks weigh by their share of the subgroup.
    by : str
        Column of the subgroups, known before the draw.
    take_up : str, optional
        Column: the effects are then LATEs, unadjusted or by Lin's regression.
    status : {"exploratory", "pre-specified"}
        What was not written down before the draw is exploratory, and marked so.

    Returns
    -------
    SubgroupEffects, or a tuple of them
        One a compared arm: a tuple where there are three arms or more.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``adjust``, ``variance``, ``level`` or ``status`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 1, 1, 1] * 2,
    ...         "y": [1.0, 2, 3, 3, 5, 7, 2, 1, 3, 2, 3, 1],
    ...         "sex": ["f"] * 6 + ["m"] * 6,
    ...     }
    ... )
    >>> found = subgroup_effects(frame, outcome="y", offer="z", by="sex")
    >>> [each.estimate for each in found.estimates], found.interaction.difference
    ([3.0, 0.0], -3.0)
    """
    estimators = ADJUSTMENTS if take_up is None else LATES
    if adjust not in estimators:
        values = {"name": adjust, "known": ", ".join(estimators)}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    if status not in ("exploratory", "pre-specified"):
        raise ProtocolError(Fault("E-ESTIMATION-STATUS", "status", {"name": status}))
    columns = Columns(
        outcome=outcome,
        offer=offer,
        take_up=take_up,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    frame = read_frame(data, columns, reference=reference, variance=variance, level=level)
    native = nw.from_native(data, eager_only=True)
    check_columns(tuple(native.columns), replace(columns, outcome=by))
    levels = categories(native[by].filter(frame.inside.tolist()))
    parts = {
        name: _results(frame, levels.codes == code, estimators[adjust])
        for code, name in enumerate(levels.names)
    }
    found = tuple(
        _of_arm(frame, arm, {name: part[arm] for name, part in parts.items()}, by, status)
        for arm in range(len(frame.arms) - 1)
    )
    found = tuple(
        replace(one, interaction=one.interaction.revised(estimator=estimators[adjust]))
        for one in found
    )
    return found[0] if len(found) == 1 else found


def _results(frame: Frame, rows: Bools, estimator: str) -> tuple[Finding | NotEstimable, ...]:
    """Give each arm's comparison within one subgroup."""
    return results(replace(frame, sample=frame.sample.subgroup(rows)), estimator)


def _of_arm(
    frame: Frame,
    arm: int,
    answers: dict[str, Finding | NotEstimable],
    by: str,
    status: Literal["pre-specified", "exploratory"],
) -> SubgroupEffects:
    asked = Interaction(
        outcome=frame.outcome,
        estimand="itt" if frame.sample.take_up is None else "late",
        estimator="",
        variable=by,
        arm=frame.arms[arm + 1],
        reference=frame.arms[0],
        role="exploratory" if status == "exploratory" else "secondary",
        levels=(),
        level=frame.sample.level,
    )
    return SubgroupEffects(
        by=by,
        levels=tuple(answers),
        estimates=tuple(
            each.estimate if isinstance(each, Finding) else each for each in answers.values()
        ),
        interaction=of_levels(answers, asked, frame.sample.groups),
        status=status,
    )

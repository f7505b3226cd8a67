"""Profiling those whom an offer moves: how many they are, what became of them, who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Floats
from reliance_eval.estimation.compliance.complier_means import (
    Mean,
    Quotient,
    gap,
    groups_of,
    means,
    solve,
    standard_deviation,
)
from reliance_eval.estimation.compliance.complier_profile import Compliers, Trait
from reliance_eval.estimation.designed import Data, framed, take_up_of, traits_of
from reliance_eval.estimation.each_arm import by_arm
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.finding import compliance_of, difference
from reliance_eval.estimation.framing import Columns, check_variance, names_of
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unadjusted import unadjusted_effects
from reliance_eval.estimation.unestimable import Unestimable

Profile: TypeAlias = Compliers | NotEstimable


def compliers(  # noqa: PLR0913 (the signature is a contract)
    data: Data,
    *,
    outcome: str | None = None,
    offer: str | None = None,
    take_up: str | None = None,
    profile: str | Sequence[str] = (),
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    variance: str | None = None,
    weights: str | None = None,
    probability: str | None = None,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Profile | tuple[Profile, ...]:
    """Describe compliers: their share, their outcomes and who they are.

    Compliers take the offer up because it is made; never-takers refuse it, always-takers need no
    offer. Nobody is seen to be a complier, yet each of these means is identified, if the offer
    keeps nobody away (monotonicity).

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit. A panel brings its own design and take-up.
    outcome : str, optional
        Its column, or a panel's outcome. Rows without it are then left out, as ``late`` leaves
        them out; without an outcome everyone drawn counts whose take-up is known.
    offer, take_up : str
        Columns; take-up is 0 or 1.
    profile : str or sequence of str
        Covariates known before the draw; of a category each level is a row. Rows without a
        covariate are left out of its means.
    blocks, clusters, variance, weights, probability, reference, level, horizon_months
        As in ``itt``.

    Returns
    -------
    Compliers or NotEstimable
        A tuple of them, one an arm, where the offer has three arms or more.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``variance`` or ``level`` is not admissible, or what is said of the design of a panel is
        not its draw's.

    References
    ----------
    Abadie (2003), Journal of Econometrics 113(2), 231-263.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1],
    ...         "d": [0, 0, 0, 0, 1, 1, 1, 0],
    ...         "y": [1.0, 2.0, 3.0, 2.0, 3.0, 5.0, 7.0, 2.0],
    ...     }
    ... )
    >>> found = compliers(frame, outcome="y", offer="z", take_up="d")
    >>> found.shares["compliers"].estimate, found.compliance
    (0.75, 'one_sided')
    >>> found.treated_mean.estimate, found.untreated_mean.estimate
    (5.0, 2.0)
    """
    taken = take_up_of(data, take_up)
    columns = Columns(
        outcome=outcome or taken,
        offer=offer or "",
        take_up=taken,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        probability=probability,
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=variance,
        level=level,
        horizon_months=horizon_months,
    )
    check_variance(frame.sample, "wald")
    traits = traits_of(data, frame, names_of(profile))
    if outcome is None:
        frame = replace(frame, outcome="")

    def ask(sample: Sample) -> Compliers:
        return _profile(sample, traits, has_outcome=outcome is not None)

    found = by_arm(frame, ask)
    return found[0] if len(found) == 1 else found


def _profile(sample: Sample, traits: Mapping[str, Floats], *, has_outcome: bool) -> Compliers:
    """Answer for one arm.

    Raises
    ------
    Unestimable
        ``take_up_unknown``, ``take_up_not_binary``, ``no_first_stage``, ``discouraged``, or what
        keeps the ITT from having a variance.
    """
    taken = binary_take_up(sample)
    # The outcome of the sample says who is observed, now that take-up is apart.
    seen = replace(
        sample, take_up=None, outcome=np.where(np.isfinite(taken), sample.outcome, np.nan)
    )
    groups = groups_of(seen, taken)
    effects = unadjusted_effects(seen, np.column_stack([seen.outcome, taken]))
    moved = float(effects.values[1])
    check_moved(moved)
    is_offered = seen.arms == seen.target
    varies = bool(np.any(effects.influence[1]))
    first_stage = difference(seen, effects, 1).estimate if varies else None
    found = {name: _trait(seen, taken, name, values) for name, values in traits.items()}
    notes = sample.note_values | effects.note_values
    if unprofiled := [name for name, trait in found.items() if trait is None]:
        notes = notes | {"unprofiled": ", ".join(unprofiled)}
    return Compliers(
        shares=_present(seen, groups.shares),
        outcomes=_present(seen, groups.outcomes(seen.outcome)) if has_outcome else {},
        profile=tuple(trait for trait in found.values() if trait is not None),
        first_stage=first_stage,
        first_stage_f=None if first_stage is None else first_stage.statistic**2,
        compliance=compliance_of(sample, effects.rows, taken),
        variance=effects.variance,
        level=sample.level,
        n=int(effects.rows.sum()),
        n_arm=int(np.sum(effects.rows & is_offered)),
        n_reference=int(np.sum(effects.rows & ~is_offered & seen.compared)),
        n_missing=seen.n_missing,
        notes=tuple(notes),
        note_values=notes,
    )


def check_moved(share: float) -> None:
    """Refuse a share of compliers that is none, or less.

    Raises
    ------
    Unestimable
        ``no_first_stage``, ``discouraged``.
    """
    if abs(share) <= ROUNDING:
        raise Unestimable("no_first_stage")
    if share < 0.0:
        raise Unestimable("discouraged")


def binary_take_up(sample: Sample) -> Floats:
    """Give take-up where everything is observed, NaN elsewhere.

    Raises
    ------
    Unestimable
        ``take_up_unknown``, ``no_take_up``, ``take_up_not_binary``.
    """
    if sample.take_up is None:
        raise Unestimable("take_up_unknown")
    rows = sample.observed & sample.compared
    seen = sample.take_up[rows]
    if not len(seen):
        raise Unestimable("take_up_unknown")
    if not np.all(np.isin(seen, (0.0, 1.0))):
        raise Unestimable("take_up_not_binary")
    if not np.any(seen):
        raise Unestimable("no_take_up")
    return np.where(rows, sample.take_up, np.nan)


def _present(sample: Sample, quotients: Mapping[str, Quotient]) -> dict[str, Mean]:
    found = means(sample, solve(sample, list(quotients.values())))
    pairs = zip(quotients, found, strict=True)
    return {group: mean for group, mean in pairs if mean is not None}


def _trait(sample: Sample, taken: Floats, name: str, values: Floats) -> Trait | None:
    """Compare the groups on one covariate, among the units where it is known, if they suffice."""
    known = replace(sample, outcome=np.where(np.isfinite(sample.outcome), values, np.nan))
    try:
        quotients = groups_of(known, taken).traits(values)
        solved = dict(zip(quotients, solve(known, list(quotients.values())), strict=True))
    except Unestimable:
        return None
    found = zip(solved, means(known, list(solved.values())), strict=True)
    own, scale = solved["compliers"], standard_deviation(known, values)
    gaps = {
        group: gap(known, own, other, scale=scale)
        for group, other in solved.items()
        if own is not None and other is not None and group != "compliers"
    }
    return Trait(
        name=name,
        n=known.n_arm + known.n_reference,
        means={group: mean for group, mean in found if mean is not None},
        from_never_takers=gaps.get("never_takers"),
        from_everyone=gaps.get("everyone"),
    )

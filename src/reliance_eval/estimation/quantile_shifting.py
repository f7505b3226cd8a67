"""Quantile effects: how an offer moves the distribution of an outcome, not its mean alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.designed import Data, framed
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.framing import Columns, names_of
from reliance_eval.estimation.inference import critical_value, p_value
from reliance_eval.estimation.multiplicity import MaxT, correlation
from reliance_eval.estimation.quantiles import (
    Quantile,
    difference_at,
    distribution_of,
    quantile_of,
    statistic_of,
)
from reliance_eval.estimation.sample import REFERENCE, Sample, keep
from reliance_eval.estimation.shifted_quantiles import HEAPED, QuantileEffect, QuantileEffects
from reliance_eval.estimation.unestimable import Unestimable

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def quantile_effects(  # noqa: PLR0913 (as ``itt``)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    quantiles: Sequence[float] = QUANTILES,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    weights: str | None = None,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> QuantileEffects | NotEstimable | tuple[QuantileEffects | NotEstimable, ...]:
    """Estimate how the offer moves quantiles of an outcome, over all those drawn.

    The difference between a quantile of what those offered have and the same quantile of what the
    others have. It says how the distribution moves, not what happens to the person who would have
    been at that quantile.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit, as in ``itt``.
    outcome, offer : str
    quantiles : sequence of float
        Strictly between 0 and 1.
    blocks, clusters, weights, reference, level, horizon_months
        As in ``itt``. Blocks weigh their share of those drawn.

    Returns
    -------
    QuantileEffects or NotEstimable, or a tuple of them
        One a compared arm: a tuple where there are three arms or more.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        A quantile or ``level`` is not admissible.

    References
    ----------
    Firpo (2007), Econometrica 75(1), 259-276; ``reliance_eval.estimation.quantiles``.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"z": [0, 1] * 50, "y": range(100)})
    >>> found = quantile_effects(people, outcome="y", offer="z", quantiles=(0.5,))
    >>> found.effects[0].estimate, found.effects[0].quantile_reference
    (1.0, 48.0)
    """
    asked = tuple(sorted(set(quantiles)))
    if not asked or not all(0.0 < each < 1.0 for each in asked):
        raise ProtocolError(Fault("E-ESTIMATION-QUANTILES", "quantiles"))
    columns = Columns(
        outcome=outcome,
        offer=offer or "",
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=None,
        level=level,
        horizon_months=horizon_months,
    )
    found: list[QuantileEffects | NotEstimable] = []
    for target in range(1, max(2, len(frame.arms))):
        sample = replace(frame.sample, target=target)
        found.append(
            replace(
                frame.refusal or _answer(sample, asked),
                outcome=outcome,
                arm=frame.arms[target] if target < len(frame.arms) else "",
                reference=frame.arms[REFERENCE],
            )
        )
    return found[0] if len(found) == 1 else tuple(found)


def _answer(sample: Sample, quantiles: tuple[float, ...]) -> QuantileEffects | NotEstimable:
    try:
        return _effects(sample, quantiles)
    except Unestimable as refusal:
        return NotEstimable(
            reason=refusal.reason,
            n=sample.n_arm + sample.n_reference,
            n_arm=sample.n_arm,
            n_reference=sample.n_reference,
            values=refusal.values,
        )


def _effects(sample: Sample, quantiles: tuple[float, ...]) -> QuantileEffects:
    kept = keep(sample)
    arms = [distribution_of(sample, kept, arm) for arm in (sample.target, REFERENCE)]
    if arms[0].values[0] == arms[0].values[-1] == arms[1].values[0] == arms[1].values[-1]:
        raise Unestimable("no_variation")
    lefts = [float(np.sum(np.maximum(arm.groups_in - 1, 0))) for arm in arms]
    df = min(lefts) if sample.is_clustered else sum(lefts)
    if df < 1.0:
        raise Unestimable("too_few_clusters" if sample.is_clustered else "single_unit", n="1")
    size = sample.groups
    pairs = [
        (quantile_of(arms[0], each, size=size), quantile_of(arms[1], each, size=size))
        for each in quantiles
    ]
    critical = critical_value(sample.level, df)
    effects = [_effect(*pair, critical=critical, df=df) for pair in pairs]
    return QuantileEffects(
        effects=_simultaneous(effects, pairs, critical=critical, df=df, level=sample.level),
        level=sample.level,
        df=df,
        n=len(arms[0].values) + len(arms[1].values),
        n_arm=len(arms[0].values),
        n_reference=len(arms[1].values),
        n_missing=sample.n_missing,
    )


def _effect(arm: Quantile, reference: Quantile, *, critical: float, df: float) -> QuantileEffect:
    effect = QuantileEffect(
        quantile=arm.level,
        estimate=arm.value - reference.value,
        quantile_arm=arm.value,
        quantile_reference=reference.value,
        share_at_arm=arm.share_at,
        share_at_reference=reference.share_at,
    )
    low, high = difference_at(arm, reference, critical)
    if low == high:
        return replace(effect, reason=HEAPED)
    statistic = statistic_of(arm, reference)
    width = high - low
    return replace(
        effect,
        std_error=width / (2.0 * critical) if np.isfinite(width) else None,
        statistic=statistic,
        p_value=p_value(statistic, df),
        conf_low=_end(low),
        conf_high=_end(high),
    )


def _simultaneous(
    effects: list[QuantileEffect],
    pairs: list[tuple[Quantile, Quantile]],
    *,
    critical: float,
    df: float,
    level: float,
) -> tuple[QuantileEffect, ...]:
    """Add p-values and intervals that hold for all quantiles at once."""
    influences = np.array([_influence(*pair, critical=critical) for pair in pairs])
    has_spread = [
        not effect.reason and bool(np.any(row != 0.0))
        for effect, row in zip(effects, influences, strict=True)
    ]
    if not any(has_spread):
        return tuple(effects)
    largest = MaxT(correlation(influences[has_spread]), df)
    wider = max(critical, largest.critical_value(level))
    found: list[QuantileEffect] = []
    for effect, pair, is_spread in zip(effects, pairs, has_spread, strict=True):
        if not is_spread or effect.statistic is None or effect.p_value is None:
            found.append(effect)
            continue
        low, high = difference_at(*pair, wider)
        joint = max(largest.p_value(effect.statistic), effect.p_value)
        found.append(
            replace(
                effect,
                p_adjusted=joint,
                conf_low_adjusted=_end(low),
                conf_high_adjusted=_end(high),
            )
        )
    return tuple(found)


def _influence(arm: Quantile, reference: Quantile, *, critical: float) -> Floats:
    found: Floats = arm.influence(critical) - reference.influence(critical)
    return found


def _end(value: float) -> float | None:
    return value if np.isfinite(value) else None

"""From effects to an answer: an ITT is one effect, a LATE the ratio of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Floats
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.estimates import Estimate, Interval
from reliance_eval.estimation.inference import ReducedForm, critical_value, interval, p_value
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable

WEAK = 10.0
"""First-stage F under which an offer is called weak: Staiger and Stock (1997), the rule of thumb
that ``reliability.md`` O50 asks for. It adds a note and changes no number."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """An estimate, with what correcting it within a family needs.

    Attributes
    ----------
    estimate : Estimate
    influence : array (g,)
        Contributions to the quantity that is tested (for a LATE: the effect on the outcome).
    set_at : function of float
        The confidence set that a critical value of |t| makes.
    """

    estimate: Estimate
    influence: Floats
    set_at: Callable[[float], tuple[Interval, ...]]


def difference(sample: Sample, effects: Effects, which: int = 0) -> Finding:
    """Answer with one effect of the offer.

    Raises
    ------
    Unestimable
        ``no_variation``: the outcome does not vary within the arms.
    """
    std_error = float(np.linalg.norm(effects.influence[which]))
    if std_error == 0.0:
        raise Unestimable("no_variation")
    value, df = float(effects.values[which]), float(effects.df[which])
    critical = critical_value(sample.level, df)
    ((low, high),) = interval(value, std_error, critical)
    n_arm, n_reference = _counts(sample, effects)
    estimate = Estimate(
        estimate=value,
        std_error=std_error,
        df=df,
        statistic=value / std_error,
        p_value=p_value(value / std_error, df),
        conf_low=low,
        conf_high=high,
        level=sample.level,
        n=int(effects.rows.sum()),
        n_arm=n_arm,
        n_reference=n_reference,
        n_missing=sample.n_missing,
        mean_reference=float(effects.mean_reference[which]),
        variance=effects.variance,
        notes=sample.notes + effects.notes,
        note_values=sample.note_values | effects.note_values,
    )
    return Finding(
        estimate, effects.influence[which], lambda critical: interval(value, std_error, critical)
    )


def ratio(sample: Sample, effect: Callable[[Sample, Floats], Effects]) -> Finding:
    """Answer with the effect on the outcome over the effect on take-up.

    p is that of the effect on the outcome, and the set is Anderson and Rubin's with the same
    variance; the standard error is the square root of the variance of the effect on Y - LATE x D,
    over the first stage.

    Parameters
    ----------
    sample : Sample
        With take-up.
    effect : function of (Sample, array (n, m))
        How the effects of the offer are estimated.

    Raises
    ------
    Unestimable
        ``no_take_up``, ``no_first_stage``, ``no_variation``.
    """
    take_up = _take_up(sample)
    not_taken = 1.0 - take_up
    columns = [sample.outcome, take_up, not_taken * sample.outcome, not_taken]
    effects = effect(sample, np.column_stack(columns))
    tested = difference(sample, effects)
    on_take_up = float(effects.values[1])
    if abs(on_take_up) <= ROUNDING:
        raise Unestimable("no_first_stage")
    covariance = effects.covariance
    form = ReducedForm(
        on_outcome=float(effects.values[0]),
        on_take_up=on_take_up,
        variance=float(covariance[0, 0]),
        covariance=float(covariance[0, 1]),
        take_up_variance=float(covariance[1, 1]),
    )
    first_stage = difference(sample, effects, 1).estimate if covariance[1, 1] > 0.0 else None
    f = first_stage.statistic**2 if first_stage is not None else None
    confidence = form.anderson_rubin(critical_value(sample.level, tested.estimate.df))
    low, high = confidence[0] if len(confidence) == 1 else (None, None)
    is_binary = bool(np.isin(take_up[effects.rows], (0.0, 1.0)).all())
    more = _ratio_notes(sample, effects, take_up, f, confidence)
    estimate = tested.estimate.revised(
        estimate=form.ratio,
        std_error=form.ratio_std_error,
        conf_low=low,
        conf_high=high,
        first_stage=first_stage,
        first_stage_f=f,
        anderson_rubin=confidence,
        untreated_complier_mean=(
            float(effects.values[2] / effects.values[3]) if is_binary else None
        ),
        notes=tested.estimate.notes + tuple(more),
        note_values=tested.estimate.note_values | more,
    )
    return Finding(estimate, tested.influence, form.anderson_rubin)


def _take_up(sample: Sample) -> Floats:
    if sample.take_up is None:
        raise Unestimable("take_up_unknown")
    seen = sample.take_up[sample.observed & sample.compared]
    if not len(seen):
        raise Unestimable("take_up_unknown")
    if not np.any(seen != 0.0):
        raise Unestimable("no_take_up")
    return sample.take_up


def _ratio_notes(
    sample: Sample,
    effects: Effects,
    take_up: Floats,
    f: float | None,
    confidence: tuple[Interval, ...],
) -> dict[str, str]:
    notes: dict[str, str] = {}
    reference = effects.rows & (sample.arms == REFERENCE)
    if f is None:
        notes["full_compliance"] = ""
    elif np.all(take_up[reference] == 0.0):
        notes["one_sided"] = ""
    if f is not None and f < WEAK:
        notes["weak_offer"] = f"{f:.2f}"
    if len(confidence) == 2:
        notes["two_rays"] = ""
    elif None in confidence[0]:
        notes["whole_line" if confidence[0] == (None, None) else "half_line"] = ""
    return notes


def _counts(sample: Sample, effects: Effects) -> tuple[int, int]:
    return (
        int(np.sum(effects.rows & (sample.arms == sample.target))),
        int(np.sum(effects.rows & (sample.arms == REFERENCE))),
    )

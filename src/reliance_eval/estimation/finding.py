"""From effects to an answer: an ITT is one effect, a LATE the ratio of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.estimates import Estimate, Interval
from reliance_eval.estimation.inference import ReducedForm, critical_value, interval, p_value
from reliance_eval.estimation.rare_events import is_rare
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.walds import Wald

Compliance: TypeAlias = Literal["full_compliance", "one_sided", "no_never_takers", "two_sided"]
"""Who could choose. ``full_compliance``: nobody did; ``one_sided``: those offered alone, for
nobody took up without an offer; ``no_never_takers``: the reference arm alone; ``two_sided``: both.
"""

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
    own : array (g,) or None
        Contributions to the estimate itself, where that is not what is tested.
    """

    estimate: Estimate
    influence: Floats
    set_at: Callable[[float], tuple[Interval, ...]]
    own: Floats | None = None

    @property
    def contributions(self) -> Floats:
        """What each unit or cluster contributes to the estimate."""
        return self.influence if self.own is None else self.own


def difference(sample: Sample, effects: Effects, which: int = 0) -> Finding:
    """Answer with one effect of the offer.

    Raises
    ------
    Unestimable
        ``no_variation``: the outcome does not vary within the arms.
    """
    test = effects.test(which)
    std_error = float(np.linalg.norm(test.influence))
    if std_error == 0.0:
        raise Unestimable("no_variation")
    critical = critical_value(sample.level, test.df)
    ((low, high),) = interval(test.value, std_error, critical, bounds=test.bounds)
    n_arm, n_reference = _counts(sample, effects)
    more: dict[str, str] = {}
    if which == 0 and effects.tested is None and is_rare(sample, effects.rows):
        more["rare_unguarded"] = ""
    estimate = Estimate(
        estimate=float(effects.values[which]),
        std_error=std_error,
        df=test.df,
        statistic=test.value / std_error,
        p_value=p_value(test.value / std_error, test.df),
        conf_low=low,
        conf_high=high,
        level=sample.level,
        n=int(effects.rows.sum()),
        n_arm=n_arm,
        n_reference=n_reference,
        n_missing=sample.n_missing,
        mean_reference=float(effects.mean_reference[which]),
        variance=test.variance,
        convention_name=sample.convention,
        notes=(*sample.notes, *effects.notes, *more),
        note_values=sample.note_values | effects.note_values | more,
    )
    return Finding(
        estimate,
        test.influence,
        lambda critical: interval(test.value, std_error, critical, bounds=test.bounds),
    )


def ratio(sample: Sample, effect: Callable[[Sample, Floats], Effects]) -> Finding:
    """Answer with the effect on the outcome over the effect on take-up.

    p is that of the effect on the outcome, and the set is Anderson and Rubin's with the same
    variance; the standard error is the square root of the variance of the effect on Y - LATE x D,
    over the first stage. Where a package is named whose two-stage least squares have another
    variance than its regressions, the standard error has the former, test and set the latter.

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
    form = _reduced_form(effects)
    second = effects
    if sample.convention:
        second = effect(replace(sample, is_two_stage=True), np.column_stack(columns))
    std_error = _ratio_std_error(second)
    is_moved = form.take_up_variance > 0.0
    first_stage = difference(sample, effects, 1).estimate if is_moved else None
    f = first_stage.statistic**2 if first_stage is not None else None
    confidence = form.anderson_rubin(critical_value(sample.level, tested.estimate.df))
    low, high = confidence[0] if len(confidence) == 1 else (None, None)
    is_binary = bool(np.isin(take_up[effects.rows], (0.0, 1.0)).all())
    more = _ratio_notes(sample, effects, take_up, f, confidence)
    late = float(effects.values[0]) / on_take_up
    estimate = tested.estimate.revised(
        estimate=late,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        variance=second.test(0).variance,
        itt=tested.estimate,
        first_stage=first_stage,
        first_stage_f=f,
        anderson_rubin=confidence,
        set_variance=effects.test(0).variance if _is_other(effects, second) else "",
        wald=_wald(late, std_error, df=second.test(0).df, level=sample.level),
        untreated_complier_mean=(
            float(effects.values[2] / effects.values[3]) if is_binary else None
        ),
        notes=tested.estimate.notes + tuple(more),
        note_values=tested.estimate.note_values | more,
    )
    own = (second.influence[0] - late * second.influence[1]) / on_take_up
    return Finding(estimate, tested.influence, form.anderson_rubin, own)


def _reduced_form(effects: Effects) -> ReducedForm:
    covariance = effects.covariance
    return ReducedForm(
        on_outcome=effects.test(0).value,
        on_take_up=float(effects.values[1]),
        variance=float(covariance[0, 0]),
        covariance=float(covariance[0, 1]),
        take_up_variance=float(covariance[1, 1]),
    )


def _ratio_std_error(effects: Effects) -> float:
    """Give the root of the variance of the effect on Y - LATE x D, over the first stage.

    From what each unit contributes to that very effect: between three variances that nearly
    cancel, as where take-up alone makes the outcome, rounding noise would be left.
    """
    influence = effects.influence if effects.tested is None else effects.tested.influence
    on_take_up = float(effects.values[1])
    late = effects.test(0).value / on_take_up
    length = float(np.linalg.norm(influence[0] - late * influence[1]))
    size = np.linalg.norm(influence[0]) + abs(late) * np.linalg.norm(influence[1])
    return length / abs(on_take_up) if length > ROUNDING * size else 0.0


def _is_other(tested: Effects, second: Effects) -> bool:
    """Say whether the standard error has another variance or law than the test has."""
    one, other = tested.test(0), second.test(0)
    return (one.variance, one.df) != (other.variance, other.df)


def _wald(estimate: float, std_error: float, *, df: float, level: float) -> Wald | None:
    """Give the estimate against its standard error, where there is any."""
    if std_error <= ROUNDING * abs(estimate):
        return None
    reach = critical_value(level, df) * std_error
    statistic = estimate / std_error
    return Wald(
        statistic=statistic,
        df=df,
        p_value=p_value(statistic, df),
        conf_low=estimate - reach,
        conf_high=estimate + reach,
    )


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
    is_moved = f is not None
    kind = compliance_of(sample, effects.rows, take_up) if is_moved else "full_compliance"
    notes: dict[str, str] = {kind: ""}
    if f is not None and f < WEAK:
        notes["weak_offer"] = f"{f:.2f}"
    if len(confidence) == 2:
        notes["two_rays"] = ""
    elif None in confidence[0]:
        notes["whole_line" if confidence[0] == (None, None) else "half_line"] = ""
    return notes


def compliance_of(sample: Sample, rows: Bools, take_up: Floats) -> Compliance:
    """Say who could choose, among the units used: what a LATE is about depends on it."""
    has_always = bool(np.any(take_up[rows & (sample.arms == REFERENCE)] != 0.0))
    has_never = bool(np.any(take_up[rows & (sample.arms == sample.target)] != 1.0))
    if has_always:
        return "two_sided" if has_never else "no_never_takers"
    return "one_sided" if has_never else "full_compliance"


def _counts(sample: Sample, effects: Effects) -> tuple[int, int]:
    return (
        int(np.sum(effects.rows & (sample.arms == sample.target))),
        int(np.sum(effects.rows & (sample.arms == REFERENCE))),
    )

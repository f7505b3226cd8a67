"""Effects of an offer by regression: interacted (Lin), additive, or saturated in blocks.

Block indicators and covariates are centred at their means among those drawn, which outcomes that
go missing later do not move: the coefficient of the offer is then the effect averaged over the
people drawn, with the same block weights as the unadjusted difference.

Indicators are never columns, so ten thousand blocks cost what three do. The additive regression
absorbs its blocks. In the interacted one the offer and each block have an indicator of their own:
it absorbs these cells, and the coefficient of the offer is what the block weights make of the
cells' levels at the means of the covariates.

References
----------
Lin (2013), Annals of Applied Statistics 7(1), 295-318, section 4: the interacted regression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.absorbing import absorbed_least_squares
from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats, Ints
from reliance_eval.estimation.columns import INDICATOR
from reliance_eval.estimation.effects import Effects, cells_of
from reliance_eval.estimation.linear import Fit
from reliance_eval.estimation.peers import as_read
from reliance_eval.estimation.regressors import OFFER, Design, additive, contrast, interacted
from reliance_eval.estimation.sample import Kept, Sample, keep
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import Spread, spread_of

Form: TypeAlias = Literal["interacted", "additive", "reweighted"]
"""``interacted``: the offer times all else; ``additive``: block effects and covariates beside the
offer; ``reweighted``: the same, with weights that give each block its share and each arm half."""

# Units of an arm that must share a pattern of missing covariates for it to have a coefficient.
LEAST_MISSING = 2


def regression_effects(sample: Sample, outcomes: Floats, *, form: Form) -> Effects:
    """Give the coefficient of the offer for m outcomes.

    Parameters
    ----------
    sample : Sample
        Its ``variance`` is a name of ``REGRESSION``; None is HC2, or CR2 where clusters were
        drawn. Every arm of the sample has its own indicator.
    outcomes : array (n, m)
    form : {"interacted", "additive", "reweighted"}

    Raises
    ------
    Unestimable
        An arm, the degrees of freedom or the variance is missing.
    """
    solved = fitted(sample, outcomes, form=form)
    sample, kept, rows, design, fit = (
        solved.sample, solved.kept, solved.rows, solved.design, solved.fit
    )  # fmt: skip
    weights, of_columns = solved.weights, solved.of_columns
    values, pull = _estimated(design, fit, outcomes[rows], weights, of_columns)
    read, clusters = sample.reading, sample.clusters[rows]
    found = spread_of(fit, pull, convention=read.variance, clusters=clusters, groups=sample.groups)
    found = as_read(found, read, k=fit.rank, clusters=clusters, effects=sample.blocks[rows])
    notes = _notes(kept, _dropped(fit, design), found)
    if form == "additive" and len(sample.block_names) > 1:
        notes["fixed_effects"] = ""
    return Effects(
        values=values,
        influence=_padded(sample, found, pull, outcomes[rows]),
        df=np.full(len(values), found.df),
        variance=read.variance,
        rows=rows,
        mean_reference=kept.weights @ cells_of(sample, kept, outcomes).means[::2],
        notes=tuple(notes),
        note_values=notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A solved regression: the sample as it was used, its rows and columns, and the fit.

    Attributes
    ----------
    weights : array (r,) or None
        Of the rows used.
    of_columns : array (k,)
        What the means of the columns make of the estimate.
    """

    sample: Sample
    kept: Kept
    rows: Bools
    design: Design
    weights: Floats | None
    of_columns: Floats
    fit: Fit


def fitted(sample: Sample, outcomes: Floats, *, form: Form) -> Fitted:
    """Solve the regression of m outcomes (n, m) that ``regression_effects`` reads its answer in."""
    kept = keep(sample)
    rows = sample.observed if form == "additive" else kept.rows
    sample = without_lone_indicators(sample, rows)
    design = interacted(sample, kept, rows) if form == "interacted" else additive(sample, rows)
    weights = _weights(sample, kept, rows) if form == "reweighted" else sample.weights
    weights = weights[rows] if weights is not None else None
    of_columns = contrast(design, design.columns, weights)
    fit = absorbed_least_squares(
        design.columns,
        outcomes[rows],
        names=design.names,
        effects=(design.effect,),
        weights=weights,
        overwrite=True,
    )
    return Fitted(sample, kept, rows, design, weights, of_columns, fit)


def without_lone_indicators(sample: Sample, rows: Bools) -> Sample:
    """Leave out indicators of missing covariates that one unit of an arm would decide alone.

    They are ours, not the protocol's: the mean that fills the gap stays, and the variance exists.
    An indicator stays while every pattern of missing covariates that an arm shows, it shows in
    several units.
    """
    if not any(name.endswith(INDICATOR) for name in sample.covariate_names):
        return sample
    arms, table = sample.arms[rows], sample.covariates[rows]
    indicators: list[int] = []
    kept: list[int] = []
    for place, name in enumerate(sample.covariate_names):
        if name.endswith(INDICATOR):
            tried = table[:, [*indicators, place]]
            if _rarest_pattern(tried, arms) < LEAST_MISSING:
                continue
            indicators.append(place)
        kept.append(place)
    names = tuple(sample.covariate_names[place] for place in kept)
    return replace(sample, covariates=sample.covariates[:, kept], covariate_names=names)


def _rarest_pattern(indicators: Floats, arms: Ints) -> int:
    """Count the units of an arm that show the rarest pattern shown in it, over all arms."""
    return min(
        int(np.unique(indicators[arms == arm], axis=0, return_counts=True)[1].min())
        for arm in np.unique(arms)
    )


def _estimated(
    design: Design, fit: Fit, outcomes: Floats, weights: Floats | None, of_columns: Floats
) -> tuple[Floats, Floats]:
    """Give the estimate for each outcome, and what each row's outcome adds to it.

    With contrasts c of the cells' means, it is ``c'y - (c'X) b`` for the coefficients b.
    """
    if design.contrasts is None:
        if OFFER not in fit.names:
            raise Unestimable("no_contrast")
        return fit.coefficients[fit.names.index(OFFER)], fit.pull(OFFER)
    kept = [design.names.index(name) for name in fit.names]
    values = contrast(design, outcomes, weights) - of_columns[kept] @ fit.coefficients
    own = np.ones(len(outcomes)) if weights is None else weights
    totals = np.bincount(design.effect, own, minlength=len(design.contrasts))
    pull = design.contrasts[design.effect] * np.sqrt(own) / totals[design.effect]
    return values, pull - fit.combined_pull(of_columns[kept])


def _weights(sample: Sample, kept: Kept, rows: Bools) -> Floats:
    """Give weights under which each block weighs its share and each of its arms the same."""
    arms = int(sample.arms.max()) + 1
    own = np.ones(len(rows)) if sample.weights is None else sample.weights
    cell = sample.blocks * arms + sample.arms
    size = arms * len(sample.block_names)
    totals = np.bincount(cell[rows], own[rows], minlength=size)
    per_cell = np.where(totals > 0.0, totals, 1.0)
    weights: Floats = rows.sum() * kept.weights[sample.blocks] * own / per_cell[cell]
    return weights


def _padded(sample: Sample, found: Spread, pull: Floats, outcomes: Floats) -> Floats:
    """Add a zero a block, and make exactly zero what is rounding noise."""
    noise = ROUNDING * np.linalg.norm(pull) * np.linalg.norm(outcomes, axis=0)
    influence = found.influence
    influence[np.linalg.norm(influence, axis=1) <= noise] = 0.0
    return np.pad(influence, ((0, 0), (0, len(sample.block_names))))


def _dropped(fit: Fit, design: Design) -> tuple[str, ...]:
    """Give the covariates of which a column was dropped.

    Indicators of missing values are ours: two that coincide are nothing a reader must know.
    """
    origin = dict(zip(design.names, design.origins, strict=True))
    dropped = dict.fromkeys(origin[name] for name in fit.dropped)
    return tuple(name for name in dropped if name and not name.endswith(INDICATOR))


def _notes(kept: Kept, dropped: tuple[str, ...], found: Spread) -> dict[str, str]:
    notes: dict[str, str] = {}
    if kept.lost:
        notes["lost_blocks"] = ", ".join(kept.lost)
    if dropped:
        notes["collinear"] = ", ".join(dropped)
    if found.full_leverage:
        notes["full_leverage"] = str(found.full_leverage)
    return notes

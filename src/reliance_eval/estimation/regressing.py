"""Effects of an offer by regression: interacted (Lin), additive, or saturated in blocks.

Block indicators and covariates are centred at their means among those drawn, which outcomes that
go missing later do not move: the coefficient of the offer is then the effect averaged over the
people drawn, with the same block weights as the unadjusted difference.

References
----------
Lin (2013), Annals of Applied Statistics 7(1), 295-318, section 4: the interacted regression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.estimation.arrays import ROUNDING, Bools, Floats, Ints
from reliance_eval.estimation.columns import INDICATOR
from reliance_eval.estimation.effects import Effects, cells_of
from reliance_eval.estimation.linear import Fit, least_squares
from reliance_eval.estimation.sample import REFERENCE, Kept, Sample, keep
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import Spread, spread

Form: TypeAlias = Literal["interacted", "additive", "reweighted"]
"""``interacted``: the offer times all else; ``additive``: block effects and covariates beside the
offer; ``reweighted``: the same, with weights that give each block its share and each arm half."""

OFFER = "offer"
# Units of an arm that must share a pattern of missing covariates for it to have a coefficient.
LEAST_MISSING = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    columns: Floats
    names: tuple[str, ...]
    origins: tuple[str, ...]
    """The block or covariate that each column comes from."""


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
    kept = keep(sample)
    rows = sample.observed if form == "additive" else kept.rows
    sample = _without_lone_indicators(sample, rows)
    design = _design(sample, kept, rows, is_interacted=form == "interacted")
    weights = _weights(sample, kept, rows) if form == "reweighted" else sample.weights
    fit = least_squares(
        design.columns,
        outcomes[rows],
        names=design.names,
        weights=weights[rows] if weights is not None else None,
    )
    if OFFER not in fit.names:
        raise Unestimable("no_contrast")
    convention = sample.variance or ("CR2" if sample.is_clustered else "HC2")
    found = spread(
        fit,
        OFFER,
        convention=convention,
        clusters=sample.clusters[rows],
        groups=sample.groups,
    )
    values = fit.coefficients[fit.names.index(OFFER)]
    notes = _notes(kept, _dropped(fit, design, sample.covariate_names), found)
    if form == "additive" and len(sample.block_names) > 1:
        notes["fixed_effects"] = ""
    return Effects(
        values=values,
        influence=_padded(sample, found, fit, outcomes[rows]),
        df=np.full(len(values), found.df),
        variance=convention,
        rows=rows,
        mean_reference=kept.weights @ cells_of(sample, kept, outcomes).means[::2],
        notes=tuple(notes),
        note_values=notes,
    )


def _without_lone_indicators(sample: Sample, rows: Bools) -> Sample:
    """Leave out indicators of missing covariates that one unit of an arm would decide alone.

    They are ours, not the protocol's: the mean that fills the gap stays, and the variance exists.
    An indicator stays while every pattern of missing covariates that an arm shows, it shows in
    several units.
    """
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


def _design(sample: Sample, kept: Kept, rows: Bools, *, is_interacted: bool) -> _Design:
    names = ["constant", OFFER]
    columns = [np.ones(int(rows.sum())), (sample.arms[rows] == sample.target).astype(float)]
    arms = [OFFER]
    for arm in np.unique(sample.arms[rows]):
        if arm not in (REFERENCE, sample.target):
            arms.append(f"arm {arm}")
            names.append(arms[-1])
            columns.append((sample.arms[rows] == arm).astype(float))
    others, their_names = _others(sample, kept, rows, is_centred=is_interacted)
    origins = [""] * len(names) + list(their_names)
    names += [f"with {name}" for name in their_names]
    columns += list(others.T)
    if is_interacted:
        for arm_name, indicator in zip(arms, columns[1 : 1 + len(arms)], strict=True):
            origins += their_names
            names += [f"{arm_name} times {name}" for name in their_names]
            columns += list((indicator[:, None] * others).T)
    return _Design(np.column_stack(columns), tuple(names), tuple(origins))


def _others(
    sample: Sample, kept: Kept, rows: Bools, *, is_centred: bool
) -> tuple[Floats, tuple[str, ...]]:
    """Give block indicators (all but the first) and covariates of the rows, centred or not."""
    # An additive regression keeps the blocks where one arm was lost: they bear on covariates.
    present = np.unique(sample.blocks[rows])[1:]
    indicators = (sample.blocks[rows][:, None] == present).astype(float)
    covariates = sample.covariates[rows]
    if is_centred:
        indicators = indicators - kept.weights[present]
        covariates = covariates - _centres(sample, kept)
    names = tuple(sample.block_names[code] for code in present) + sample.covariate_names
    return np.column_stack([indicators, covariates]), names


def _centres(sample: Sample, kept: Kept) -> Floats:
    """Give the means of the covariates among those drawn, in the blocks that remain."""
    centres = np.zeros(sample.covariates.shape[1])
    for block in np.flatnonzero(kept.weights):
        drawn = sample.covariates[sample.blocks == block]
        centres += kept.weights[block] * drawn.mean(axis=0)
    return centres


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


def _padded(sample: Sample, found: Spread, fit: Fit, outcomes: Floats) -> Floats:
    """Add a zero a block, and make exactly zero what is rounding noise."""
    pull = np.linalg.norm(fit.direction(OFFER))
    noise = ROUNDING * pull * np.linalg.norm(outcomes, axis=0)
    influence = found.influence.copy()
    influence[np.linalg.norm(influence, axis=1) <= noise] = 0.0
    return np.pad(influence, ((0, 0), (0, len(sample.block_names))))


def _dropped(fit: Fit, design: _Design, covariates: tuple[str, ...]) -> tuple[str, ...]:
    """Give the covariates of which a column was dropped.

    Indicators of missing values are ours: two that coincide are nothing a reader must know.
    """
    origin = dict(zip(design.names, design.origins, strict=True))
    dropped = dict.fromkeys(origin[name] for name in fit.dropped)
    return tuple(name for name in dropped if name in covariates and not name.endswith(INDICATOR))


def _notes(kept: Kept, dropped: tuple[str, ...], found: Spread) -> dict[str, str]:
    notes: dict[str, str] = {}
    if kept.lost:
        notes["lost_blocks"] = ", ".join(kept.lost)
    if dropped:
        notes["collinear"] = ", ".join(dropped)
    if found.full_leverage:
        notes["full_leverage"] = str(found.full_leverage)
    return notes

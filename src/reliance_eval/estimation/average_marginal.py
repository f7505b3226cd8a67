"""The logit's average marginal effect: what the offer does to a probability, over those drawn.

A logit of the outcome on the offer, block indicators and covariates gives everyone drawn two
probabilities, had they been offered and had they not; the effect is the mean of their differences,
in points of probability. Its variance is unconditional: beside that of the coefficients (delta
method, with the residuals corrected as the named variance corrects them) it counts that those
drawn are themselves a sample, so that the mean of their differences varies.

References
----------
Freedman (2008), Statistical Science 23(2), 237-249: what a logit says of a randomised trial.
Steingrimsson, Hanley and Rosenblum (2017), Contemporary Clinical Trials 54, 18-24: the estimator.
Terza (2016), Health Services Research 51(3), 1109-1113: both parts of the variance.
McCullagh and Nelder (1989), Generalized Linear Models, section 2.5: iterated least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.effects import Effects, cells_of
from reliance_eval.estimation.linear import Fit, least_squares
from reliance_eval.estimation.regressing import without_lone_indicators
from reliance_eval.estimation.regressors import OFFER
from reliance_eval.estimation.sample import REFERENCE, Kept, Sample, keep
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.estimation.variance import spread_of

VARIANCES = ("HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2", "CR3")
"""The variances its coefficients can follow."""

ROUNDS = 40
"""Newton's method doubles its digits a round where there is an answer (a dozen rounds at most in
practice); where a column separates, the predictor grows by about one a round for ever."""

SETTLED = 1e-9
"""Largest change of a log-odds, relative to its size, at which the rounds end."""


def logit_effects(sample: Sample) -> Effects:
    """Give the average marginal effect of the offer on a yes-or-no outcome.

    Parameters
    ----------
    sample : Sample
        Its outcome is 0 or 1; its ``variance`` one of ``VARIANCES``, HC2 by default, or CR2
        where clusters were drawn. Every arm has its own indicator.

    Raises
    ------
    Unestimable
        ``separation``: some combination of columns tells those with the outcome from those
        without, and no finite logit is the likeliest. ``no_variation``, ``no_contrast``, or what
        the variance lacks.
    """
    kept = keep(sample)
    sample = without_lone_indicators(sample, kept.rows)
    outcome = sample.outcome[kept.rows]
    if np.all(outcome == outcome[:1]):
        raise Unestimable("no_variation")
    design = _design(sample, kept)
    weights = None if sample.weights is None else sample.weights[kept.rows]
    logit = _solved(design.columns[kept.rows], outcome, names=design.names, weights=weights)
    if OFFER not in logit.fit.names:
        raise Unestimable("no_contrast")
    marginal = _marginal(sample, kept, design, logit)
    convention = sample.variance or ("CR2" if sample.is_clustered else "HC2")
    found = spread_of(
        logit.fit,
        logit.fit.combined_pull(marginal.gradient),
        convention=convention,
        clusters=sample.clusters[kept.rows],
        groups=sample.groups,
    )
    of_those_drawn = np.bincount(sample.clusters, marginal.parts, minlength=sample.groups)
    notes = {"unconditional": ""}
    if kept.lost:
        notes["lost_blocks"] = ", ".join(kept.lost)
    if dropped := _dropped(logit.fit, sample):
        notes["collinear"] = ", ".join(dropped)
    return Effects(
        values=np.array([marginal.effect]),
        # A zero a block, as in every estimator: contributions of a family have one length.
        influence=np.pad(found.influence + of_those_drawn, ((0, 0), (0, len(kept.weights)))),
        df=np.array([found.df]),
        variance=convention,
        rows=kept.rows,
        mean_reference=kept.weights @ cells_of(sample, kept, sample.outcome[:, None]).means[::2],
        notes=tuple(notes),
        note_values=notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """The columns of everyone drawn; ``arms`` says which of them are indicators of an arm."""

    columns: Floats
    names: tuple[str, ...]
    arms: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Logit:
    """The last round of a settled logit: its least squares, and the log-odds' coefficients."""

    fit: Fit
    coefficients: Floats
    kept: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Marginal:
    """The effect, its derivative by each coefficient, and what each unit drawn adds to it."""

    effect: float
    gradient: Floats
    parts: Floats


def _design(sample: Sample, kept: Kept) -> _Design:
    others = [a for a in np.unique(sample.arms).tolist() if a not in (REFERENCE, sample.target)]
    arms = (sample.target, *others)
    blocks = np.flatnonzero(kept.weights > 0.0)[1:].tolist()
    columns = [
        np.ones(len(sample.arms)),
        *(sample.arms == arm for arm in arms),
        *(sample.blocks == block for block in blocks),
        *sample.covariates.T,
    ]
    names = ("constant", OFFER, *(f"arm {arm}" for arm in others))
    names += tuple(f"block {block}" for block in blocks)
    names += tuple(f"with {name}" for name in sample.covariate_names)
    is_arm = np.zeros(len(columns), dtype=np.bool_)
    is_arm[1 : 1 + len(arms)] = True
    return _Design(np.column_stack(columns).astype(np.float64), names, is_arm)


def _solved(
    columns: Floats, outcome: Floats, *, names: tuple[str, ...], weights: Floats | None
) -> _Logit:
    """Solve the logit by iterated least squares, or find that it has no finite solution."""
    from scipy.special import expit

    chance = (outcome + 0.5) / 2.0
    odds = np.log(chance / (1.0 - chance))
    kept: Bools | None = None
    for _ in range(ROUNDS):
        room = chance * (1.0 - chance)
        if np.any(room == 0.0):
            break
        fit = least_squares(
            columns,
            (odds + (outcome - chance) / room)[:, None],
            names=names,
            weights=room if weights is None else room * weights,
        )
        found = np.isin(names, fit.names)
        if kept is not None and not np.array_equal(found, kept):
            break
        kept, before = found, odds
        odds = columns[:, kept] @ fit.coefficients[:, 0]
        chance = expit(odds)
        if np.max(np.abs(odds - before)) <= SETTLED * (1.0 + np.max(np.abs(odds))):
            return _Logit(fit, fit.coefficients[:, 0], kept)
    raise Unestimable("separation")


def _marginal(sample: Sample, kept: Kept, design: _Design, logit: _Logit) -> _Marginal:
    from scipy.special import expit

    counts = np.bincount(sample.blocks, minlength=len(kept.weights))
    shares = (kept.weights / np.maximum(counts, 1))[sample.blocks]
    chances, gradients = [], []
    for is_offered in (True, False):
        columns = design.columns.copy()
        columns[:, design.arms] = 0.0
        columns[:, design.names.index(OFFER)] = is_offered
        columns = columns[:, logit.kept]
        chance = expit(columns @ logit.coefficients)
        chances.append(chance)
        gradients.append((shares * chance * (1.0 - chance)) @ columns)
    gaps = chances[0] - chances[1]
    effect = float(shares @ gaps)
    return _Marginal(effect, gradients[0] - gradients[1], shares * (gaps - effect))


def _dropped(fit: Fit, sample: Sample) -> tuple[str, ...]:
    covariates = {f"with {name}": name for name in sample.covariate_names}
    return tuple(covariates[name] for name in fit.dropped if name in covariates)

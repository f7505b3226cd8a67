"""Summing several outcomes up in one: indices whose weights do not look at the effect.

Every component is first turned so that higher is better and divided by its standard deviation in
the reference arm. Means, standard deviations and weights are then treated as known: a standard
error of the index is that of an outcome measured so.

References
----------
Anderson (2008), JASA 103(484), 1481-1495, section 3.2.1 and appendix A: weights from the inverse of
the components' covariance; who lacks components is given the weighted mean of the others.
Kling, Liebman and Katz (2007), Econometrica 75(1), 83-119, section 2.3 and footnote 22: the mean of
z-scores; who has one component at least is given the mean of her arm for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]
IndexMethod: TypeAlias = Literal["anderson", "klk"]
Fault: TypeAlias = Literal["no_value", "no_variation", "determined"]

REFERENCE = 0
DETERMINED = 1e-10
"""A covariance whose smallest eigenvalue is under this share of the largest has no inverse to
trust: one component is then a sum of others."""


class Unformed(Exception):  # noqa: N818
    """No index exists.

    Parameters
    ----------
    fault : {"no_value", "no_variation", "determined"}
    component : int or None
        The component at fault: without a value, or without variation, in the reference arm. None
        where components determine one another.
    """

    def __init__(self, fault: Fault, component: int | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.component = component


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """An index and what it is made of.

    Attributes
    ----------
    values : array (n,)
        In standard deviations of the reference arm; NaN for who has no component.
    weights : array (k,)
        Of the components, as turned and scaled; they sum to one and may be negative.
    means, spreads : array (k,)
        What was subtracted from each component, and its standard deviation in the reference arm.
    """

    values: Floats
    weights: Floats
    means: Floats
    spreads: Floats


def summed_up(components: Floats, arms: Codes, signs: Floats, method: IndexMethod) -> Summary:
    """Sum components up in one index.

    Parameters
    ----------
    components : array (n, k)
        NaN where missing.
    arms : array of int (n,)
        0 is the reference.
    signs : array (k,)
        -1 where lower is better, else 1.
    method : {"anderson", "klk"}

    Raises
    ------
    Unformed
        A component has fewer than two values, or no variation, in the reference arm; or components
        determine one another (``anderson``).

    Examples
    --------
    >>> two = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, np.nan], [np.nan, np.nan]])
    >>> found = summed_up(two, np.array([0, 0, 1, 1]), np.ones(2), "klk")
    >>> found.values.round(3).tolist(), found.weights.tolist()
    ([-0.707, 0.707, 1.061, nan], [0.5, 0.5])
    """
    turned = signs * components
    spreads = _spreads(turned[arms == REFERENCE])
    known = ~np.isnan(turned)
    if method == "klk":
        means = np.nanmean(turned[arms == REFERENCE], axis=0)
        scaled = (turned - means) / spreads
        weights = np.full(len(means), 1.0 / len(means))
        values = _imputed(scaled, known, arms).mean(axis=1)
        return Summary(np.where(known.any(axis=1), values, np.nan), weights, signs * means, spreads)
    means = np.nanmean(turned, axis=0)
    scaled = np.where(known, (turned - means) / spreads, 0.0)
    weights = _inverse_weights(scaled, known)
    total = known @ weights
    # Negative weights could leave less than nothing to a unit that lacks the others.
    is_weighed = total > DETERMINED
    values = np.where(is_weighed, scaled @ weights / np.where(is_weighed, total, 1.0), np.nan)
    return Summary(values, weights, signs * means, spreads)


def _spreads(reference: Floats) -> Floats:
    """Give each component's standard deviation in the reference arm."""
    for place, column in enumerate(reference.T):
        seen = column[~np.isnan(column)]
        if len(seen) < 2:
            raise Unformed("no_value", place)
        if np.ptp(seen) == 0.0:
            raise Unformed("no_variation", place)
    spreads: Floats = np.nanstd(reference, axis=0, ddof=1)
    return spreads


def _imputed(scaled: Floats, known: npt.NDArray[np.bool_], arms: Codes) -> Floats:
    """Give who has a component the mean of her arm for those she lacks."""
    filled = scaled.copy()
    for arm in np.unique(arms):
        inside = arms == arm
        counts = known[inside].sum(axis=0)
        sums = np.where(known[inside], scaled[inside], 0.0).sum(axis=0)
        # An arm that nobody of shows a component of has no mean of it: the reference's is zero.
        own = np.where(counts > 0, sums / np.maximum(counts, 1), 0.0)
        filled[inside] = np.where(known[inside], scaled[inside], own)
    return filled


def _inverse_weights(scaled: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Give the row sums of the inverse covariance, each pair over the units that have both."""
    pairs = known.T.astype(np.float64) @ known
    if np.any(pairs < 2):
        raise Unformed("determined")
    covariance = scaled.T @ scaled / pairs
    sizes = np.linalg.eigvalsh(covariance)
    if sizes[0] <= DETERMINED * sizes[-1]:
        raise Unformed("determined")
    row_sums = np.linalg.solve(covariance, np.ones(len(covariance)))
    weights: Floats = row_sums / row_sums.sum()
    return weights

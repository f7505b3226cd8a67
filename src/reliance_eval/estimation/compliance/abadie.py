"""Abadie's kappa: weights under which a sample averages over those whom an offer moves.

References
----------
Abadie (2003), Journal of Econometrics 113(2), 231-263, theorem 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault
from reliance_eval.estimation.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Kappa:
    """Three weights a unit; each sums, on average, to the share of compliers.

    A weight may be negative: sums over a sample are means among compliers, single units are none.

    Attributes
    ----------
    everyone : array (n,)
        For anything known of a unit before the offer, or of all three of (Y, D, X).
    treated : array (n,)
        For outcomes with take-up.
    untreated : array (n,)
        For outcomes without it.
    """

    everyone: Floats
    treated: Floats
    untreated: Floats


def kappa(
    take_up: npt.ArrayLike, offer: npt.ArrayLike, probability: npt.ArrayLike | float
) -> Kappa:
    """Give Abadie's weights, under which means are means among compliers.

    With each block's share of the arm as its probability, weighted means equal those of
    ``compliers``; with the probabilities of a draw they estimate the same.

    Parameters
    ----------
    take_up, offer : array (n,)
        0 or 1, or booleans.
    probability : array (n,) or float
        Probability of the offer, strictly between 0 and 1: the draw's, by block.

    Returns
    -------
    Kappa
        ``everyone`` is 1 - D(1-Z)/(1-p) - (1-D)Z/p; ``treated`` is D(Z-p)/(p(1-p));
        ``untreated`` is (1-D)((1-Z)-(1-p))/(p(1-p)).

    Raises
    ------
    DataError
        Take-up or offer is something else than 0 or 1, or a probability is not between them.

    Examples
    --------
    >>> import numpy as np
    >>> z, d = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 0])
    >>> weights = kappa(d, z, 0.5)
    >>> weights.everyone.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, -1.0]
    >>> age = np.array([30.0, 40.0, 50.0, 30.0, 40.0, 50.0])
    >>> float(np.average(age, weights=weights.everyone))
    35.0
    """
    taken, offered = _binary(take_up, "take_up"), _binary(offer, "offer")
    p = np.broadcast_to(np.asarray(probability, dtype=np.float64), offered.shape)
    if n := int(np.sum(~((p > 0.0) & (p < 1.0)))):
        raise DataError(Fault("E-ESTIMATION-PROBABILITY", "probability", {"n": n}))
    spread = p * (1.0 - p)
    return Kappa(
        everyone=1.0 - taken * (1.0 - offered) / (1.0 - p) - (1.0 - taken) * offered / p,
        treated=taken * (offered - p) / spread,
        untreated=(1.0 - taken) * (p - offered) / spread,
    )


def _binary(values: npt.ArrayLike, where: str) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if n := int(np.sum(~np.isin(found, (0.0, 1.0)))):
        raise DataError(Fault("E-ESTIMATION-NOT-BINARY", where, {"n": n}))
    return found

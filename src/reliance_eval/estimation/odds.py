"""The odds of the draw on a bare frame: inverse probabilities, or probabilities."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.columns import numbers

LUCK = 5.0
"""Standard errors that the luck of the draw may move a sum of inverse chances by."""


def read_weights(
    frame: nw.DataFrame[Any], weights: str | None, probability: str | None
) -> Floats | None:
    """Give inverse probabilities from the column that says them; NaN where it does not.

    Parameters
    ----------
    frame : DataFrame
    weights, probability : str or None
        Columns of the inverse of each unit's chance of the arm it is in, or of that chance.

    Raises
    ------
    ProtocolError
        Both are given.
    DataError
        A weight is not positive, or a chance is not above 0 and at most 1.
    """
    if weights and probability:
        raise ProtocolError(Fault("E-ESTIMATION-WEIGHTS-TWICE", "probability"))
    if weights:
        found = numbers(frame[weights], weights)
        if n := int(np.sum(found <= 0.0)):
            raise DataError(Fault("E-ESTIMATION-WEIGHTS", weights, {"n": n}))
        return found
    if probability:
        chances = numbers(frame[probability], probability)
        if n := int(np.sum((chances <= 0.0) | (chances > 1.0))):
            raise DataError(Fault("E-ESTIMATION-CHANCE", probability, {"n": n}))
        return 1.0 / chances
    return None


def check_own_arm(arms: Ints, weights: Floats, where: str) -> None:
    """Refuse chances of the offer given as chances of one's own arm.

    The inverse chances of an arm's units add up to everybody's number, but for the luck of the
    draw.

    Raises
    ------
    DataError
        They do not, in some arm.
    """
    for arm in np.unique(arms):
        own = weights[arms == arm]
        luck = LUCK * np.sqrt(np.sum(own * (own - 1.0)))
        if abs(own.sum() - len(weights)) > luck + 1.0:
            raise DataError(Fault("E-ESTIMATION-OWN-ARM", where))

"""Whole numbers for the draw: what pairs and re-randomised draws read of a unit.

A covariate enters the draw as its value times its declared scale, rounded to the nearest whole
number (halves to the even one). The whole numbers are committed with the frame, so that nobody
who holds the draw again needs to know how they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault

if TYPE_CHECKING:
    import pandas as pd

    from reliance_eval.protocol.model import Scaled

LARGEST = 2**53
"""Up to here every whole number is a double, so that rounding is exact."""


def scaled(eligible: pd.DataFrame, covariates: Sequence[Scaled]) -> npt.NDArray[np.int64]:
    """Give the whole numbers of each row of an eligible table, (n, k).

    Parameters
    ----------
    eligible : DataFrame
        Holds a column for each variable.
    covariates : sequence of Scaled

    Raises
    ------
    DataError
        A value is missing, or too large: the variable and a count are given, never the value.
    """
    found = np.zeros((len(eligible), len(covariates)), dtype=np.int64)
    faults = []
    for column, covariate in enumerate(covariates):
        name = covariate.variable
        values = eligible[name].to_numpy(dtype=np.float64, na_value=np.nan) * covariate.scale
        if missing := int(np.isnan(values).sum()):
            faults.append(Fault("E-LOTTERY-MISSING", "", {"column": name, "n": missing}))
        elif large := int((np.abs(values) > LARGEST).sum()):
            faults.append(Fault("E-LOTTERY-COVARIATE-LARGE", "", {"column": name, "n": large}))
        else:
            found[:, column] = np.rint(values)
    if faults:
        raise DataError(faults)
    return found

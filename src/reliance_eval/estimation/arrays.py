"""Names for the arrays of numbers that estimation passes around."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

ROUNDING = 1e-12
"""A spread smaller than this share of the numbers it comes from is rounding noise: some 5,000
units in the last place of a double, far below any variation that data carry."""

FULL = 1e-9
"""Distance of a leverage from one under which its residual is zero by construction."""

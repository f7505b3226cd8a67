"""Correcting p-values for their number, from the p-values alone: no interval goes with these.

References
----------
Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
Hochberg (1988), Biometrika 75(4), 800-802.
Benjamini and Hochberg (1995), JRSS B 57(1), 289-300.
Benjamini, Krieger and Yekutieli (2006), Biometrika 93(3), 491-507, definition 6.
Anderson (2008), JASA 103(484), 1481-1495, section 3.2.2: sharpened q-values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats

Alone: TypeAlias = Literal["bonferroni", "holm", "hochberg", "bh", "bky"]
"""Corrections that need nothing but p-values; ``bh`` and ``bky`` give q-values."""


def adjust_p_values(
    p_values: Sequence[float] | npt.NDArray[Any], *, method: Alone = "holm"
) -> Floats:
    """Correct p-values for how many they are.

    Parameters
    ----------
    p_values : sequence of float, shape (m,)
        One family, in any order.
    method : {"bonferroni", "holm", "hochberg", "bh", "bky"}
        The first three bound the chance of a single false rejection (Hochberg's under positive
        dependence). ``bh`` and ``bky`` bound the expected share of false rejections and give
        q-values: the smallest share at which a hypothesis is rejected. A ``bky`` q-value may be
        smaller than its p.

    Returns
    -------
    array (m,)
        In the order given.

    Raises
    ------
    DataError
        A p-value is missing, or not between 0 and 1.
    ProtocolError
        There is no such method.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03], method="holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    if method not in ALONE:
        values = {"name": method, "known": ", ".join(ALONE)}
        raise ProtocolError(Fault("E-ESTIMATION-CORRECTION", "method", values))
    p = np.asarray(p_values, dtype=np.float64)
    if n := int(np.sum(~((p >= 0.0) & (p <= 1.0)))):
        raise DataError(Fault("E-ESTIMATION-P-VALUES", "p_values", {"n": n}))
    return ALONE[method](p)


def _times_their_number(p: Floats) -> Floats:
    return np.minimum(1.0, len(p) * p)


def holm(p: Floats) -> Floats:
    """Give Holm's step-down p-values.

    >>> holm(np.array([0.001, 0.012, 0.013, 0.02, 0.04, 0.2])).round(3).tolist()
    [0.006, 0.06, 0.06, 0.06, 0.08, 0.2]
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _in_place(np.minimum(stepped, 1.0), order)


def hochberg(p: Floats) -> Floats:
    """Give Hochberg's step-up p-values.

    >>> hochberg(np.array([0.01, 0.03, 0.04])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    return _stepped_up(p, np.arange(len(p), 0, -1, dtype=np.float64))


def bh(p: Floats) -> Floats:
    """Give Benjamini and Hochberg's q-values.

    >>> bh(np.array([0.01, 0.03, 0.04])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    return _stepped_up(p, len(p) / np.arange(1, len(p) + 1))


def bky(p: Floats) -> Floats:
    """Give Benjamini, Krieger and Yekutieli's sharpened q-values.

    At a share q the first stage rejects r of m hypotheses at q/(1 + q), and the second all whose
    BH q-value is under q/(1 + q) times m/(m - r). The smallest q that rejects a hypothesis is found
    exactly: for each r, the q at which the first stage has r rejections, or the second stage
    reaches this hypothesis, whichever is larger.

    >>> bky(np.array([0.001, 0.01, 0.02, 0.9])).round(4).tolist()
    [0.004, 0.0152, 0.0204, 0.2903]
    """
    size = len(p)
    q = bh(p)
    reached = _odds(np.concatenate([[0.0], np.sort(q)]))
    left = (size - np.arange(size + 1)) / size
    needed = np.maximum(reached, _odds(q[:, None] * left))
    sharpened: Floats = np.minimum(1.0, needed.min(axis=1))
    return sharpened


def _odds(share: Floats) -> Floats:
    """Give the q for which q/(1 + q) is a share; one has none."""
    is_one = share >= 1.0
    odds: Floats = np.where(is_one, np.inf, share / np.where(is_one, 1.0, 1.0 - share))
    return odds


def _stepped_up(p: Floats, factors: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    stepped = np.minimum.accumulate((p[order] * factors)[::-1])[::-1]
    return _in_place(np.minimum(stepped, 1.0), order)


def _in_place(ordered: Floats, order: npt.NDArray[np.intp]) -> Floats:
    placed = np.empty(len(ordered))
    placed[order] = ordered
    return placed


ALONE: dict[str, Callable[[Floats], Floats]] = {
    "bonferroni": _times_their_number,
    "holm": holm,
    "hochberg": hochberg,
    "bh": bh,
    "bky": bky,
}

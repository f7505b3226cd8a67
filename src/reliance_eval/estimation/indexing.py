"""An index of several outcomes, on a bare data frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.columns import categories, numbers
from reliance_eval.estimation.framing import Columns, check_columns, ordered_arms
from reliance_eval.panel.summing_up import IndexMethod, Summary, Unformed, summed_up

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """Several outcomes in one, in standard deviations of the reference arm.

    Attributes
    ----------
    values : array (n,)
        One a row of the frame, in its order; NaN where no component is known, or no offer.
    outcomes : tuple of str
        The components.
    weights : array (k,)
        They sum to one; with ``anderson`` one may be negative.
    means, spreads : array (k,)
        What was subtracted from each component, and what it was divided by.
    signs : array (k,)
        1, or -1 where lower is better.
    method : {"anderson", "klk"}
    """

    values: Floats
    outcomes: tuple[str, ...]
    weights: Floats
    means: Floats
    spreads: Floats
    signs: Floats
    method: IndexMethod

    def tidy(self) -> pd.DataFrame:
        """Give one row a component: what was done to it, and how much it weighs."""
        import pandas as pd

        columns = {
            "outcome": self.outcomes,
            "sign": self.signs,
            "mean": self.means,
            "spread": self.spreads,
            "weight": self.weights,
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        """Show the components, never the values of people."""
        parts = zip(self.outcomes, self.weights, strict=True)
        return f"Index({self.method}: {', '.join(f'{w:.3g} {name}' for name, w in parts)})"

    def _repr_html_(self) -> str:
        html: str = self.tidy().to_html(index=False, border=0, float_format="{:.4g}".format)
        return html


def index(  # noqa: PLR0913 (its components, its arm, its method)
    data: IntoDataFrame,
    *,
    outcomes: Sequence[str],
    offer: str,
    reference: object = None,
    method: IndexMethod = "anderson",
    signs: Sequence[int] | None = None,
) -> Index:
    """Sum several outcomes up in one index, in standard deviations of the reference arm.

    Estimate its effect like any other outcome's: ``itt(frame.assign(i=found.values), outcome="i",
    ...)``. The standard error then treats means, standard deviations and weights as known.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
    outcomes : sequence of str
        Columns: two components or more.
    offer : str
        Column of the arm.
    reference : optional
        The value of ``offer`` that scales; by default False, 0 or ``control``.
    method : {"anderson", "klk"}
        ``anderson``: weights from the inverse covariance of the components, all arms together; a
        unit that lacks some has the weighted mean of those it has. ``klk``: the mean of z-scores;
        a unit that has some is given the mean of its arm for those it lacks.
    signs : sequence of int, optional
        1 where higher is better, -1 where lower is; by default all 1.

    Returns
    -------
    Index

    Raises
    ------
    DataError
        A column is not there or holds no numbers; a component does not vary in the reference arm;
        components determine one another (``anderson``).
    ProtocolError
        ``method`` or ``signs`` is not admissible.

    References
    ----------
    Anderson (2008), JASA 103(484), 1481-1495; Kling, Liebman and Katz (2007), Econometrica 75(1).

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"z": [0, 0, 0, 1], "calm": [1.0, 2.0, 3.0, 3.0], "debts": [5.0, 3.0, 4.0, 2.0]}
    ... )
    >>> found = index(frame, outcomes=["calm", "debts"], offer="z", method="klk", signs=[1, -1])
    >>> found.values.tolist()
    [-1.0, 0.5, 0.5, 1.5]
    """
    if method not in get_args(IndexMethod):
        values = {"name": method, "known": ", ".join(get_args(IndexMethod))}
        raise ProtocolError(Fault("E-ESTIMATION-INDEX-METHOD", "method", values))
    names = tuple(outcomes)
    turned = np.ones(len(names)) if signs is None else np.asarray(signs, dtype=np.float64)
    if turned.shape != (len(names),) or not np.all(np.abs(turned) == 1.0):
        raise ProtocolError(Fault("E-ESTIMATION-SIGNS", "signs"))
    frame = nw.from_native(data, eager_only=True)
    for name in names:
        check_columns(tuple(frame.columns), Columns(outcome=name, offer=offer))
    _, arms = ordered_arms(categories(frame[offer]), reference, offer)
    components = np.column_stack([numbers(frame[name], name) for name in names])
    inside = arms >= 0
    found = _summed_up(components[inside], arms[inside], turned, method, names)
    placed = np.full(len(arms), np.nan)
    placed[inside] = found.values
    return Index(
        values=placed,
        outcomes=names,
        weights=found.weights,
        means=found.means,
        spreads=found.spreads,
        signs=turned,
        method=method,
    )


def _summed_up(
    components: Floats,
    arms: Ints,
    signs: Floats,
    method: IndexMethod,
    names: tuple[str, ...],
) -> Summary:
    try:
        return summed_up(components, arms, signs, method)
    except Unformed as refusal:
        if refusal.component is None:
            raise DataError(Fault("E-ESTIMATION-INDEX-DETERMINED", "outcomes")) from None
        values = {"name": names[refusal.component]}
        raise DataError(Fault("E-ESTIMATION-INDEX", "outcomes", values)) from None

"""Balance on a bare data frame: how alike the arms were before the offer.

No p-value a row by default: with many rows some are small by chance, and readers hunt them. Two
joint tests answer for the whole table, the exact one by re-draws and the usual F beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.columns import categories
from reliance_eval.estimation.framing import (
    Columns,
    Frame,
    check_columns,
    names_of,
    read_frame,
)
from reliance_eval.estimation.redraws.framing import (
    canonical_order,
    check_redraws,
    ordered,
    replay_of_sample,
)
from reliance_eval.estimation.sample import REFERENCE
from reliance_eval.language.catalogue import Value, words
from reliance_eval.language.numbers import Numbers
from reliance_eval.robustness.baseline.comparing import Arms, BalanceRow, balance_rows
from reliance_eval.robustness.baseline.lines import Line, columns_of, lines_of_column
from reliance_eval.robustness.baseline.love_plot import LovePoint, LoveWords, love_figure
from reliance_eval.robustness.baseline.redrawing import DrawTest, redrawn
from reliance_eval.robustness.baseline.regressing_offer import OfferTest, offer_test

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NO_OUTCOME = "#no outcome"
"""A column that the frame is given in the place of an outcome: nothing here is measured after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How alike the arms were before the offer.

    Attributes
    ----------
    rows : tuple of BalanceRow
        One a line and compared arm.
    by_redraws : DrawTest or None
        None where the blocks hold every line fixed, or where units have weights: no draw says
        what weights other units would have had.
    by_regression : OfferTest or None
        The F of the covariates in the regression of the offer on them within blocks; None where
        the blocks hold every line fixed.
    arms : tuple of str
        The reference first.
    n : int
        Units compared.
    """

    rows: tuple[BalanceRow, ...]
    by_redraws: DrawTest | None
    by_regression: OfferTest | None
    arms: tuple[str, ...]
    n: int

    @property
    def largest(self) -> float:
        """The largest standardised difference of a line, in absolute value."""
        found = [row.standardised_difference for row in self.rows if row.measure != "whole"]
        return max((abs(value) for value in found if value is not None), default=0.0)

    def tidy(self) -> pd.DataFrame:
        """Give one row a line and arm; ``p_value`` only where it was asked for."""
        import pandas as pd

        table = pd.DataFrame([asdict(row) for row in self.rows])
        return table if table["p_value"].notna().any() else table.drop(columns="p_value")

    def joint(self) -> pd.DataFrame:
        """Give one row a joint test: ``redraws`` (exact), ``regression`` (an approximation)."""
        import pandas as pd

        rows: list[dict[str, object]] = []
        if (drawn := self.by_redraws) is not None:
            rows.append({"test": "redraws", **asdict(drawn), "df_residual": None})
        if (fitted := self.by_regression) is not None:
            rows.append({"test": "regression", **asdict(fitted)})
        columns = ["test", "statistic", "df", "df_residual", "p_value", "monte_carlo_error"]
        return pd.DataFrame(rows).reindex(columns=[*columns, "redraws", "is_exact"])

    def said(self, *, language: str = "en") -> str:
        """Say what the joint tests found."""
        write = Numbers(language)
        if self.by_redraws is None or self.by_regression is None:
            return words(language).text("balance.untested")
        values: dict[str, Value] = {
            "p": write.p_said(self.by_redraws.p_value),
            "p_regression": write.p_said(self.by_regression.p_value),
            "redraws": write.integer(self.by_redraws.redraws),
            "largest": write.decimal(self.largest, 2),
        }
        return words(language).text("balance.tested", **values)

    def plot(self, *, language: str = "en") -> Figure:
        """Draw the love plot: standardised differences, lines in their order."""
        points = tuple(
            LovePoint(_label(row, language), row.arm, row.standardised_difference)
            for row in self.rows
            if row.measure != "whole" and row.standardised_difference is not None
        )
        say = words(language).text
        return love_figure(points, LoveWords(say("balance.axis"), Numbers(language).signed))

    def _repr_html_(self) -> str:
        tables = (self.tidy(), self.joint())
        return "\n".join(table.to_html(index=False, border=0, na_rep="–") for table in tables)


def balance(  # noqa: PLR0913 (as ``itt``)
    data: Any,
    *,
    offer: str,
    covariates: Sequence[str],
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    weights: str | None = None,
    reference: object = None,
    p_values: bool = False,
    redraws: int = 10_000,
    seed: int = 0,
) -> Balance:
    """Compare the arms on what was known before the offer.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit. The order of rows moves no number.
    offer : str
        Column of arms. A unit without one was not in the experiment.
    covariates : sequence of str
        Numbers, booleans, or text: one line a level, and one number for three levels or more. A
        missing value is a line of its own.
    blocks, clusters : optional
        As in ``itt``; the re-draws keep in each block the number of units (or of clusters) found
        in each arm.
    weights : str, optional
        Column of the units' weights, for means, differences and the F.
    reference : optional
        The value of ``offer`` that others are compared with; by default False, 0 or ``control``.
    p_values : bool
        Also give each line its own p-value, by re-draws.
    redraws : int
        At least 99. Where the design has no more assignments than this, all are enumerated.
    seed : int
        Of the re-draws.

    Returns
    -------
    Balance

    Raises
    ------
    DataError
        A column is not there or holds what it may not, or a cluster lies in several blocks.
    ProtocolError
        ``redraws`` is too small, or p-values are asked for of weighted units.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"z": [0, 1] * 4, "age": [20, 31, 42, 25, 37, 44, 29, 33]})
    >>> found = balance(people, offer="z", covariates=["age"], redraws=99)
    >>> round(found.rows[0].standardised_difference, 3), found.by_redraws.redraws
    (0.142, 70)

    References
    ----------
    Imbens and Rubin (2015), eq. 14.2; Yang and Dalton (2012); Hansen and Bowers (2008).
    """
    check_redraws(redraws)
    if weights is not None and p_values:
        raise ProtocolError(Fault("E-BALANCE-WEIGHTS", "weights"))
    frame, lines = _read(
        data,
        Columns(
            outcome=NO_OUTCOME,
            offer=offer,
            blocks=names_of(blocks),
            clusters=clusters,
            weights=weights,
        ),
        tuple(covariates),
        reference,
    )
    columns = columns_of(lines)
    order = canonical_order(frame.sample, columns)
    sample, columns = ordered(frame.sample, order), columns[order]
    arms = Arms(
        codes=sample.arms,
        blocks=sample.blocks,
        names=frame.arms,
        reference=REFERENCE,
        weights=sample.weights,
    )
    lines = tuple(Line(x.variable, x.level, x.measure, x.values[order]) for x in lines)
    found = None
    if weights is None:
        replay = replay_of_sample(
            sample, redraws=redraws, seed=seed, stream="balance", where=clusters or ""
        )
        (found,) = redrawn(columns, replay, reference=REFERENCE, scopes=(replay.free,))
    return Balance(
        rows=balance_rows(lines, arms, redrawn=found if p_values else None),
        by_redraws=None if found is None else found.test(),
        by_regression=offer_test(
            columns,
            sample.arms,
            reference=REFERENCE,
            blocks=sample.blocks,
            clusters=sample.clusters if sample.is_clustered else None,
            weights=sample.weights,
        ),
        arms=frame.arms,
        n=len(sample.arms),
    )


def _read(
    data: Any, columns: Columns, covariates: tuple[str, ...], reference: object
) -> tuple[Frame, tuple[Line, ...]]:
    """Read the arms and how they were drawn, and the covariates as lines of the units inside."""
    given = nw.from_native(data, eager_only=True)
    check_columns(
        tuple(given.columns), replace(columns, outcome=columns.offer, covariates=covariates)
    )
    frame = read_frame(
        given.with_columns(nw.lit(0.0).alias(NO_OUTCOME)).to_native(),
        columns,
        reference=reference,
        variance=None,
        level=0.95,
    )
    lines: list[Line] = []
    for name in dict.fromkeys(covariates):
        found = lines_of_column(_as_pandas(given[name]), name)
        if not found:
            raise DataError(Fault("E-BALANCE-COVARIATE", name))
        lines += [line.among(frame.inside) for line in found]
    if not lines:
        raise ProtocolError(Fault("E-BALANCE-NO-COVARIATE", "covariates"))
    return frame, tuple(lines)


def _as_pandas(column: nw.Series[Any]) -> pd.Series:
    """Give a column as pandas holds it; categories are their labels."""
    import pandas as pd

    if column.dtype in (nw.Categorical, nw.Enum):
        found = categories(column)
        texts = np.array([*found.names, None], dtype=object)
        return pd.Series(texts[found.codes], dtype=object)
    return column.to_pandas().reset_index(drop=True)


def _label(row: BalanceRow, language: str) -> str:
    if row.measure == "missing":
        return words(language).text("balance.missing", variable=row.variable)
    return f"{row.variable} = {row.level}" if row.level else row.variable

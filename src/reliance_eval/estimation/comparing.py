"""Comparing arms on a bare data frame: the effect of the offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.framing import Columns, answers, names_of, read_frame

ADJUSTMENTS = {"none": "blocked", "ancova": "ancova", "lin": "lin"}
"""The estimator behind each value of ``adjust``."""


def itt(  # noqa: PLR0913 (the signature is a contract)
    data: IntoDataFrame,
    *,
    outcome: str,
    offer: str,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "ancova", "lin"] = "none",
    variance: str | None = None,
    weights: str | None = None,
    reference: object = None,
    level: float = 0.95,
) -> Answer | tuple[Answer, ...]:
    """Estimate the effect of being offered (intention to treat) on a data frame.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit. Rows without an outcome are dropped and counted; they keep their weight
        in the block's share.
    outcome, offer : str
        Columns. The offer may be boolean, 0-1 or text, with two arms or more.
    blocks : str or sequence of str, optional
        Columns within which the draw was held; several are crossed.
    clusters : str, optional
        Column of what was drawn, where units came in groups.
    covariates : sequence of str
        Columns known before the draw. Missing values are filled with the mean, beside an
        indicator of where they were missing.
    adjust : {"none", "ancova", "lin"}
        ``none``: block-weighted difference in means. ``ancova``: additive regression on offer,
        blocks and covariates. ``lin``: offer interacted with centred blocks and covariates.
    variance : str, optional
        One of ``classical, HC0, HC1, HC2, HC3, CR0, CR1, CR2, CR3, neyman, blocked, pairs``.
        By default Welch without blocks, blocked Neyman with them, HC2 for regressions, CR2 with
        clusters.
    weights : str, optional
        Column of inverse probabilities of the arm, where they differ within blocks.
    reference : optional
        The value of ``offer`` that others are compared with; by default False, 0 or ``control``.
    level : float
        Level of the interval.

    Returns
    -------
    Estimate or NotEstimable, or a tuple of them
        One a compared arm: a tuple where there are three arms or more. ``NotEstimable`` says why
        no number exists (an outcome that never varies, an arm with one unit, one cluster...).

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``adjust``, ``variance`` or ``level`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"z": [0, 0, 0, 1, 1, 1], "y": [1.0, 2.0, 3.0, 3.0, 5.0, 7.0]})
    >>> found = itt(frame, outcome="y", offer="z")
    >>> found.estimate, round(found.std_error, 4), found.variance
    (3.0, 1.291, 'neyman')
    """
    if adjust not in ADJUSTMENTS:
        values = {"name": adjust, "known": ", ".join(ADJUSTMENTS)}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    columns = Columns(
        outcome=outcome,
        offer=offer,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    frame = read_frame(data, columns, reference=reference, variance=variance, level=level)
    found = answers(frame, ADJUSTMENTS[adjust])
    return found[0] if len(found) == 1 else found

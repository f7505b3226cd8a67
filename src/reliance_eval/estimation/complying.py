"""Comparing arms where not all comply, on a bare data frame: the effect of taking the offer up."""

from __future__ import annotations

from collections.abc import Sequence

from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.framing import Columns, answers, names_of, read_frame


def late(  # noqa: PLR0913 (the signature is a contract)
    data: IntoDataFrame,
    *,
    outcome: str,
    offer: str,
    take_up: str,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    variance: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> Answer | tuple[Answer, ...]:
    """Estimate the effect of taking the offer up, for those whom the offer moves (LATE).

    Without covariates: block-weighted ITT over block-weighted first stage. With covariates: two-
    stage least squares, additive in them, weighted so that each block counts for its share. p is
    that of the ITT and the interval is Anderson and Rubin's set, with the same variance; estimate
    and standard error stand beside it.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit. Rows without an outcome or a take-up are dropped and counted.
    outcome, offer, take_up : str
        Columns; the offer has two arms, the reference being False, 0 or ``control``.
    blocks, clusters, covariates, variance, weights, level
        As in ``itt``.

    Returns
    -------
    Estimate or NotEstimable
        With ``first_stage`` (an Estimate), ``first_stage_f``, ``anderson_rubin`` (one or two
        (low, high) intervals; None is unbounded) and ``untreated_complier_mean``. A tuple of
        them, one an arm, where the offer has three arms or more.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``variance`` or ``level`` is not admissible.

    References
    ----------
    Imbens and Angrist (1994), Econometrica 62(2), 467-475.
    Abadie (2002), JASA 97, 284-292: means of compliers.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1],
    ...         "d": [0, 0, 0, 0, 1, 1, 1, 0],
    ...         "y": [1.0, 2.0, 3.0, 2.0, 3.0, 5.0, 7.0, 2.0],
    ...     }
    ... )
    >>> found = late(frame, outcome="y", offer="z", take_up="d")
    >>> found.estimate, found.first_stage.estimate, found.untreated_complier_mean
    (3.0, 0.75, 2.0)
    """
    columns = Columns(
        outcome=outcome,
        offer=offer,
        take_up=take_up,
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    frame = read_frame(data, columns, reference=None, variance=variance, level=level)
    found = answers(frame, "two_stage" if columns.covariates else "wald")
    return found[0] if len(found) == 1 else found

"""Comparing arms where not all comply, on a bare data frame: the effect of taking the offer up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.designed import Data, framed, take_up_of
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.framing import Columns, answers, following, names_of

ADJUSTMENTS = {"none": "wald", "ancova": "ancova_2sls", "lin": "wald_lin"}
"""The estimator behind each value of ``adjust``."""


def late(  # noqa: PLR0913 (the signature is a contract)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    take_up: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "ancova", "lin"] | None = None,
    variance: str | None = None,
    convention: str | None = None,
    weights: str | None = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Answer | tuple[Answer, ...]:
    """Estimate the effect of taking the offer up, for those whom the offer moves (LATE).

    Without covariates: block-weighted ITT over block-weighted first stage. With covariates: two-
    stage least squares, additive in them, weighted so that each block counts for its share. p is
    that of the ITT and the interval is Anderson and Rubin's set, with the same variance; estimate
    and standard error stand beside it, and ``wald`` sets one against the other.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit. Rows without an outcome or a take-up are dropped and counted. A panel
        brings its own design and take-up.
    outcome, offer, take_up : str
        Columns; the reference arm is False, 0 or ``control``. A panel's outcome alone is named.
    adjust : {"none", "ancova", "lin"}, optional
        By default as above. ``none``: leave covariates aside. ``ancova``: two-stage least squares
        with blocks and covariates beside take-up, unweighted, as other packages run it; with
        several blocks it weighs them by precision, and a note says so. ``lin``: the ratio of two
        regressions with blocks and covariates interacted.
    convention : str, optional
        As in ``itt``, for the two-stage least squares of the package. Test, set and first stage
        follow the package's regressions, so that p stays that of the ITT in its convention.
    blocks, clusters, covariates, variance, weights, level, horizon_months
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
        ``adjust``, ``variance``, ``convention`` or ``level`` is not admissible, or what is said
        of the design of a panel is not its draw's.

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
    if adjust is not None and adjust not in ADJUSTMENTS:
        values = {"name": adjust, "known": ", ".join(ADJUSTMENTS)}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    columns = Columns(
        outcome=outcome,
        offer=offer or "",
        take_up=take_up_of(data, take_up),
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        covariates=names_of(covariates),
    )
    frame = framed(
        data,
        columns,
        reference=None,
        variance=variance,
        level=level,
        horizon_months=horizon_months,
    )
    default = "two_stage" if columns.covariates else "wald"
    estimator = default if adjust is None else ADJUSTMENTS[adjust]
    found = answers(following(frame, convention), estimator)
    return found[0] if len(found) == 1 else found

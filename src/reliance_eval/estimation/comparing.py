"""Comparing arms on a bare data frame: the effect of the offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.designed import Data, framed
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.framing import Columns, answers, following, names_of
from reliance_eval.estimation.transforming import on_scale

ADJUSTMENTS = {"none": "blocked", "ancova": "ancova", "lin": "lin", "logit": "logit"}
"""The estimator behind each value of ``adjust``."""


def itt(  # noqa: PLR0913 (the signature is a contract)
    data: Data,
    *,
    outcome: str,
    offer: str | None = None,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "ancova", "lin", "logit"] = "none",
    variance: str | None = None,
    convention: str | None = None,
    weights: str | None = None,
    probability: str | None = None,
    transform: Literal["log1p"] | None = None,
    transform_label: str | None = None,
    reference: object = None,
    level: float = 0.95,
    horizon_months: int | None = None,
) -> Answer | tuple[Answer, ...]:
    """Estimate the effect of being offered (intention to treat) on a data frame.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame, or Panel
        One row a unit. Rows without an outcome are dropped and counted; they keep their weight
        in the block's share. A panel brings its own design: name its outcome, and covariates
        among the protocol's variables.
    outcome, offer : str
        Columns. The offer may be boolean, 0-1 or text, with two arms or more; a panel knows its.
    blocks : str or sequence of str, optional
        Columns within which the draw was held; several are crossed.
    clusters : str, optional
        Column of what was drawn, where units came in groups.
    covariates : sequence of str
        Columns known before the draw. Missing values are filled with the mean, beside an
        indicator of where they were missing.
    adjust : {"none", "ancova", "lin", "logit"}
        ``none``: block-weighted difference in means. ``ancova``: additive regression on offer,
        blocks and covariates. ``lin``: offer interacted with centred blocks and covariates.
        ``logit``, for an outcome of zeros and ones: the average marginal effect of a logit on
        offer, blocks and covariates, with an unconditional variance.
    variance : str, optional
        One of ``classical, HC0, HC1, HC2, HC3, CR0, CR1, CR2, CR3, neyman, blocked, pairs``.
        By default Welch without blocks, blocked Neyman with them, HC2 for regressions, CR2 with
        clusters; and Agresti and Caffo's where an outcome of zeros and ones is rare in an arm
        (under ten units and under one in five have it, or are without it).
    convention : {"stata", "estimatr", "fixest", "pyfixest", "statsmodels", "linearmodels", "r"}
        Print the standard error, the factor for small samples and the law of t that this package
        does (with ``variance``, or its own robust or clustered default). The estimate stays.
    weights : str, optional
        Column of inverse probabilities of the arm, where they differ within blocks.
    probability : str, optional
        The same as probabilities: each unit's chance of the arm it is in (not of the offer).
    transform : {"log1p"}, optional
        Put the outcome on another scale, log(1 + y). The effect is then not in the outcome's
        unit, nor a percentage where some outcomes are zero: ``transform_label`` must name it.
    transform_label : str, optional
        What the other scale is called wherever the effect is shown.
    reference : optional
        The value of ``offer`` that others are compared with; by default False, 0 or ``control``.
    level : float
        Level of the interval.
    horizon_months : int, optional
        Of a panel's outcome; may be left out where it has one horizon.

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
        ``adjust``, ``variance``, ``convention`` or ``level`` is not admissible, or what is said
        of the design of a panel is not its draw's.

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
        offer=offer or "",
        blocks=names_of(blocks),
        clusters=clusters,
        weights=weights,
        probability=probability,
        covariates=names_of(covariates),
    )
    frame = framed(
        data,
        columns,
        reference=reference,
        variance=variance,
        level=level,
        horizon_months=horizon_months,
    )
    frame = on_scale(frame, transform, transform_label)
    found = answers(following(frame, convention), ADJUSTMENTS[adjust])
    return found[0] if len(found) == 1 else found

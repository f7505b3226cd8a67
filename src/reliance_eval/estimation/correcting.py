"""Correcting several outcomes of one offer together, on a bare data frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.comparing import ADJUSTMENTS
from reliance_eval.estimation.estimates import Answer
from reliance_eval.estimation.families import BY_REDRAWS, corrected
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.framing import (
    Columns,
    Frame,
    names_of,
    read_frame,
    results,
    samples_of,
)
from reliance_eval.estimation.redraws.framing import (
    canonical_order,
    check_redraws,
    ordered,
    replay_of_sample,
)
from reliance_eval.estimation.redraws.jointly import of_samples
from reliance_eval.estimation.redraws.stepping import JointRedraws
from reliance_eval.protocol.model import Correction

if TYPE_CHECKING:
    import pandas as pd

METHODS: tuple[Correction, ...] = get_args(Correction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Several estimates of one offer, corrected for being several.

    Attributes
    ----------
    estimates : tuple of Estimate or NotEstimable
        One an outcome (and arm, where there are several), in the order asked for; ``p_adjusted``
        holds q where the method gives q, and the adjusted interval is None where the method has
        none.
    method : str
        What was asked for; ``adjustment`` of an estimate names what was done.
    """

    estimates: tuple[Answer, ...]
    method: Correction

    def tidy(self) -> pd.DataFrame:
        """Give one row an estimate, with the columns of ``Estimates.tidy()``."""
        from reliance_eval.estimation.table import table_of

        return table_of(self.estimates)

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        return summary(self.estimates)


def family(  # noqa: PLR0913 (that of ``itt``, and the correction)
    data: IntoDataFrame,
    *,
    outcomes: Sequence[str],
    offer: str,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "ancova", "lin"] = "none",
    variance: str | None = None,
    weights: str | None = None,
    reference: object = None,
    level: float = 0.95,
    method: Correction = "max-t",
    redraws: int = 10_000,
    seed: int | None = None,
) -> Family:
    """Estimate an offer's effect on several outcomes, corrected for their number.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit; an outcome may be missing where another is not.
    outcomes : sequence of str
        Columns: the family. With three arms or more, every arm's comparison is in it.
    offer, blocks, clusters, covariates, adjust, variance, weights, reference, level
        As in ``itt``.
    method : str
        ``max-t`` (by the joint covariance), ``max-t-redraws`` (by joint re-draws) and
        ``bonferroni`` give p and interval from one critical value. ``holm``, ``hochberg``,
        ``romano-wolf`` and ``westfall-young`` (the last two by joint re-draws) give p alone;
        ``bh`` and ``bky`` give q alone. ``none`` corrects nothing.
    redraws : int
        At least 99. Where the design has no more assignments than this, all are enumerated.
    seed : int, optional
        Of the re-draws; needed where the method re-draws.

    Returns
    -------
    Family

    Raises
    ------
    DataError
        A column is not there, or holds what it may not; a cluster lies in several arms and the
        method re-draws.
    ProtocolError
        The method, the number of re-draws or the seed is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 1, 1, 1],
    ...         "y": [1.0, 2.0, 3.0, 3.0, 5.0, 7.0],
    ...         "w": [2.0, 1.0, 2.0, 3.0, 1.0, 2.0],
    ...     }
    ... )
    >>> found = family(frame, outcomes=["y", "w"], offer="z", method="holm")
    >>> [round(each.p_adjusted, 4) for each in found.estimates]
    [0.209, 0.6495]
    """
    _check(adjust, method, redraws=redraws, seed=seed)
    estimator = ADJUSTMENTS[adjust]
    frames = tuple(
        read_frame(
            data,
            Columns(
                outcome=outcome,
                offer=offer,
                blocks=names_of(blocks),
                clusters=clusters,
                weights=weights,
                covariates=names_of(covariates),
            ),
            reference=reference,
            variance=variance,
            level=level,
        )
        for outcome in names_of(outcomes)
    )
    answered = {
        (outcome, arm): result
        for outcome, frame in enumerate(frames)
        for arm, result in enumerate(results(frame, estimator))
    }
    findings = {key: each for key, each in answered.items() if isinstance(each, Finding)}

    def joint(keys: Sequence[tuple[int, int]]) -> JointRedraws | None:
        return _joint(frames, estimator, keys, redraws=redraws, seed=seed or 0)

    estimates: dict[tuple[int, int], Answer] = {
        key: each.estimate if isinstance(each, Finding) else each for key, each in answered.items()
    }
    if method != "none":
        estimates |= corrected(findings, method, promised=len(answered), redraws=joint)
    return Family(estimates=tuple(estimates.values()), method=method)


def _check(adjust: str, method: str, *, redraws: int, seed: int | None) -> None:
    if adjust not in ADJUSTMENTS:
        values = {"name": adjust, "known": ", ".join(ADJUSTMENTS)}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    if method not in METHODS:
        values = {"name": method, "known": ", ".join(METHODS)}
        raise ProtocolError(Fault("E-ESTIMATION-CORRECTION", "method", values))
    if method in BY_REDRAWS:
        check_redraws(redraws)
        if seed is None:
            raise ProtocolError(Fault("E-ESTIMATION-SEED", "seed", {"name": method}))


def _joint(
    frames: Sequence[Frame],
    estimator: str,
    keys: Sequence[tuple[int, int]],
    *,
    redraws: int,
    seed: int,
) -> JointRedraws | None:
    """Hold the frame's lottery again; None where its odds differ within blocks."""
    first = frames[0].sample
    if first.weights is not None:
        return None
    outcomes = np.column_stack([frame.sample.outcome for frame in frames])
    order = canonical_order(first, outcomes)
    replay = replay_of_sample(
        ordered(first, order), redraws=redraws, seed=seed, stream="family", where="clusters"
    )
    by_outcome = [
        samples_of(replace(f, sample=ordered(f.sample, order)), estimator) for f in frames
    ]
    return of_samples(estimator, [by_outcome[outcome][arm] for outcome, arm in keys], replay)

"""Randomisation inference on a bare data frame: the draw as its columns say it was held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.estimates import Interval, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.framing import Columns, names_of, read_frame
from reliance_eval.estimation.redraws.framing import (
    canonical_order,
    check_redraws,
    ordered,
    replay_of_sample,
)
from reliance_eval.estimation.redraws.reassigning import Question, many_of
from reliance_eval.estimation.redraws.replaying import Progress, Replay, counted
from reliance_eval.estimation.redraws.weighing import Moments
from reliance_eval.estimation.sample import REFERENCE
from reliance_eval.robustness.inverting import Gathered, shifted

if TYPE_CHECKING:
    import pandas as pd

Statistic: TypeAlias = Literal["t", "coefficient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawTest:
    """How the estimate compares with what the lottery gives by luck alone.

    Attributes
    ----------
    estimate : float
    statistic : float
        As drawn: t, or the estimate itself.
    p_value : float
        Two-sided, of the hypothesis that the offer did nothing to anybody.
    monte_carlo_error : float or None
        Standard error p owes to sampling the re-draws; None where all were enumerated.
    redraws : int
        Re-draws, or assignments enumerated.
    is_exact : bool
    interval : tuple of (low, high) or None
        Effects, the same for everybody, that the re-draws do not reject at ``level``; an end
        that is None is unbounded. None where no interval was asked for.
    level : float
    n : int
        Units of the two arms with an outcome.
    arm, reference : str
    """

    estimate: float
    statistic: float
    p_value: float
    monte_carlo_error: float | None
    redraws: int
    is_exact: bool
    interval: Interval | None
    level: float
    n: int
    arm: str = ""
    reference: str = ""

    def revised(self, *, arm: str, reference: str) -> RedrawTest:
        """Give the same test with the names of its arms."""
        return replace(self, arm=arm, reference=reference)

    def tidy(self) -> pd.DataFrame:
        """Give one row; the interval as ``conf_low`` and ``conf_high``."""
        import pandas as pd

        row = {item.name: getattr(self, item.name) for item in fields(self)}
        row["conf_low"], row["conf_high"] = row.pop("interval") or (None, None)
        return pd.DataFrame([row])

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, border=0)


def redraw_test(  # noqa: PLR0913 (the signature is a contract)
    data: Any,
    *,
    outcome: str,
    offer: str,
    blocks: str | Sequence[str] | None = None,
    clusters: str | None = None,
    covariates: Sequence[str] = (),
    statistic: Statistic = "t",
    redraws: int = 10_000,
    seed: int,
    interval: bool = False,
    reference: object = None,
    level: float = 0.95,
    adjust: Literal["lin", "ancova"] = "lin",
    progress: Progress | None = None,
) -> Any:
    """Test an offer by holding its lottery again, within its blocks and by its clusters.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit. The order of rows moves no number.
    outcome, offer : str
        Columns. A unit without an outcome stays in the lottery, and without an outcome.
    blocks, clusters, covariates
        As in ``itt``; the re-draws keep in each block the number of units (or of clusters) found
        in each arm. With covariates the estimate is Lin's.
    statistic : {"t", "coefficient"}
        The estimate over its own standard error, or the estimate itself.
    redraws : int
        At least 99. Where the design has no more assignments than this, all are enumerated.
    seed : int
        Of the re-draws.
    interval : bool
        Also give the interval by inversion of the test.
    reference : optional
        The value of ``offer`` that others are compared with; by default False, 0 or ``control``.
    level : float
        Level of the interval.
    adjust : {"lin", "ancova"}
        What covariates enter: Lin's regression, or the additive one beside block effects, as other
        packages run it; ``ancova`` holds without covariates too.
    progress : callable, optional
        Told how many re-draws are done, of how many, arm after arm.

    Returns
    -------
    RedrawTest or NotEstimable, or a tuple of them
        One a compared arm: a tuple where there are three arms or more; only units of the two
        arms compared are then drawn again.

    Raises
    ------
    DataError
        A column is not there, or a cluster lies in several blocks or arms.
    ProtocolError
        ``statistic``, ``redraws`` or ``level`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"z": [0, 0, 0, 1, 1, 1], "y": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]})
    >>> found = redraw_test(frame, outcome="y", offer="z", seed=1)
    >>> found.p_value, found.redraws, found.is_exact
    (0.1, 20, True)

    References
    ----------
    Fisher (1935), *The Design of Experiments*, ch. 2; Wu and Ding (2021), JASA 116(536): the
    studentised statistic also holds its level for the hypothesis of no average effect.
    """
    if statistic not in ("t", "coefficient"):
        raise ProtocolError(Fault("E-REDRAW-STATISTIC", "statistic", {"name": statistic}))
    if adjust not in ("lin", "ancova"):
        values = {"name": adjust, "known": "lin, ancova"}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    check_redraws(redraws)
    columns = Columns(
        outcome=outcome,
        offer=offer,
        blocks=names_of(blocks),
        clusters=clusters,
        covariates=names_of(covariates),
    )
    frame = read_frame(data, columns, reference=reference, variance=None, level=level)
    order = canonical_order(frame.sample, frame.sample.outcome[:, None])
    sample = ordered(frame.sample, order)
    whole = replay_of_sample(
        sample, redraws=redraws, seed=seed, stream="redraw_test", where=clusters or ""
    )
    estimator = adjust if adjust == "ancova" or names_of(covariates) else "blocked"
    found: list[RedrawTest | NotEstimable] = []
    for target in range(1, len(frame.arms)):
        question = Question(
            estimator, (replace(sample, target=target),), np.ones(len(sample.arms), dtype=np.bool_)
        )
        replay = whole.among((target, REFERENCE))
        result = _test(
            question, replay, statistic=statistic, has_interval=interval, progress=progress
        )
        found.append(result.revised(arm=frame.arms[target], reference=frame.arms[REFERENCE]))
    return found[0] if len(found) == 1 else tuple(found)


def _test(
    question: Question,
    replay: Replay,
    *,
    statistic: Statistic,
    has_interval: bool,
    progress: Progress | None,
) -> RedrawTest | NotEstimable:
    (sample,) = question.samples
    given = answer(question.estimator, sample)
    if isinstance(given, NotEstimable):
        return given
    asked = replace(question, samples=shifted(sample)) if has_interval else question
    many = many_of(asked, arms=range(int(sample.arms.max()) + 1), replay=replay)
    is_studentised, gathered = statistic == "t", Gathered()

    def of(found: Moments) -> Floats:
        return (found.studentised if is_studentised else found.estimate)[:, :1]

    def redrawn() -> Iterator[Floats]:
        for chunk in replay.drawn_chunks():
            if not (is_studentised or has_interval):
                yield many.estimates(chunk)
                continue
            found = many.moments(chunk)
            if has_interval:
                gathered.add(found)
            yield of(found)

    drawn = many.moments(replay.drawn[np.newaxis])
    result = counted(replay, of(drawn)[0], redrawn(), progress=progress)
    return RedrawTest(
        estimate=given.estimate.estimate,
        statistic=float(result.statistics[0]),
        p_value=result.p_value(),
        monte_carlo_error=result.monte_carlo_error(),
        redraws=result.size,
        is_exact=result.is_exact,
        interval=(
            gathered.interval(
                drawn,
                level=sample.level,
                is_studentised=is_studentised,
                is_exact=result.is_exact,
            )
            if has_interval
            else None
        ),
        level=sample.level,
        n=given.estimate.n_arm + given.estimate.n_reference,
    )

"""Who is missing: whether variables known before the draw predict response, and alike in each arm.

Response that variables predict alike in both arms changes whom an estimate is about. Response that
they predict otherwise in one arm than in the other changes what is compared: it is what weights
and bounds are for, even where as many are missing in each arm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.linear import Fit, least_squares
from reliance_eval.estimation.redraws.replaying import Codes, Replay
from reliance_eval.robustness.baseline.lines import Line, columns_of
from reliance_eval.robustness.baseline.redrawing import redrawn

REDRAWS = 1_999
"""Enough to put a p of 0.05 within 0.01 (two Monte-Carlo errors); every outcome asks again."""

LONG = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What predicts response.

    Attributes
    ----------
    p_predicted : float or None
        That the variables predict response in both arms together (F, HC2); None where none
        varies or too few units are left.
    p_selection : float or None
        That they predict it otherwise in one arm than in another, by re-draws of the lottery;
        None where the design holds the interactions at zero.
    """

    p_predicted: float | None
    p_selection: float | None


def selections(
    known: Floats, lines: tuple[Line, ...], replay: Replay, *, reference: int
) -> tuple[Selection, ...]:
    """Ask of the variables known before the draw whether they predict who responds.

    The re-draws hold response as it was: what they test is that the offer moved nobody's, against
    gaps in response that grow with some variable.

    Parameters
    ----------
    known : array (n, p)
        One column a pattern of response: 1.0 where the outcome is known, 0.0 where it is missing,
        NaN for who was not asked yet.
    lines : tuple of Line
        Their values (n,), the missing of which take the line's mean.
    replay : Replay
        The lottery, of the same n units in the same order.
    reference : int
        Code of the arm that others are compared with.
    """
    columns = columns_of(lines)
    m = columns.shape[1]
    gaps = [np.where(np.isfinite(own), own - np.nanmean(own), 0.0) for own in known.T]
    crossed = np.concatenate([gap[:, None] * columns for gap in gaps], axis=1)
    fewer = replace(replay, redraws=min(REDRAWS, replay.redraws))
    everybody = np.ones(len(columns), dtype=np.bool_)
    (held,) = redrawn(crossed, fewer, reference=reference, scopes=(everybody,))
    found = []
    for place, own in enumerate(known.T):
        asked = np.isfinite(own)
        test = held.test(np.arange(place * m, (place + 1) * m))
        found.append(
            Selection(
                p_predicted=_predicted(own[asked], columns[asked], replay.lots.blocks[asked]),
                p_selection=None if test is None else test.p_value,
            )
        )
    return tuple(found)


def _predicted(known: Floats, columns: Floats, blocks: Codes) -> float | None:
    """Give p of a regression of response on the variables, beside block indicators."""
    from scipy.special import fdtrc

    indicators = (blocks[:, None] == np.unique(blocks)).astype(np.float64)
    names = tuple(str(place) for place in range(indicators.shape[1] + columns.shape[1]))
    fit = least_squares(np.column_stack([indicators, columns]), known[:, None], names=names)
    own = [name for name in fit.names if int(name) >= indicators.shape[1]]
    if not own or fit.df_residual <= len(own):
        return None
    statistic = _wald(fit, own)
    return None if statistic is None else float(fdtrc(len(own), fit.df_residual, statistic))


def _wald(fit: Fit, names: list[str]) -> float | None:
    """Give the F statistic of several coefficients with their HC2 covariance."""
    room = 1.0 - fit.leverage
    if np.any(room < LONG):
        return None
    residuals = fit.residuals[:, 0] / np.sqrt(room)
    influence = np.stack([fit.pull(name) * residuals for name in names])
    covariance = influence @ influence.T
    values, vectors = np.linalg.eigh(covariance)
    if values[0] <= LONG * values[-1]:
        return None
    estimates = fit.coefficients[[fit.names.index(name) for name in names], 0]
    return float(np.sum((vectors.T @ estimates) ** 2 / values) / len(names))

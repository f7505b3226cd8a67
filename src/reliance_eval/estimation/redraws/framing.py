"""The lottery of a bare data frame, as its columns say it was held, ready to be held again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.redraws.replaying import Replay
from reliance_eval.estimation.sample import Sample
from reliance_eval.lottery.design import DESIGNS, Lots

FEWEST_REDRAWS = 99
"""The fewest that let p fall to 0.01; a protocol may not promise fewer either."""


def check_redraws(redraws: int) -> None:
    """Refuse too few re-draws.

    Raises
    ------
    ProtocolError
    """
    if redraws < FEWEST_REDRAWS:
        values = {"found": redraws, "fewest": FEWEST_REDRAWS}
        raise ProtocolError(Fault("E-REDRAW-COUNT", "redraws", values))


def canonical_order(sample: Sample, outcomes: Floats) -> Ints:
    """Order rows by what they hold, so that the order they came in moves no re-draw.

    Parameters
    ----------
    sample : Sample
    outcomes : array (n, m)
        All that is compared.
    """
    keys = [*sample.covariates.T, *outcomes.T, sample.arms, sample.clusters, sample.blocks]
    # Without clusters of their own, units are numbered by the order they came in.
    if not sample.is_clustered:
        keys.pop(-2)
    order: Ints = np.lexsort(keys)
    return order


def ordered(sample: Sample, order: Ints) -> Sample:
    """Give a sample whose rows are in an order."""
    return replace(
        sample,
        outcome=sample.outcome[order],
        arms=sample.arms[order],
        blocks=sample.blocks[order],
        clusters=sample.clusters[order] if sample.is_clustered else sample.clusters,
        take_up=None if sample.take_up is None else sample.take_up[order],
        weights=None if sample.weights is None else sample.weights[order],
        covariates=sample.covariates[order],
    )


def replay_of_sample(sample: Sample, *, redraws: int, seed: int, stream: str, where: str) -> Replay:
    """Prepare re-draws that keep in each block the units (or clusters) found in each arm.

    Raises
    ------
    DataError
        A cluster lies in several blocks or arms.
    """
    first = np.unique(sample.clusters, return_index=True)[1]
    own = np.searchsorted(sample.clusters[first], sample.clusters)
    leader = first[own]
    is_torn = (sample.blocks != sample.blocks[leader]) | (sample.arms != sample.arms[leader])
    if is_torn.any():
        n = len(np.unique(sample.clusters[is_torn]))
        raise DataError(Fault("E-REDRAW-CLUSTERS", where, {"n": n}))
    shape = (len(sample.block_names), int(sample.arms.max(initial=0)) + 1)
    places = np.zeros(shape, dtype=np.int64)
    np.add.at(places, (sample.blocks[first], sample.arms[first]), 1)
    return Replay(
        design=DESIGNS["recorded"],
        lots=Lots(blocks=sample.blocks, places=places, clusters=own),
        observed=sample.arms,
        free=np.ones(len(sample.arms), dtype=np.bool_),
        redraws=redraws,
        seed=seed,
        stream=stream,
    )

"""The studentised statistics of several comparisons over the same re-draws of their lottery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.redraws.asking import of_the_offer, questions
from reliance_eval.estimation.redraws.reassigning import Question, many_of
from reliance_eval.estimation.redraws.replaying import Codes, Replay, replay_of
from reliance_eval.estimation.redraws.stepping import JointRedraws
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import Draw

STREAM = "family"


def of_promises(draw: Draw, cells: Sequence[Cell], panelled: Panelled) -> JointRedraws | None:
    """Hold the draw's lottery again for a family of promises, all of them at once.

    Every arm is drawn again: the hypothesis is that none did anything to anybody.

    Returns
    -------
    JointRedraws or None
        Statistics in the order of ``cells``; None where the draw cannot be held again for one of
        them, its odds differing within a block.
    """
    asked = questions(cells, panelled)
    ids = [name for group in asked for name in group]
    if len(ids) < len(cells):
        return None
    reference = draw.arms.index(draw.reference)
    # A sample codes its reference 0 and the others in the draw's order.
    others = iter(range(1, len(draw.arms)))
    codes = [REFERENCE if arm == reference else next(others) for arm in range(len(draw.arms))]
    found = _joint(list(asked.values()), replay_of(draw, stream=STREAM), codes)
    order = [ids.index(cell.promise.id) for cell in cells]
    return replace(found, statistics=found.statistics[order], redrawn=found.redrawn[:, order])


def of_samples(estimator: str, samples: Sequence[Sample], replay: Replay) -> JointRedraws:
    """Hold the lottery of a bare frame again for several outcomes or arms of it."""
    everyone = np.ones(len(samples[0].arms), dtype=np.bool_)
    codes = list(range(int(samples[0].arms.max()) + 1))
    asked = [Question(estimator, (sample,), everyone) for sample in samples]
    return _joint(asked, replay, codes)


def _joint(asked: Sequence[Question], replay: Replay, codes: Sequence[int]) -> JointRedraws:
    prepared = [many_of(of_the_offer(each), arms=codes, replay=replay) for each in asked]

    def statistics(assigned: Codes) -> Floats:
        return np.concatenate([many.moments(assigned).studentised for many in prepared], axis=1)

    return JointRedraws(
        statistics=statistics(replay.drawn[np.newaxis])[0],
        redrawn=np.concatenate([statistics(chunk) for chunk in replay.drawn_chunks()]),
        is_exact=replay.is_exact,
    )

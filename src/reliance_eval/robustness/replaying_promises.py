"""Every promised effect over the same re-draws of its draw: p, p within the family, interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reliance_eval.estimation.arrays import Floats, Ints
from reliance_eval.estimation.estimates import Interval
from reliance_eval.estimation.families import families_of
from reliance_eval.estimation.promising import Cell
from reliance_eval.estimation.redraws.asking import of_the_offer, questions
from reliance_eval.estimation.redraws.reassigning import UNADJUSTED, Asked, Question, many_of
from reliance_eval.estimation.redraws.replaying import Codes, Replay, Tail, is_extreme, replay_of
from reliance_eval.estimation.redraws.weighing import Many, Moments
from reliance_eval.estimation.sample import REFERENCE
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.lottery import Draw
from reliance_eval.robustness.inverting import Gathered, shifted

FEWER_REDRAWS = 2_000
"""The most re-draws for a regression, which costs twenty differences in means, and for an estimator
that is asked again assignment by assignment (a logit): a p of 0.05 is then within 0.01 of what all
would say, two errors. ``redraw_test`` takes any number."""


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What re-draws say of one promise.

    Attributes
    ----------
    tail : Tail
        Of the promises replayed together.
    column : int
        Place of this one.
    p_family : float or None
        By the largest |t| of its family over the same re-draws; None outside a family.
    interval : tuple of (low, high) or None
        Effects, the same for everybody, that the re-draws do not reject; an end that is None is
        unbounded. None where none was made.
    """

    tail: Tail
    column: int
    p_family: float | None = None
    interval: Interval | None = None

    @property
    def statistic(self) -> float:
        """The studentised effect, as drawn."""
        return float(self.tail.statistics[self.column])

    @property
    def p_value(self) -> float:
        """The p-value by re-draws."""
        return self.tail.p_value(self.column)

    @property
    def is_exact(self) -> bool:
        """Whether all assignments of the design were enumerated."""
        return self.tail.is_exact

    @property
    def error(self) -> float | None:
        """Standard error that p owes to sampling; None where all assignments are enumerated."""
        return self.tail.monte_carlo_error(self.column)


@dataclass(frozen=True, slots=True, eq=False)
class _Asking:
    """Questions prepared for one lottery; ``ids`` of their columns, in order.

    ``inverted`` says which columns come as the three outcomes that an interval is made of.
    """

    many: tuple[Many, ...]
    ids: tuple[str, ...]
    inverted: tuple[bool, ...]

    def moments(self, assigned: Codes) -> Moments:
        """Give all columns, (r, columns), those of an interval three times."""
        found = [many.moments(assigned) for many in self.many]
        return Moments(
            np.concatenate([one.estimate for one in found], axis=1),
            np.concatenate([one.variance for one in found], axis=1),
        )

    @property
    def starts(self) -> Ints:
        """First column of each promise."""
        widths = np.where(self.inverted, 3, 1)
        first: Ints = np.cumsum(widths) - widths
        return first


def replayed_promises(
    draw: Draw, cells: Sequence[Cell], panelled: Panelled, *, level: float
) -> dict[str, Replayed]:
    """Hold a draw's lottery again for its promises, arm by arm.

    With three arms or more, units of the other arms keep theirs; the family of all arms is then
    replayed once more, all arms moving.

    Parameters
    ----------
    draw : Draw
    cells : sequence of Cell
        Promises that have an estimate.
    panelled : Panelled
    level : float
        Of the intervals.

    Returns
    -------
    dict of promise id to Replayed
        Without those whose design does not say all that a re-draw needs.
    """
    whole = replay_of(draw, stream="redraws")
    reference = draw.arms.index(draw.reference)
    # A sample codes its reference 0 and the others in the draw's order.
    others = iter(range(1, len(draw.arms)))
    codes = [REFERENCE if arm == reference else next(others) for arm in range(len(draw.arms))]
    found: dict[str, Replayed] = {}
    for arm in (arm for arm in range(len(draw.arms)) if arm != reference):
        own = [cell for cell in cells if cell.promise.arm == draw.arms[arm]]
        replay = whole.among((arm, reference))
        for asking, held in _prepared(own, panelled, codes, replay):
            found |= _counted(asking, held, level=level, families=_families(own))
    if len(draw.arms) > 2:
        family = [cell for names in _families(cells) for cell in cells if cell.promise.id in names]
        for asking, held in _prepared(family, panelled, codes, whole):
            together = _counted(asking, held, level=level, families=_families(cells))
            for name, one in together.items():
                found[name] = replace(found[name], p_family=one.p_family)
    return found


def _families(cells: Sequence[Cell]) -> tuple[frozenset[str], ...]:
    """Give the ids of the promises that are corrected together."""
    offers = [cell.promise for cell in cells if cell.promise.estimand == "itt"]
    return tuple(frozenset(each.id for each in members) for members in families_of(offers))


def _prepared(
    cells: Sequence[Cell], panelled: Panelled, codes: Sequence[int], replay: Replay
) -> tuple[tuple[_Asking, Replay], ...]:
    """Prepare all questions: those asked of every re-draw, and those of fewer."""
    wants = {
        cell.promise.id
        for cell in cells
        if cell.promise.role == "primary"
        and cell.promise.estimand == "itt"
        and not cell.promise.subgroup
    }
    parts: dict[bool, list[tuple[Many, str, bool]]] = {False: [], True: []}
    for ids, question in questions(cells, panelled).items():
        asked = of_the_offer(question)
        many = many_of(asked, arms=codes, replay=replay)
        is_slow = isinstance(many, Asked)
        is_fewer = is_slow or question.estimator not in UNADJUSTED
        for inverts in (False, True):
            places = [i for i, name in enumerate(ids) if (name in wants and not is_slow) == inverts]
            if places:
                chosen = _chosen(asked, places, inverts=inverts)
                prepared = many_of(chosen, arms=codes, replay=replay)
                parts[is_fewer] += [(prepared, ids[place], inverts) for place in places]
    fewer = replace(replay, redraws=min(replay.redraws, FEWER_REDRAWS))
    return (_asking(parts[False]), replay), (_asking(parts[True]), fewer)


def _chosen(question: Question, places: Sequence[int], *, inverts: bool) -> Question:
    samples = [question.samples[place] for place in places]
    if inverts:
        samples = [one for sample in samples for one in shifted(sample)]
    return replace(question, samples=tuple(samples))


def _asking(parts: Sequence[tuple[Many, str, bool]]) -> _Asking:
    once = {id(many): many for many, _, _ in parts}
    return _Asking(
        many=tuple(once.values()),
        ids=tuple(name for _, name, _ in parts),
        inverted=tuple(inverts for _, _, inverts in parts),
    )


def _counted(
    asking: _Asking, replay: Replay, *, level: float, families: Sequence[frozenset[str]]
) -> Mapping[str, Replayed]:
    """Count over all re-draws, once, for every promise and every family."""
    if not asking.ids:
        return {}
    starts = asking.starts
    drawn = asking.moments(replay.drawn[np.newaxis])
    observed = drawn.studentised[0, starts]
    columns = [
        np.array([i for i, name in enumerate(asking.ids) if name in family], dtype=np.intp)
        for family in families
    ]
    own = np.zeros(len(observed), dtype=np.int64)
    together = np.full(len(observed), -1, dtype=np.int64)
    for members in columns:
        together[members] = 0
    gathered = {i: Gathered() for i, inverts in enumerate(asking.inverted) if inverts}
    for chunk in replay.drawn_chunks():
        found = asking.moments(chunk)
        statistics = found.studentised[:, starts]
        own += is_extreme(statistics, observed).sum(axis=0)
        for members in columns:
            if len(members):
                largest = _largest(statistics[:, members])
                together[members] += is_extreme(largest, observed[members]).sum(axis=0)
        for i, one in gathered.items():
            one.add(_three(found, int(starts[i])))
    result = Tail(observed, own, replay.size, replay.is_exact)
    of_families = Tail(observed, together, replay.size, replay.is_exact)
    return {
        name: Replayed(
            result,
            i,
            p_family=of_families.p_value(i) if together[i] >= 0 else None,
            interval=(
                gathered[i].interval(
                    _three(drawn, int(starts[i])),
                    level=level,
                    is_studentised=True,
                    is_exact=replay.is_exact,
                )
                if i in gathered
                else None
            ),
        )
        for i, name in enumerate(asking.ids)
        if np.isfinite(observed[i])
    }


def _largest(statistics: Floats) -> Floats:
    """Give the largest |t| of each re-draw, (r, 1); one without an answer is as extreme as any."""
    sizes = np.where(np.isnan(statistics), np.inf, np.abs(statistics))
    largest: Floats = sizes.max(axis=1, keepdims=True)
    return largest


def _three(found: Moments, start: int) -> Moments:
    own = np.s_[:, start : start + 3]
    return Moments(found.estimate[own], found.variance[own])

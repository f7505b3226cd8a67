"""Lives month by month, with and without the programme.

Chance is drawn once a household and month (`Chance`), before anybody knows who is offered what;
`unfold` turns it into a life, given who takes the programme up. The same chance gives both lives
of a household, so its true effect is known.

Work is a latent score compared with a threshold: the score is part of the household for good and
part an autoregressive process, so that jobs last; the threshold is the normal quantile of the
published share, so that the shares are met exactly on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reliance_eval.simulation.people import People
from reliance_eval.simulation.world import (
    BoolArray,
    Course,
    FloatArray,
    IntArray,
    Setting,
    World,
)

LEAST_INCOME = 100.0


@dataclass(frozen=True, slots=True)
class Chance:
    """What is drawn once and holds whatever is offered.

    Attributes
    ----------
    work : array of float32, shape (n, months)
        Standard normal scores, correlated over a household's months.
    pay, income, transfers : array of float32, shape (n,)
        Standard normal, the household's own.
    pay_month, income_month, transfers_month : array of float32, shape (n, months)
        Standard normal, fresh every month.
    """

    work: FloatArray
    pay: FloatArray
    income: FloatArray
    transfers: FloatArray
    pay_month: FloatArray
    income_month: FloatArray
    transfers_month: FloatArray

    def rows(self, which: BoolArray | IntArray) -> Chance:
        """Keep some households."""
        return Chance(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Lives:
    """Euros a month, shape (n, months): earnings, income per consumption unit, transfers."""

    earnings: FloatArray
    income_per_unit: FloatArray
    transfers: FloatArray


def draw_chance(world: World, setting: Setting) -> Chance:
    """Draw what happens to each household, whatever it is offered."""
    n, months = setting.households, len(setting.months)
    course = world.course

    def normal(purpose: str, *shape: int) -> FloatArray:
        return setting.stream(purpose).standard_normal(shape, dtype=np.float32)

    score = normal("work month", n, months)
    phi = np.float32(course.persistence)
    fresh = np.float32(np.sqrt(1 - course.persistence**2))
    for month in range(1, months):
        score[:, month] = phi * score[:, month - 1] + fresh * score[:, month]
    score *= np.float32(np.sqrt(1 - course.stability))
    score += np.float32(np.sqrt(course.stability)) * normal("work", n, 1)
    return Chance(
        work=score,
        pay=normal("pay", n),
        income=normal("income", n),
        transfers=normal("transfers", n),
        pay_month=normal("pay month", n, months),
        income_month=normal("income month", n, months),
        transfers_month=normal("transfers month", n, months),
    )


def unfold(
    world: World, setting: Setting, people: People, chance: Chance, *, served: BoolArray
) -> Lives:
    """Live the months, given which households take the programme up.

    Parameters
    ----------
    world, setting, people, chance
        ``people`` and ``chance`` hold the same n households.
    served : array of bool, shape (n,)
        Households that take the programme up; an offer not taken up changes nothing.
    """
    from scipy.special import ndtri

    course = world.course
    without = _shares(world, setting, people)
    with_ = _with_effect(course, setting, people, without, served)
    works = chance.work < ndtri(with_).astype(np.float32)

    # Jobs that pay more weigh more in the household's income; their mean weight is one.
    weight = np.exp(course.pay_spread * chance.pay - course.pay_spread**2 / 2)
    pay = course.pay_median * np.exp(
        course.pay_spread * chance.pay[:, None] + course.pay_jitter * chance.pay_month
    )
    gap = works - without
    expected_gap = with_ - without

    income = _path(course, setting, course.income_per_unit)[None, :] + course.income_per_job * (
        weight[:, None] * gap - expected_gap
    )
    income += _effect(course, setting, people, served, course.effect_income_per_unit)
    income += course.income_sd * chance.income[:, None]
    income += course.income_jitter * chance.income_month

    scale = people.units / _mean_units(world)
    transfers = _path(course, setting, course.transfers)[None, :] * scale[:, None]
    transfers = transfers + course.transfers_per_job * (gap - expected_gap)
    everyone = dict.fromkeys(course.effect_employed, course.effect_transfers)
    transfers += _effect(course, setting, people, served, everyone)
    transfers += course.transfers_sd * chance.transfers[:, None]
    transfers += course.transfers_jitter * chance.transfers_month
    return Lives(
        earnings=np.where(works, np.maximum(np.rint(pay), 1), 0).astype(np.float32),
        income_per_unit=np.rint(np.maximum(income, LEAST_INCOME)).astype(np.float32),
        transfers=np.rint(np.maximum(transfers, 0)).astype(np.float32),
    )


def _path(course: Course, setting: Setting, means: tuple[float, ...]) -> FloatArray:
    """Read a path month by month, given its means over the periods."""
    return _through(course.periods, means, setting.relative)


def _effect_path(course: Course, setting: Setting, means: tuple[float, ...]) -> FloatArray:
    """Read an effect month by month: it leaves zero after month 0."""
    path = _through(((0, 1), *course.periods[1:]), (0.0, *means), setting.relative)
    return np.where(setting.relative > 0, path, 0)


def _through(
    periods: tuple[tuple[int, int], ...], means: tuple[float, ...], months: IntArray
) -> FloatArray:
    """Draw straight lines whose means over the periods are the ones given.

    The lines turn at each period's middle; read there, the means would be flattened wherever the
    path bends (a dip would be too shallow), so the values there are solved for.
    """
    turns = [(start + stop - 1) / 2 for start, stop in periods]
    hats = np.eye(len(turns))
    weights = [
        [np.interp(range(start, stop), turns, hat).mean() for hat in hats]
        for start, stop in periods
    ]
    return np.interp(months, turns, np.linalg.solve(weights, means))


def _shares(world: World, setting: Setting, people: People) -> FloatArray:
    """Give each household's probability of earnings without the programme, shape (n, months).

    Those who would sign have their published path; the others' follows from the mean. Within
    each, the factors of seniority and registration average to one.
    """
    course, population, uptake = world.course, world.population, world.uptake
    everyone = _path(course, setting, course.employed)
    takers = _path(course, setting, course.employed_takers)
    others = (everyone - uptake.share * takers) / (1 - uptake.share)
    q = population.job_seekers
    among_takers = q * (1 + uptake.job_seeker_gap * (1 - q) / uptake.share)
    among_others = (q - uptake.share * among_takers) / (1 - uptake.share)
    centre = np.where(people.takes_up, among_takers, among_others)
    by_seniority = np.array(course.employed_by_seniority)[people.seniority]
    factor = by_seniority * (1 + course.employed_job_seeker * (people.job_seeker - centre))
    path = np.where(people.takes_up[:, None], takers, others)
    return np.asarray(path * factor[:, None], dtype=np.float32)


def _with_effect(
    course: Course, setting: Setting, people: People, without: FloatArray, served: BoolArray
) -> FloatArray:
    """Scale the probabilities of the served: the mean change is the world's, none is negative."""
    takers = _path(course, setting, course.employed_takers)
    change = _effect(course, setting, people, served, course.effect_employed) / takers
    return np.asarray(np.clip(without * (1 + change), 0.001, 0.999), dtype=np.float32)


def _effect(
    course: Course,
    setting: Setting,
    people: People,
    served: BoolArray,
    by_children: dict[int, tuple[float, ...]],
) -> FloatArray:
    """Give the effect on each household and month: zero for the unserved and up to month 0."""
    table = np.zeros((len(by_children) + 1, len(setting.months)), dtype=np.float32)
    for children, values in by_children.items():
        table[children] = setting.effects * _effect_path(course, setting, values)
    return table[np.where(served, people.children, 0)]


def _mean_units(world: World) -> float:
    """Mean consumption units of lone parents, so that transfers keep their published mean."""
    population = world.population
    total = sum(population.children.values())
    mean = sum(n * share for n, share in population.children.items()) / total
    return population.scale_base + population.scale_per_child * mean

"""Households on the reference day: who they are, and who would take an offer up.

Answers come first: for each criterion a household answers yes, no or unknown, independently; its
family, commune, dates are then drawn so that they give that answer. So the extract holds people
who fail each criterion alone, others who fail several, and unknowns, in known shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.protocol.admission import OPINIONS
from reliance_eval.simulation.world import (
    PREFIX,
    BoolArray,
    FloatArray,
    IntArray,
    Population,
    Setting,
    Uptake,
    World,
)

YES, NO, UNKNOWN = 0, 1, 2
NOBODY_LOOKED = "unknown"
DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12
# Calendar months and years differ from their means by less than this: an answer never hangs on it.
SLACK_DAYS = 3

Masked = np.ma.MaskedArray[Any, Any]


@dataclass(frozen=True, slots=True)
class People:
    """Every household of the extract, in the order of its identifier.

    Attributes
    ----------
    ids : array of str, shape (n,)
        ``SYNTH-`` and eight digits.
    columns : mapping of str to masked array of shape (n,)
        What the extract shows, under the protocol's names; masked is unknown.
    eligible : array of bool, shape (n,)
        Those who answer yes to every criterion.
    children : array of int, shape (n,)
        Children at home: 1, 2, or 3 for three or more; 1 where there is none or nobody knows.
    seniority : array of int, shape (n,)
        Interval of the world's seniority the household is in.
    job_seeker, takes_up : array of bool, shape (n,)
        Registered as a job seeker; would sign if offered.
    units : array of float, shape (n,)
        Consumption units.
    """

    ids: npt.NDArray[np.object_]
    columns: dict[str, Masked]
    eligible: BoolArray
    children: IntArray
    seniority: IntArray
    job_seeker: BoolArray
    takes_up: BoolArray
    units: FloatArray

    def rows(self, which: BoolArray | IntArray) -> People:
        """Keep some households."""
        return People(
            ids=self.ids[which],
            columns={name: column[which] for name, column in self.columns.items()},
            eligible=self.eligible[which],
            children=self.children[which],
            seniority=self.seniority[which],
            job_seeker=self.job_seeker[which],
            takes_up=self.takes_up[which],
            units=self.units[which],
        )


def populate(world: World, setting: Setting) -> People:
    """Draw the households of an extract."""
    population = world.population
    answers = _answers(population, setting)
    family, children = _families(population, setting, answers["lone_parent"])
    age_days = _ages(population, setting, answers["under_50"])
    rsa_days = _registrations(population, setting, answers["rsa_two_years"], age_days)
    job_seeker = setting.stream("job seekers").random(setting.households) < population.job_seekers
    at_home = np.clip(children.filled(0), 1, 3)
    return People(
        ids=_identifiers(setting),
        columns={
            "family": family,
            "children_at_home": children,
            "commune": _communes(population, setting, answers["grand_nancy"]),
            "student": _known(answers["not_student"] == NO, answers["not_student"]),
            "born_on": _dates(setting.on, age_days, answers["under_50"]),
            "rsa_registered_on": _dates(setting.on, rsa_days, answers["rsa_two_years"]),
            "caseworker": _opinions(population, setting),
            "job_seeker": np.ma.masked_array(job_seeker, mask=np.zeros(len(job_seeker), bool)),
        },
        eligible=np.all([answer == YES for answer in answers.values()], axis=0),
        children=at_home,
        seniority=_intervals(population, rsa_days),
        job_seeker=job_seeker,
        takes_up=_uptake(world.uptake, population, setting, job_seeker),
        units=population.scale_base + population.scale_per_child * children.filled(0),
    )


def _identifiers(setting: Setting) -> npt.NDArray[np.object_]:
    numbers = range(setting.first, setting.first + setting.households)
    return np.array([f"{PREFIX}{number:08d}" for number in numbers], dtype=object)


def _answers(population: Population, setting: Setting) -> dict[str, IntArray]:
    """Draw yes, no or unknown for each criterion; raise the eligible share if asked to."""
    n = setting.households
    answers: dict[str, IntArray] = {}
    is_lifted = _lifted(setting)
    for criterion, fails in population.fails.items():
        u = setting.stream(f"answer {criterion}").random(n)
        answer = np.select(
            [u < fails, u < fails + population.unknown[criterion]], [NO, UNKNOWN], YES
        )
        answers[criterion] = np.where(is_lifted, YES, answer)
    return answers


def _lifted(setting: Setting) -> BoolArray:
    """Choose the households made to answer yes to everything, where a share is asked for."""
    u = setting.stream("eligible share").random(setting.households)
    return u < (setting.eligible_share or 0.0)


def _opinions(population: Population, setting: Setting) -> Masked:
    """Draw what a professional thinks of each file, independently of everything else."""
    rng, n = setting.stream("caseworker"), setting.households
    opinions = _choose(rng, population.caseworker, n)
    accepted = {name: population.caseworker[name] for name in OPINIONS[:2]}
    opinions = np.where(_lifted(setting), _choose(rng, accepted, n), opinions)
    is_unknown = opinions == NOBODY_LOOKED
    # What is masked must still be a word that a producer's codes know.
    return np.ma.masked_array(np.where(is_unknown, OPINIONS[0], opinions), mask=is_unknown)


def _families(population: Population, setting: Setting, answers: IntArray) -> tuple[Masked, Masked]:
    rng = setting.stream("families")
    n = len(answers)
    children = _choose(rng, population.children, n)
    others = _choose(rng, population.families, n)
    # One in twenty of the refused is a lone parent whose child lives elsewhere.
    is_without_child = rng.random(n) < 0.05
    is_refused = answers == NO
    family = np.where(is_refused & ~is_without_child, others, "lone_parent")
    is_childless = is_refused & ((family != "couple") | (rng.random(n) < 0.4))
    count = np.where(is_childless, 0, children)
    # Of the unknown, either the family or the number of children was not delivered.
    is_family_lost = (answers == UNKNOWN) & (rng.random(n) < 0.5)
    is_count_lost = (answers == UNKNOWN) & ~is_family_lost
    return (
        np.ma.masked_array(family, mask=is_family_lost),
        np.ma.masked_array(count.astype(np.int32), mask=is_count_lost),
    )


def _communes(population: Population, setting: Setting, answers: IntArray) -> Masked:
    rng = setting.stream("communes")
    inside = _choose(rng, population.inside, len(answers))
    outside = _choose(rng, population.outside, len(answers))
    return _known(np.where(answers == NO, outside, inside), answers)


def _ages(population: Population, setting: Setting, answers: IntArray) -> FloatArray:
    rng = setting.stream("ages")
    low, high = population.age_range
    young = _truncated_normal(rng, population, len(answers))
    older = rng.uniform(*population.older, len(answers))
    years = np.where(answers == NO, older, np.clip(young, low, high))
    days = years * DAYS_A_YEAR
    limit = high * DAYS_A_YEAR
    return np.where(
        answers == NO, np.maximum(days, limit + SLACK_DAYS), np.minimum(days, limit - SLACK_DAYS)
    )


def _truncated_normal(rng: np.random.Generator, population: Population, n: int) -> FloatArray:
    from scipy.special import ndtr, ndtri

    mean, sd = population.age_mean, population.age_sd
    low, high = (ndtr((limit - mean) / sd) for limit in population.age_range)
    draws: FloatArray = mean + sd * ndtri(low + (high - low) * rng.random(n))
    return draws


def _registrations(
    population: Population, setting: Setting, answers: IntArray, age_days: FloatArray
) -> FloatArray:
    """Draw the days since the last registration; nobody registered before turning eighteen."""
    rng = setting.stream("registrations")
    n = len(answers)
    intervals = np.array(list(population.seniority), dtype=float)
    chosen = rng.choice(len(intervals), size=n, p=_weights(population.seniority))
    low, high = intervals[chosen, 0], intervals[chosen, 1]
    months = low + (high - low) * rng.random(n)
    least = intervals.min()
    recent = least * rng.random(n)
    days = np.where(answers == NO, recent, months) * DAYS_A_MONTH
    days = np.minimum(days, np.maximum(age_days - 18 * DAYS_A_YEAR, 0))
    limit = least * DAYS_A_MONTH
    recent, long_ago = np.minimum(days, limit - SLACK_DAYS), np.maximum(days, limit + SLACK_DAYS)
    return np.asarray(np.where(answers == NO, recent, long_ago))


def _intervals(population: Population, rsa_days: FloatArray) -> IntArray:
    starts = np.array([low for low, _ in population.seniority]) * DAYS_A_MONTH
    return np.asarray(np.maximum(np.searchsorted(starts, rsa_days, side="right") - 1, 0))


def _uptake(
    uptake: Uptake, population: Population, setting: Setting, job_seeker: BoolArray
) -> BoolArray:
    """Draw who would sign: the mean share is kept, the gap lies between seekers and others."""
    p = uptake.share + uptake.job_seeker_gap * (job_seeker - population.job_seekers)
    return np.asarray(setting.stream("take-up").random(len(job_seeker)) < p)


def _choose(rng: np.random.Generator, shares: dict[Any, float], n: int) -> npt.NDArray[Any]:
    return np.array(list(shares))[rng.choice(len(shares), size=n, p=_weights(shares))]


def _weights(shares: dict[Any, float]) -> FloatArray:
    weights = np.array(list(shares.values()), dtype=float)
    return np.asarray(weights / weights.sum())


def _known(values: npt.NDArray[Any], answers: IntArray) -> Masked:
    return np.ma.masked_array(values, mask=answers == UNKNOWN)


def _dates(on: date, days: FloatArray, answers: IntArray) -> Masked:
    return _known(np.datetime64(on, "D") - days.astype(np.int64).astype("timedelta64[D]"), answers)

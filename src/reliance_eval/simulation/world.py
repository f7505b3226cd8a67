"""Worlds of people who never existed: what is known of a population, as sourced constants.

A world holds numbers and their sources, nothing else: `people` draws its households, `lives` their
months, and `tables` gives what an administration would deliver of them. The published moments are
targets for simulated people, never values to find again in real ones (the microdata are closed).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from reliance_eval.registry import Registry

FloatArray = npt.NDArray[np.floating]
IntArray = npt.NDArray[np.integer]
BoolArray = npt.NDArray[np.bool_]

WATERMARK = "SYNTHETIC DATA - nobody here exists"
PREFIX = "SYNTH-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is in the extract from which people are screened.

    Attributes
    ----------
    fails, unknown : mapping of str to float
        By criterion: the share that answers no, and the share nobody knows. Answers are drawn
        first and independently, so that people fail each criterion alone and together.
    inside, outside : mapping of str to float
        Communes (INSEE codes) and their weights, inside and outside the programme's area.
    age_mean, age_sd : float
        Years, among those under the limit (a normal truncated at ``age_range``).
    age_range, older : (float, float)
        Years: those under the limit, and those over it.
    seniority : mapping of (int, int) to float
        Months since the last registration, [from, to), and the share of each interval.
    children : mapping of int to float
        Children at home, and the share of lone parents who have that many.
    job_seekers : float
        Share registered as job seekers.
    caseworker : mapping of str to float
        What a professional thinks of each file before the lottery, where a protocol asks;
        ``unknown`` is the share of the files nobody looked at.
    families : mapping of str to float
        What those who are not lone parents with a child at home are.
    scale_base, scale_per_child : float
        Consumption units: the adult with the lone parent's supplement, and the mean of a child's.
    """

    fails: dict[str, float]
    unknown: dict[str, float]
    inside: dict[str, float]
    outside: dict[str, float]
    age_mean: float
    age_sd: float
    age_range: tuple[float, float]
    older: tuple[float, float]
    seniority: dict[tuple[int, int], float]
    children: dict[int, float]
    job_seekers: float
    caseworker: dict[str, float]
    families: dict[str, float]
    scale_base: float
    scale_per_child: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How lives go without the programme, and what the programme changes.

    Paths are given as means over ``periods``; in between they follow straight lines that keep
    those means, and stay level before the first and after the last. Effects are those on a
    household that takes the offer up, over the periods after the draw; they are zero up to month 0
    and for everybody else.

    Attributes
    ----------
    periods : tuple of (int, int)
        Months after the draw's month, [from, to); the first precedes the draw.
    employed : tuple of float
        Share with earnings, all households, without the programme.
    employed_takers : tuple of float
        The same among households that would take the offer up.
    income_per_unit, transfers : tuple of float
        Euros a month, without the programme.
    effect_employed, effect_income_per_unit : mapping of int to tuple of float
        By number of children (3 is three or more): probability, and euros a month.
    effect_transfers : tuple of float
        Euros a month.
    employed_by_seniority : tuple of float
        Factors on the probability of earnings, by interval of ``Population.seniority``.
    employed_job_seeker : float
        Relative gap of a registered job seeker in that probability.
    persistence, stability : float
        Month-to-month correlation of the latent propensity to work, and the share of its variance
        that never changes.
    pay_median, pay_spread, pay_jitter : float
        Euros a month, and the standard deviations of log pay between households and months.
    income_per_job, transfers_per_job : float
        Euros a month (per unit, and in transfers) that go with having earnings.
    income_sd, income_jitter, transfers_sd, transfers_jitter : float
        Standard deviations between households and between months, euros a month.
    """

    periods: tuple[tuple[int, int], ...]
    employed: tuple[float, ...]
    employed_takers: tuple[float, ...]
    income_per_unit: tuple[float, ...]
    transfers: tuple[float, ...]
    effect_employed: dict[int, tuple[float, ...]]
    effect_income_per_unit: dict[int, tuple[float, ...]]
    effect_transfers: tuple[float, ...]
    employed_by_seniority: tuple[float, ...]
    employed_job_seeker: float
    persistence: float
    stability: float
    pay_median: float
    pay_spread: float
    pay_jitter: float
    income_per_job: float
    transfers_per_job: float
    income_sd: float
    income_jitter: float
    transfers_sd: float
    transfers_jitter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptake:
    """Who takes an offer up; nobody does without one (one-sided).

    Attributes
    ----------
    share : float
        Share of the offered who sign.
    job_seeker_gap : float
        Share among registered job seekers minus share among others.
    days : (int, int)
        Days from the draw to the signature, [from, to).
    counsellors : tuple of str
        Among whom the offered are shared out, each with the same chance. Who serves a household
        changes nothing of its life.
    """

    share: float
    job_seeker_gap: float
    days: tuple[int, int]
    counsellors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What is missing from the monthly extract, whatever happened in those lives.

    Attributes
    ----------
    file_lost : float
        Share of files lost for good within ``lost_within`` months of the draw: no rows.
    lost_within : int
        Months.
    lost_early : float
        Exponent above 1: files are lost sooner rather than later.
    irregular : float
        Share of households that ever leave a declaration out.
    no_declaration : float
        Share of all quarters without a declaration: earnings are missing.
    no_income : float
        Share of those quarters in which the income per unit is missing too.
    offered_relief : float
        How much rarer a missing declaration is among the offered in the first two quarters.
    """

    file_lost: float
    lost_within: int
    lost_early: float
    irregular: float
    no_declaration: float
    no_income: float
    offered_relief: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A score asked for at dated interviews.

    Attributes
    ----------
    mean, sd : float
        Of the latent score, before it is rounded to 0..10.
    stability : float
        Share of its variance that never changes.
    response : float
        Share of the drawn who answer, wave by wave.
    effect : mapping of int to float
        Points, on a household that takes the offer up, by months after the draw.
    days_before : (int, int)
        Days between the interview and the horizon it answers for, [from, to).
    """

    mean: float
    sd: float
    stability: float
    response: float
    effect: dict[int, float]
    days_before: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A population, its lives, its programme, and what the extracts miss of them."""

    population: Population
    course: Course
    uptake: Uptake
    losses: Losses
    survey: Survey


WORLDS: Registry[World] = Registry("world", "reliance_eval.simulation.worlds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What one simulation is asked for.

    Attributes
    ----------
    seed : int
        Same seed, same people, same lives.
    households : int
        Households in the extract from which people are screened.
    on, day : date
        The reference day of eligibility, and the draw's day.
    months : range
        Months (year x 12 + month - 1) of the monthly extract.
    waves : tuple of int
        Survey waves, in months after the draw.
    eligible_share : float or None
        Share of households made to answer yes to every criterion; None leaves it to the world.
    effects : float
        Every true effect is multiplied by this: 0 is a programme that does nothing.
    first : int
        Number of the first household: those of several waves are different people.
    """

    seed: int
    households: int
    on: date
    day: date
    months: range
    waves: tuple[int, ...] = ()
    eligible_share: float | None = None
    effects: float = 1.0
    first: int = 1

    @property
    def relative(self) -> IntArray:
        """Months counted from the draw's month."""
        return np.asarray(self.months) - (self.day.year * 12 + self.day.month - 1)

    def stream(self, purpose: str) -> np.random.Generator:
        """Give the random stream of one purpose; a new purpose never moves another's numbers."""
        digest = hashlib.sha256(purpose.encode()).digest()
        key = tuple(int.from_bytes(digest[i : i + 4], "big") for i in range(0, 16, 4))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

"""What the administrations deliver of made-up lives: rows, with the losses of real files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from reliance_eval.months import add_months, first_day
from reliance_eval.simulation.lives import Lives
from reliance_eval.simulation.people import Masked, People
from reliance_eval.simulation.world import BoolArray, FloatArray, IntArray, Setting, World

QUARTER = 3
RELIEVED_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of an extract, under the protocol's names; masked is missing.

    Attributes
    ----------
    ids : array of str, shape (n,)
        One a row.
    columns : mapping of str to masked array of shape (n,)
        Values in our own types and words.
    day : date or None
        The month (its first day) all rows are about.
    days : array of datetime64[D] or None, shape (n,)
        The day each row's event happened.
    """

    ids: npt.NDArray[np.object_]
    columns: dict[str, Masked]
    day: date | None = None
    days: npt.NDArray[np.datetime64] | None = None

    def until(self, day: date) -> Table:
        """Keep the events up to a day."""
        if self.days is None:
            return self
        kept = self.days <= np.datetime64(day)
        columns = {name: column[kept] for name, column in self.columns.items()}
        return Table(self.ids[kept], columns, days=self.days[kept])


def households(people: People) -> Table:
    """Give one row a household, known before the draw."""
    return Table(people.ids, people.columns)


def monthly(
    world: World, setting: Setting, people: People, lives: Lives, offered: BoolArray
) -> Iterator[Table]:
    """Give the rows of each month, in order; lost files have none, undeclared months are masked."""
    lost_from, is_undeclared, is_unknown = _losses(world, setting, offered)
    for column, (month, relative) in enumerate(zip(setting.months, setting.relative, strict=True)):
        kept = relative < lost_from
        quarter = column // QUARTER
        no_earnings = is_undeclared[:, quarter]
        no_income = no_earnings & is_unknown[:, quarter]

        def cell(values: FloatArray, mask: BoolArray, kept: BoolArray = kept) -> Masked:
            return np.ma.masked_array(values[kept].astype(np.int32), mask=mask[kept])

        yield Table(
            people.ids[kept],
            {
                "earnings": cell(lives.earnings[:, column], no_earnings),
                "income_per_unit": cell(lives.income_per_unit[:, column], no_income),
                "transfers": cell(lives.transfers[:, column], np.zeros(len(kept), bool)),
            },
            day=first_day(month),
        )


def _losses(
    world: World, setting: Setting, offered: BoolArray
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Draw lost files (by household) and missing declarations (by household and quarter)."""
    losses, n = world.losses, setting.households
    rng = setting.stream("lost files")
    is_lost = rng.random(n) < losses.file_lost
    when = 1 + np.floor(losses.lost_within * rng.random(n) ** losses.lost_early)
    lost_from = np.where(is_lost, when, np.iinfo(np.int32).max).astype(np.int64)

    starts = setting.relative[::QUARTER]
    is_early = (starts > -QUARTER) & (starts < RELIEVED_MONTHS)
    relief = losses.offered_relief * (offered[:, None] & is_early)
    shape = (n, len(starts))
    is_irregular = setting.stream("irregular").random(n) < losses.irregular
    share = losses.no_declaration / losses.irregular * (1 - relief)
    u = setting.stream("declarations").random(shape, dtype=np.float32)
    is_undeclared = is_irregular[:, None] & (u < share)
    is_unknown = setting.stream("incomes").random(shape, dtype=np.float32) < losses.no_income
    return lost_from, is_undeclared, is_unknown


def participation(world: World, setting: Setting, people: People, offered: BoolArray) -> Table:
    """Give one row an offered household: its counsellor, whether it signed, and when."""
    low, high = world.uptake.days
    after = setting.stream("signatures").integers(low, high, len(people.ids))
    signed_on = np.datetime64(setting.day) + after.astype("timedelta64[D]")
    signs = people.takes_up[offered]
    return Table(
        people.ids[offered],
        {
            "signed_contract": np.ma.masked_array(signs, mask=np.zeros(len(signs), bool)),
            "signed_on": np.ma.masked_array(signed_on[offered], mask=~signs),
            "counsellor": _counsellors(world, setting)[offered],
        },
    )


def _counsellors(world: World, setting: Setting) -> Masked:
    """Name the counsellor each household would have, were it offered a place."""
    names = np.array(world.uptake.counsellors)
    which = setting.stream("counsellors").integers(0, len(names), setting.households)
    return np.ma.masked_array(names[which], mask=np.zeros(setting.households, bool))


def signed_by(table: Table, day: date) -> Table:
    """Give the register of participation as it stood on a day: later contracts are not in it."""
    signed_on = table.columns["signed_on"]
    is_later = ~np.ma.getmaskarray(signed_on) & (signed_on.data > np.datetime64(day))
    signed = table.columns["signed_contract"].data & ~is_later
    return Table(
        table.ids,
        {
            "signed_contract": np.ma.masked_array(signed, mask=np.zeros(len(signed), bool)),
            "signed_on": np.ma.masked_array(signed_on.data, mask=~signed),
            "counsellor": table.columns["counsellor"],
        },
    )


def scores(world: World, setting: Setting, served: BoolArray) -> FloatArray:
    """Give what each household would answer at each wave, shape (n, waves), from 0 to 10."""
    survey = world.survey
    n, waves = setting.households, len(setting.waves)
    lasting = setting.stream("survey").standard_normal((n, 1))
    passing = setting.stream("survey wave").standard_normal((n, waves))
    latent = np.sqrt(survey.stability) * lasting + np.sqrt(1 - survey.stability) * passing
    effect = np.interp(setting.waves, list(survey.effect), list(survey.effect.values()))
    score = survey.mean + survey.sd * latent + setting.effects * np.outer(served, effect)
    return np.asarray(np.clip(np.rint(score), 0, 10))


def survey(
    world: World, setting: Setting, people: People, answers: FloatArray, asked: BoolArray
) -> Table:
    """Give one row an interview of the drawn who answered, by day of interview."""
    n, waves = answers.shape
    low, high = world.survey.days_before
    before = setting.stream("interviews").integers(low, high, (n, waves))
    is_answered = setting.stream("answers").random((n, waves)) < world.survey.response
    ends = np.array([add_months(setting.day, wave) for wave in setting.waves], "datetime64[D]")
    days = ends[None, :] - before.astype("timedelta64[D]")
    row, wave = np.nonzero(is_answered & asked[:, None])
    order = np.lexsort((people.ids[row], days[row, wave]))
    row, wave = row[order], wave[order]
    values = answers[row, wave].astype(np.int32)
    return Table(
        people.ids[row],
        {"well_being": np.ma.masked_array(values, mask=np.zeros(len(values), bool))},
        days=days[row, wave],
    )

"""A society: made-up people and their chances, before anybody knows who is offered what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reliance_eval.errors import Fault, IntegrityError
from reliance_eval.simulation import tables
from reliance_eval.simulation.lives import Chance, Lives, draw_chance, unfold
from reliance_eval.simulation.people import People
from reliance_eval.simulation.tables import Table
from reliance_eval.simulation.world import BoolArray, FloatArray, IntArray, Setting, World


@dataclass(frozen=True, slots=True)
class Potential:
    """What some households would live, month by month, and answer, wave by wave."""

    lives: Lives
    answers: FloatArray


@dataclass(frozen=True, slots=True)
class Revealed:
    """What the extracts show once the offers are made.

    Attributes
    ----------
    months : tuple of Table
        The monthly extract, one table a month.
    register : Table
        Who signed, among the offered.
    interviews : Table
        Who answered, among the drawn.
    """

    months: tuple[Table, ...]
    register: Table
    interviews: Table


@dataclass(frozen=True, slots=True)
class Society:
    """People, their chances, and the world both were drawn from."""

    world: World
    setting: Setting
    people: People
    chance: Chance

    @classmethod
    def of(cls, world: World, setting: Setting, people: People) -> Society:
        """Draw what happens to people, whatever they are offered."""
        return cls(world, setting, people, draw_chance(world, setting))

    def rows(self, units: npt.NDArray[Any]) -> IntArray:
        """Find units among the people, whose identifiers are sorted.

        Raises
        ------
        IntegrityError
            A unit is nobody here: the seed or the number of households is not the same.
        """
        ids = self.people.ids
        wanted = units.astype(object)
        rows = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
        if not np.array_equal(ids[rows], wanted):
            raise IntegrityError(Fault("E-SIMULATION-OTHER-PEOPLE"))
        return rows

    def mark(self, units: npt.NDArray[Any]) -> BoolArray:
        """Mark some units among the people."""
        marked = np.zeros(len(self.people.ids), dtype=bool)
        marked[self.rows(units)] = True
        return marked

    def potential(self, rows: IntArray, *, served: BoolArray) -> Potential:
        """Give what some households would live if those of ``served`` took the programme up."""
        everyone = np.zeros(len(self.people.ids), dtype=bool)
        everyone[rows] = served
        some, theirs = self.people.rows(rows), self.chance.rows(rows)
        return Potential(
            unfold(self.world, self.setting, some, theirs, served=served),
            tables.scores(self.world, self.setting, everyone)[rows],
        )

    def reveal(self, *, offered: BoolArray, asked: BoolArray) -> Revealed:
        """Let the offers decide which life the extracts show, and the survey whom it asks."""
        world, setting, people = self.world, self.setting, self.people
        served = offered & people.takes_up
        lives = unfold(world, setting, people, self.chance, served=served)
        answers = tables.scores(world, setting, served)
        return Revealed(
            months=tuple(tables.monthly(world, setting, people, lives, offered)),
            register=tables.participation(world, setting, people, offered),
            interviews=tables.survey(world, setting, people, answers, asked),
        )

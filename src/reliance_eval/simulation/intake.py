"""An intake: the people of one list, and the draw that was held among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.eligibility import Flow
from reliance_eval.lottery import Draw
from reliance_eval.protocol import Protocol
from reliance_eval.simulation.society import Revealed, Society
from reliance_eval.simulation.truth import Pair, Told
from reliance_eval.simulation.world import BoolArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Intake:
    """The people of one intake, and the draw that was held among them."""

    society: Society
    draw: Draw | None

    @property
    def eligible(self) -> pd.DataFrame:
        """Those who passed the screen."""
        assert self.draw is not None
        flow: Flow = self.draw.nearest(Flow)
        return flow.eligible

    def sides(self) -> tuple[BoolArray, BoolArray]:
        """Mark who was offered a place, and who was drawn; nobody without a draw."""
        society = self.society
        if self.draw is None:
            nobody = np.zeros(society.setting.households, dtype=bool)
            return nobody, nobody
        drawn = self.draw.drawn
        is_offered = (drawn["arm"] != self.draw.reference).to_numpy()
        units = drawn["unit"].to_numpy()
        return society.mark(units[is_offered]), society.mark(units)

    def reveal(self) -> Revealed:
        """Let the draw decide which lives the extracts show."""
        offered, asked = self.sides()
        return self.society.reveal(offered=offered, asked=asked)

    def told(self, protocol: Protocol) -> Told:
        """Give the two lives of every eligible household."""
        society, eligible = self.society, self.eligible
        rows = society.rows(eligible["unit"].to_numpy())
        takes_up = society.people.takes_up[rows]
        pair = Pair(
            without=society.potential(rows, served=np.zeros(len(rows), dtype=bool)),
            with_=society.potential(rows, served=takes_up),
            takes_up=takes_up,
            drawn=self.sides()[1][rows],
        )
        groups = {"": np.ones(len(rows), dtype=bool)}
        for subgroup in protocol.clauses.subgroups:
            for level in protocol.variable(subgroup.variable).levels:
                band = eligible[f"{subgroup.variable}_band"].to_numpy()
                groups[f"{subgroup.variable}={level}"] = np.asarray(band == level)
        return Told(society.setting, pair, groups)

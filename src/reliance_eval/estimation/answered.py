"""What was promised and what was found: one row a promise, estimable or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from reliance_eval.artefact import Artefact, added
from reliance_eval.estimation.arms_together import JointTest, joint_table
from reliance_eval.estimation.estimates import Answer, Estimate, NotEstimable
from reliance_eval.estimation.evolutions.evolution import Dynamics
from reliance_eval.estimation.subgroups.interactions import Interaction
from reliance_eval.language.catalogue import DEFAULT, words
from reliance_eval.panel import Panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates(Artefact):
    """All that was promised, and nothing else.

    Attributes
    ----------
    estimated, not_estimable : tuples
        The answers, in the protocol's order within each.
    order : tuple of str
        Promise ids in the protocol's order.
    joint : tuple of JointTest
        Where there are three arms or more: one test of all of them for each outcome and horizon.
    dynamics : tuple of Dynamics
        What each ``[[dynamics]]`` of the protocol promised, one a compared arm.
    interactions : tuple of Interaction
        For each subgroup, outcome, horizon and analysis: whether the effect differs between levels.
    """

    act: ClassVar[str] = "estimates"

    parent: Panel
    estimated: tuple[Estimate, ...]
    not_estimable: tuple[NotEstimable, ...]
    order: tuple[str, ...]
    joint: tuple[JointTest, ...] = added(())
    dynamics: tuple[Dynamics, ...] = added(())
    interactions: tuple[Interaction, ...] = added(())

    @property
    def answers(self) -> tuple[Answer, ...]:
        """One answer a promise, in the protocol's order."""
        found: dict[str, Answer] = {}
        found |= {answer.promise.id: answer for answer in self.estimated if answer.promise}
        found |= {answer.promise.id: answer for answer in self.not_estimable if answer.promise}
        return tuple(found[name] for name in self.order)

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the tables that are written beside the artefact."""
        tables = {"estimates": self.tidy(), "coherent": self.coherent()}
        tables |= {"joint": self.tidy_joint()} if self.joint else {}
        tables |= {"interactions": self.tidy_interactions()} if self.interactions else {}
        return tables | ({"dynamics": self.tidy_dynamics()} if self.dynamics else {})

    def tidy_joint(self) -> pd.DataFrame:
        """Give one row a joint test of several arms, in the protocol's order."""
        return joint_table(self.joint)

    def tidy(self) -> pd.DataFrame:
        """Give one row a promise, always the same columns in the same order."""
        from reliance_eval.estimation.table import table_of

        return table_of(self.answers)

    def coherent(self) -> pd.DataFrame:
        """Give ITT, first stage, LATE and untreated-complier mean of the same units, in one row.

        One row an outcome, horizon, subgroup, arm and way of adjusting; LATE times first stage is
        the ITT.
        """
        from reliance_eval.estimation.cohering import promised_table

        return promised_table(self.answers)

    def tidy_interactions(self) -> pd.DataFrame:
        """Give one row a test of interaction, in the protocol's order."""
        from reliance_eval.estimation.subgroups.interactions import table_of

        return table_of(self.interactions)

    def tidy_dynamics(self) -> pd.DataFrame:
        """Give one row a period and estimand of each promised evolution."""
        import pandas as pd

        from reliance_eval.estimation.evolutions.evolution import COLUMNS

        if not self.dynamics:
            return pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
        return pd.concat([found.tidy() for found in self.dynamics], ignore_index=True)

    def _repr_html_(self) -> str:
        from reliance_eval.estimation.table import summary

        table = summary(self.answers)
        mark = words(DEFAULT).text("estimation.blind")
        return f"<p>{mark}</p>{table}" if self.is_blind else table

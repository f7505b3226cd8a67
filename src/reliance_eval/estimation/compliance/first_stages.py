"""How strongly an offer moves take-up: by arm, by cohort or block, and as an effective F."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reliance_eval.estimation.arrays import Bools, Floats
from reliance_eval.estimation.estimates import Answer, Estimate
from reliance_eval.estimation.sample import Sample
from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "group": "string",
    "arm": "string",
    "reference": "string",
    "estimate": "Float64",
    "std_error": "Float64",
    "df": "Float64",
    "conf_low": "Float64",
    "conf_high": "Float64",
    "f": "Float64",
    "mean_reference": "Float64",
    "n_arm": "Int64",
    "n_reference": "Int64",
    "reason": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStage:
    """The first stage of one cohort, block or other group.

    Attributes
    ----------
    group : str
        The value of the column; ``""`` for everyone.
    arms : tuple of Estimate or NotEstimable
        The effect of each arm on take-up.
    """

    group: str
    arms: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStage:
    """What the offer did to take-up.

    Attributes
    ----------
    overall : GroupStage
        Everyone.
    groups : tuple of GroupStage
        By the levels of ``by``, in their order; empty where nothing was asked.
    by : str
    effective_f : float or None
        Of all arms as instruments together (Montiel Olea and Pflueger 2013); with one arm it is
        the robust F, its squared t. None where take-up does not vary within the arms.
    """

    overall: GroupStage
    groups: tuple[GroupStage, ...]
    by: str
    effective_f: float | None

    @property
    def estimate(self) -> Answer:
        """The effect of the only arm, or of the first."""
        return self.overall.arms[0]

    def text(self, language: str = "en") -> str:
        """Say what the F is."""
        if self.effective_f is None:
            return words(language).text("estimation.note.full_compliance")
        key = "one" if len(self.overall.arms) == 1 else "several"
        f = Numbers(language).decimal(self.effective_f, 1)
        return words(language).text(f"estimation.first_stage.{key}", f=f)

    def tidy(self) -> pd.DataFrame:
        """Give one row a group and arm; ``f`` is the squared t."""
        import pandas as pd

        rows = [
            _row(stage.group, answer)
            for stage in (self.overall, *self.groups)
            for answer in stage.arms
        ]
        return pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)

    def _repr_html_(self) -> str:
        table = self.tidy().dropna(axis="columns", how="all")
        html: str = table.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format)
        return f"{html}<p>{self.text()}</p>"


def _row(group: str, answer: Answer) -> dict[str, object]:
    row: dict[str, object] = {
        "group": group,
        "arm": answer.arm,
        "reference": answer.reference,
        "n_arm": answer.n_arm,
        "n_reference": answer.n_reference,
    }
    if not isinstance(answer, Estimate):
        return row | {"reason": answer.reason}
    names = ("estimate", "std_error", "df", "conf_low", "conf_high", "mean_reference")
    return row | {name: getattr(answer, name) for name in names} | {"f": answer.statistic**2}


def effective_f(effects: Floats, influence: Floats, spread: Floats) -> float | None:
    """Give the effective F of K instruments on one take-up.

    Parameters
    ----------
    effects : array (K,)
        First-stage coefficients.
    influence : array (K, g)
        What each unit or cluster contributes to them; ``influence @ influence.T`` is their
        robust covariance.
    spread : array (K, K)
        Covariance of the instruments, once what they are conditioned on is taken out.

    Returns
    -------
    float or None
        pi' Q pi / tr(V Q), which for one instrument is the robust F whatever Q; None where the
        coefficients do not vary.

    References
    ----------
    Montiel Olea and Pflueger (2013), JBES 31(3), 358-369, section 3.
    Andrews, Stock and Sun (2019), Annual Review of Economics 11, 727-753, eq. 6.
    """
    noise = float(np.trace(influence @ influence.T @ spread))
    return float(effects @ spread @ effects) / noise if noise > 0.0 else None


def arms_spread(sample: Sample, rows: Bools, arms: int) -> Floats:
    """Give the covariance of the indicators of ``arms`` arms within blocks, (arms, arms)."""
    count = np.zeros((len(sample.block_names), arms + 1))
    np.add.at(count, (sample.blocks[rows], sample.arms[rows]), 1.0)
    size = count.sum(axis=1, keepdims=True)
    parts = count[:, 1:] / np.maximum(size, 1.0)
    weights = np.where(size[:, 0] > 0.0, sample.shares, 0.0)
    weights = weights / weights.sum()
    found: Floats = np.diag(weights @ parts) - (parts * weights[:, None]).T @ parts
    return found

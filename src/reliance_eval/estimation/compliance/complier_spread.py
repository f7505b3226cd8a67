"""The record of how outcomes are spread among compliers, and of the test that it is alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.compliance.complier_curves import Curve
from reliance_eval.language.catalogue import words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComplierDistributions:
    """The outcome of compliers with and without taking the offer up.

    Attributes
    ----------
    grid : array (t,)
        In the outcome's unit.
    treated, untreated : Curve
        Distribution function, density and its standard error at each point.
    kind : {"density", "probability"}
        ``probability`` for an outcome of few values: the grid then holds each of them.
    bandwidth : float or None
        Silverman's, of the Gaussian kernel.
    negative_treated, negative_untreated : float
        Mass of each density under zero. An offer that keeps nobody away and acts through take-up
        alone leaves only noise there (Kitagawa 2015): a hint, not a test.
    statistic : float
        Largest gap between the two distribution functions, as estimated, over all outcomes.
    p_value, monte_carlo_error : float or None
        Of the test that they are equal, by re-draws; None where the offer's probabilities differ
        within blocks. The error is None where every assignment was enumerated.
    redraws : int
    is_exact : bool
    share : float
        Of compliers.
    n, n_arm, n_reference, n_missing : int
    """

    grid: Floats
    treated: Curve
    untreated: Curve
    kind: Literal["density", "probability"]
    bandwidth: float | None
    negative_treated: float
    negative_untreated: float
    statistic: float
    p_value: float | None
    monte_carlo_error: float | None
    redraws: int
    is_exact: bool
    share: float
    n: int
    n_arm: int
    n_reference: int
    n_missing: int
    outcome: str = ""
    arm: str = ""
    reference: str = ""

    def revised(self, *, outcome: str, arm: str, reference: str) -> ComplierDistributions:
        """Give the same answer with the names of what was compared."""
        return replace(self, outcome=outcome, arm=arm, reference=reference)

    def text(self, language: str = "en") -> str:
        """Say how far apart the two distributions are, and what chance alone would do."""
        write = Numbers(language)
        gap = write.decimal(self.statistic, 3)
        if self.p_value is None:
            return words(language).text("estimation.distributions.untested", gap=gap)
        key = "exact" if self.is_exact else "sampled"
        return words(language).text(
            f"estimation.distributions.{key}",
            gap=gap,
            p=write.p_said(self.p_value),
            redraws=write.integer(self.redraws),
        )

    def tidy(self) -> pd.DataFrame:
        """Give one row a point and state: ``value, state, kind, cdf, density, std_error``."""
        import pandas as pd

        states = {"untreated": self.untreated, "treated": self.treated}
        parts = [
            pd.DataFrame(
                {
                    "value": self.grid,
                    "state": state,
                    "kind": self.kind,
                    "cdf": curve.cdf,
                    "density": curve.density,
                    "std_error": pd.Series(curve.std_error).where(curve.std_error > 0.0),
                }
            ).astype({"std_error": "Float64"})
            for state, curve in states.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def _repr_html_(self) -> str:
        import pandas as pd

        quarters = (0.1, 0.25, 0.5, 0.75, 0.9)
        table = pd.DataFrame(
            {
                "quantile": quarters,
                "untreated": [_quantile(self.grid, self.untreated.cdf, q) for q in quarters],
                "treated": [_quantile(self.grid, self.treated.cdf, q) for q in quarters],
            }
        )
        html: str = table.to_html(index=False, border=0, float_format="{:.4g}".format)
        return f"{html}<p>{self.text()}</p>"


def _quantile(grid: Floats, cdf: Floats, share: float) -> float:
    """Give the first point of a grid where the distribution function reaches a share."""
    reached = np.flatnonzero(cdf >= share)
    return float(grid[reached[0] if len(reached) else -1])

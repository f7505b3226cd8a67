"""Partially nested trials: who served a unit may make it like others, in the offered arm alone.

Counsellors and groups come with the offer: the units one counsellor serves may share her luck and
her ways, while units of the control group are nested in nothing. The estimate does not move; its
standard error is recomputed with each counsellor's units as one cluster and every other unit as a
cluster of its own, with as many degrees of freedom as so few counsellors leave.

References
----------
Baldwin, Bauer, Stice and Rohde (2011), Psychological Methods 16(2), 149-165: clustering in one arm.
Lohr, Schochet and Sanders (2014), NCER 2014-2000: partially nested designs, controls as singletons.
Bell and McCaffrey (2002), Survey Methodology 28(2), 169-181: CR2 and its degrees of freedom.
Donner and Koval (1980), Biometrics 36(1), 19-25: the analysis-of-variance estimator of an
intraclass correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Bools, Floats, Ints
from reliance_eval.estimation.columns import categories
from reliance_eval.estimation.estimates import Estimate, NotEstimable
from reliance_eval.estimation.estimator import answer
from reliance_eval.estimation.framing import Columns, check_columns, names_of, read_frame
from reliance_eval.estimation.sample import Sample
from reliance_eval.language.catalogue import Value, words
from reliance_eval.language.numbers import Numbers

if TYPE_CHECKING:
    import pandas as pd

ADJUSTMENTS = {"none": "blocked", "lin": "lin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartiallyNested:
    """An effect whose offered units are nested in counsellors, groups or sites.

    Attributes
    ----------
    plain, nested : Estimate
        The same number, with its usual standard error, and with CR2 where the units of a group are
        one cluster and every other unit its own.
    groups : int
        Groups with a unit whose outcome is known.
    served : int
        Such units.
    intraclass_correlation : float or None
        Of the served, within arms and blocks; may be negative. None where no two units of a group
        are seen, or nothing varies.
    """

    plain: Estimate
    nested: Estimate
    groups: int
    served: int
    intraclass_correlation: float | None

    @property
    def design_effect(self) -> float:
        """How many times the nested variance is the plain one."""
        return (self.nested.std_error / self.plain.std_error) ** 2

    def tidy(self) -> pd.DataFrame:
        """Give two rows: ``plain`` and ``nested``."""
        import pandas as pd

        names = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "variance")
        rows = [
            {"inference": kind, **{name: getattr(each, name) for name in names}}
            for kind, each in (("plain", self.plain), ("nested", self.nested))
        ]
        return pd.DataFrame(rows).assign(
            groups=self.groups,
            served=self.served,
            intraclass_correlation=self.intraclass_correlation,
            design_effect=self.design_effect,
        )

    def said(self, *, language: str = "en") -> str:
        """Say what nesting changes."""
        write = Numbers(language)
        values: dict[str, Value] = {
            "groups": write.integer(self.groups),
            "design_effect": write.decimal(self.design_effect, 2),
            "p": write.p_said(self.plain.p_value),
            "p_nested": write.p_said(self.nested.p_value),
        }
        return words(language).text("nested.said", **values)

    def _repr_html_(self) -> str:
        return self.tidy().to_html(index=False, border=0)


def partially_nested(  # noqa: PLR0913 (as ``itt``)
    data: Any,
    *,
    outcome: str,
    offer: str,
    group: str,
    blocks: str | Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    adjust: Literal["none", "lin"] = "none",
    reference: object = None,
    level: float = 0.95,
) -> PartiallyNested | NotEstimable | tuple[PartiallyNested | NotEstimable, ...]:
    """Recompute an effect's standard error with the offered nested in who served them.

    Parameters
    ----------
    data : pandas, Arrow or polars DataFrame
        One row a unit, as in ``itt``.
    outcome, offer, blocks, covariates, adjust, reference, level
        As in ``itt``.
    group : str
        Column of counsellors, groups or sites; empty where nobody served the unit, as for the
        control group.

    Returns
    -------
    PartiallyNested or NotEstimable, or a tuple of them
        One a compared arm: a tuple where there are three arms or more.

    Raises
    ------
    DataError
        A column is not there, or holds what it may not.
    ProtocolError
        ``adjust`` or ``level`` is not admissible.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame(
    ...     {
    ...         "z": [0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
    ...         "who": [None] * 4 + ["a", "a", "b", "b", "c", "c"],
    ...         "y": [1.0, 2.0, 3.0, 4.0, 2.0, 2.5, 5.0, 5.5, 8.0, 8.5],
    ...     }
    ... )
    >>> found = partially_nested(people, outcome="y", offer="z", group="who")
    >>> found.groups, round(found.intraclass_correlation, 2), round(found.design_effect, 2)
    (3, 0.99, 2.1)
    """
    if adjust not in ADJUSTMENTS:
        values: dict[str, Value] = {"name": adjust, "known": ", ".join(ADJUSTMENTS)}
        raise ProtocolError(Fault("E-ESTIMATION-ADJUST", "adjust", values))
    columns = Columns(
        outcome=outcome, offer=offer, blocks=names_of(blocks), covariates=names_of(covariates)
    )
    given = nw.from_native(data, eager_only=True)
    check_columns(tuple(given.columns), replace(columns, clusters=group))
    frame = read_frame(data, columns, reference=reference, variance=None, level=level)
    served = served_by(categories(given[group]).codes[frame.inside])
    sample = frame.sample if adjust == "lin" else frame.sample.without_covariates()
    found: list[PartiallyNested | NotEstimable] = []
    for target in range(1, len(frame.arms)):
        result = nested_in(replace(sample, target=target), ADJUSTMENTS[adjust], served)
        if isinstance(result, PartiallyNested):
            names = {"outcome": outcome, "arm": frame.arms[target], "reference": frame.arms[0]}
            result = replace(
                result,
                plain=result.plain.revised(**names),
                nested=result.nested.revised(**names),
            )
        found.append(result)
    return found[0] if len(found) == 1 else tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Who served each unit, as clusters.

    Attributes
    ----------
    codes : array of int (n,)
        Below ``groups`` for who was served; a code of its own for every other unit.
    groups : int
    """

    codes: Ints
    groups: int

    def among(self, rows: Bools) -> Served:
        """Give some of the units."""
        return Served(self.codes[rows], self.groups)


def served_by(who: Ints) -> Served:
    """Make clusters of who served each unit.

    Parameters
    ----------
    who : array of int (n,)
        A code a group, and a negative one where nobody served the unit.
    """
    groups = int(who.max(initial=-1)) + 1
    return Served(np.where(who >= 0, who, groups + np.arange(len(who))), groups)


def nested_in(sample: Sample, estimator: str, served: Served) -> PartiallyNested | NotEstimable:
    """Answer with and without nesting.

    Parameters
    ----------
    sample : Sample
        Its units were drawn one by one; no variance is asked for by name.
    estimator : str
        Its name in the registry.
    served : Served
        Of the sample's units.

    Returns
    -------
    PartiallyNested or NotEstimable
        The latter with the reason why one of the two has no number.
    """
    plain = answer(estimator, sample)
    if isinstance(plain, NotEstimable):
        return plain
    count = int(served.codes.max()) + 1
    together = replace(sample, clusters=served.codes, groups=count, is_clustered=True)
    nested = answer(estimator, together)
    if isinstance(nested, NotEstimable):
        return nested
    seen = sample.observed & sample.compared & (served.codes < served.groups)
    codes = np.unique(served.codes[seen], return_inverse=True)[1]
    return PartiallyNested(
        plain=plain.estimate,
        nested=nested.estimate,
        groups=int(codes.max(initial=-1)) + 1,
        served=int(seen.sum()),
        intraclass_correlation=intraclass_correlation(_residuals(sample)[seen], codes),
    )


def _residuals(sample: Sample) -> Floats:
    """Give outcomes less the mean of their arm and block."""
    cells = np.unique(np.stack([sample.arms, sample.blocks]), axis=1, return_inverse=True)[1]
    cells = cells.ravel()
    values = np.where(sample.observed, sample.outcome, 0.0)
    counts = np.bincount(cells, sample.observed)
    means = np.bincount(cells, values) / np.maximum(counts, 1.0)
    residuals: Floats = values - means[cells]
    return residuals


def intraclass_correlation(values: Floats, codes: Ints) -> float | None:
    """Give the share of the variance that lies between groups, by analysis of variance.

    Parameters
    ----------
    values : array (n,)
    codes : array of int (n,)
        Group of each value, 0 to k - 1, each seen.

    Examples
    --------
    >>> import numpy as np
    >>> intraclass_correlation(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    1.0

    References
    ----------
    Donner and Koval (1980), eq. 1.
    """
    sizes = np.bincount(codes).astype(np.float64)
    k, n = len(sizes), len(values)
    if k < 2 or n <= k:
        return None
    means = np.bincount(codes, values) / sizes
    between = float(np.sum(sizes * (means - values.mean()) ** 2)) / (k - 1)
    within = float(np.sum((values - means[codes]) ** 2)) / (n - k)
    size = (n - float(np.sum(sizes**2)) / n) / (k - 1)
    total = between + (size - 1) * within
    return (between - within) / total if total > 0 else None

"""What other packages print: their standard errors as data, not as code.

Seven packages asked the same question give the same estimate and several standard errors. Each
differs from another in four things only, written here for each of them: which variance a user gets,
what it is multiplied by in a small sample, which law its t is read in, and whether block effects
that lie within a cluster count as columns. None of them moves an estimate.

References
----------
``docs/methods.md`` gives the commands, and ``tests/estimation`` the transcripts they are held to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Literal, TypeAlias

import numpy as np

from reliance_eval.errors import Fault
from reliance_eval.estimation.arrays import Ints
from reliance_eval.estimation.variance import CLUSTERED, Spread
from reliance_eval.registry import nearest

Law: TypeAlias = Literal["residual", "clusters", "satterthwaite", "normal"]
"""``residual``: t with n - k; ``clusters``: t with G - 1; ``normal``: no degrees of freedom."""

Factor: TypeAlias = Literal["", "n", "hc1", "cr1"]
"""What the variance of that name is multiplied by: nothing; (n - k)/n; n/(n - k);
G/(G - 1) x (n - 1)/(n - k)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a package reads one variance.

    Attributes
    ----------
    law : Law
    factor : Factor
        Beside the factor that the variance's own name stands for.
    """

    law: Law
    factor: Factor = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """The standard errors of a package.

    Attributes
    ----------
    regression, two_stage : mapping of str to Rule
        By name of variance; the first without clusters, and the first with, is what a user gets
        who asks for a robust or for a clustered standard error.
    counts_nested : bool
        Whether block effects that lie within a cluster count among the k columns.
    """

    regression: Mapping[str, Rule]
    two_stage: Mapping[str, Rule]
    counts_nested: bool = True

    def table(self, *, is_two_stage: bool) -> Mapping[str, Rule]:
        """Give the variances of a regression, or of two-stage least squares."""
        return self.two_stage if is_two_stage else self.regression

    def names(self, *, is_two_stage: bool, is_clustered: bool) -> tuple[str, ...]:
        """Give the variances it has for a design; the default first."""
        known = self.table(is_two_stage=is_two_stage)
        return tuple(name for name in known if (name in CLUSTERED) == is_clustered)


_T, _Z, _G, _S = Rule("residual"), Rule("normal"), Rule("clusters"), Rule("satterthwaite")
_OVER_N = Rule("normal", "n")
_R = dict.fromkeys(("HC3", "classical", "HC0", "HC1", "HC2", "CR1", "CR0"), _T)
_ESTIMATR = dict.fromkeys(("HC2", "classical", "HC0", "HC1", "HC3"), _T)
_ESTIMATR |= {"CR2": _S, "CR0": _G, "CR1": _G}
# Its HC1 and CR1 are debiased=True, which reads clusters, too, in t with n - k.
_LINEARMODELS = {"HC0": _Z, "classical": _OVER_N, "HC1": _T, "CR0": _Z, "CR1": _T}
_FIXEST_2SLS = {"HC1": _T, "classical": _T, "CR1": _G}

CONVENTIONS: dict[str, Convention] = {
    # ivregress is asymptotic unless `small` is written, which gives HC1 and CR1.
    "stata": Convention(
        regression={"HC1": _T, "classical": _T, "HC2": _T, "HC3": _T, "CR1": _G},
        two_stage={"HC0": _Z, "classical": _OVER_N, "HC1": _T, "CR0": _Z, "CR1": _G},
    ),
    "estimatr": Convention(regression=_ESTIMATR, two_stage=_ESTIMATR),
    "fixest": Convention(
        regression={"HC1": _T, "classical": _T, "HC2": _T, "HC3": _T, "CR1": _G},
        two_stage=_FIXEST_2SLS,
        counts_nested=False,
    ),
    # Unlike fixest, it puts HC1's and CR1's factors on top of HC2, HC3 and CR3.
    "pyfixest": Convention(
        regression=dict.fromkeys(("HC1", "classical"), _T)
        | dict.fromkeys(("HC2", "HC3"), Rule("residual", "hc1"))
        | {"CR1": _G, "CR3": Rule("clusters", "cr1")},
        two_stage=_FIXEST_2SLS,
        counts_nested=False,
    ),
    # Any robust cov_type switches to the normal law; IV2SLS has none.
    "statsmodels": Convention(
        regression={"HC1": _Z, "classical": _T}
        | dict.fromkeys(("HC0", "HC2", "HC3", "CR1", "CR0"), _Z),
        two_stage={"classical": _T},
    ),
    "linearmodels": Convention(regression=_LINEARMODELS, two_stage=_LINEARMODELS),
    "r": Convention(regression=_R, two_stage=_R),
}
"""By the name a protocol uses."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The variance that an estimate follows, and how its package reads it.

    Attributes
    ----------
    variance : str
    rule : Rule or None
        None where no package is named: the variance's own law, and no factor.
    counts_nested : bool
    """

    variance: str
    rule: Rule | None = None
    counts_nested: bool = True


def reading(
    convention: str, variance: str | None, *, is_two_stage: bool, is_clustered: bool
) -> Reading:
    """Resolve a convention, and a variance where one is named with it.

    The test of a LATE is a regression's: a named variance that only two-stage least squares has
    leaves it the package's default.

    Parameters
    ----------
    convention : str
        A name of ``CONVENTIONS``, or "" for none.
    variance : str or None

    Examples
    --------
    >>> reading("stata", None, is_two_stage=True, is_clustered=False).variance
    'HC0'
    """
    if not convention:
        return Reading(variance or ("CR2" if is_clustered else "HC2"))
    package = CONVENTIONS[convention]
    names = package.names(is_two_stage=is_two_stage, is_clustered=is_clustered)
    name = variance if variance in names else names[0]
    rule = package.table(is_two_stage=is_two_stage)[name]
    return Reading(name, rule, package.counts_nested)


def as_read(found: Spread, read: Reading, *, k: int, clusters: Ints, effects: Ints) -> Spread:
    """Give a spread as its package prints it: the factor, and the degrees of freedom.

    Parameters
    ----------
    found : Spread
        Of the variance's name, with its own factor and law.
    read : Reading
    k : int
        Columns of the regression, those of the effects included.
    clusters, effects : array of int (n,)
        Cluster of each row, and the block whose effect it has; all alike where there is none.

    Returns
    -------
    Spread
        ``df`` is infinite under the normal law.
    """
    if read.rule is None:
        return found
    n, groups = len(clusters), len(np.unique(clusters))
    counted = k if read.counts_nested else k - _nested(effects, clusters)
    by_clusters = groups / (groups - 1.0) * (n - 1.0) / (n - counted)
    own = (n - k) / (n - counted) if read.variance == "CR1" else 1.0
    beside = {"": 1.0, "n": (n - k) / n, "hc1": n / (n - counted), "cr1": by_clusters}
    degrees = {
        "residual": float(n - counted),
        "clusters": groups - 1.0,
        "satterthwaite": found.df,
        "normal": inf,
    }
    return replace(
        found,
        influence=found.influence * sqrt(own * beside[read.rule.factor]),
        df=degrees[read.rule.law],
    )


def _nested(effects: Ints, clusters: Ints) -> int:
    """Count the columns of effects, where each of these lies within one cluster; else none."""
    levels = len(np.unique(effects))
    pairs = np.unique(np.stack([effects, clusters]), axis=1).shape[1]
    return levels - 1 if pairs == levels else 0


def convention_faults(
    convention: str | None,
    variance: str | None,
    *,
    is_two_stage: bool,
    is_clustered: bool,
    where: str = "",
) -> tuple[Fault, ...]:
    """Find why a named convention cannot be followed.

    Parameters
    ----------
    convention, variance : str or None
        As named, by themselves or together.
    is_two_stage, is_clustered : bool
    """
    if convention is None:
        return ()
    values = {"name": convention, "known": ", ".join(CONVENTIONS)}
    if convention not in CONVENTIONS:
        close = nearest(convention, tuple(CONVENTIONS)) or next(iter(CONVENTIONS))
        return (Fault("E-ESTIMATION-CONVENTION", where, values | {"nearest": close}),)
    known = CONVENTIONS[convention].names(is_two_stage=is_two_stage, is_clustered=is_clustered)
    if not known:
        return (Fault("E-ESTIMATION-CONVENTION-CLUSTERS", where, values),)
    if variance is not None and variance not in known:
        values |= {"variance": variance, "known": ", ".join(known)}
        return (Fault("E-ESTIMATION-CONVENTION-VARIANCE", where, values),)
    return ()

"""The diagnosis of a protocol: what it can detect, by formula and by simulated trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from reliance_eval.artefact import Artefact
from reliance_eval.estimation import Promise
from reliance_eval.estimation.walds import Degrees
from reliance_eval.power.assuming import Assumed
from reliance_eval.power.operating import Measured, Operating
from reliance_eval.protocol import Protocol

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Needed:
    """The units that the smallest effect that matters needs, unrounded.

    Attributes
    ----------
    arm, reference : float
        With an outcome.
    drawn : float
        Both arms, so that as many remain after attrition.
    """

    arm: float
    reference: float
    drawn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest effect that one promise detects, by formula; in the outcome's unit.

    Attributes
    ----------
    promise : Promise
    arm, reference : int
        Units drawn.
    standard_deviation, attrition, take_up : Assumed
    base_rate : Assumed or None
        Of a yes-or-no outcome: its spread among the offered then follows from the effect.
    std_error : float or None
        Of the effect of the offer, were it zero; None where no standard deviation is known.
    df : float
    critical, critical_family : float
        The |t| needed alone, and as one of the ``family_size`` results corrected together.
    smallest, smallest_family : float or None
        For a LATE, on those who take the offer up.
    in_sd : float or None
        ``smallest`` in standard deviations; None where take-up is unknown.
    matters : float or None
        The smallest effect that matters, where the protocol states it.
    power, power_family : float or None
        With which that effect is found.
    needed : Needed or None
        What that effect needs.
    """

    promise: Promise
    arm: int
    reference: int
    standard_deviation: Assumed
    attrition: Assumed
    take_up: Assumed
    base_rate: Assumed | None
    std_error: float | None
    df: Degrees
    critical: float
    critical_family: float
    family_size: int
    smallest: float | None
    smallest_family: float | None
    in_sd: float | None
    matters: float | None
    power: float | None
    power_family: float | None
    needed: Needed | None


@dataclass(frozen=True, slots=True)
class Point:
    """Power at one effect of the offer: by formula, and as simulated trials have it."""

    effect: float
    formula: float
    formula_family: float
    simulated: Measured | None
    simulated_family: Measured | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The power of one promise, effect by effect."""

    promise: Promise
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """How the trials were simulated.

    Attributes
    ----------
    trials : int
    seed : int
    effects : float
        What the world's own effects were multiplied by.
    world : str
    take_up : float or None
        Mean difference in take-up between the arms.
    """

    trials: int
    seed: int
    effects: float
    world: str
    take_up: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis(Artefact):
    """What a protocol can detect, before anybody is drawn.

    Attributes
    ----------
    power : float
        The power that smallest effects are asked for.
    assumed : mapping of str to Assumed
        What formulas took beside take-up, attrition and standard deviations.
    detectable : tuple of Detectable
        One a promise for everyone, in the protocol's order.
    simulated : Simulated or None
        None where nothing was simulated.
    operating : tuple of Operating
        One a promise that simulated trials answered, subgroups included.
    curves : tuple of Curve
        One a primary outcome, at its last horizon.
    not_simulated : tuple of str
        Codes of what keeps the analyses from being simulated.
    """

    act: ClassVar[str] = "diagnosis"

    parent: Protocol
    power: float
    assumed: dict[str, Assumed]
    detectable: tuple[Detectable, ...]
    simulated: Simulated | None
    operating: tuple[Operating, ...]
    curves: tuple[Curve, ...]
    not_simulated: tuple[str, ...] = ()

    @property
    def protocol(self) -> Protocol:
        """The protocol that was diagnosed."""
        return self.parent

    def tidy(self) -> pd.DataFrame:
        """Give one row a promise: the smallest effects by formula, in the outcome's unit."""
        import pandas as pd

        return pd.DataFrame([_row(item) for item in self.detectable]).convert_dtypes()

    def to_pandas(self) -> pd.DataFrame:
        """Give one row a simulated promise, each number with its Monte-Carlo error beside it."""
        import pandas as pd

        return pd.DataFrame([_flat(item) for item in self.operating]).convert_dtypes()

    def summaries(self) -> dict[str, pd.DataFrame]:
        """Give the tables that are written beside the artefact."""
        tables = {"detectable": self.tidy()}
        return tables | ({"operating": self.to_pandas()} if self.operating else {})

    def _repr_html_(self) -> str:
        shown = self.tidy()[
            ["id", "n_arm", "n_reference", "std_error", "smallest", "smallest_family"]
        ]
        return shown.to_html(index=False, border=0)


def _named(promise: Promise) -> dict[str, Any]:
    return {
        "id": promise.id,
        "outcome": promise.outcome,
        "horizon_months": promise.horizon_months,
        "estimand": promise.estimand,
        "estimator": promise.estimator,
        "subgroup": promise.subgroup,
        "arm": promise.arm,
    }


def _row(item: Detectable) -> dict[str, Any]:
    needed = asdict(item.needed) if item.needed else dict.fromkeys(("arm", "reference", "drawn"))
    return {
        **_named(item.promise),
        "n_arm": item.arm,
        "n_reference": item.reference,
        "base_rate": item.base_rate.value if item.base_rate else None,
        "standard_deviation": item.standard_deviation.value,
        "attrition": item.attrition.value,
        "take_up": item.take_up.value,
        "std_error": item.std_error,
        "df": item.df,
        "critical": item.critical,
        "critical_family": item.critical_family,
        "family_size": item.family_size,
        "smallest": item.smallest,
        "smallest_family": item.smallest_family,
        "smallest_in_sd": item.in_sd,
        "matters": item.matters,
        "power": item.power,
        "power_family": item.power_family,
        **{f"needed_{name}": value for name, value in needed.items()},
    }


MEASURES = (
    "bias",
    "coverage",
    "power",
    "power_family",
    "wrong_sign",
    "exaggeration",
    "std_error",
    "spread",
    "smallest",
    "smallest_family",
)


def _flat(item: Operating) -> dict[str, Any]:
    row = _named(item.promise) | {"answered": item.answered, "truth": item.truth}
    for name in MEASURES:
        measured: Measured | None = getattr(item, name)
        row[name] = measured.value if measured else None
        row[f"{name}_error"] = measured.error if measured else None
    return row

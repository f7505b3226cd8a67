"""The reference trials: their data as the peers prepared them, and what the peers found.

A quantity of ``expected.json`` (``late.work1.cov``) is one specification; its rows are what each
peer gives for it, by type of standard error. ``specification`` turns the name of a quantity into
the call of ours that asks the same question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd
import pytest

from reliance_eval.estimation import Estimate, itt, late

SHARED = Path(__file__).resolve().parents[3] / "shared"
REFERENCE = SHARED / "reference"

AGREED = 1e-6
"""Relative spread between peers below which the reference README calls them agreed."""

NSW = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
JOBS = ("econ_hard", "depress1", "sex", "age", "nonwhite")
JTPA = (
    *("hsorged", "black", "hispanic", "married", "wkless13", "class_tr", "ojt_jsa"),
    *("age2225", "age2629", "age3035", "age3644", "age4554", "f2sms"),
)
VOTES = ("p2000", "g2000", "p2002", "g2002", "p2004")

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Specification:
    """A call of ours: which function, on which rows of a trial, with which arguments."""

    kind: Literal["itt", "late"]
    frame: str
    options: dict[str, Any] = field(default_factory=dict)
    arm: int = 0

    def ask(self, **more: Any) -> Any:
        """Ask it, with a variance or a convention."""
        found = _asked(self.kind, self.frame, _plain({**self.options, **more}))
        return found[self.arm] if isinstance(found, tuple) else found

    def estimate(self, **more: Any) -> Estimate:
        """Ask it, of what is estimable."""
        found = self.ask(**more)
        assert isinstance(found, Estimate), found
        return found


Build: TypeAlias = Callable[[dict[str, str]], Specification]


def agrees(expected: Any, rel: float = AGREED) -> Any:
    """Compare within the spread under which the reference README calls peers agreed."""
    return pytest.approx(expected, rel=rel)


@cache
def results(trial: str) -> tuple[Row, ...]:
    """Give every row of a trial."""
    text = (REFERENCE / trial / "expected.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["results"])


@cache
def published(trial: str) -> dict[str, Row]:
    """Give what papers printed on a trial, by quantity."""
    text = (REFERENCE / trial / "expected.json").read_text(encoding="utf-8")
    return {row["quantity"]: row for row in json.loads(text)["published"]}


def rows_of(trial: str, quantity: str) -> list[Row]:
    """Give what the peers found for a quantity."""
    return [row for row in results(trial) if row["quantity"] == quantity]


def quantities() -> list[tuple[str, str]]:
    """List every trial and quantity; empty where the folder is not beside the checkout."""
    trials = sorted(path.parent.name for path in REFERENCE.glob("*/expected.json"))
    return [
        (trial, name)
        for trial in trials
        for name in dict.fromkeys(row["quantity"] for row in results(trial))
    ]


@cache
def frame_of(name: str) -> pd.DataFrame:
    """Give the rows of a trial that the peers used: ``trial`` or ``trial/part``."""
    trial, _, part = name.partition("/")
    if trial == "social_pressure":
        people = pd.read_parquet(REFERENCE / trial / "data.parquet")
        people = people.astype({"voted": float, "arm": int})
        if part != "households":
            return people
        means = people.groupby(["hh_id", "block", "arm"])["voted"].mean()
        return means.to_frame("rate").reset_index()
    data = pd.read_csv(REFERENCE / trial / "data.csv")
    if trial == "nsw_dw":
        data["u78"] = (data["re78"] == 0).astype(int)
    if trial == "jtpa":
        return data[data["sex"] == (1 if part == "men" else 0)]
    if trial == "peru_iron" and part:
        arms, outcome = part.split("/")
        chosen = data if arms == "all arms" else data[data["treatment"] != 1]
        return chosen.dropna(subset=[outcome])
    if trial == "thornton_hiv":
        data = data.dropna(subset=["got", "any", "villnum"])
        if part == "known":
            return data[data["age"].notna() & (data["hiv2004"] >= 0)]
        if part == "paid":
            return data.dropna(subset=["tinc"])
    if trial == "indo_rct" and part == "large":
        # The sites with at least two patients an arm, as the peer's command says.
        offered = data["indomethacin"].groupby(data["site"])
        taken, all_of_them = offered.transform("sum"), offered.transform("size")
        return data[(taken > 1) & (all_of_them - taken > 1)]
    return data


def specification(trial: str, quantity: str) -> tuple[Specification, str] | None:
    """Give the call behind a quantity, and what of its answer the quantity is ("" for all)."""
    for pattern, build in _SPECIFICATIONS.get(trial, {}).items():
        if found := re.fullmatch(pattern, quantity):
            groups = found.groupdict()
            return build(groups), groups.get("part") or ""
    return None


PART = r"(?:\.(?P<part>first_stage_F|wu_hausman|anderson_rubin|clr|liml))?"


def _nsw(name: dict[str, str]) -> Specification:
    adjust = {"nocov": "none", "cov": "ancova", "lin": "lin", "dim_neyman_welch": "none"}
    covariates = NSW if name["how"] in ("cov", "lin") else ()
    options = {"outcome": "re78", "offer": "treat", "covariates": covariates}
    return Specification("itt", "nsw_dw", options | {"adjust": adjust[name["how"]]})


def _jobs2(name: dict[str, str]) -> Specification:
    covariates = JOBS if name["how"] == "cov" else ()
    options: dict[str, Any] = {"outcome": name["y"], "offer": "treat", "covariates": covariates}
    if name["kind"] == "late":
        return Specification("late", "jobs2", options | {"take_up": "comply"})
    return Specification("itt", "jobs2", options | {"adjust": "ancova" if covariates else "none"})


def _jtpa(name: dict[str, str]) -> Specification:
    women = ("afdc",) if name["sex"] == "women" else ()
    covariates = (*JTPA, *women) if name["how"] == "cov" else ()
    options: dict[str, Any] = {"outcome": "earnings", "offer": "assignmt", "covariates": covariates}
    frame = f"jtpa/{name['sex']}"
    if name["kind"] == "late":
        return Specification("late", frame, options | {"take_up": "training"})
    options["adjust"] = "ancova" if covariates else "none"
    if name["kind"] == "ols_asreceived":
        options["offer"] = "training"
    if name["kind"] == "first_stage":
        options["outcome"] = "training"
    return Specification("itt", frame, options)


def _indo(name: dict[str, str]) -> Specification:
    options: dict[str, Any] = {"outcome": "pep", "offer": "indomethacin"}
    how = name["how"]
    if how != "nocov":
        options["blocks"] = "site"
    if how in ("cov", "lin"):
        options["covariates"] = ("age", "risk", "male")
    options["adjust"] = {"siteFE": "ancova", "cov": "ancova", "lin": "lin"}.get(how, "none")
    return Specification("itt", "indo_rct/large" if how == "blocked_dim" else "indo_rct", options)


def _peru(name: dict[str, str]) -> Specification:
    options: dict[str, Any] = {"outcome": name["y"], "offer": "treatment", "reference": 3}
    if name["how"] != "arms.nocov":
        options["blocks"] = "class_level"
    if name["how"] == "arms.strataFE":
        options["adjust"] = "ancova"
    if name["how"] == "blocked_dim":
        return Specification("itt", f"peru_iron/arms 2 and 3/{name['y']}", options)
    if name["how"] == "sreg":
        # It is given the pupils with an outcome: their blocks' shares, not those of all drawn.
        frame = f"peru_iron/all arms/{name['y']}"
        return Specification("itt", frame, options, arm=int(name["arm"]) - 1)
    return Specification("itt", "peru_iron", options, arm=int(name["arm"]) - 1)


def _thornton(name: dict[str, str]) -> Specification:
    options: dict[str, Any] = {"outcome": "got", "offer": "any", "clusters": "villnum"}
    how = name["how"]
    if how == ".iid":
        del options["clusters"]
    if how == ".villageFE":
        options |= {"blocks": "villnum", "adjust": "ancova"}
    if how == ".cov":
        options |= {"covariates": ("age", "hiv2004", "distvct"), "adjust": "ancova"}
        return Specification("itt", "thornton_hiv/known", options)
    if how == "_tinc.any":
        options |= {"covariates": ("tinc",), "adjust": "ancova"}
        return Specification("itt", "thornton_hiv/paid", options)
    return Specification("itt", "thornton_hiv", options)


def _social(name: dict[str, str]) -> Specification:
    arm = int(name["arm"]) - 1
    how = name["how"]
    if how == "hh_rate.unweighted":
        options: dict[str, Any] = {"outcome": "rate", "offer": "arm"}
        return Specification("itt", "social_pressure/households", options, arm=arm)
    options = {"outcome": "voted", "offer": "arm"}
    if how != "voted.iid":
        options["clusters"] = "hh_id"
    if "blockFE" in how:
        options |= {"blocks": "block", "adjust": "ancova"}
    if "cov" in how:
        options["covariates"] = VOTES
    return Specification("itt", "social_pressure", options, arm=arm)


def _lee(name: dict[str, str]) -> Specification:
    return Specification("itt", "jobcorps_lee", {"outcome": name["y"], "offer": "treat"})


KIND = r"(?P<kind>itt|late|ols_asreceived|first_stage)"
VOTED = r"(?P<how>voted\.(?:hh|iid|blockFE\.hh|blockFE_cov\.hh)|hh_rate\.unweighted)"
ARMS = r"(?P<how>arms\.(?:strataFE|nocov))\.t(?P<arm>[12])"

_SPECIFICATIONS: dict[str, dict[str, Build]] = {
    "nsw_dw": {r"itt\.re78\.(?P<how>nocov|cov|lin|dim_neyman_welch)": _nsw},
    "jobs2": {rf"(?P<kind>itt|late)\.(?P<y>\w+)\.(?P<how>nocov|cov){PART}": _jobs2},
    "jtpa": {rf"{KIND}\.(?:earnings|training)\.(?P<sex>\w+)\.(?P<how>nocov|cov){PART}": _jtpa},
    "indo_rct": {r"itt\.pep\.(?P<how>nocov|siteFE|cov|lin|blocked_dim)": _indo},
    "peru_iron": {
        rf"itt\.(?P<y>\w+)\.{ARMS}": _peru,
        r"ate\.(?P<y>\w+)\.(?P<how>sreg)\.t(?P<arm>[12])": _peru,
        r"ate\.(?P<y>\w+)\.(?P<how>blocked_dim)\.t2_vs_rest0": _peru,
    },
    "thornton_hiv": {
        r"itt\.got\.any(?P<how>\.(?:nocov|cov|iid|villageFE)|_tinc\.any)": _thornton,
    },
    "social_pressure": {rf"itt\.{VOTED}\.t(?P<arm>[1-4])": _social},
    "jobcorps_lee": {r"(?:itt|naive)\.(?P<y>(?:emp|lwage)_\d+)": _lee},
}


def _plain(options: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(options.items()))


@cache
def _asked(kind: str, frame: str, options: tuple[tuple[str, Any], ...]) -> Any:
    ask = itt if kind == "itt" else late
    return ask(frame_of(frame), **dict(options))

"""Every quantity of every reference trial is reproduced, or its absence is explained.

The walk is over ``expected.json`` itself: a quantity added there is compared with ours or fails as
not covered. For each row of a peer ours is asked twice: with the variance of that name, whose
estimate and standard error must agree; and as that package prints it, whose degrees of freedom, p
and interval must agree too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference_cases import (
    Row,
    Specification,
    agrees,
    frame_of,
    quantities,
    rows_of,
    specification,
)
from reference_objects import OTHERS, REPRODUCED

from reliance_eval.estimation import Estimate

pytestmark = pytest.mark.shared

QUANTITIES = quantities() or [("", "")]
"""One without a name where the folder is absent, which the fixture then skips with its reason."""

OURS: dict[str, dict[str, str]] = {
    "Neyman": {},
    "blocked Neyman": {},
    "CR1S": {"variance": "CR1"},
    "CR1S(fixest ssc)": {"convention": "fixest"},
    "CR3(pyfixest)": {"variance": "CR3", "convention": "pyfixest"},
    "HC2 (pyfixest default ssc)": {"variance": "HC2", "convention": "pyfixest"},
    "HC3 (pyfixest default ssc)": {"variance": "HC3", "convention": "pyfixest"},
    "classical(n)": {"variance": "classical", "convention": "linearmodels"},
    **{name: {"variance": name} for name in ("classical", "HC0", "HC1", "HC2", "HC3")},
    **{name: {"variance": name} for name in ("CR0", "CR2", "CR3")},
}
"""What we call each type of standard error."""

ONE_FACTOR_AWAY = {"CR1": "CR0", "CR1 (G/(G-1))": "CR0"}
"""clubSandwich's CR1 and survey's linearised variance are CR0 times G/(G-1). Ours of that name is
Stata's, with (n-1)/(n-k) too, as in estimatr, fixest, pyfixest, statsmodels and sandwich: one name
stands for one number, and most tables of trials print that one."""

PACKAGES = {
    "estimatr": "estimatr",
    "fixest": "fixest",
    "pyfixest": "pyfixest",
    "linearmodels": "linearmodels",
    "ivreg": "r",
    "sandwich": "r",
}
"""The convention of a peer's rows. The statsmodels rows ask for a t (``use_t=True``), the law of
textbooks and not the package's own; clubSandwich reads every type in Satterthwaite's degrees of
freedom and survey in its own; SciPy and R's t.test are Welch's, our default."""

NO_SPREAD = {
    "sreg": "asymptotics over strata drawn at random (Bugni, Canay and Shaikh 2018); ours are over "
    "the strata that were there, by the blocked Neyman variance",
}
"""Peers whose estimate is ours and whose standard error is of another thing, and of which."""


@pytest.mark.parametrize(("trial", "quantity"), QUANTITIES)
def test_every_quantity_is_reproduced_or_explained(shared: Path, trial: str, quantity: str) -> None:
    assert shared.is_dir()
    rows = rows_of(trial, quantity)
    assert rows
    found = specification(trial, quantity)
    if found is not None:
        asked, part = found
        _CHECKS[part](asked, rows)
        return
    for covers, check in REPRODUCED.items():
        if covers.fullmatch(f"{trial}/{quantity}"):
            check(trial, quantity, rows)
            return
    reasons = [why for names, why in OTHERS.items() if names.fullmatch(f"{trial}/{quantity}")]
    assert reasons, f"not covered: {trial}/{quantity}"
    assert all(len(why) > 30 for why in reasons)


def check_effects(asked: Specification, rows: list[Row]) -> None:
    """Compare an ITT or a LATE with every peer, by type of standard error."""
    for row in rows:
        name, peer = row.get("se_type", ""), row["peer"]
        if peer in NO_SPREAD:
            assert asked.estimate().estimate == agrees(row["estimate"]), row
            continue
        if name in ONE_FACTOR_AWAY:
            ours = asked.estimate(variance=ONE_FACTOR_AWAY[name])
            groups = len(np.unique(frame_of(asked.frame)[asked.options["clusters"]]))
            assert ours.std_error * np.sqrt(groups / (groups - 1)) == agrees(row["se"]), row
            continue
        assert name in OURS, f"no variance of ours is called {name}"
        ours = asked.ask(**OURS[name])
        if not isinstance(ours, Estimate):
            assert (asked.frame, asked.options["adjust"], ours.reason) in NOISE, ours
            continue
        assert ours.estimate == agrees(row["estimate"]), row
        assert ours.std_error == agrees(row["se"]), row
        check_law(asked, row, ours)


NOISE = {
    # A site has one treated patient: in the interacted regression she alone decides a column, her
    # leverage is one and HC2 is 0/0. The peer prints what rounding leaves there.
    ("indo_rct", "lin", "leverage_one"),
}


def check_law(asked: Specification, row: Row, ours: Estimate) -> None:
    """Compare degrees of freedom, p and interval with the package's own row."""
    package, name = _package(row), row["se_type"]
    if asked.frame.startswith(LARGE):
        package = ""
    if package:
        variance = OURS[name].get("variance", "CR1")
        ours = asked.estimate(convention=package, variance=variance)
        assert ours.convention_name == package
        assert ours.std_error == agrees(row["se"]), row
    elif row["peer"] in ("clubSandwich", "survey") and name != "CR2":
        return
    printed: Any = ours.wald if asked.kind == "late" else ours
    if isinstance(row.get("df"), (int, float)):
        assert printed.df == agrees(row["df"]), row
    if "p" in row and row["p"] is not None:
        # pyfixest prints 0 for a p under 1e-16.
        assert printed.p_value == pytest.approx(row["p"], rel=1e-5, abs=1e-15), row
    if isinstance(row.get("ci95"), list):
        scale = max(abs(end) for end in row["ci95"])
        ends = [printed.conf_low, printed.conf_high]
        assert ends == pytest.approx(row["ci95"], rel=AT_ENDS, abs=AT_ENDS * scale), row


def _package(row: Row) -> str:
    """Give the convention of a row, or "" where its command asks for the textbook's."""
    is_textbook = (
        row["se_type"] in ("Neyman", "blocked Neyman")
        or "k_adj=False" in row["command"]
        or ("debiased=True" in row["command"] and row["se_type"] == "classical")
        # t with G - 1 set by hand; coeftest by itself reads clusters in n - k.
        or (row["peer"] == "sandwich" and row["se_type"].startswith("CR"))
    )
    return "" if is_textbook else PACKAGES.get(row["peer"], "")


LARGE = "social_pressure"
"""344,084 rows are asked once a variance: the laws of packages are compared on the other trials."""

AT_ENDS = 2e-6
"""Intervals: an estimate and a standard error that each agree to 1e-6."""


def check_first_stage_f(asked: Specification, rows: list[Row]) -> None:
    """Compare the first stage's F: the square of its t, with the variance of the row."""
    for row in rows:
        ours = asked.estimate(**OURS[row["se_type"]])
        assert ours.first_stage_f == agrees(row["statistic"]), row


def check_anderson_rubin(asked: Specification, rows: list[Row]) -> None:
    """Compare the homoskedastic test and set."""
    ours = asked.estimate(variance="classical")
    for row in rows:
        if "statistic" in row:
            assert ours.statistic**2 == agrees(row["statistic"])
        assert ours.p_value == agrees(row["p"])
        # With one offer the conditional likelihood ratio is Anderson and Rubin's test; ivmodel
        # searches its ends by steps.
        near = AGREED_BY_SEARCH if row["quantity"].endswith("clr") else AT_ENDS
        scale = max(abs(end) for end in row["ci95"])
        assert list(ours.anderson_rubin[0]) == pytest.approx(row["ci95"], abs=near * scale), row


AGREED_BY_SEARCH = 1e-5


def check_liml(asked: Specification, rows: list[Row]) -> None:
    """With one offer, limited-information maximum likelihood is two-stage least squares."""
    ours = asked.estimate(variance="classical")
    for row in rows:
        assert row["k"] == pytest.approx(1.0, abs=1e-9)
        assert ours.estimate == agrees(row["estimate"])
        assert ours.std_error == agrees(row["se"])


def refuses_wu_hausman(asked: Specification, rows: list[Row]) -> None:
    """No pre-test decides what is reported: the offer was drawn, take-up was chosen."""
    assert asked.kind == "late"
    assert {row["peer"] for row in rows} == {"ivreg"}


_CHECKS = {
    "": check_effects,
    "first_stage_F": check_first_stage_f,
    "anderson_rubin": check_anderson_rubin,
    "clr": check_anderson_rubin,
    "liml": check_liml,
    "wu_hausman": refuses_wu_hausman,
}

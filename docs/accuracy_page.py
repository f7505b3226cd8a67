"""The page of numerical accuracy: NIST's certified regressions, solved again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SHARED = Path(__file__).resolve().parents[2] / "shared" / "reference" / "nist_strd"

HEAD = """# Numerical accuracy

The American standards institute publishes regressions that are hard to compute, with answers
certified to fifteen digits (NIST, Statistical Reference Datasets, linear regression). Below: how
many of these digits the package's least squares give, and how many it promises on any machine. A
digit is lost to every factor of ten in the relative error, and the worst coefficient or standard
error counts. Double precision has between fifteen and sixteen.

*Once* is the factorisation of a small design; *by slices* is that of a large one, to which the
same data are given {copies} times over (coefficients stay, and standard errors shrink by a known
factor). "–" stands where the certified errors are zero.

| problem | rows | columns | what is hard | | promised | once | by slices |
|---|---|---|---|---|---|---|---|
"""

FOOT = """
Filip's polynomial of degree ten is where R's `lm` drops a coefficient by default and a
pseudo-inverse gives not one right digit. Here a column goes only when less than $10^{-11}$ of its
length is left beside the others, and it is named; Filip's leave $8 \\cdot 10^{-11}$.

The coefficients are more exact than one factorisation gives: what the residuals still have of the
columns is taken out a second time, and added to the coefficients.

The rows are solved by `reliance_eval.estimation.linear`, and the tests hold them to the promises:
`tests/estimation/test_linear.py`. Digits of one machine are a little of its own: this page is
written again where one of them moves by a whole digit.
"""

COPIES = 200

LONGLEY = {
    "estimate": [
        -3482258.63459582,
        15.0618722713733,
        -0.358191792925910e-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-01,
        1829.15146461355,
    ],
    "std_error": [
        890420.383607373,
        84.9149257747669,
        0.334910077722432e-01,
        0.488399681651699,
        0.214274163161675,
        0.226073200069370,
        455.478499142212,
    ],
}
"""NIST's certified values; the data come with statsmodels."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A certified regression.

    Attributes
    ----------
    degree : int or None
        Of the polynomial; None where the columns are given.
    hard : str
    for_coefficients, for_errors : float or None
        Digits promised.
    """

    name: str
    degree: int | None
    hard: str
    for_coefficients: float
    for_errors: float | None


STEEP = "polynomial of degree five"
PROBLEMS = (
    Problem("Longley", None, "columns that move together", 10.0, 11.5),
    Problem("Filip", 10, "polynomial of degree ten, far from zero", 7.0, 7.5),
    Problem("Wampler1", 5, STEEP, 9.0, None),
    Problem("Wampler2", 5, f"{STEEP}, coefficients of many sizes", 10.0, None),
    Problem("Wampler3", 5, f"{STEEP}, errors", 9.0, 13.0),
    Problem("Wampler4", 5, f"{STEEP}, errors a hundred times larger", 7.0, 13.0),
    Problem("Wampler5", 5, f"{STEEP}, errors ten thousand times larger", 5.0, 13.0),
    Problem("Pontius", 2, "columns of very unequal length", 11.0, 12.5),
    Problem("NoInt1", 1, "no constant", 14.0, 14.0),
)
"""The floors of the project's page of reliability."""


def accuracy_page(kept: str) -> str | None:
    """Give the page, or None where the certified data are not beside this clone.

    Parameters
    ----------
    kept : str
        The page there is: it stays while no digit moves by a whole one.
    """
    if not SHARED.is_dir():
        return None
    rows = [line for problem in PROBLEMS for line in _rows(problem)]
    page = HEAD.format(copies=COPIES) + "\n".join(rows) + "\n" + FOOT
    return kept if _is_close(page, kept) else page


def reached(problem: Problem, *, copies: int = 1) -> tuple[float, float | None]:
    """Give the right digits of coefficients and of standard errors."""
    from reliance_eval.estimation.linear import least_squares
    from reliance_eval.estimation.variance import spread

    design, outcome, certified = _data(problem)
    n, k = design.shape
    names = tuple(f"x{place}" for place in range(k))
    fit = least_squares(np.tile(design, (copies, 1)), np.tile(outcome, (copies, 1)), names=names)
    found = digits(fit.coefficients[:, 0], certified["estimate"])
    if problem.for_errors is None:
        return found, None
    rows = np.arange(copies * n)
    errors = [
        np.linalg.norm(
            spread(fit, name, convention="classical", clusters=rows, groups=len(rows)).influence
        )
        for name in names
    ]
    shrunk = np.sqrt((n - k) / (copies * n - k)) * np.array(certified["std_error"])
    return found, digits(np.array(errors), shrunk.tolist())


def digits(found: np.ndarray, certified: list[float]) -> float:
    """Give how many digits of the worst number are right."""
    wanted = np.array(certified)
    error = np.abs(found - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
    return float(-np.log10(np.maximum(error, 1e-16)).min())


def _data(problem: Problem) -> tuple[np.ndarray, np.ndarray, dict[str, list[float]]]:
    if problem.degree is None:
        from statsmodels.datasets import longley

        data = longley.load_pandas()
        design = np.column_stack([np.ones(len(data.endog)), data.exog.to_numpy(float)])
        return design, data.endog.to_numpy(float)[:, None], LONGLEY
    certified = json.loads((SHARED / "certified.json").read_text(encoding="utf-8"))
    table = pd.read_csv(SHARED / f"{problem.name.lower()}.csv")
    design = np.vander(table["x"].to_numpy(float), problem.degree + 1, increasing=True)
    design = design[:, 1:] if problem.name == "NoInt1" else design
    return design, table[["y"]].to_numpy(float), certified[problem.name]


def _rows(problem: Problem) -> list[str]:
    n, k = _data(problem)[0].shape
    once, sliced = reached(problem), reached(problem, copies=COPIES)
    kinds = ("coefficients", "standard errors")
    promises = (problem.for_coefficients, problem.for_errors)
    lines = []
    for place, (kind, promise) in enumerate(zip(kinds, promises, strict=True)):
        found = [
            f"{value[place]:.1f}" if value[place] is not None else "–" for value in (once, sliced)
        ]
        head = f"| {problem.name} | {n} | {k} | {problem.hard} " if not place else "| | | | "
        lines.append(f"{head}| {kind} | {promise or '–'} | {found[0]} | {found[1]} |")
    return lines


def _is_close(page: str, kept: str) -> bool:
    """Say whether two pages differ in digits alone, and by less than a whole one."""
    number = re.compile(r"(?<=\| )\d+\.\d(?= \|)")
    if number.sub("", page) != number.sub("", kept):
        return False
    pairs = zip(number.findall(page), number.findall(kept), strict=True)
    return all(abs(float(ours) - float(theirs)) < 1.0 for ours, theirs in pairs)

"""Print what estimates cost beside the fastest peers, on made-up data and on the voters' trial.

    python tests/benchmarks/estimation.py [small] [million] [voters] [months]

Times are interleaved in one process, each the best of its rounds; peaks of memory are of a fresh
interpreter each, over what the data hold. A peer that is not installed is named and left out, as
is the trial of voters where ``../shared`` is not there. It asserts nothing but that peers and we
answer alike: the numbers are of one machine, on one day.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]
Run: TypeAlias = Callable[[pd.DataFrame], float]
"""Fits, and gives the standard error of the offer."""

VOTERS = Path(__file__).resolve().parents[3] / "shared/reference/social_pressure/data.parquet"
OTHERS = [f"x{place}" for place in range(10)]
FORMULA = "y ~ z + " + " + ".join(OTHERS)
PEOPLE, MONTHS, BLOCKS = 1162, 49, 53


def line(*cells: str) -> None:
    """Print a row of the table."""
    sys.stdout.write(f"{cells[0]:<44}" + "".join(f"{cell:>12}" for cell in cells[1:]) + "\n")
    sys.stdout.flush()


def resident(*, at_peak: bool) -> float:
    """Give the gigabytes that this process holds, or has held at most (as Linux counts them)."""
    key = "VmHWM:" if at_peak else "VmRSS:"
    status = Path("/proc/self/status").read_text(encoding="ascii").split()
    return int(status[status.index(key) + 1]) / 2**20


def people(rows: int) -> pd.DataFrame:
    """An unblocked trial with ten covariates."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(rows, 10)), columns=OTHERS)
    frame["z"] = rng.integers(0, 2, rows).astype(float)
    frame["y"] = 0.1 * frame["z"] + frame["x0"] + rng.normal(size=rows) * (1 + frame["z"])
    return frame


def bare_arrays(design: Floats, outcome: Floats) -> float:
    """Least squares and HC2 in as few lines of NumPy as they take."""
    coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
    residuals = outcome - design @ coefficients
    pull = design @ np.linalg.inv(design.T @ design)
    room = 1.0 - np.sum(pull * design, axis=1)
    return float(np.sqrt(np.sum((pull[:, 1] * residuals) ** 2 / room)))


def core_arrays(design: Floats, outcome: Floats, names: tuple[str, ...]) -> float:
    """The same by the package's functions on arrays."""
    from reliance_eval.estimation.linear import least_squares
    from reliance_eval.estimation.variance import spread

    fit = least_squares(design, outcome[:, None], names=names)
    rows = np.arange(len(design))
    found = spread(fit, "z", convention="HC2", clusters=rows, groups=len(rows))
    return float(np.linalg.norm(found.influence))


def ours(frame: pd.DataFrame) -> float:
    import reliance_eval as rl

    found: Any = rl.itt(frame, outcome="y", offer="z", covariates=OTHERS, adjust="ancova")
    return float(found.std_error)


def statsmodels(frame: pd.DataFrame) -> float:
    from statsmodels.api import OLS, add_constant

    fit = OLS(frame["y"], add_constant(frame[["z", *OTHERS]])).fit(cov_type="HC2")
    return float(fit.bse["z"])


def statsmodels_by_formula(frame: pd.DataFrame) -> float:
    from statsmodels.formula.api import ols

    return float(ols(FORMULA, frame).fit(cov_type="HC2").bse["z"])


def pyfixest(frame: pd.DataFrame) -> float:
    from pyfixest import feols, ssc  # type: ignore[import-not-found]

    options = {"copy_data": False, "store_data": False, "lean": True}
    fit = feols(FORMULA, frame, vcov="HC2", ssc=ssc(k_adj=False), **options)
    return float(fit.se()["z"])


def linearmodels(frame: pd.DataFrame) -> float:
    """Has no HC2; its HC1 is less work."""
    from linearmodels.iv import IV2SLS

    design = frame[["z", *OTHERS]].assign(constant=1.0)
    fit = IV2SLS(frame["y"], design, None, None).fit(cov_type="robust", debiased=True)
    return float(fit.std_errors["z"])


MILLION: dict[str, tuple[str, Run]] = {
    "ours: itt, ancova": ("reliance_eval", ours),
    "pyfixest, lean": ("pyfixest", pyfixest),
    "statsmodels, arrays": ("statsmodels", statsmodels),
    "statsmodels, formula": ("statsmodels", statsmodels_by_formula),
    "linearmodels (HC1)": ("linearmodels", linearmodels),
}


def there(runs: dict[str, tuple[str, Run]]) -> dict[str, Run]:
    """Keep the runs whose package is installed, and name the others."""
    kept = {}
    for name, (package, run) in runs.items():
        if find_spec(package):
            kept[name] = run
        else:
            line(f"{name}: {package} is not installed")
    return kept


def timed(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Give the best seconds of each, after one of each that is not counted."""
    for run in runs.values():
        run()
    best = dict.fromkeys(runs, np.inf)
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def grown(what: str, name: str) -> float:
    """Give the gigabytes that a run adds at its peak, in a fresh interpreter."""
    command = [sys.executable, __file__, "--memory", what, name]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(found.stdout.splitlines()[-1]))


def small() -> None:
    """600 rows: within 3 times the bare algebra."""
    frame = people(600)
    design = np.column_stack([np.ones(600), frame[["z", *OTHERS]].to_numpy()])
    outcome, names = frame["y"].to_numpy(), ("constant", "z", *OTHERS)
    runs: dict[str, Callable[[], float]] = {
        "bare algebra": partial(bare_arrays, design, outcome),
        "ours: linear core": partial(core_arrays, design, outcome, names),
    }
    runs |= {name: partial(run, frame) for name, run in there(MILLION).items()}
    best = timed(runs, 100)
    line("600 rows, 10 covariates, HC2", "ms", "x bare")
    for name, seconds in best.items():
        line(name, f"{1000 * seconds:.3f}", f"{seconds / best['bare algebra']:.2f}")


def million() -> None:
    """A million rows: no slower than 1.5 times, and no larger than, the fastest peer."""
    frame = people(1_000_000)
    runs = there(MILLION)
    answers = {name: run(frame) for name, run in runs.items()}
    best = timed({name: partial(run, frame) for name, run in runs.items()}, 3)
    memory = {name: grown("million", name) for name in runs}
    mine, *peers = runs
    line("1,000,000 rows, 10 covariates, HC2", "seconds", "added GB")
    for name in runs:
        line(name, f"{best[name]:.2f}", f"{memory[name]:.2f}")
        if "HC1" not in name and not np.isclose(answers[name], answers[mine], rtol=1e-9):
            sys.exit(f"{name} answers {answers[name]}, ours {answers[mine]}")
    if peers:
        fastest = min(peers, key=lambda name: best[name])
        times, size = best[mine] / best[fastest], memory[mine] / memory[fastest]
        line(f"ours over the fastest ({fastest})", f"{times:.2f}", f"{size:.2f}")


PAST = ("p2000", "g2000", "p2002", "g2002", "p2004")
VOTERS_RUNS: dict[str, dict[str, Any]] = {
    "block-weighted, CR2": {"adjust": "none"},
    "block effects, CR2": {"adjust": "ancova"},
    "block effects, five covariates, CR2": {"adjust": "ancova", "covariates": PAST},
    "interacted, five covariates, CR2": {"adjust": "lin", "covariates": PAST},
}


def of_voters(frame: pd.DataFrame, name: str) -> float:
    import reliance_eval as rl

    columns = {"outcome": "voted", "offer": "arm", "blocks": "block", "clusters": "hh_id"}
    asked: dict[str, Any] = columns | VOTERS_RUNS[name]
    found: Any = rl.itt(frame, **asked)
    return float(found[0].std_error)


def voters() -> None:
    """344,084 voters, 10,000 blocks, 180,002 households, CR2: under 20 s and 2 GB."""
    if not VOTERS.is_file():
        line("the trial of voters is not there: ../shared/reference/social_pressure")
        return
    frame = pd.read_parquet(VOTERS)
    best = timed({name: partial(of_voters, frame, name) for name in VOTERS_RUNS}, 2)
    line("344,084 voters, 4 arms, 10,000 blocks", "seconds", "added GB")
    for name, seconds in best.items():
        line(name, f"{seconds:.2f}", f"{grown('voters', name):.2f}")


def person_months() -> pd.DataFrame:
    """As many person-months, effects and months as the published trial's specification has."""
    rng = np.random.default_rng(2)
    person, month = np.divmod(np.arange(PEOPLE * MONTHS), MONTHS)
    block = np.arange(PEOPLE) % BLOCKS
    offer = (np.arange(PEOPLE) // BLOCKS % 2).astype(float)
    frame = pd.DataFrame({"person": person, "month": month - 13, "block": block[person]})
    frame["z"] = offer[person]
    frame["cell"] = frame["block"] * MONTHS + month
    noise = rng.normal(size=PEOPLE)[person] + rng.normal(size=len(frame))
    return frame.assign(y=frame["z"] * np.maximum(frame["month"], 0) / 36 + noise)


def joint_regression(frame: pd.DataFrame) -> float:
    """All months in one regression: 49 columns beside 2,597 effects, CR0 by block."""
    from reliance_eval.estimation.absorbing import absorbed_least_squares
    from reliance_eval.estimation.variance import spread

    months = np.arange(-13, MONTHS - 13)
    columns = np.where(frame["month"].to_numpy()[:, None] == months, frame[["z"]].to_numpy(), 0.0)
    names, clusters = tuple(map(str, months)), frame["block"].to_numpy()
    fit = absorbed_least_squares(
        columns, frame[["y"]].to_numpy(), names=names, effects=(frame["cell"].to_numpy(),)
    )
    found = [
        spread(fit, name, convention="CR0", clusters=clusters, groups=BLOCKS) for name in names
    ]
    return float(np.linalg.norm(found[-1].influence))


def published(frame: pd.DataFrame) -> float:
    import reliance_eval as rl

    columns = {"unit": "person", "month": "month", "outcome": "y", "offer": "z", "blocks": "block"}
    asked: dict[str, Any] = columns | {"convention": "published"}
    found: Any = rl.dynamics(frame, **asked)
    return float(found.tidy()["std_error"].iloc[-1])


def pyfixest_months(frame: pd.DataFrame) -> float:
    from pyfixest import feols, ssc

    none = ssc(k_adj=False, G_adj=False)
    fit = feols("y ~ i(month, z) | cell", frame, vcov={"CRV1": "block"}, ssc=none)
    return float(fit.se().iloc[-1])


def months() -> None:
    """57,000 person-months, 2,600 effects: under 5 s."""
    frame = person_months()
    runs = there(
        {
            "ours: one regression of 49 columns": ("reliance_eval", joint_regression),
            "ours: dynamics, as published": ("reliance_eval", published),
            "pyfixest": ("pyfixest", pyfixest_months),
        }
    )
    best = timed({name: partial(run, frame) for name, run in runs.items()}, 2)
    line(f"{len(frame):,} person-months, {frame['cell'].nunique():,} effects", "seconds")
    for name, seconds in best.items():
        line(name, f"{seconds:.2f}")


PARTS = {"small": small, "million": million, "voters": voters, "months": months}


def measure(what: str, name: str) -> None:
    """Print what one run adds at its peak; a small run loads the code first."""
    if what == "million":
        frame, run = people(1_000_000), MILLION[name][1]
        run(frame.iloc[:2000])
    else:
        frame, run = pd.read_parquet(VOTERS), partial(of_voters, name=name)
        run(frame[frame["block"] <= frame["block"].min() + 20])
    held = resident(at_peak=False)
    run(frame)
    sys.stdout.write(f"\n{resident(at_peak=True) - held}\n")


def main() -> None:
    """Print the parts asked for, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--memory", nargs=2, metavar=("part", "run"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory:
        measure(*asked.memory)
        return
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(unknown)}")
    for name in asked.parts or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()

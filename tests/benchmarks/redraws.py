"""Print what re-drawing a lottery costs beside the fastest peers, and on the trial of voters.

    python tests/benchmarks/redraws.py [coefficient] [studentised] [outcomes] [memory] [voters]

600 people, 5 covariates, 18 blocks, 10,000 re-draws; times are interleaved in one process, each the
best of its rounds. A peer that is not installed is named and left out, as is the trial of voters
where ``../shared`` is not there. It asserts nothing but that peers and we answer alike: the numbers
are of one machine, on one day.
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
"""Re-draws, and gives p."""

VOTERS = Path(__file__).resolve().parents[3] / "shared/reference/social_pressure/data.parquet"
REDRAWS = 10_000
PEOPLE, BLOCKS = 600, 18
COVARIATES = [f"x{place}" for place in range(5)]
FORMULA = "y ~ z + " + " + ".join(COVARIATES)
OUTCOMES, HORIZONS = 20, 3
ROUNDS = 3


def line(*cells: str) -> None:
    """Print a row of the table."""
    sys.stdout.write(f"{cells[0]:<52}" + "".join(f"{cell:>12}" for cell in cells[1:]) + "\n")
    sys.stdout.flush()


def people() -> pd.DataFrame:
    """A trial in blocks of 33 and 34, half offered in each."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(PEOPLE, 5)), columns=COVARIATES)
    frame["b"] = np.arange(PEOPLE) % BLOCKS
    frame["z"] = 0
    for block in range(BLOCKS):
        own = rng.permutation(np.flatnonzero(frame["b"] == block))
        frame.loc[own[: len(own) // 2], "z"] = 1
    noise = rng.normal(size=PEOPLE)
    return frame.assign(y=0.15 * frame["z"] + frame["x0"] + frame["b"] / 10 + noise)


def ours(frame: pd.DataFrame, **options: Any) -> float:
    import reliance_eval as rl

    asked: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "b", "seed": 1}
    found: Any = rl.redraw_test(frame, **asked, redraws=REDRAWS, **options)
    return float(found.p_value)


def statspai(frame: pd.DataFrame, statistic: str) -> float:
    import statspai as sp  # type: ignore[import-not-found]

    options: dict[str, Any] = {"n_perms": REDRAWS, "seed": 1, "stat": statistic, "strata": "b"}
    if statistic != "diff_means":
        options["covariates"] = COVARIATES
    return float(sp.ri_test(frame, y="y", treat="z", **options)["p_value"])


def ritest(frame: pd.DataFrame) -> float:
    from ritest import ritest as test  # type: ignore[import-not-found]

    options: dict[str, Any] = {"permute_var": "z", "stat": "z", "strata": "b", "n_jobs": 1}
    formula = FORMULA + " + C(b)"
    found = test(df=frame, formula=formula, reps=REDRAWS, seed=1, ci_mode="none", **options)
    return float(found.pval)


def pyfixest(frame: pd.DataFrame) -> float:
    """Cannot re-draw within blocks: everybody is drawn together, which answers another question."""
    from pyfixest import feols  # type: ignore[import-not-found]

    fit = feols(FORMULA, frame)
    rng = np.random.default_rng(1)
    found = fit.ritest(resampvar="z", reps=REDRAWS, type="randomization-c", rng=rng)
    return float(found["Pr(>|t|)"])


def bare_products(frame: pd.DataFrame, *, is_studentised: bool) -> float:
    """The products of matrices that the statistics cannot do without, on assignments at hand."""
    x = np.column_stack([np.ones(PEOPLE), frame[COVARIATES].to_numpy()])
    first, second = np.triu_indices(x.shape[1])
    squares, y = x[:, first] * x[:, second], frame["y"].to_numpy()
    total = 0.0
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(3, squares.shape[1], 400))
    for _ in range(REDRAWS // 400):
        offered = (rng.random((PEOPLE, 400)) < 0.5).astype(np.float64)
        total += float((np.column_stack([squares, x * y[:, None]]).T @ offered)[0, 0])
        if is_studentised:
            for _ in range(2):
                pull, fitted, room = x @ weights[0, :6], x @ weights[1, :6], squares @ weights[2]
                pull *= y[:, None] - fitted
                pull *= pull
                pull /= room
                total += float((pull * offered).sum())
    return total


COEFFICIENTS: dict[str, tuple[str, Run]] = {
    "ours: coefficient beside blocks and covariates": (
        "reliance_eval",
        partial(ours, statistic="coefficient", adjust="ancova", covariates=COVARIATES),
    ),
    "ours: Lin's, slopes of their own in each arm": (
        "reliance_eval",
        partial(ours, statistic="coefficient", covariates=COVARIATES),
    ),
    "ours: no covariate": ("reliance_eval", partial(ours, statistic="coefficient")),
    "bare products": ("numpy", partial(bare_products, is_studentised=False)),
    "statspai, ols": ("statspai", partial(statspai, statistic="ols")),
    "statspai, no covariate": ("statspai", partial(statspai, statistic="diff_means")),
    "ritest-python": ("ritest", ritest),
    "pyfixest, blocks not kept": ("pyfixest", pyfixest),
}
STUDENTISED: dict[str, tuple[str, Run]] = {
    "ours: Lin's t, HC2": ("reliance_eval", partial(ours, covariates=COVARIATES)),
    "ours: t beside blocks and covariates, HC2": (
        "reliance_eval",
        partial(ours, adjust="ancova", covariates=COVARIATES),
    ),
    "ours: no covariate, blocked Neyman": ("reliance_eval", ours),
    "bare products": ("numpy", partial(bare_products, is_studentised=True)),
    "statspai, lin_t": ("statspai", partial(statspai, statistic="lin_t")),
    "statspai, ols (bare coefficient)": ("statspai", partial(statspai, statistic="ols")),
    "statspai, no covariate (bare)": ("statspai", partial(statspai, statistic="diff_means")),
    "ritest-python (bare coefficient)": ("ritest", ritest),
    "pyfixest, blocks not kept (bare)": ("pyfixest", pyfixest),
}
ALIKE = (
    ("ours: coefficient beside blocks and covariates", "statspai, ols"),
    ("ours: coefficient beside blocks and covariates", "ritest-python"),
)
"""Pairs that re-draw one statistic within the same blocks: their p may differ by chance alone. The
other peers weigh blocks otherwise, or leave them out of the regression."""
FAR = 5.0
"""Monte-Carlo errors of a difference that no two right answers show."""


def there(runs: dict[str, tuple[str, Run]]) -> dict[str, Run]:
    """Keep the runs whose package is installed, and name the others."""
    kept = {}
    for name, (package, run) in runs.items():
        if find_spec(package):
            kept[name] = run
        else:
            line(f"{name}: {package} is not installed")
    return kept


def compared(title: str, runs: dict[str, tuple[str, Run]]) -> None:
    """Time all runs in turn, and print how many times slower than ours the fastest peer is."""
    frame, kept = people(), there(runs)
    answers = {name: run(frame) for name, run in kept.items()}
    best = dict.fromkeys(kept, np.inf)
    for _ in range(ROUNDS):
        for name, run in kept.items():
            start = time.perf_counter()
            run(frame)
            best[name] = min(best[name], time.perf_counter() - start)
    line(title, "seconds", "p")
    for name, seconds in best.items():
        p = "" if name == "bare products" else f"{answers[name]:.4f}"
        line(name, f"{seconds:.3f}", p)
    for mine, theirs in ALIKE:
        if mine in answers and theirs in answers:
            error = np.sqrt(answers[mine] * (1 - answers[mine]) * 2 / REDRAWS)
            if abs(answers[mine] - answers[theirs]) > FAR * error:
                sys.exit(f"{theirs} answers {answers[theirs]}, {mine} {answers[mine]}")
    peers = [name for name in best if not name.startswith(("ours", "bare"))]
    if peers:
        fastest = min(peers, key=lambda name: best[name])
        for name in best:
            if name.startswith("ours"):
                line(f"{fastest} over {name}", f"{best[fastest] / best[name]:.1f}")
    for name in best:
        if name.startswith("ours"):
            line(f"{name} over bare products", f"{best[name] / best['bare products']:.2f}")


def coefficient() -> None:
    """At least 5 times faster than the fastest peer."""
    compared(f"bare coefficient, {REDRAWS:,} re-draws", COEFFICIENTS)


def studentised() -> None:
    """Faster than any peer's bare coefficient; beside blocks, within 2 times the bare products."""
    compared(f"studentised, {REDRAWS:,} re-draws", STUDENTISED)


def outcomes() -> None:
    """Twenty outcomes at three horizons over the same re-draws, a tenth lost at each horizon."""
    import reliance_eval as rl

    frame, rng = people(), np.random.default_rng(2)
    names = []
    for horizon in range(HORIZONS):
        lost = rng.random(PEOPLE) < 0.1
        for number in range(OUTCOMES):
            name = f"y{number}_{horizon}"
            frame[name] = np.where(lost, np.nan, frame["y"] + rng.normal(size=PEOPLE))
            names.append(name)
    line(f"{OUTCOMES} outcomes at {HORIZONS} horizons, {REDRAWS:,} re-draws", "seconds", "x one")
    options: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
        "max-|t| of block-weighted differences": ({}, ()),
        "max-|t| of Lin's": ({"adjust": "lin"}, tuple(COVARIATES)),
    }
    for title, (more, covariates) in options.items():
        columns = {"offer": "z", "blocks": "b", "covariates": covariates}
        asked: dict[str, Any] = {**columns, **more, "method": "max-t-redraws", "seed": 1}
        times = []
        for wanted in (names[:1], names):
            start = time.perf_counter()
            rl.family(frame, outcomes=wanted, redraws=REDRAWS, **asked)
            times.append(time.perf_counter() - start)
        line(title, f"{times[1]:.2f}", f"{times[1] / times[0]:.1f}")


MANY = 1_000_000


def memory() -> None:
    """Under 500 megabytes, however many re-draws."""
    line("a fresh interpreter, at its peak", "re-draws", "megabytes")
    for redraws in (REDRAWS, MANY):
        for interval in (False, True):
            command = [sys.executable, __file__, "--peak", str(redraws), str(int(interval))]
            found = subprocess.run(command, capture_output=True, text=True, check=True)
            title = "p and interval" if interval else "p"
            peak = json.loads(found.stdout.splitlines()[-1])
            line(title, f"{redraws:,}", f"{peak:.0f}")


def peak(redraws: int, *, interval: bool) -> None:
    """Print the megabytes that a test holds at its peak (as Linux counts them)."""
    import reliance_eval as rl

    asked: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "b", "seed": 1}
    rl.redraw_test(people(), **asked, redraws=redraws, interval=interval)
    status = Path("/proc/self/status").read_text(encoding="ascii").split()
    sys.stdout.write(f"\n{int(status[status.index('VmHWM:') + 1]) / 2**10}\n")


def voters() -> None:
    """10,000 re-draws of 180,002 households in 10,000 blocks: under 5 minutes, with progress."""
    if not VOTERS.is_file():
        line("the trial of voters is not there: ../shared/reference/social_pressure")
        return
    import reliance_eval as rl

    frame = pd.read_parquet(VOTERS).astype({"voted": float, "arm": int})
    start = time.perf_counter()

    def told(done: int, of: int) -> None:
        if done * 10 // of > (done - 32) * 10 // of:
            line(f"  {100 * done // of}%", f"{time.perf_counter() - start:.0f}")

    columns = {"outcome": "voted", "offer": "arm", "blocks": "block", "clusters": "hh_id"}
    line("344,084 voters, 4 arms, each against the reference", "seconds")
    asked: dict[str, Any] = {**columns, "redraws": REDRAWS, "seed": 1, "progress": told}
    found: Any = rl.redraw_test(frame, **asked)
    for one in found:
        line(f"arm {one.arm}: t {one.statistic:.2f}, p {one.p_value:.4f}")
    line("all four arms", f"{time.perf_counter() - start:.0f}")


PARTS = {
    "coefficient": coefficient,
    "studentised": studentised,
    "outcomes": outcomes,
    "memory": memory,
    "voters": voters,
}


def main() -> None:
    """Print the parts asked for, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--peak", nargs=2, type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.peak:
        peak(asked.peak[0], interval=bool(asked.peak[1]))
        return
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(unknown)}")
    for name in asked.parts or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()

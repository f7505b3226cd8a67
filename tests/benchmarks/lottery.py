"""Print what an official draw costs: 600 of 1,000 units, and 300,000 of 1,000,000.

    python tests/benchmarks/lottery.py [--units N]

Also what it costs a stranger to hold the smaller one again with the verifiers in bash and in R.

It asserts nothing but that the bytes are those of the plain definition: the numbers are of one
machine, on one day. The larger draw has 18 blocks; each size runs in a fresh interpreter, so that
its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

VERIFIERS = Path(__file__).resolve().parents[2] / "docs" / "verify"
SIZES = {1_000: 600, 1_000_000: 300_000}
BLOCKS = 18
HELD = """
import resource, sys, time
from collections import Counter
from reliance_eval.lottery.allocation import places_by_block
from reliance_eval.lottery.holding import Ballot, hold
from reliance_eval.lottery.package import read_package
units, places, blocks = map(int, sys.argv[1:4])
names = [f"{number:07d}" for number in range(units)]
strata = [f"b{number * 7919 % blocks:02d}" for number in range(units)]
quotas = places_by_block(Counter(strata), (places // 2, places // 2))
start = time.perf_counter()
held = hold(Ballot(b"benchmark\\n", names, strata, quotas, frozenset(), "text:benchmark"))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{seconds:.2f} {peak:.2f} {held.assignment_digest}")
"""
DRAWN = """
import resource, sys, time
from pathlib import Path
import pandas as pd
sys.path.insert(0, sys.argv[4])
from small_lotteries import flow_of
from reliance_eval.lottery import draw
units, places, blocks = map(int, sys.argv[1:4])
table = pd.DataFrame({"unit": [f"{number:07d}" for number in range(units)], "block": "-"})
flow = flow_of(table, arms={"offered": places // 2, "control": places // 2})
start = time.perf_counter()
found = draw(flow)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{seconds:.2f} {peak:.2f} {found.assignment_digest}")
"""


def run(code: str, units: int, places: int) -> tuple[str, str, str]:
    """Give seconds, gigabytes and digest of code run in a fresh interpreter."""
    here = Path(__file__).resolve().parents[1] / "lottery"
    arguments = [str(units), str(places), str(BLOCKS), str(here)]
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    seconds, peak, digest = found.stdout.split()
    return seconds, peak, digest


def verified(units: int, places: int) -> None:
    """Print how long each verifier of ``docs/verify`` takes on a package of such a draw."""
    import pandas as pd

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lottery"))
    from small_lotteries import flow_of

    from reliance_eval.lottery import draw

    table = pd.DataFrame({"unit": [f"{number:07d}" for number in range(units)], "block": "-"})
    found = draw(flow_of(table, arms={"offered": places // 2, "control": places // 2}))
    with tempfile.TemporaryDirectory() as folder:
        found.write(Path(folder))
        for shell, script in (("bash", "rl1.sh"), ("Rscript", "rl1.R")):
            if shutil.which(shell) is None:
                sys.stdout.write(f"{script:>7}: {shell} is not installed\n")
                continue
            start = time.perf_counter()
            subprocess.run(
                [shell, str(VERIFIERS / script), str(Path(folder) / "package")],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds = time.perf_counter() - start
            sys.stdout.write(f"{script:>7} {places:>5,} of {units:>9,}: {seconds:>6.2f} s\n")


def plain(units: int, places: int) -> str:
    """Hold the draw of ``HELD`` as RL1 defines it, a sentence a line, and digest its assignment."""
    from collections import Counter

    from reliance_eval.lottery.allocation import places_by_block

    stratum = {f"{number:07d}": f"b{number * 7919 % BLOCKS:02d}" for number in range(units)}
    quotas = places_by_block(Counter(stratum.values()), (places // 2, places // 2))
    frame = "".join(f"{unit}\t{stratum[unit]}\n" for unit in sorted(stratum))
    quota = "".join(f"{name}\t{a}\t{b}\n" for name, (a, b) in sorted(quotas.items()))
    digests = [sha256(text.encode()).hexdigest() for text in ("benchmark\n", frame, quota)]
    seed = "seed=text:benchmark\n"
    named = "protocol={}\nframe={}\nquota={}\n".format(*digests)
    key = sha256(f"RL1\n{named}{seed}".encode()).hexdigest()
    tickets = {u: sha256(f"RL1 ticket\n{key}\n{u}\n".encode()).hexdigest() for u in stratum}
    members: dict[str, list[str]] = {}
    for unit, name in stratum.items():
        members.setdefault(name, []).append(unit)
    digest = sha256()
    for name in sorted(quotas):
        offered, control = quotas[name]
        live = sorted(members[name], key=lambda unit: (tickets[unit], unit))
        for rank, unit in enumerate(live, start=1):
            arm = "T" if rank <= offered else "C" if rank <= offered + control else "R"
            digest.update(f"{unit}\t{name}\t{rank}\t{arm}\t{tickets[unit]}\n".encode())
    return digest.hexdigest()


def main() -> None:
    """Print one line a size and a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, choices=SIZES, action="append")
    for units in parser.parse_args().units or SIZES:
        places = SIZES[units]
        expected = plain(units, places)
        for step, code in (("hold", HELD), ("draw", DRAWN)):
            seconds, peak, digest = run(code, units, places)
            line = f"{places:>7,} of {units:>9,}: {seconds:>6} s, {peak} GB, {digest[:12]}"
            sys.stdout.write(f"{step:>5} {line}\n")
            if step == "hold" and digest != expected:
                sys.exit(f"not the plain definition's bytes: {digest} against {expected}")
        if units == min(SIZES):
            verified(units, places)


if __name__ == "__main__":
    main()

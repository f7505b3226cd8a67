"""The page of the calibration, from the results that the slow tests left."""

from __future__ import annotations

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("calibration.json")

HEAD = """# Calibration

Does a 95% interval of this package hold the truth 95 times in 100? Each cell below simulates a
trial {replications} times and counts. Beside each right method stand mistakes that are easily made
in its place, computed on the same trials: a cell is worth something only if it tells them apart, so
the tests demand that each mistake leaves the band.

```sh
.venv/bin/pytest -m slow tests/calibration/test_calibration_cells.py
```

repeats the whole page; with `CALIBRATION=write` before it, it writes the results that this page is
made from. Seeds are fixed (root {seed}), so every machine counts the same. The numbers are of
version {version}. A shorter form of some cells runs with the ordinary tests.

The band is the promised rate and three Monte Carlo standard errors on either side. It is one-sided
where a method may be cautious (E3c, E4b, and rates of false findings), and centred on a reference
implementation where theory is not exactly nominal (E7b). The methods are the registered estimators
themselves, on arrays prepared by the package's own reader.
"""

WHERE_A_SET = "(for an effect of taking up, the Anderson–Rubin set)"
TITLES = {
    "coverage": (
        "Coverage",
        f"How often the 95% interval {WHERE_A_SET} holds the truth.",
    ),
    "at least one false finding at 5%": (
        "Twelve outcomes at once",
        "How often at least one of twelve true null hypotheses is rejected at 5%.",
    ),
    "p-values this small": (
        "Size",
        "How often p is at most α where there is no effect: no oftener than α, but for chance.",
    ),
}

BIAS = """## Bias and standard errors

The mean error of the estimates, in its own Monte Carlo standard errors (under 3), and the mean
standard error over the standard deviation of the estimates (within 3%), where theory promises them.

| cell | mean error | standard error / spread |
|---|---|---|
"""


def calibration_page() -> str:
    """Give the page, one table a kind of rate."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    parts = [
        HEAD.format(
            replications=f"{results['replications']:,}",
            seed=results["seed"],
            version=results["version"],
        )
    ]
    for rate, (title, words) in TITLES.items():
        parts.append(_table(title, words, [c for c in results["cells"] if c["rate"] == rate]))
    parts.append(BIAS + "\n".join(_checks(results["cells"])))
    parts.append(_exceptions(results))
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def _table(title: str, words: str, cells: list[dict[str, Any]]) -> str:
    has_mistakes = any(cell["mistakes"] for cell in cells)
    head = ["cell", "world", "method", "rate", "band"]
    head += ["mistake told from it", "its rate"] if has_mistakes else []
    rows = [_row(head), "|" + "---|" * len(head)]
    for cell in cells:
        named = [cell["cell"], cell["world"]]
        for claim, mistake in zip_longest(cell["claims"], cell["mistakes"]):
            cells_of_row = [*named, *_claim(claim)]
            if has_mistakes:
                cells_of_row += [mistake["method"], _rate(mistake)] if mistake else ["", ""]
            rows.append(_row(cells_of_row))
            named = ["", ""]
    return "\n".join([f"## {title}", "", words, "", *rows])


def _claim(line: dict[str, Any] | None) -> list[str]:
    if line is None:
        return ["", "", ""]
    low, high = line["band"]
    return [line["method"], f"**{_rate(line)}**", f"{low:.4f} to {high:.4f}"]


def _rate(line: dict[str, Any]) -> str:
    return f"{line['rate']:.4f}"


def _row(cells: list[str]) -> str:
    # A bar inside a cell would end it: "max-|t|".
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _checks(cells: list[dict[str, Any]]) -> list[str]:
    return [
        _row([cell["cell"], f"{cell['bias']:.1f}", _ratio(cell["error_ratio"])])
        for cell in cells
        if cell["bias"] is not None
    ]


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.3f}"


def _exceptions(results: dict[str, Any]) -> str:
    """Say which cells had fewer replications, and which had some without a number."""
    fewer = [
        f"{cell['cell']} ran {cell['replications']:,} times, as many as are affordable."
        for cell in results["cells"]
        if cell["replications"] != results["replications"]
    ]
    refused = [f"{c['unanswered']:,} in {c['cell']}" for c in results["cells"] if c["unanswered"]]
    if refused:
        fewer.append(
            "Replications where nobody had the outcome or took up, or take-up was the same in both"
            " arms, have no number: the package says so, and they are not counted in its rates"
            f" ({', '.join(refused)}). In E3c the mistake, which prints an interval of width zero"
            " there, is counted in all."
        )
    return "\n\n".join(["## Exceptions", *fewer]) if fewer else ""

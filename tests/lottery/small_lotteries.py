"""Small made-up lotteries: a protocol in memory, an eligible table, and no file to read."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from reliance_eval.eligibility import Flow, Step
from reliance_eval.fingerprint import of_plain
from reliance_eval.lottery import Draw
from reliance_eval.protocol.model import Clauses
from reliance_eval.protocol.protocol import Protocol

VECTORS = Path(__file__).parent / "vectors" / "rl1"
SOURCE = "protocole: expérimentation\n".encode()
JOB = ("job_0", "job_1")
CHILDREN = ("ch_1", "ch_2", "ch_3plus")
SENIORITY = ("rsa_2_5", "rsa_5_10", "rsa_10plus")


def protocol_of(**lottery: object) -> Protocol:
    """A protocol whose lottery clause is what the test says."""
    bands = {"ch_1": (1, 2), "ch_2": (2, 3), "ch_3plus": (3,)}
    years = {"rsa_2_5": (24, 60), "rsa_5_10": (60, 120), "rsa_10plus": (120,)}
    clause = {
        "day": date(2018, 2, 15),
        "unit": "household_id",
        "design": "complete",
        "arms": {"offered": 4, "control": 4},
        "seed": "text:Reliance-2018",
    }
    clauses = Clauses.model_validate(
        {
            "format": 1,
            "trial": {"id": "small", "title": {"en": "Small"}},
            "extracts": {"households": {"id": "household_id"}},
            "variables": (
                {"name": "job", "column": "job", "categories": {"no": "job_0", "yes": "job_1"}},
                {"name": "children", "column": "children", "bands": bands},
                {"name": "seniority", "column": "since", "bands": years},
            ),
            "eligibility": {"extract": "households", "on": date(2018, 1, 31)},
            "lottery": clause | lottery,
            "outcomes": (
                {
                    "name": "employed",
                    "label": {"en": "Employed"},
                    "kind": "binary",
                    "from": {"extract": "households", "column": "job"},
                    "horizons_months": (3,),
                },
            ),
            "analyses": ({"estimand": "itt"},),
        }
    )
    return Protocol(clauses=clauses, source=SOURCE, folder=Path())


def flow_of(eligible: pd.DataFrame, **lottery: object) -> Flow:
    """A flow that holds these eligible units under this lottery clause."""
    extract = SimpleNamespace(protocol=protocol_of(**lottery), digest="0" * 64)
    step = Step("under_50", len(eligible) + 7, 5, 2, len(eligible), 5, 5)
    return Flow(
        parent=extract,
        steps=(step,),
        assessed=len(eligible) + 7,
        deliveries=(),
        synthetic=True,
        eligible=eligible,
    )


def households(cells: dict[str, int]) -> pd.DataFrame:
    """Eligible households, so many in each cell of job × children × seniority."""
    codes = {"_".join(cell): cell for cell in product(JOB, CHILDREN, SENIORITY)}
    rows = [(block, *codes[block]) for block, n in cells.items() for _ in range(n)]
    names = ["block", "job_band", "children_band", "seniority_band"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "unit", [f"SYNTH-{number:05d}" for number in range(len(table))])
    return table


def nancy_like(total: int = 640) -> pd.DataFrame:
    """Households spread unevenly over the 18 cells, every cell large enough."""
    cells = ["_".join(cell) for cell in product(JOB, CHILDREN, SENIORITY)]
    weights = range(10, 10 + len(cells))
    sizes = [weight * total // sum(weights) for weight in weights]
    sizes[-1] += total - sum(sizes)
    return households(dict(zip(cells, sizes, strict=True)))


def record_of(drawn: Draw) -> str:
    """The digest of everything a draw holds, without what it was drawn from."""
    return of_plain([drawn.plain, drawn.table_digests])


NANCY = {
    "design": "stratified",
    "blocks": ("job", "children", "seniority"),
    "arms": {"offered": 300, "control": 300},
}

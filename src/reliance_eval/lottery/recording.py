"""A draw held elsewhere: its arms are read, and how it was held is told from the data.

Screening has compared arms, counts and probabilities with what the protocol says of them.
Whether clusters or units were drawn is read from the data: where the recorded arms never differ
within a cluster, clusters were; where they differ in one, units were, and the clusters matter to
standard errors only.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import pandas as pd

from reliance_eval import fingerprint
from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.framing import frame_of, texts
from reliance_eval.lottery.model import Draw, Quota
from reliance_eval.lottery.tickets import NO_STRATUM


def record(flow: Flow) -> Draw:
    """Give the draw that a recorded protocol's eligible table holds.

    Raises
    ------
    DataError
        An identifier is there twice, or clusters were drawn across blocks.
    """
    lottery = flow.protocol.clauses.lottery
    eligible = flow.eligible
    if "block" not in eligible:
        eligible = eligible.assign(block=NO_STRATUM)
    frame = frame_of(eligible, in_alphabet=False)
    table = eligible.iloc[frame.rows].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "unit": frame.units,
            "block": frame.blocks,
            "rank": pd.array([pd.NA] * len(table), dtype="Int64"),
            "arm": texts(table["arm"]),
            "ticket": "",
            "cluster": texts(table["cluster"]) if "cluster" in table else frame.units,
        }
    )
    drawn_in = _drawn_in(rows)
    rows["probability"] = (
        table["probability"].astype("float64")
        if "probability" in table
        else _probabilities(rows, drawn_in)
    )
    return Draw(
        parent=flow,
        design=lottery.design,
        arms=tuple(lottery.arms),
        reference=lottery.control,
        quotas=_quotas(rows, tuple(lottery.arms)),
        seed=None,
        protocol_digest=flow.protocol.digest,
        frame_digest=fingerprint.of_table(rows[["unit", "block", "cluster"]]),
        quota_digest="",
        draw_key="",
        assignment_digest=fingerprint.of_table(rows[["unit", "block", "cluster", "arm"]]),
        merged={},
        drawn_in=drawn_in,
        assignment=rows,
    )


def _drawn_in(rows: pd.DataFrame) -> Literal["units", "clusters"]:
    by_cluster = rows.groupby("cluster", sort=False)
    is_together = len(by_cluster) < len(rows) and bool((by_cluster["arm"].nunique() == 1).all())
    if not is_together:
        return "units"
    if across := int((by_cluster["block"].nunique() > 1).sum()):
        raise DataError(Fault("E-LOTTERY-CLUSTER-ACROSS", "", {"n": across}))
    return "clusters"


def _probabilities(rows: pd.DataFrame, drawn_in: str) -> pd.Series[float]:
    """Give the share of each unit's arm among what was drawn in its block."""
    drawn = rows.drop_duplicates("cluster") if drawn_in == "clusters" else rows
    by_arm = drawn.groupby(["block", "arm"]).size().rename("n_arm").reset_index()
    by_arm["n_block"] = by_arm.groupby("block")["n_arm"].transform("sum")
    counts = rows.merge(by_arm, on=["block", "arm"], how="left", validate="many_to_one")
    return counts["n_arm"] / counts["n_block"]


def _quotas(rows: pd.DataFrame, arms: tuple[str, ...]) -> tuple[Quota, ...]:
    found = Counter(zip(rows["block"].tolist(), rows["arm"].tolist(), strict=True))
    quotas = []
    for block in sorted(set(rows["block"])):
        places = tuple(found[block, arm] for arm in arms)
        quotas.append(Quota(block=block, places=places, live=sum(places)))
    return tuple(quotas)

"""The follow-up: horizons reached, files delivered, and what happened to units after the draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reliance_eval.artefact import Artefact
from reliance_eval.panel import Panel
from reliance_eval.robustness.deviation import Deviation, Severity

AFTERWARDS: dict[str, Severity] = {
    "withdrawal": "foreseen",
    "late_ineligibility": "minor",
    "replacement": "foreseen",
    "objection": "foreseen",
}
"""What the ledger records, and how far it is from the plan. A refusal is none: take-up tells it."""


def followed(artefact: Artefact) -> Iterator[Deviation]:
    """Compare the horizons promised with what was delivered, and arms with what units received."""
    panel: Panel | None = artefact.nearest(Panel)
    if panel is None:
        yield Deviation(
            item="follow_up", status="not_yet", planned="follow_up", done="not_followed"
        )
        return
    yield from _horizons(panel)
    yield from _take_up(panel)
    kinds = {count.kind for count in panel.ledger.counts} if panel.ledger else set()
    for kind, severity in AFTERWARDS.items():
        if kind in kinds:
            yield Deviation(
                item="afterwards",
                subject=kind,
                status="deviated",
                severity=severity,
                planned="afterwards",
                done=kind,
                reason=kind,
            )


def _horizons(panel: Panel) -> Iterator[Deviation]:
    """Give one line a horizon: read for every outcome, or why not."""
    by_horizon: dict[int, dict[str, set[str]]] = defaultdict(dict)
    for (horizon, outcome), rows in panel.outcomes.groupby(
        ["horizon_months", "outcome"], sort=True
    ):
        by_horizon[int(str(horizon))][str(outcome)] = set(rows["status"])
    for horizon, cells in by_horizon.items():
        waiting = [name for name, seen in cells.items() if seen == {"not_yet_observed"}]
        unread = [
            name for name, seen in cells.items() if "observed" not in seen and name not in waiting
        ]
        values = {"months": horizon, "n": len(cells), "read": len(cells) - len(waiting + unread)}
        yield Deviation(
            item="horizon",
            subject=str(horizon),
            status="deviated" if unread else "not_yet" if waiting else "none",
            severity="minor" if unread else "none",
            planned="horizon",
            done="horizon",
            reason="horizon_unread" if unread else "horizon_waiting" if waiting else "",
            values=dict(values),
        )


def _take_up(panel: Panel) -> Iterator[Deviation]:
    if panel.protocol.clauses.take_up is None:
        return
    taken = panel.units.get("take_up")
    if taken is None or taken.isna().all():
        yield Deviation(item="take_up", status="not_yet", planned="take_up", done="take_up_unknown")
        return
    yield Deviation(item="take_up", status="none", planned="take_up", done="take_up_read")
    is_reference = panel.units["arm"] == panel.parent.reference
    has_crossed = bool((taken[is_reference] > 0).any())
    yield Deviation(
        item="crossing",
        status="deviated" if has_crossed else "none",
        severity="minor" if has_crossed else "none",
        planned="crossing",
        done="crossed" if has_crossed else "not_crossed",
        reason="crossed" if has_crossed else "",
    )

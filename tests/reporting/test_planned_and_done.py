"""Planned, done, deviated: what the protocol commits to against what the run did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from reliance_eval import deviations
from reliance_eval.estimation import NotEstimable
from reliance_eval.language.catalogue import languages
from reliance_eval.lottery import Draw, LedgerRecord
from reliance_eval.lottery.ledger import EntryCount
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol
from reliance_eval.protocol.model import Clauses, Registration
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import Table
from reliance_eval.robustness import Checks, Deviation
from reliance_eval.robustness.accounting.amended import amended
from reliance_eval.robustness.accounting.analysed import analysed
from reliance_eval.robustness.accounting.drawn import drawn
from reliance_eval.robustness.accounting.followed import followed
from reliance_eval.robustness.accounting.registered import registered
from reliance_eval.robustness.deviation import departures, gravest, tabulated

COUNTS = {"n", "kept", "read", "run", "months", "planned", "drawn", "promised", "least"}
"""Values that are numbers: of promises, outcomes, months, re-draws, blocks and announced places."""

NOT_DONE = ("not_drawn", "not_followed", "not_estimated", "not_challenged")


def line(found: Any, item: str, subject: str = "") -> Deviation:
    """The one line of an account that is about something."""
    (only,) = (each for each in found if each.item == item and subject in ("", each.subject))
    assert isinstance(only, Deviation)
    return only


def said_in_every_language(each: Deviation) -> None:
    for language in languages():
        for part in ("item", "planned", "done"):
            assert each.said(part, language)
        assert bool(each.said("reason", language)) == bool(each.reason)


def under(protocol: Protocol) -> Any:
    """Something whose protocol this is, and that nothing was done with."""
    return SimpleNamespace(protocol=protocol, nearest=lambda _: None)


def with_lottery(draw: Draw, **changes: Any) -> Draw:
    """The same draw, had the protocol announced another lottery."""
    protocol = draw.protocol
    lottery = protocol.clauses.lottery.model_copy(update=changes)
    other = replace(protocol, clauses=protocol.clauses.model_copy(update={"lottery": lottery}))
    flow: Any = draw.parent
    return replace(draw, parent=replace(flow, parent=replace(flow.parent, protocol=other)))


def draw_of(checks: Checks) -> Draw:
    draw: Draw = checks.nearest(Draw)
    return draw


def panel_of(checks: Checks) -> Panel:
    panel: Panel = checks.nearest(Panel)
    return panel


def test_every_line_can_be_said_and_counts_nobody(checks: Checks) -> None:
    found = deviations(checks)
    assert found == checks.deviations
    for each in found:
        said_in_every_language(each)
        numbers = {name for name, value in each.values.items() if not isinstance(value, str)}
        assert numbers <= COUNTS


def test_an_account_grows_with_the_acts(checks: Checks) -> None:
    acts = [checks.nearest(Draw).parent, draw_of(checks), panel_of(checks), checks.parent, checks]
    undone = [[each.item for each in deviations(act) if each.done in NOT_DONE] for act in acts]
    assert undone == [
        ["draw", "follow_up", "analyses", "checks"],
        ["follow_up", "analyses", "checks"],
        ["analyses", "checks"],
        ["checks"],
        [],
    ]


def test_a_trial_kept_as_planned_has_no_departure(checks: Checks) -> None:
    found = deviations(checks)
    assert departures(found) == ()
    # The rare outcome is tested by the rule written for it; month 36 is still to come.
    assert gravest(found) == "foreseen"
    assert line(found, "rule").subject == "rare_events"
    assert {each.status for each in found} == {"none", "deviated", "not_yet"}
    assert line(found, "horizon", "36").status == "not_yet"
    assert line(found, "correction").done == "correction_other"
    assert line(found, "correction").reason == "correction_interim"


@pytest.mark.parametrize(
    ("day", "status", "done"),
    [
        (date(2018, 2, 1), "none", "registered"),
        (date(2018, 2, 16), "deviated", "registered"),
        (None, "none", "unregistered"),
    ],
)
def test_a_registration_is_held_to_the_day_of_the_draw(
    checks: Checks, day: date | None, status: str, done: str
) -> None:
    clauses: Clauses = checks.protocol.clauses
    written = Registration(registry="AEA", id="1", on=day) if day else None
    trial = clauses.trial.model_copy(update={"registration": written})
    other = replace(checks.protocol, clauses=clauses.model_copy(update={"trial": trial}))
    found = line(registered(under(other)), "registration")
    assert (found.status, found.done) == (status, done)
    assert (found.severity == "minor") == (status == "deviated")
    said_in_every_language(found)


AMENDMENT = 'on = 2019-03-04\nreason = "Month 12 has come"\n'


@pytest.mark.parametrize(
    ("text", "severity", "keys"),
    [
        ("[extracts.monthly]\ndeliveries = []\n", "foreseen", "extracts.monthly.deliveries"),
        ('[trial]\nsources = { en = "x" }\n', "foreseen", "trial"),
        ('[extracts.monthly]\nencoding = "cp1252"\n', "minor", "extracts.monthly.encoding"),
        ("[disclosure]\nrounding = 1\n", "minor", "disclosure"),
    ],
)
def test_an_amendment_is_told_with_what_it_touches_and_why(
    checks: Checks, text: str, severity: str, keys: str
) -> None:
    content = (AMENDMENT + text).encode("utf-8")
    other = replace(checks.protocol, amendments={"001.toml": content})
    found = line(amended(under(other)), "amendment")
    assert (found.status, found.severity, found.values["keys"]) == ("amended", severity, keys)
    assert found.said("reason", "fr") == "Month 12 has come"
    assert "2019-03-04" in found.said("done", "en")
    # An amendment is no departure: it is what the protocol now says, and since when.
    assert departures([found]) == ()


@pytest.mark.parametrize(
    ("seed", "status", "severity", "done"),
    [
        ("text:imaginary", "none", "none", "seed_plain"),
        ("text:another", "deviated", "major", "seed_other"),
        (None, "deviated", "minor", "seed_other"),
    ],
)
def test_a_plain_seed_is_told_and_another_than_the_announced_one_is_a_departure(
    checks: Checks, seed: str | None, status: str, severity: str, done: str
) -> None:
    found = line(drawn(with_lottery(draw_of(checks), seed=seed)), "seed")
    assert (found.status, found.severity, found.done) == (status, severity, done)
    assert found.reason == "seed_plain"
    said_in_every_language(found)


def test_the_event_that_stands_in_is_foreseen(checks: Checks) -> None:
    event = SimpleNamespace(supersedes=None)
    public = with_lottery(draw_of(checks), event=event, seed=None)
    assert line(drawn(public), "seed").done == "seed_public"
    found = line(drawn(replace(public, is_fallback=True)), "seed")
    assert (found.status, found.severity, found.done) == ("deviated", "foreseen", "seed_fallback")
    again = with_lottery(public, event=SimpleNamespace(supersedes="0123456789abcdef"))
    assert line(drawn(again), "draw_again").severity == "minor"


def test_places_bytes_blocks_and_exclusions_are_compared(checks: Checks) -> None:
    draw = draw_of(checks)
    assert line(drawn(draw), "size").status == "none"
    fewer = line(drawn(with_lottery(draw, arms={"offered": 210, "control": 190})), "size")
    assert (fewer.status, fewer.severity) == ("deviated", "minor")
    other = line(drawn(replace(draw, protocol_digest="0" * 64)), "protocol_bytes")
    assert (other.status, other.severity) == ("deviated", "major")
    merged = line(drawn(replace(draw, merged={"ch_3plus": "ch_2"})), "blocks")
    assert (merged.severity, merged.values["n"]) == ("foreseen", 1)
    table = draw.assignment.copy()
    table.loc[table["arm"] == "reserve", "arm"] = "excluded"
    left = replace(draw, assignment=table)
    assert line(drawn(left), "exclusions").severity == "foreseen"
    for each in drawn(left):
        said_in_every_language(each)


def test_what_happened_after_the_draw_is_told_without_a_count(checks: Checks) -> None:
    kinds = ("withdrawal", "late_ineligibility", "replacement", "objection", "refusal")
    counts = tuple(EntryCount(kind, "offered", 3) for kind in kinds)  # type: ignore[arg-type]
    panel = replace(panel_of(checks), ledger=LedgerRecord("0" * 64, counts))
    found = [each for each in followed(panel) if each.item == "afterwards"]
    assert [each.subject for each in found] == list(kinds[:-1])
    assert [each.subject for each in departures(found)] == ["late_ineligibility"]
    assert all(not each.values for each in found)


def test_an_offer_taken_up_in_the_reference_arm_and_a_file_that_lacks_are_departures(
    checks: Checks,
) -> None:
    panel = panel_of(checks)
    took = panel.units["take_up"].where(panel.units["arm"] != "control", 1.0)
    crossed = line(followed(replace(panel, units=panel.units.assign(take_up=took))), "crossing")
    assert (crossed.status, crossed.severity) == ("deviated", "minor")
    is_late = (panel.outcomes["horizon_months"] == 12) & (panel.outcomes["outcome"] == "income")
    status = panel.outcomes["status"].mask(is_late, "not_delivered")
    value = panel.outcomes["value"].mask(is_late, np.nan)
    without = replace(panel, outcomes=panel.outcomes.assign(status=status, value=value))
    lacking = line(followed(without), "horizon", "12")
    assert (lacking.status, lacking.severity) == ("deviated", "minor")
    assert (lacking.values["n"], lacking.values["read"]) == (2, 1)


def test_a_promise_without_a_number_is_a_departure_unless_time_brings_it(checks: Checks) -> None:
    estimates: Any = checks.parent
    first = estimates.estimated[0]
    lost = NotEstimable(reason="no_variation", promise=first.promise)
    left = (lost, *estimates.not_estimable)
    found = list(
        analysed(replace(estimates, estimated=estimates.estimated[1:], not_estimable=left))
    )
    gone = line(found, "not_estimable", "no_variation")
    assert gone.promises == (first.promise.id,)
    assert gone in departures(found)
    assert line(found, "analysis", "itt.blocked").status == "deviated"
    # The 36th month, still to come, gives no line of its own.
    assert [each.subject for each in found if each.item == "not_estimable"] == ["no_variation"]


def test_another_rule_than_the_promised_one_is_told_with_its_promises(checks: Checks) -> None:
    estimates: Any = checks.parent
    first = estimates.estimated[0].revised(notes=("lost_blocks", "collinear"))
    found = list(analysed(replace(estimates, estimated=(first, *estimates.estimated[1:]))))
    for note in ("lost_blocks", "collinear"):
        each = line(found, "rule", note)
        assert (each.severity, each.promises) == ("minor", (first.promise.id,))
        said_in_every_language(each)
    assert line(found, "rule", "rare_events").severity == "foreseen"


def test_the_account_is_saved_with_the_checks_and_tabled(checks: Checks, tmp_path: Path) -> None:
    checks.write(tmp_path)
    again = Checks.load(tmp_path, parent=checks.parent)
    assert again.deviations == checks.deviations
    text = (tmp_path / "deviations.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0].split(",")[0] == '"item"'
    # The protocol's first language is French.
    assert "Enregistrement" in text
    assert len(tabulated(checks.deviations, "en")) == len(checks.deviations)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_report_gives_every_line_of_the_account(checks: Checks, language: str) -> None:
    document, _ = compose(checks, language)
    (chapter,) = (each for each in document.chapters if each.id == "section-deviations")
    (table,) = (block for block in chapter.blocks if isinstance(block, Table))
    assert len(table.rows) == len(deviations(checks))
    day = "15 février 2018" if language == "fr" else "15 February 2018"
    assert day in str(table.rows[0][1])

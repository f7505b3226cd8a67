"""The report's structure: solidity graded blind, a page of synthesis, and what was promised."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imaginary_trial import flow_of, panel_of, protocol_of

from reliance_eval.estimation import Estimates, estimate
from reliance_eval.lottery import Draw, draw
from reliance_eval.panel import Panel
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.document import (
    Block,
    Document,
    Heading,
    List,
    Listing,
    Number,
    Paragraph,
    Table,
    is_group,
)
from reliance_eval.robustness import Checks

LANGUAGES = ("fr", "en")


def blocks(document: Document, name: str) -> tuple[Block, ...]:
    return next(c.blocks for c in document.chapters if c.id == f"section-{name}")


def table(document: Document, identifier: str) -> Table:
    return next(found for found in document.tables() if found.id == identifier)


def words_in(document: Document, name: str) -> list[str]:
    said = []
    for block in blocks(document, name):
        said += [block.text] if isinstance(block, Paragraph) else []
        said += block.items if isinstance(block, List) else []
    # Python's split would also part a number from its unit.
    return " ".join(said).split(" ")


# ---------------------------------------------------------------- solidity, blind


def with_opposite_effect(panel: Panel) -> Panel:
    """Give the offered the opposite of what they had: an effect of the other sign."""
    arms = panel.units.set_index("unit")["arm"]
    outcomes = panel.outcomes.copy()
    turned = (outcomes["unit"].map(arms) == "offered") & (outcomes["outcome"] == "employed")
    outcomes.loc[turned, "value"] = 1.0 - outcomes.loc[turned, "value"]
    income = (outcomes["unit"].map(arms) == "offered") & (outcomes["outcome"] == "income")
    outcomes.loc[income, "value"] -= 300.0
    return replace(panel, outcomes=outcomes)


def test_the_box_stays_when_the_effect_is_the_opposite(checks: Checks) -> None:
    before: Estimates = checks.parent  # type: ignore[assignment]
    after = estimate(with_opposite_effect(before.parent))
    effects = [
        next(row.estimate for row in found.estimated if row.promise and row.promise.id == name)
        for found in (before, after)
        for name in ("employed.12.itt.blocked",)
    ]
    assert effects[0] < 0.1 < effects[1]
    boxes = [table(compose(found, "en")[0], "solidity").rows for found in (before, after)]
    assert boxes[0] == boxes[1]


def test_the_box_sees_what_it_grades(checks: Checks) -> None:
    # Half of the offered are lost at three months: attrition, and nothing else, gets worse.
    panel: Panel = checks.nearest(Panel)
    arms = panel.units.set_index("unit")["arm"]
    outcomes = panel.outcomes.copy()
    cell = (outcomes["outcome"] == "employed") & (outcomes["horizon_months"] == 3)
    lost = outcomes.index[cell & (outcomes["unit"].map(arms) == "offered")][:100]
    outcomes.loc[lost, "status"], outcomes.loc[lost, "value"] = "missing", np.nan
    grades = {
        name: [row[1] for row in table(compose(found, "en")[0], "solidity").rows]
        for name, found in (("as it was", panel), ("lost", replace(panel, outcomes=outcomes)))
    }
    assert grades["as it was"][2] == "fair"
    assert grades["lost"][2] == "weak"
    assert grades["as it was"][:2] == grades["lost"][:2]


def test_a_plain_seed_and_a_late_registration_grade_the_design_down(tmp_path: Path) -> None:
    grades = []
    for day in ("2018-01-01", "2018-03-01", "2021-03-01"):
        # Drawn on 15 February 2018; the outcomes were delivered on 1 February 2021.
        changes = {"on = 2018-01-01 }": f"on = {day} }}"}
        lottery = draw(flow_of(protocol_of(tmp_path, changes=changes)))
        grades.append(table(compose(lottery, "en")[0], "solidity").rows[0][1])
    assert grades == ["fair", "fair", "weak"]


def test_before_follow_up_the_box_does_not_guess(checks: Checks) -> None:
    lottery: Draw = checks.nearest(Draw)
    rows = table(compose(lottery, "en")[0], "solidity").rows
    assert [row[1] for row in rows][1:3] == ["not to be graded yet"] * 2


# ---------------------------------------------------------------- the synthesis


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_synthesis_is_plain_and_short(documents: dict[str, Document], language: str) -> None:
    said = words_in(documents[language], "summary")
    assert 80 < len(said) <= 300
    # No abbreviation of ours; those of a label are the protocol's, and this one has none.
    assert re.findall(r"\b[A-Z]{2,}\b", " ".join(said)) == []
    heads = [b.text for b in blocks(documents[language], "summary") if isinstance(b, Heading)]
    assert len(heads) == 4
    tables = [b for b in blocks(documents[language], "summary") if isinstance(b, Table)]
    assert [found.id for found in tables] == ["key-results"]


def test_the_answer_bears_its_interval_and_its_level(documents: dict[str, Document]) -> None:
    said = " ".join(words_in(documents["en"], "summary"))
    rows = [r for r in table(documents["en"], "key-results").rows if not is_group(r)]
    _, level, gap, interval, *_ = rows[1]
    assert isinstance(level, Number)
    assert isinstance(gap, Number)
    assert isinstance(interval, Number)
    low, high = re.findall(r"[−+]?\d+\.\d", interval.text)
    assert level.text in said
    assert gap.text.lstrip("−+") in said
    assert low in said
    assert high in said


def test_more_outcomes_never_make_the_words_too_many(tmp_path: Path) -> None:
    # Eight primary outcomes with long labels: fewer are told in words, the table holds all.
    label = " ".join(["mot"] * 20)
    primary = "".join(
        f"""
[[outcomes]]
name = "extra_{place}"
label = {{ fr = "{label} {place}", en = "{label} {place}" }}
kind = "binary"
from = {{ extract = "monthly", column = "earnings", above = 0 }}
role = "primary"
better = "higher"
horizons_months = [3]
"""
        for place in range(8)
    )
    protocol = protocol_of(tmp_path, changes={"[[covariates]]": f"{primary}\n[[covariates]]"})
    panel = panel_of(draw(flow_of(protocol)))
    known = panel.outcomes[panel.outcomes["outcome"].eq("employed")]
    known = known[known["horizon_months"] == 3]
    more = [known.assign(outcome=f"extra_{place}") for place in range(8)]
    whole = replace(panel, outcomes=pd.concat([panel.outcomes, *more], ignore_index=True))
    document = compose(estimate(whole), "en")[0]
    assert len(words_in(document, "summary")) <= 300
    assert len({r[0] for r in table(document, "key-results").rows if is_group(r)}) == 10
    assert "other primary outcomes" in " ".join(words_in(document, "summary"))


# ---------------------------------------------------------------- context, questions, methods


def test_a_context_is_the_protocols_own_or_is_not_there(tmp_path: Path) -> None:
    document = compose(flow_of(protocol_of(tmp_path)), "fr")[0]
    assert "section-context" not in [chapter.id for chapter in document.chapters]
    words = {
        "[trial.population]": 'context = { fr = "À Nancy." }\nquestion = { fr = "Et alors ?" }\n'
        'background = { fr = "Un.\\n\\nDeux." }\n[trial.population]'
    }
    document = compose(flow_of(protocol_of(tmp_path, changes=words)), "fr")[0]
    said = [b.text for b in blocks(document, "context") if isinstance(b, Paragraph)]
    assert said == ["Un.", "Deux.", "À Nancy."]
    assert words_in(document, "questions")[:3] == ["Et", "alors\u202f?", "Les"]


def test_registration_stands_beside_draw_and_data(documents: dict[str, Document]) -> None:
    days = table(documents["en"], "days")
    assert [row[0] for row in days.rows] == [
        "Trial registered",
        "Eligibility assessed",
        "Lottery",
        "First delivery of outcomes after the draw",
    ]
    assert [getattr(row[2], "value", None) for row in days.rows] == [-45, -15, 0, 1082]


def test_outcomes_stand_under_their_tier(documents: dict[str, Document]) -> None:
    rows = table(documents["en"], "registered-outcomes").rows
    assert [row[0] for row in rows if is_group(row)] == [
        "Primary outcomes (confirmatory)",
        "Secondary outcomes",
    ]


def test_methods_say_what_was_promised_and_nothing_else(documents: dict[str, Document]) -> None:
    said = " ".join(words_in(documents["en"], "methods"))
    # The imaginary trial promises a blocked difference and a LATE, 199 re-draws, no covariates.
    assert "by intention to treat" in said
    assert "moved by the offer" in said
    assert "199 times" in said
    assert "Lin" not in said
    assert "covariate" not in said


def test_formulas_are_those_of_the_methods(documents: dict[str, Document]) -> None:
    listings = [b for b in blocks(documents["fr"], "formulas") if isinstance(b, Listing)]
    assert any("Σ_b w_b (ȳ_b1 − ȳ_b0)" in found.text for found in listings)
    assert not any("γ" in found.text for found in listings)  # Lin was not promised


def test_every_outcome_is_defined(checks: Checks, documents: dict[str, Document]) -> None:
    rows = table(documents["en"], "definitions").rows
    outcomes = checks.protocol.clauses.outcomes
    assert len([row for row in rows if not is_group(row)]) == len(outcomes)
    assert all(all(row) for row in rows if not is_group(row))


# ---------------------------------------------------------------- all numbers stay


def test_what_left_the_body_stands_in_the_appendix(documents: dict[str, Document]) -> None:
    document = documents["en"]
    body = {b.id for b in blocks(document, "results") if isinstance(b, Table)}
    appendix = {b.id for b in blocks(document, "coefficients") if isinstance(b, Table)}
    assert body == {"results-primary"}
    assert {"itt-primary-blocked", "late-primary", "itt-secondary-blocked"} <= appendix
    shown = {n.id for n in table(document, "itt-primary-blocked").rows[1] if isinstance(n, Number)}
    fields = {"std_error", "p_value", "conf", "conf_adjusted", "p_adjusted", "n_offered"}
    assert {f"employed.3.itt.blocked#{field}" for field in fields} <= shown


def test_one_table_holds_levels_offer_and_participants(documents: dict[str, Document]) -> None:
    found = table(documents["en"], "results-primary")
    assert found.columns[1:4] == (
        "Control group",
        "Offered group",
        "Difference (effect of the offer)",
    )
    first = next(row for row in found.rows if not is_group(row))
    fields = [cell.id.partition("#")[2] for cell in first[1:] if isinstance(cell, Number)]
    assert fields[:4] == ["mean_reference", "mean_arm", "estimate", "interval"]
    assert fields[4:] == ["stage_estimate", "estimate", "set_0", "untreated_complier_mean"]


def test_no_table_is_wider_than_its_readers(documents: dict[str, Document]) -> None:
    body = [c for c in documents["fr"].chapters if "annexe" not in c.title.lower()]
    tables = [b for c in body for b in c.blocks if isinstance(b, Table)]
    assert max(len(found.columns) for found in tables) <= 11
    results = table(documents["fr"], "results-primary")
    assert len(results.columns) == 9

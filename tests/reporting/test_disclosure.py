"""The gate: what it lets out, what it keeps, and that rounded flows still add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imaginary_trial import flow_of, line_of, protocol_of

from reliance_eval.eligibility.flow import Step
from reliance_eval.errors import ConfidentialityError, InternalError
from reliance_eval.estimation import Estimates, estimate
from reliance_eval.language.catalogue import words
from reliance_eval.lottery import draw
from reliance_eval.panel import Panel
from reliance_eval.reporting import report
from reliance_eval.reporting.clearing import clear
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.disclosure import Gate, Rules, rules_of
from reliance_eval.reporting.document import Number
from reliance_eval.reporting.partitioning import shown_parts
from reliance_eval.reporting.supporting import Backing, refusal
from reliance_eval.reporting.verdict import judge
from reliance_eval.reporting.waterfall import waterfall
from reliance_eval.robustness import Checks, challenge

STRICT = Rules("strict", 11, 5, 0.85, frozenset({400, 200}), None)


def gate() -> Gate:
    return Gate(STRICT)


@pytest.mark.parametrize("n", range(1, 11))
def test_a_count_below_the_threshold_is_withheld(n: int) -> None:
    assert gate().count(n, place="here").is_withheld


def test_other_counts_are_rounded_and_zero_is_said() -> None:
    # CAF rounds 97 to 95 and 98 to 100: nearest multiple of five, halves upwards.
    shown = [gate().count(n, place="here").value for n in (0, 13, 17, 18, 296, 298)]
    assert shown == [0, 15, 15, 20, 295, 300]


def test_no_printed_count_reads_as_one_below_the_threshold() -> None:
    # Eleven and twelve would round to ten, which is below eleven, and which nothing else reads.
    assert [gate().count(n, place="here").value for n in (11, 12)] == [15, 15]
    declared = Gate(replace(STRICT, threshold=20, rounding=10))
    assert [declared.count(n, place="here").value for n in (20, 24, 25)] == [20, 20, 30]


@given(st.integers(1, 400), st.integers(0, 400))
def test_neither_a_part_nor_what_is_left_over_reads_as_a_small_count(whole: int, n: int) -> None:
    shown = gate().part(min(n, whole), of=whole, place="here")
    if shown.mark == "rounded" and 11 <= n < whole:
        assert shown.value is not None
        assert shown.value >= 15
        assert whole - shown.value >= 15
        assert shown.value % 5 == 0


@given(st.integers(11, 400), st.integers(0, 400))
def test_a_rate_does_not_give_a_small_numerator_back(n: int, numerator: int) -> None:
    numerator = min(n, numerator)
    shown = gate().share(numerator / n, numerator=numerator, n=n, place="here")
    if shown.value is not None:
        assert 15 <= round(shown.value * n) <= n - 15


def test_only_announced_totals_are_exact() -> None:
    rules = replace(STRICT, announced=frozenset({403, 201}))
    assert Gate(rules).announced(403, place="size").value == 403
    assert Gate(rules).announced(404, place="size").value == 405


@pytest.mark.parametrize("left", range(1, 16))
def test_a_small_remainder_leaves_a_minimum_only(left: int) -> None:
    shown = gate().part(200 - left, of=200, place="here")
    # 189 is eleven below; the multiple of five under it is 185. The remainder is then anything
    # from 1 to 15 for who knows the rule, wider than the threshold of 11.
    assert (shown.mark, shown.value) == ("at_least", 185)


@given(st.integers(30, 400), st.integers(1, 40))
def test_whoever_knows_the_rule_learns_little_of_a_small_remainder(whole: int, left: int) -> None:
    rules = replace(STRICT, announced=frozenset({whole}))
    shown = Gate(rules).part(whole - left, of=whole, place="here")
    alike = [n for n in range(whole) if Gate(rules).part(n, of=whole, place="") == shown]
    if left < 11 and shown.value is not None:
        # Every count that would be printed so: at least eleven of them, the smallest rest too.
        assert max(alike) == whole - 1
        assert whole - min(alike) >= 11


def test_a_rate_is_examined_as_the_count_it_is() -> None:
    def share(numerator: int) -> float | None:
        return gate().share(numerator / 200, numerator=numerator, n=200, place="here").value

    assert [share(k) for k in (0, 10, 190, 200)] == [None] * 4
    assert share(103) == 105 / 200


def test_a_rate_fixed_by_the_design_is_said() -> None:
    shown = gate().share(0.0, numerator=0, n=200, place="control take-up", by_design=True)
    assert shown.value == 0.0


def test_every_decision_is_logged_with_its_reason() -> None:
    one = gate()
    one.count(3, place="a")
    one.part(195, of=200, place="b")
    assert [(d.place, d.outcome, d.reason, d.count) for d in one.log] == [
        ("a", "withheld", "threshold", 3),
        ("b", "at_least", "complement", 195),
    ]


def test_other_rules_need_somebody_who_decided(tmp_path: Path) -> None:
    protocol = protocol_of(tmp_path)
    lax = protocol.clauses.disclosure.model_copy(update={"profile": "public"})
    clauses = protocol.clauses.model_copy(update={"disclosure": lax})
    with pytest.raises(ConfidentialityError) as caught:
        rules_of(replace(protocol, clauses=clauses))
    assert caught.value.code == "E-DISCLOSURE-AUTHORITY"


def test_public_data_are_shown_as_they_are_under_a_named_authority(tmp_path: Path) -> None:
    clause = '\n[disclosure]\nprofile = "public"\nauthority = "Published data set"\n'
    checks = line_of(tmp_path, changes={"[inference]": clause + "[inference]"}, synthetic=False)
    page = report(checks, language="en", formats=["html"]).html["en"].decode()
    assert "Data already public" in page
    assert "Published data set" in page
    assert 'class="withheld"' not in page
    # Sequential refusals of the imaginary flow, exact: 1,197 leave at the first criterion.
    assert "1,197" in page


@given(st.lists(st.integers(0, 60), min_size=2, max_size=4), st.integers(0, 300))
def test_parts_withheld_are_enough_people_together(others: list[int], main: int) -> None:
    parts = {"observed": main, **{f"kind{place}": n for place, n in enumerate(others)}}
    shown = shown_parts(gate(), parts, main="observed", place="here")
    hidden = sum(parts[name] for name, one in shown.items() if one.is_withheld)
    assert all(shown[name].is_withheld for name, n in parts.items() if 0 < n < 11)
    # Fewer than eleven withheld in all: the others then say no more than a minimum.
    if 0 < hidden < 11:
        assert shown["observed"].mark in ("at_least", "withheld") or main == 0


# ---------------------------------------------------------------- the flow

LEAVING = st.tuples(
    st.one_of(st.integers(0, 15), st.integers(0, 3000)),
    st.one_of(st.just(0), st.integers(0, 15)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LEAVING, max_size=6), st.integers(400, 420) | st.integers(400, 5000))
def test_a_published_flow_adds_up_and_holds_no_small_count(
    leaving: list[tuple[int, int]], eligible: int
) -> None:
    steps, entering = [], eligible + sum(a + b for a, b in leaving)
    assessed = entering
    for place, (refused, unknown) in enumerate(leaving):
        remaining = entering - refused - unknown
        steps.append(Step(f"c{place}", entering, refused, unknown, remaining, 0, 0))
        entering = remaining
    counts = waterfall(_Flow(tuple(steps), assessed, eligible), _Draw(eligible), gate())  # type: ignore[arg-type]
    assert sorted(name for e in counts.exits for name in e.criteria) == [
        step.criterion for step in sorted(steps, key=lambda step: step.criterion)
    ]
    for before, after in zip(counts.exits[:-1], counts.exits[1:], strict=True):
        assert before.remaining == after.entering
    for found in counts.exits:
        shown = (found.entering, found.leaving, found.remaining)
        if None not in [s.value for s in shown]:
            assert found.entering.value == found.leaving.value + found.remaining.value  # type: ignore[operator]
        if found.refused.value is not None and found.leaving.value is not None:
            assert found.leaving.value == found.refused.value + found.unknown.value  # type: ignore[operator]
        numbers = (found.leaving, found.refused, found.unknown)
        # Eleven and twelve read ten; anything between one and nine would be a small count.
        assert all(s.value is None or s.value == 0 or s.value >= 10 for s in numbers)
    spare = eligible - 400
    assert counts.not_drawn is not None
    assert counts.not_drawn.is_withheld == (0 < spare < 11)


class _Flow:
    def __init__(self, steps: tuple[Step, ...], assessed: int, eligible: int) -> None:
        self.steps, self.assessed = steps, assessed
        self.eligible = pd.DataFrame({"unit": range(eligible)})


class _Draw:
    def __init__(self, eligible: int) -> None:
        self.assignment = pd.DataFrame({"unit": range(eligible)})
        self.drawn = self.assignment.head(400)


def test_a_flow_that_does_not_add_up_is_not_drawn(tmp_path: Path) -> None:
    flow = flow_of(protocol_of(tmp_path))
    broken = replace(flow, steps=(replace(flow.steps[0], unknown=18), *flow.steps[1:]))
    with pytest.raises(InternalError) as caught:
        report(broken)
    assert [fault.where for fault in caught.value.faults] == ["adult"]


def test_a_criterion_that_refuses_three_is_put_with_others(tmp_path: Path) -> None:
    flow = flow_of(protocol_of(tmp_path))
    merged = [e for e in waterfall(flow, draw(flow), gate()).exits if e.is_merged]
    assert [e.criteria for e in merged] == [("adult", "under_99")]


# ---------------------------------------------------------------- estimates


def test_an_effect_on_a_rare_outcome_is_withheld_with_all_its_numbers(checks: Checks) -> None:
    one = gate()
    withheld = clear(checks.nearest(Estimates), one).withheld
    assert withheld["rare.3.itt.blocked"] == "numerator"
    assert "employed.3.itt.blocked" not in withheld


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_note_never_tells_of_a_withheld_row(checks: Checks, language: str) -> None:
    rare = [e for e in checks.nearest(Estimates).estimated if "rare_events" in e.notes]
    withheld = clear(checks.nearest(Estimates), gate()).withheld
    assert rare
    assert all(e.promise.id in withheld for e in rare if e.promise)
    # "fewer than ten units" would say more of the withheld row than that it is under eleven.
    page = report(checks, language=language, formats=["html"]).html[language].decode()
    assert words(language).text("estimation.note.rare_events", value="")[:60] not in page


def test_what_subgroups_leave_of_the_whole_is_examined_like_a_group(checks: Checks) -> None:
    # Subgroups printed, taken from everyone, leave those of none: nine of them are too few.
    panel = checks.nearest(Panel)
    units = panel.units.copy()
    units.loc[units.groupby("arm").head(9).index, "children_band"] = None
    estimates = estimate(replace(panel, units=units))
    withheld = clear(estimates, gate()).withheld
    hidden = {name.rpartition("-")[2] for name in withheld if "itt.blocked.children" in name}
    # The smallest level and the units of none are enough together: 200 a side, one in twenty.
    assert hidden == {"ch_3plus"}


def test_the_level_of_compliers_tells_of_those_who_take_part(checks: Checks) -> None:
    panel = checks.nearest(Panel)
    took = panel.units.loc[panel.units["take_up"] > 0, "unit"]
    outcomes = panel.outcomes.copy()
    cell = outcomes["outcome"].eq("employed") & outcomes["horizon_months"].eq(3)
    theirs = outcomes.index[cell & outcomes["unit"].isin(took)]
    # Four of those who take part are employed: too few to be told apart from the others.
    outcomes.loc[theirs, "value"] = (np.arange(len(theirs)) < 4).astype(float)
    found = clear(estimate(replace(panel, outcomes=outcomes)), gate())
    assert "employed.3.late.wald" not in found.withheld
    assert found.without_complier_mean["employed.3.late.wald"] == "numerator"


def test_a_mean_of_zeros_is_withheld_since_it_tells_of_everyone() -> None:
    everyone = [Backing(200, 0, 0.0, None), Backing(200, 120, 0.1, None)]
    assert refusal(everyone, gate(), is_binary=False, is_late=False) == "contributors"


def test_a_withheld_subgroup_takes_a_sister_with_it(checks: Checks) -> None:
    withheld = clear(checks.nearest(Estimates), gate()).withheld
    hidden = {name: why for name, why in withheld.items() if ".late.wald.children" in name}
    # Few participants among households with three children; the next smallest goes with them.
    assert hidden == {
        "income.12.late.wald.children-ch_3plus": "numerator",
        "income.12.late.wald.children-ch_2": "secondary",
    }


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("low", "high", "smallest", "better", "key"),
    [
        (-0.02, 0.03, 0.10, "higher", "precise_null"),
        (-0.02, 0.10, 0.10, "higher", "inconclusive_rises_left"),
        (-0.12, 0.03, 0.10, "higher", "inconclusive_falls_left"),
        (-0.12, 0.13, 0.10, "higher", "inconclusive"),
        (None, None, 0.10, "higher", "inconclusive"),
        (0.01, 0.03, 0.10, "higher", "favourable_small"),
        (0.01, 0.13, 0.10, "higher", "favourable_open"),
        (0.10, 0.30, 0.10, "higher", "favourable_large"),
        (0.01, 0.13, 0.10, "lower", "unfavourable_open"),
        (-0.13, -0.01, 0.10, "lower", "favourable_open"),
        (-0.13, -0.01, 0.10, None, "fall_open"),
        (0.01, 0.02, None, None, "rise"),
        (-0.01, 0.02, None, "higher", "unknown"),
        (None, 0.02, 0.10, "higher", "inconclusive_falls_left"),
        (0.01, None, 0.10, "higher", "favourable_open"),
    ],
)
def test_the_verdict_comes_from_where_the_interval_lies(
    low: float | None, high: float | None, smallest: float | None, better: str | None, key: str
) -> None:
    verdict = judge(low, high, smallest=smallest, better=better)  # type: ignore[arg-type]
    assert verdict.key == f"report.verdict.{key}"


def test_declared_rules_are_the_protocols_own(tmp_path: Path) -> None:
    clause = '[disclosure]\nprofile = "declared"\nauthority = "A"\nmin_units = 20\nrounding = 10\n'
    rules = rules_of(protocol_of(tmp_path, changes={"[inference]": clause + "[inference]"}))
    shown = [Gate(rules).count(n, place="here").value for n in (19, 24, 26)]
    assert shown == [None, 20, 30]


def test_a_covariate_of_zeros_and_ones_is_the_count_it_is(tmp_path: Path) -> None:
    # One in 151 has a one: some seven of the thousand, whom a mean would count.
    flow = flow_of(protocol_of(tmp_path))
    people = flow.eligible.assign(age=(np.arange(1000) % 151 == 0).astype(float))
    checks = challenge(draw(replace(flow, eligible=people)))
    document = compose(checks, "en")[0]
    (table,) = [t for t in document.tables() if t.id == "balance-table"]
    hidden = [row[0] for row in table.rows if isinstance(row[1], Number) and row[1].is_withheld]
    assert hidden == ["Age"]

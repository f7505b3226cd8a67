"""What the report shows of balance, placebos, omissions and nesting, and what it keeps inside."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from small_trials import leaning_trial, plain_trial, protocol, under

from reliance_eval.estimation import estimate
from reliance_eval.panel import Panel
from reliance_eval.reporting.challenged.showing import exhibits
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.reporting.document import Block, Figure, Table
from reliance_eval.reporting.findings import of_check
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.sections.balance import balance
from reliance_eval.reporting.wording import Voice
from reliance_eval.robustness import CHECKS, Checks
from reliance_eval.robustness.challenging import run

MINE = ("balance", "empirical_size", "leave_one_out", "nested", "placebo", "redraws")


def context_of(trial: Panel, language: str) -> Context:
    estimates = estimate(trial)
    found = [check for name in MINE for check in run(CHECKS[name], estimates)]
    checks = Checks(parent=estimates, checks=tuple(found))
    return Context(checks, Voice(trial.protocol, language), Gate(rules_of(trial.protocol)))


def shown(context: Context, name: str) -> tuple[Block, ...]:
    return exhibits(context, name, of_check(context, name))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_exhibit_stands_alone(language: str) -> None:
    context = context_of(plain_trial(effect=1.0), language)
    blocks = [*balance(context), *(b for name in MINE for b in shown(context, name))]
    exhibited = [block for block in blocks if isinstance(block, (Figure, Table))]
    names = {block.id for block in exhibited}
    assert {"balance-love", "balance-tests", "placebo-figure", "left-out-figure"} <= names
    assert "nested-table" in names
    for block in exhibited:
        assert block.caption.reading
        if isinstance(block, Figure):
            assert block.alternative
            assert block.data.rows
            assert "<desc" in block.svg


def test_both_languages_print_the_same_numbers() -> None:
    def printed(language: str) -> list[tuple[str, float | None]]:
        context = context_of(plain_trial(effect=1.0), language)
        blocks = [*balance(context), *(b for name in MINE for b in shown(context, name))]
        tables = [b.data if isinstance(b, Figure) else b for b in blocks]
        cells = [c for t in tables if isinstance(t, Table) for row in t.rows for c in row]
        return [(c.id, c.value) for c in cells if hasattr(c, "id") and hasattr(c, "value")]

    assert printed("en") == printed("fr")


def test_a_part_left_out_is_never_named() -> None:
    trial = leaning_trial()
    names = {"north": "lucky-block", "south": "other-block"}
    units = trial.units.assign(block=trial.units["block"].map(names), take_up_group=None)
    assignment = trial.parent.assignment
    draw = replace(trial.parent, assignment=assignment.assign(block=assignment["block"].map(names)))
    context = context_of(replace(trial, units=units, parent=draw), "en")
    (figure,) = shown(context, "leave_one_out")
    assert isinstance(figure, Figure)
    assert "lucky-block" not in repr(figure)


def test_a_range_over_two_small_parts_is_withheld() -> None:
    # Two blocks of twenty, ten an arm: a range over them would be the effect in each.
    (figure,) = shown(context_of(plain_trial(n=40), "en"), "leave_one_out")
    assert isinstance(figure, Figure)
    place = figure.data.columns.index("Without one block")
    assert {cell.text for row in figure.data.rows if (cell := row[place])} == {"s"}  # type: ignore[union-attr]


def test_a_comparison_that_rests_on_few_people_is_not_shown() -> None:
    base = protocol().clauses.outcomes[0].model_dump(by_alias=True, exclude_unset=True)
    made = protocol(outcomes=[{**base, "kind": "binary"}])
    trial = plain_trial()
    rare = trial.months["value"].rank().gt(2 * len(trial.units) - 8).astype(float)
    months = trial.months.assign(value=rare, status="observed")
    binary = trial.outcomes["value"].gt(1.0).astype(float).where(trial.outcomes["value"].notna())
    few = replace(under(trial, made), months=months, outcomes=trial.outcomes.assign(value=binary))
    context = context_of(few, "en")
    assert of_check(context, "placebo")[0].rows
    assert shown(context, "placebo") == ()


def test_the_love_plot_holds_no_line_that_the_table_withholds() -> None:
    trial = plain_trial()
    age = trial.units["age"].mask(trial.units.index < 4)
    context = context_of(replace(trial, units=trial.units.assign(age=age)), "en")
    blocks = balance(context)
    (table,) = [b for b in blocks if isinstance(b, Table) and b.id == "balance-table"]
    (love,) = [b for b in blocks if isinstance(b, Figure)]
    assert any("missing" in str(row[0]) for row in table.rows)
    assert not re.search("missing", love.svg + repr(love.data))

"""``balance`` on a bare frame and in a trial: against hand computation, other tools, its laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_trials import plain_trial, protocol, under
from statsmodels.formula.api import ols

from reliance_eval import balance
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.lottery.pooling import WAVE
from reliance_eval.robustness import CHECKS
from reliance_eval.robustness.baseline.standardising import whole_difference
from reliance_eval.robustness.challenging import run


def people(seed: int = 1, *, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "z": rng.permutation(np.arange(n) % 2),
            "arm": rng.permutation(np.array(["control", "a", "b"])[np.arange(n) % 3]),
            "b": np.arange(n) // (n // 3),
            "age": rng.normal(40, 8, n),
            "pay": rng.exponential(900, n),
            "town": rng.choice(["north", "south", "west"], n),
        }
    )


def test_a_level_and_a_number_are_standardised_by_the_mean_of_two_variances() -> None:
    data = people()
    rows = {
        (row.variable, row.level, row.measure): row
        for row in balance(data, offer="z", covariates=["age", "town"], redraws=99).rows
    }
    one, other = (data.loc[data["z"] == arm, "age"] for arm in (1, 0))
    expected = (one.mean() - other.mean()) / np.sqrt((one.var() + other.var()) / 2)
    assert rows["age", "", "mean"].standardised_difference == pytest.approx(expected)
    shares = [(data.loc[data["z"] == arm, "town"] == "west").astype(float) for arm in (1, 0)]
    expected = (shares[0].mean() - shares[1].mean()) / np.sqrt(
        (shares[0].var() + shares[1].var()) / 2
    )
    assert rows["town", "west", "share"].standardised_difference == pytest.approx(expected)


def test_a_variable_with_levels_has_one_number_too() -> None:
    """Yang and Dalton's formula, with the inverse written out for any two of three levels."""
    data = people()
    shares = [
        data.loc[data["z"] == arm, "town"].value_counts(normalize=True).sort_index().to_numpy()
        for arm in (1, 0)
    ]
    (row,) = [
        row
        for row in balance(data, offer="z", covariates=["town"], redraws=99).rows
        if row.measure == "whole"
    ]
    for kept in ([0, 1], [0, 2], [1, 2]):
        gap = (shares[0] - shares[1])[kept]
        spread = np.mean([np.diag(s[kept]) - np.outer(s[kept], s[kept]) for s in shares], axis=0)
        expected = np.sqrt(gap @ np.linalg.inv(spread) @ gap)
        assert row.standardised_difference == pytest.approx(expected)


def test_arms_without_a_level_in_common_are_at_no_finite_distance() -> None:
    one, other = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5])
    assert whole_difference(one - other, one, other) is None
    assert whole_difference(one - one, one, one) == 0.0


def test_differences_are_weighted_by_block() -> None:
    data = people()
    (row,) = balance(data, offer="z", covariates=["age"], blocks="b", redraws=99).rows
    by_block = data.groupby(["b", "z"])["age"].mean().unstack()
    expected = np.average(by_block[1] - by_block[0], weights=data["b"].value_counts().sort_index())
    assert row.difference == pytest.approx(expected)


def test_weights_weigh_means_and_leave_re_draws_without_an_answer() -> None:
    data = people().assign(w=lambda frame: 1 + frame["b"])
    found = balance(data, offer="z", covariates=["age"], weights="w", redraws=99)
    inside = data["z"] == 1
    expected = np.average(data.loc[inside, "age"], weights=data.loc[inside, "w"])
    assert found.rows[0].mean_arm == pytest.approx(expected)
    assert found.by_redraws is None
    assert found.by_regression is not None
    assert list(found.joint()["test"]) == ["regression"]


def test_the_f_is_that_of_the_regression_within_blocks() -> None:
    """statsmodels' F of the covariates, beside the block indicators."""
    data = people()
    found = balance(
        data, offer="z", covariates=["age", "pay", "town"], blocks="b", redraws=99
    ).by_regression
    assert found is not None
    full = ols("z ~ C(b) + age + pay + C(town)", data).fit()
    statistic, p, df = full.compare_f_test(ols("z ~ C(b)", data).fit())
    assert found.statistic == pytest.approx(statistic)
    assert found.p_value == pytest.approx(p)
    assert found.df == df
    assert found.df_residual == full.df_resid


def test_the_f_of_three_arms_is_that_of_wilks() -> None:
    """statsmodels' multivariate test of three arms on two covariates."""
    from statsmodels.multivariate.manova import MANOVA

    data = people()
    found = balance(data, offer="arm", covariates=["age", "pay"], redraws=99).by_regression
    tested = MANOVA.from_formula("age + pay ~ C(arm)", data).mv_test().results["C(arm)"]["stat"]
    expected = tested.loc["Wilks' lambda"]
    assert found is not None
    assert found.statistic == pytest.approx(expected["F Value"])
    assert (found.df, found.df_residual) == (expected["Num DF"], expected["Den DF"])
    assert found.p_value == pytest.approx(expected["Pr > F"])


def test_clusters_count_once_in_both_joint_tests() -> None:
    data = pd.DataFrame({"h": np.arange(24) // 3})
    data["z"] = data["h"] % 2
    data["age"] = np.sin(data["h"]) + 0.01 * np.arange(24)
    found = balance(data, offer="z", covariates=["age"], clusters="h")
    assert found.by_redraws is not None
    assert (found.by_redraws.redraws, found.by_redraws.is_exact) == (70, True)
    assert found.by_regression is not None
    # Eight clusters, less the mean and the slope.
    assert found.by_regression.df_residual == 6.0


def test_a_block_holds_its_own_variable_and_nothing_is_tested() -> None:
    found = balance(people(), offer="z", covariates=["b"], blocks="b", redraws=99)
    assert (found.by_redraws, found.by_regression) == (None, None)
    assert "no joint test" in found.said()


def test_no_line_has_a_p_value_unless_asked() -> None:
    data = people()
    plain = balance(data, offer="z", covariates=["age", "town"], redraws=199)
    asked = balance(data, offer="z", covariates=["age", "town"], redraws=199, p_values=True)
    assert "p_value" not in plain.tidy()
    assert asked.tidy()["p_value"].between(0, 1).all()
    # A lone number's own p is that of its joint test: the same statistic, squared.
    lone = balance(data, offer="z", covariates=["age"], redraws=199, p_values=True)
    assert lone.by_redraws is not None
    assert lone.rows[0].p_value == lone.by_redraws.p_value


def test_row_order_moves_no_number() -> None:
    data = people()
    arguments: dict[str, Any] = {
        "offer": "z",
        "covariates": ["age", "town"],
        "blocks": "b",
        "redraws": 199,
        "p_values": True,
    }
    one, other = (balance(each, **arguments) for each in (data, data.sample(frac=1)))
    pd.testing.assert_frame_equal(one.tidy(), other.tidy())
    pd.testing.assert_frame_equal(one.joint(), other.joint())


def test_a_missing_value_is_a_line_of_its_own() -> None:
    data = people()
    data.loc[:9, "age"] = np.nan
    found = balance(data, offer="z", covariates=["age"], redraws=99)
    assert [row.measure for row in found.rows] == ["mean", "missing"]
    assert sum((found.rows[1].arm_n, found.rows[1].reference_n)) == 10


def test_what_cannot_be_compared_is_refused() -> None:
    data = people().assign(day=pd.Timestamp("2020-01-01"), w=1.0)
    with pytest.raises(DataError) as refused:
        balance(data, offer="z", covariates=["day"], redraws=99)
    assert refused.value.code == "E-BALANCE-COVARIATE"
    wrongs: list[tuple[list[str], dict[str, Any], str]] = [
        ([], {}, "E-BALANCE-NO-COVARIATE"),
        (["age"], {"weights": "w", "p_values": True}, "E-BALANCE-WEIGHTS"),
    ]
    for covariates, options, code in wrongs:
        with pytest.raises(ProtocolError) as wrong:
            balance(data, offer="z", covariates=covariates, redraws=99, **options)
        assert wrong.value.code == code


def test_a_notebook_sees_tables_sentences_and_the_love_plot() -> None:
    found = balance(people(), offer="arm", covariates=["age", "town"], redraws=99)
    assert "redraws" in found._repr_html_()
    for language in ("en", "fr"):
        assert "99" in found.said(language=language)
        axis = found.plot(language=language).axes[0]
        # Two arms, each with a point a line: one number and three levels.
        drawn = [line for line in axis.get_lines() if line.get_linestyle() == "None"]
        assert [np.size(line.get_xdata()) for line in drawn] == [4, 4]


def test_a_protocol_may_ask_for_the_column_of_p_values() -> None:
    trial = plain_trial()
    inference = {"redraws": 999, "balance_p_values": True}
    asked = protocol(inference=inference)
    (with_p,) = run(CHECKS["balance"], under(trial, asked))
    (without,) = run(CHECKS["balance"], trial)
    assert (*without.columns, "p_value") == with_p.columns
    assert with_p.verdict == without.verdict


def test_each_wave_has_its_own_finding_corrected_for_their_number() -> None:
    trial = plain_trial()
    lottery = protocol().clauses.lottery.model_dump(by_alias=True, exclude_unset=True)
    day = lottery["day"]
    waves = [
        {"name": name, "day": day, "on": day, "arms": {"offered": 1, "control": 1}}
        for name in ("north", "south")
    ]
    moved = under(trial, protocol(lottery=lottery | {"waves": waves}))
    # The blocks of the small trial, called waves: each was drawn by itself.
    assignment = trial.parent.assignment.assign(**{WAVE: trial.parent.assignment["block"]})
    draw = replace(moved.parent, assignment=assignment)
    found = run(CHECKS["balance"], replace(moved, parent=draw))
    assert [check.subject for check in found] == ["", "north", "south"]
    for check in found[1:]:
        assert check.p_value is not None
        assert check.values["p_wave"] == min(1.0, 2 * check.p_value)
        (age,) = [row for row in check.rows if row[0] == "age"]
        assert age[-2:] == (20, 20)


@pytest.mark.slow
def test_both_joint_tests_hold_their_level_whatever_the_covariates() -> None:
    """P(p <= 0.05) stays within three Monte Carlo errors: exact by re-draws, close for F."""
    rng = np.random.default_rng(7)
    draws, alpha = 1_000, 0.05
    data = pd.DataFrame({"b": np.arange(48) // 16, "x": rng.exponential(size=48)})
    data["w"] = (rng.random(48) < 0.2).astype(float)
    found = np.empty((draws, 2))
    for draw in range(draws):
        data["z"] = np.concatenate([rng.permutation(np.arange(16) % 2) for _ in range(3)])
        one = balance(data, offer="z", covariates=["x", "w"], blocks="b", redraws=199, seed=draw)
        assert one.by_redraws is not None
        assert one.by_regression is not None
        found[draw] = one.by_redraws.p_value, one.by_regression.p_value
    reach = 3 * np.sqrt(alpha * (1 - alpha) / draws)
    assert np.all((found <= alpha).mean(axis=0) <= alpha + reach)

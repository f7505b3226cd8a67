"""What cannot be estimated is answered with a reason: never NaN, never rounding noise.

Rows O45 to O52 of the fault catalogue, through the notebook's own functions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_trials import trial

from reliance_eval.errors import RelianceError
from reliance_eval.estimation import Estimate, NotEstimable, itt, late
from reliance_eval.language.catalogue import languages, words


def frame(**columns: object) -> pd.DataFrame:
    made = trial(21, n=40, blocks=1)
    return made.assign(**columns)


def test_o45_a_copied_covariate_is_dropped_and_named() -> None:
    data = frame().assign(twice=lambda f: 2 * f["x"] + 1)
    keys = {"outcome": "y", "offer": "z", "adjust": "lin"}
    with_copy = itt(data, **keys, covariates=["x", "twice"])
    without = itt(data, **keys, covariates=["x"])
    assert with_copy.estimate == pytest.approx(without.estimate, rel=1e-12)
    assert with_copy.std_error == pytest.approx(without.std_error, rel=1e-12)
    assert with_copy.note_values["collinear"] == "twice"


def test_o46_a_block_with_one_treated_names_itself() -> None:
    data = frame(block=["large"] * 36 + ["tiny"] * 4)
    data.loc[36:, "z"] = [1, 0, 0, 0]
    found = itt(data, outcome="y", offer="z", blocks="block")
    assert found.reason == "singleton_arm"
    assert "tiny" in found.text()
    assert "variance not estimable" in found.text()
    assert "merge" in found.text()


def test_small_blocks_among_many_have_their_variance_from_one_another() -> None:
    data = trial(22, n=200, blocks=8)
    rows = data.index[data["block"] == 0]
    data.loc[rows, "z"] = [1] + [0] * (len(rows) - 1)
    found = itt(data, outcome="y", offer="z", blocks="block")
    assert isinstance(found, Estimate)
    assert found.note_values["small_blocks"] == "0"
    assert found.variance == "blocked"


def test_one_treated_unit_alone_has_no_variance() -> None:
    assert itt(frame(z=[1] + [0] * 39), outcome="y", offer="z").reason == "single_unit"


def test_o47_a_leverage_of_one_that_bears_on_the_offer_is_refused() -> None:
    data = frame(z=[1] * 20 + [0] * 20, only=[1, 0] * 10 + [1] + [0] * 19)
    found = itt(data, outcome="y", offer="z", covariates=["only"], adjust="lin")
    assert found.reason == "leverage_one"
    assert found.values == {"n": "1"}


def test_o47_a_leverage_of_one_that_does_not_is_noted() -> None:
    data = frame(z=[1] * 20 + [0] * 20, only=[1] + [0] * 39)
    keys = {"outcome": "y", "offer": "z", "adjust": "ancova", "variance": "HC3"}
    found = itt(data, **keys, covariates=["only"])
    without = itt(data.iloc[1:], **keys)
    assert found.note_values["full_leverage"] == "1"
    assert found.estimate == pytest.approx(without.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(without.std_error, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
@pytest.mark.parametrize("adjust", ["none", "ancova", "lin"])
def test_o48_an_outcome_without_variation_has_no_interval(value: float, adjust: str) -> None:
    data = frame(y=value)
    assert itt(data, outcome="y", offer="z", covariates=["x"], adjust=adjust).reason == (
        "no_variation"
    )


def test_an_outcome_that_is_the_offer_has_no_variation() -> None:
    data = frame().assign(y=lambda f: f["z"] * 0.3)
    assert itt(data, outcome="y", offer="z").reason == "no_variation"


def test_o49_without_take_up_the_itt_remains() -> None:
    data = frame(d=0)
    found = late(data, outcome="y", offer="z", take_up="d")
    assert found.reason == "no_take_up"
    assert "LATE not identified" in found.text()
    assert isinstance(itt(data, outcome="y", offer="z"), Estimate)


def test_equal_take_up_has_no_first_stage() -> None:
    data = frame(z=[0, 1] * 20, d=[0, 0, 1, 1] * 10)
    assert late(data, outcome="y", offer="z", take_up="d").reason == "no_first_stage"


def test_o50_a_weak_offer_is_said_and_its_set_heads_the_result() -> None:
    data = frame(z=[0, 1] * 20)
    data["d"] = [0, 1] * 2 + [1, 1] * 9 + [0, 0] * 9
    found = late(data, outcome="y", offer="z", take_up="d")
    assert found.first_stage_f is not None
    assert found.first_stage_f < 10
    assert "weak_offer" in found.notes
    assert found.anderson_rubin


def test_everyone_complying_leaves_the_itt() -> None:
    data = frame().assign(d=lambda f: f["z"])
    found, effect = (
        late(data, outcome="y", offer="z", take_up="d"),
        itt(data, outcome="y", offer="z"),
    )
    assert found.estimate == pytest.approx(effect.estimate, rel=1e-12)
    assert found.conf_low == pytest.approx(effect.conf_low, rel=1e-9)
    assert found.first_stage is None
    assert "full_compliance" in found.notes


@pytest.mark.parametrize("variance", [None, "CR0", "CR1", "CR2", "CR3"])
def test_o52_clusters_that_are_the_arms_are_too_few(variance: str | None) -> None:
    data = frame().assign(village=lambda f: f["z"])
    found = itt(data, outcome="y", offer="z", clusters="village", variance=variance)
    assert found.reason == "too_few_clusters"
    assert found.values == {"n": "2"}


@pytest.mark.parametrize("adjust", ["none", "lin"])
def test_o52_one_cluster_is_too_few(adjust: str) -> None:
    found = itt(frame(village="v"), outcome="y", offer="z", clusters="village", adjust=adjust)
    assert found.reason == "too_few_clusters"
    assert found.values == {"n": "1"}


def test_an_arm_without_outcomes_is_empty() -> None:
    data = frame().assign(y=lambda f: np.where(f["z"] == 1, np.nan, f["y"]))
    assert itt(data, outcome="y", offer="z").reason == "empty_arm"


def test_blocks_of_one_arm_each_have_nothing_in_common() -> None:
    data = frame().assign(block=lambda f: f["z"])
    assert itt(data, outcome="y", offer="z", blocks="block").reason == "no_common_block"


def test_a_lost_block_is_named_and_the_others_keep_their_weights() -> None:
    data = trial(23, n=90, blocks=3)
    lost = data.assign(y=data["y"].where((data["block"] != 2) | (data["z"] == 0)))
    found = itt(lost, outcome="y", offer="z", blocks="block")
    assert found.note_values["lost_blocks"] == "2"
    kept = data[data["block"] != 2]
    by_block = kept.groupby(["block", "z"])["y"].mean().unstack()
    shares = kept["block"].value_counts(normalize=True).sort_index()
    expected = float(((by_block[1] - by_block[0]) * shares).sum())
    assert found.estimate == pytest.approx(expected, rel=1e-12)


def test_weights_are_those_of_the_draw_whoever_is_lost_later() -> None:
    data = trial(24, n=90, blocks=2)
    first = data.index[data["block"] == 0]
    lost = data.assign(y=data["y"].mask(data.index.isin(first[::3])))
    found = itt(lost, outcome="y", offer="z", blocks="block")
    by_block = lost.groupby(["block", "z"])["y"].mean().unstack()
    shares = data["block"].value_counts(normalize=True).sort_index()
    expected = float(((by_block[1] - by_block[0]) * shares).sum())
    assert found.estimate == pytest.approx(expected, rel=1e-12)
    lin = itt(lost, outcome="y", offer="z", blocks="block", adjust="lin")
    assert lin.estimate == pytest.approx(expected, rel=1e-12)


def test_several_faults_of_a_call_are_said_at_once() -> None:
    with pytest.raises(RelianceError) as refusal:
        itt(frame(), outcome="yy", offer="zz")
    assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-COLUMN"] * 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"adjust": "tmle"}, "E-ESTIMATION-ADJUST"),
        ({"variance": "HC9"}, "E-ESTIMATION-VARIANCE-UNKNOWN"),
        ({"variance": "CR2"}, "E-ESTIMATION-VARIANCE-NO-CLUSTERS"),
        ({"variance": "HC2", "clusters": "block"}, "E-ESTIMATION-VARIANCE-CLUSTERS"),
        ({"variance": "neyman", "blocks": "x"}, "E-ESTIMATION-VARIANCE-BLOCKS"),
        ({"variance": "blocked", "adjust": "lin"}, "E-ESTIMATION-VARIANCE-ELSEWHERE"),
        ({"reference": "nobody"}, "E-ESTIMATION-REFERENCE"),
        ({"level": 1.0}, "E-ESTIMATION-LEVEL"),
        ({"weights": "x"}, "E-ESTIMATION-WEIGHTS"),
        ({"outcome": "label"}, "E-ESTIMATION-NOT-NUMBERS"),
        ({"outcome": "endless"}, "E-ESTIMATION-INFINITE"),
    ],
)
def test_what_may_not_be_asked_is_refused_in_words(wrong: dict[str, object], code: str) -> None:
    data = frame(label="a", endless=np.inf)
    with pytest.raises(RelianceError) as refusal:
        itt(data, **({"outcome": "y", "offer": "z"} | wrong))
    assert refusal.value.code == code
    for language in languages():
        assert code in refusal.value.text(language)


@pytest.mark.parametrize("language", languages())
def test_every_reason_has_words(language: str) -> None:
    known = [key for key in words(language).sentences if key.startswith("estimation.reason.")]
    values = dict.fromkeys(("n", "blocks", "columns", "effects", "df", "until", "last"), "3")
    for key in known:
        reason = key.removeprefix("estimation.reason.")
        answer = NotEstimable(reason=reason, values=values)
        assert answer.text(language)
        assert reason in repr(answer)

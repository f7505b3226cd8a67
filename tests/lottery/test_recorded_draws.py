"""Draws held elsewhere: read, counted, and replayed as they were held."""

import numpy as np
import pandas as pd
import pytest
from small_lotteries import flow_of, record_of

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.lottery import DESIGNS, draw, lots_of, redraw, verify


def table(arms, **columns):
    units = [f"id {number:02d}" for number in range(len(arms))]
    return pd.DataFrame({"unit": units, "block": "-", "arm": arms} | columns)


def recorded(eligible, **arms):
    return flow_of(eligible, design="recorded", arm="job", arms=arms, seed=None)


def test_a_simple_trial_keeps_its_arms_and_its_probabilities():
    drawn = draw(recorded(table(["treated"] * 3 + ["control"] * 5), treated=3, control=5))
    assert (drawn.seed, drawn.draw_key, drawn.quota_digest) == (None, "", "")
    assert drawn.drawn["probability"].tolist() == [3 / 8] * 3 + [5 / 8] * 5
    assert [quota.places for quota in drawn.quotas] == [(3, 5)]
    assert (drawn.drawn_in, len(drawn.reserve)) == ("units", 0)
    assert verify(drawn).counts == {"treated": 3, "control": 5}


def test_blocks_are_replayed_with_the_counts_found_in_each():
    arms = ["a", "b", "b", "a", "a", "a", "b"]
    drawn = draw(recorded(table(arms, block=list("xxxyyyy")), a=4, b=3))
    lots = lots_of(drawn)
    assert lots.places.tolist() == [[1, 2], [3, 1]]
    again = redraw(DESIGNS[drawn.design], lots, redraws=50, rng=np.random.default_rng(0))
    assert ((again[:, :3] == 0).sum(axis=1) == 1).all()
    assert drawn.drawn["probability"].tolist() == [1 / 3, 2 / 3, 2 / 3, 3 / 4, 3 / 4, 3 / 4, 1 / 4]


def test_clusters_in_one_arm_each_were_drawn_and_are_replayed_whole():
    arms = ["a", "a", "b", "b", "a", "b"]
    drawn = draw(recorded(table(arms, cluster=list("ppqqrs")), a=3, b=3))
    lots = lots_of(drawn)
    assert drawn.drawn_in == "clusters"
    assert lots.places.tolist() == [[2, 2]]
    again = redraw(DESIGNS[drawn.design], lots, redraws=50, rng=np.random.default_rng(0))
    assert (again[:, 0] == again[:, 1]).all()
    assert (again[:, 2] == again[:, 3]).all()
    assert drawn.drawn["probability"].tolist() == [0.5] * 6


def test_villages_with_both_arms_were_not_drawn_but_stay_for_the_standard_errors():
    arms = ["a", "b", "b", "a", "a", "b"]
    drawn = draw(recorded(table(arms, cluster=list("ppqqrr")), a=3, b=3))
    assert drawn.drawn_in == "units"
    assert drawn.drawn["cluster"].tolist() == list("ppqqrr")
    assert lots_of(drawn).clusters.tolist() == list(range(6))


def test_a_declared_probability_is_kept():
    drawn = draw(recorded(table(["a", "b"], probability=[0.7, 0.3]), a=1, b=1))
    assert drawn.drawn["probability"].tolist() == [0.7, 0.3]


def test_row_order_never_matters():
    eligible = table(["a", "b", "b", "a", "a", "b"], cluster=list("ppqqrr"))
    shuffled = eligible.sample(frac=1, random_state=3)
    drawn = [draw(recorded(rows, a=3, b=3)) for rows in (eligible, shuffled)]
    assert record_of(drawn[0]) == record_of(drawn[1])


def test_a_recorded_draw_has_no_package(tmp_path):
    draw(recorded(table(["a", "b"]), a=1, b=1)).write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "artefact.json",
        "assignment.parquet",
    ]


def code_of(flow, kind=DataError, **options):
    with pytest.raises(kind) as caught:
        draw(flow, **options)
    for language in ("en", "fr"):
        assert caught.value.text(language)
    return [fault.code for fault in caught.value.faults]


def test_clusters_drawn_across_blocks_cannot_be_replayed():
    eligible = table(["a", "a", "b", "b"], cluster=list("ppqq"), block=list("xyxy"))
    assert code_of(recorded(eligible, a=2, b=2)) == ["E-LOTTERY-CLUSTER-ACROSS"]


def test_a_seed_for_a_recorded_draw_is_refused():
    flow = recorded(table(["a", "b"]), a=1, b=1)
    assert code_of(flow, ProtocolError, seed="text:x") == ["E-LOTTERY-RECORDED-SEED"]

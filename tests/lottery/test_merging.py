"""Small blocks join their declared neighbour, or the draw is refused."""

import pytest
from small_lotteries import flow_of, households

from reliance_eval.errors import DataError
from reliance_eval.lottery import draw
from reliance_eval.lottery.merging import merge_small_blocks

LEVELS = ("rsa_2_5", "rsa_5_10", "rsa_10plus")
BLOCKS = ("job", "children", "seniority")


def merge(sizes, *, places, along=2, levels=LEVELS):
    codes = {name: tuple(name.split("|")) for name in sizes}
    names = {name: name.replace("|", "_") for name in sizes}
    return merge_small_blocks(
        {names[name]: n for name, n in sizes.items()},
        places=places,
        codes={names[name]: codes[name] for name in sizes},
        along=along,
        levels=levels,
    )


def test_a_large_block_keeps_its_name():
    sizes = {"job_0|ch_1|rsa_2_5": 20, "job_0|ch_1|rsa_5_10": 20}
    assert merge(sizes, places=20) == {}


def test_a_small_block_joins_its_lower_band():
    sizes = {
        "job_1|ch_3plus|rsa_5_10": 20,
        "job_1|ch_3plus|rsa_10plus": 3,
        "job_0|ch_1|rsa_2_5": 20,
    }
    joined = "job_1_ch_3plus_rsa_5_10-rsa_10plus"
    assert merge(sizes, places=43) == {
        "job_1_ch_3plus_rsa_10plus": joined,
        "job_1_ch_3plus_rsa_5_10": joined,
    }


def test_the_lowest_band_joins_the_next_higher():
    sizes = {"job_1|ch_1|rsa_2_5": 2, "job_1|ch_1|rsa_5_10": 20, "job_1|ch_1|rsa_10plus": 20}
    joined = "job_1_ch_1_rsa_2_5-rsa_5_10"
    assert merge(sizes, places=42) == {"job_1_ch_1_rsa_2_5": joined, "job_1_ch_1_rsa_5_10": joined}


def test_blocks_join_until_none_is_small():
    sizes = {"job_1|ch_1|rsa_2_5": 1, "job_1|ch_1|rsa_5_10": 1, "job_1|ch_1|rsa_10plus": 20}
    joined = "job_1_ch_1_rsa_2_5-rsa_5_10-rsa_10plus"
    assert set(merge(sizes, places=22).values()) == {joined}


def test_an_empty_band_between_two_does_not_keep_them_apart():
    sizes = {"job_1|ch_1|rsa_2_5": 20, "job_1|ch_1|rsa_10plus": 2}
    assert set(merge(sizes, places=22).values()) == {"job_1_ch_1_rsa_2_5-rsa_10plus"}


def test_the_middle_of_the_name_may_be_the_variable_that_joins():
    sizes = {"job_1|ch_1|rsa_2_5": 20, "job_1|ch_2|rsa_2_5": 2}
    merged = merge(sizes, places=22, along=1, levels=("ch_1", "ch_2", "ch_3plus"))
    assert set(merged.values()) == {"job_1_ch_1-ch_2_rsa_2_5"}


def test_without_a_declared_rule_every_small_block_is_named():
    sizes = {"a|b|rsa_2_5": 30, "a|b|rsa_5_10": 2, "a|b|rsa_10plus": 3}
    with pytest.raises(DataError) as caught:
        merge(sizes, places=35, along=None)
    assert caught.value.code == "E-LOTTERY-SMALL-BLOCK"
    assert [fault.values["block"] for fault in caught.value.faults] == [
        "a_b_rsa_10plus",
        "a_b_rsa_5_10",
    ]
    assert "lottery.merge" in caught.value.text("en")
    assert "lottery.merge" in caught.value.text("fr")


def test_a_small_block_without_neighbour_is_refused():
    with pytest.raises(DataError) as caught:
        merge({"a|b|rsa_2_5": 30, "a|c|rsa_2_5": 2}, places=32)
    assert caught.value.code == "E-LOTTERY-SMALL-BLOCK-ALONE"
    assert caught.value.faults[0].values["block"] == "a_c_rsa_2_5"


def test_the_draw_says_which_blocks_it_merged_and_draws_in_the_merged_ones():
    eligible = households({"job_1_ch_1_rsa_5_10": 30, "job_1_ch_1_rsa_10plus": 3})
    clause = {"design": "stratified", "blocks": BLOCKS, "merge": "seniority"}
    drawn = draw(flow_of(eligible, **clause, arms={"offered": 10, "control": 10}))
    joined = "job_1_ch_1_rsa_5_10-rsa_10plus"
    assert drawn.merged == {"job_1_ch_1_rsa_5_10": joined, "job_1_ch_1_rsa_10plus": joined}
    assert [(quota.block, quota.places) for quota in drawn.quotas] == [(joined, (10, 10))]
    assert set(drawn.assignment["block"]) == {joined}


def test_a_merged_name_too_long_for_rl1_is_refused():
    eligible = households({"job_1_ch_1_rsa_5_10": 30, "job_1_ch_1_rsa_10plus": 3})
    longer = "rsa_10plus" + "x" * 50
    eligible["seniority_band"] = eligible["seniority_band"].replace("rsa_10plus", longer)
    eligible["block"] = eligible["block"].str.replace("rsa_10plus", longer)
    flow = flow_of(
        eligible, design="stratified", blocks=BLOCKS, arms={"offered": 10, "control": 10}
    )
    with pytest.raises(DataError) as caught:
        draw(flow)
    assert caught.value.code == "E-LOTTERY-BLOCK-NAME"

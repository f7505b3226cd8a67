"""Quotas: exact totals, fair shares, ties in byte order."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reliance_eval.lottery.allocation import largest_remainder, places_by_block

names = st.text("abcdefgh_-0123456789", min_size=1, max_size=6)
sizes = st.dictionaries(names, st.integers(0, 400), min_size=1, max_size=20).filter(
    lambda found: sum(found.values()) > 0
)


@st.composite
def lotteries(draw, most_arms=5):
    found = draw(sizes.filter(lambda blocks: sum(blocks.values()) >= 10))
    number = draw(st.integers(2, most_arms))
    most = sum(found.values()) // number
    places = tuple(draw(st.integers(1, most)) for _ in range(number))
    return found, places


@given(sizes, st.integers(0, 500))
def test_a_largest_remainder_sums_to_what_it_shares(weights, total):
    assert sum(largest_remainder(total, weights).values()) == total


@given(sizes, st.integers(0, 500))
def test_no_share_is_one_place_away_from_proportion(weights, total):
    whole = sum(weights.values())
    for name, share in largest_remainder(total, weights).items():
        assert abs(share - Fraction(total * weights[name], whole)) < 1


@given(sizes, st.integers(0, 500))
def test_the_order_in_which_blocks_are_met_never_matters(weights, total):
    backwards = dict(reversed(weights.items()))
    assert largest_remainder(total, weights) == largest_remainder(total, backwards)


def test_ties_go_to_the_first_blocks_in_byte_order():
    # By hand: 3 places over four equal blocks, remainders all 3/4; "A" < "a" < "b" in ASCII.
    assert largest_remainder(3, {"b": 1, "a": 1, "A": 1, "c": 1}) == {
        "A": 1,
        "a": 1,
        "b": 1,
        "c": 0,
    }


@given(lotteries())
def test_every_arm_and_every_block_reaches_its_total_exactly(lottery):
    blocks, arms = lottery
    places = places_by_block(blocks, arms)
    assert tuple(map(sum, zip(*places.values(), strict=True))) == arms
    shares = largest_remainder(sum(arms), blocks)
    assert {block: sum(row) for block, row in places.items()} == shares


@given(lotteries())
def test_no_block_has_more_places_than_units_and_none_is_negative(lottery):
    blocks, arms = lottery
    for block, row in places_by_block(blocks, arms).items():
        assert min(row) >= 0
        assert sum(row) <= blocks[block]


@given(lotteries(most_arms=2))
def test_with_two_arms_no_cell_is_one_place_away_from_its_share_of_the_block(lottery):
    blocks, arms = lottery
    shares = largest_remainder(sum(arms), blocks)
    for block, row in places_by_block(blocks, arms).items():
        assert abs(row[0] - Fraction(arms[0] * shares[block], sum(arms))) < 1


@given(sizes.filter(lambda blocks: sum(blocks.values()) >= 2), st.data())
def test_two_equal_arms_differ_by_one_at_most_in_every_block(blocks, data):
    arm = data.draw(st.integers(1, sum(blocks.values()) // 2))
    places = places_by_block(blocks, (arm, arm))
    assert all(abs(offered - control) <= 1 for offered, control in places.values())


def test_odd_blocks_give_their_spare_place_to_each_arm_in_turn():
    # By hand: m_b = 5, 5, 6, 7, 7 are the sizes themselves (all are drawn); odd ones: a, b, d, e.
    blocks = {"a": 5, "b": 5, "c": 6, "d": 7, "e": 7}
    assert places_by_block(blocks, (15, 15)) == {
        "a": (3, 2),
        "b": (2, 3),
        "c": (3, 3),
        "d": (4, 3),
        "e": (3, 4),
    }


def test_three_unequal_arms_are_served_one_after_another():
    # By hand, all 12 drawn: 6 of 7/5 -> 3.5, 2.5 (tie: a) -> 4, 2; then 4 of the left 3/3 -> 2, 2;
    # the last arm takes 1, 1.
    assert places_by_block({"a": 7, "b": 5}, (6, 4, 2)) == {"a": (4, 2, 1), "b": (2, 2, 1)}


@pytest.mark.parametrize("arms", [(300, 300), (400, 200), (200, 200, 200), (1, 2, 3, 594)])
def test_the_announced_totals_hold_for_six_hundred_in_eighteen_blocks(arms):
    blocks = {f"b{number:02d}": 20 + 3 * number for number in range(18)}
    assert tuple(map(sum, zip(*places_by_block(blocks, arms).values(), strict=True))) == arms

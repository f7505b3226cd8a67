"""Pairs: who is put with whom, before anything is drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reliance_eval.errors import DataError
from reliance_eval.lottery.allocation import largest_remainder
from reliance_eval.lottery.pairing import form_pairs, groups_of


def test_each_takes_her_nearest_and_the_first_of_equals():
    # By hand: 0 (x = 5) is 2 away from both 1 (x = 3) and 3 (x = 7), and takes 1, the first.
    groups = groups_of(np.array([[5], [3], [20], [7]]), 2)
    assert [group.tolist() for group in groups] == [[0, 1], [2, 3]]


def test_distances_add_over_covariates():
    # From (0, 0): (3, 3) is 6 away, (5, 0) is 5 away.
    groups = groups_of(np.array([[0, 0], [3, 3], [5, 0], [9, 9]]), 2)
    assert groups[0].tolist() == [0, 2]


def test_more_units_than_places_make_larger_groups_and_the_larger_come_first():
    sizes = [len(group) for group in groups_of(np.arange(11)[:, None], 4)]
    assert sizes == [3, 3, 3, 2]


def test_pairs_stay_within_their_block_and_are_named_after_it():
    strata = ["south", "north", "north", "south", "north", "north"]
    x = np.array([[1], [1], [9], [2], [2], [8]])
    names = form_pairs(strata, x, pairs=3)
    assert names == ["south_p1", "north_p1", "north_p2", "south_p1", "north_p1", "north_p2"]


def test_without_blocks_a_pair_has_a_number_that_sorts_as_it_counts():
    names = form_pairs(["-"] * 24, np.arange(24)[:, None], pairs=12)
    assert sorted(set(names)) == [f"p{number:02d}" for number in range(1, 13)]
    assert names == [f"p{1 + unit // 2:02d}" for unit in range(24)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, 15), min_size=1, max_size=3), st.integers(0, 10), st.randoms())
def test_every_group_gets_two_places_and_nobody_is_left_out(sizes, fewer, chance):
    strata = [block for block, size in zip("abc", sizes, strict=False) for _ in range(size)]
    chance.shuffle(strata)
    room = [size // 2 for size in sizes]
    pairs = max(sum(room) - fewer, 1)
    x = np.array([[chance.randrange(100)] for _ in strata])
    shares = largest_remainder(pairs, dict(zip("abc", room, strict=False)))
    if not all(shares.values()):
        with pytest.raises(DataError):
            form_pairs(strata, x, pairs=pairs)
        return
    names = form_pairs(strata, x, pairs=pairs)
    assert len(set(names)) == pairs
    for block in set(strata):
        own = [name for name, stratum in zip(names, strata, strict=True) if stratum == block]
        counts = sorted(own.count(name) for name in set(own))
        # Everybody is in a group of two or more, and a block's groups differ by one at most.
        assert counts[0] >= 2
        assert counts[-1] - counts[0] <= 1
        assert all(name.startswith(f"{block}_p") for name in own)


def test_blocks_of_odd_size_leave_room_for_fewer_pairs():
    with pytest.raises(DataError) as caught:
        form_pairs(["a"] * 3 + ["b"] * 3, np.zeros((6, 1), dtype=int), pairs=3)
    fault = caught.value.faults[0]
    assert (fault.code, fault.values["wanted"], fault.values["n"]) == ("E-LOTTERY-PAIRS-ODD", 3, 2)


def test_a_block_that_would_get_no_pair_is_named():
    with pytest.raises(DataError) as caught:
        form_pairs(["a"] * 40 + ["b"] * 2, np.zeros((42, 1), dtype=int), pairs=2)
    assert [fault.values["block"] for fault in caught.value.faults] == ["b"]


def test_neighbours_in_a_sorted_list_are_paired_in_order():
    groups = groups_of(np.arange(0, 100, 5)[:, None], 10)
    assert [group.tolist() for group in groups] == [[2 * n, 2 * n + 1] for n in range(10)]

"""Quotas: how many places each block gets, by the largest remainder, in whole numbers only.

Three rules, each exact in its totals:

1. Of ``m`` places, block b of N_b units gets the largest remainder of ``m * N_b / N``.
2. Two equal arms share m_b by halves; blocks with an odd m_b give their spare place to the first
   arm, the second, the first... in byte order. The m_b sum to an even number, so the spare places
   are even in number and both arms reach their total.
3. Otherwise arms are served one after another in the protocol's order: an arm of n places gets
   in block b the largest remainder of ``n * r_b / R``, where r_b are the places of the block not
   yet given to an arm and R is their sum. Each arm's total is exact because a largest remainder
   sums to what it divides; no block is overdrawn because n <= R makes each share at most r_b;
   and the last arm, for which n = R, receives exactly the places left, so m_b is exact too.

No block's m_b is one place or more away from its share; nor, for the first arm, are its places.

References
----------
Hamilton (1792), apportionment by largest remainders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def largest_remainder(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share a whole number in proportion to whole weights, ties in byte order of the names.

    Parameters
    ----------
    total : int
        What is shared, at least 0.
    weights : mapping of str to int
        Weight of each name; at least one is positive unless ``total`` is 0.

    Returns
    -------
    dict of str to int
        In byte order of the names, summing to ``total``.

    Examples
    --------
    >>> largest_remainder(5, {"a": 1, "b": 1, "c": 2})
    {'a': 1, 'b': 1, 'c': 3}
    """
    names = sorted(weights)
    whole = sum(weights.values())
    if whole == 0:
        return dict.fromkeys(names, 0)
    shares = {name: total * weights[name] // whole for name in names}
    by_remainder = sorted(names, key=lambda name: -(total * weights[name] % whole))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def places_by_block(sizes: Mapping[str, int], arms: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Give each block's places by arm.

    Parameters
    ----------
    sizes : mapping of str to int
        Units of each block (N_b).
    arms : sequence of int
        Announced places of each arm, in the protocol's order; their sum is at most the number
        of units.

    Returns
    -------
    dict of str to tuple of int
        Places of each block, by arm, in byte order of the blocks.
    """
    left = largest_remainder(sum(arms), sizes)
    if len(arms) == 2 and arms[0] == arms[1]:
        return _halves(left)
    places: dict[str, tuple[int, ...]] = dict.fromkeys(left, ())
    for arm in arms:
        given = largest_remainder(arm, left)
        for block, number in given.items():
            places[block] += (number,)
            left[block] -= number
    return places


def _halves(totals: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {}
    odd = 0
    for block in sorted(totals):
        half, spare = divmod(totals[block], 2)
        places[block] = (half + spare * (odd % 2 == 0), half + spare * (odd % 2))
        odd += spare
    return places

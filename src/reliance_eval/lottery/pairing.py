"""Pairs of units alike: formed before the commitment, by a rule that leaves nothing to choose.

In each block, units are taken in byte order: the first one that is not yet in a pair takes the
nearest of those that are left, by the sum of the absolute differences of the declared whole
numbers, the first in byte order among equals. Where there are more units than places, each unit
takes two or three companions instead of one, as evenly as whole numbers allow (the larger groups
come first): two of each group are drawn, one for each arm, the others wait in reserve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reliance_eval.errors import DataError, Fault
from reliance_eval.lottery.allocation import largest_remainder
from reliance_eval.lottery.design import IntArray
from reliance_eval.lottery.tickets import NO_STRATUM


def form_pairs(strata: Sequence[str], covariates: IntArray, *, pairs: int) -> list[str]:
    """Give the pair of each unit, as the name of its stratum in the draw.

    Parameters
    ----------
    strata : sequence of str, length n
        Block of each unit, units in byte order.
    covariates : (n, k) int array
        What units of a pair are alike on.
    pairs : int
        Pairs in all; blocks share them by the largest remainder of the pairs they could form.

    Returns
    -------
    list of str
        ``<block>_p<number>``, or ``p<number>`` without blocks, numbered as they were formed.

    Raises
    ------
    DataError
        Blocks of an odd number of units leave room for fewer pairs.
    """
    members: dict[str, list[int]] = {}
    for unit, block in enumerate(strata):
        members.setdefault(block, []).append(unit)
    room = {block: len(units) // 2 for block, units in members.items()}
    if sum(room.values()) < pairs:
        values = {"wanted": pairs, "n": sum(room.values())}
        raise DataError(Fault("E-LOTTERY-PAIRS-ODD", "", values))
    shares = largest_remainder(pairs, room)
    if alone := [block for block, share in shares.items() if not share]:
        raise DataError(Fault("E-LOTTERY-PAIRS-NONE", "", {"block": block}) for block in alone)
    width = len(str(max(shares.values(), default=0)))
    names = [""] * len(strata)
    for block, share in shares.items():
        units = np.array(members[block])
        prefix = "p" if block == NO_STRATUM else f"{block}_p"
        for number, group in enumerate(groups_of(covariates[units], share), start=1):
            for unit in units[group].tolist():
                names[unit] = f"{prefix}{number:0{width}d}"
    return names


def groups_of(covariates: IntArray, count: int) -> list[IntArray]:
    """Put units into groups of neighbours, sizes as even as possible, the larger ones first.

    Parameters
    ----------
    covariates : (n, k) int array
        Units in byte order.
    count : int
        Number of groups, at most n.

    Returns
    -------
    list of int arrays
        Positions of each group's units; the unit that chose the others comes first.

    Examples
    --------
    >>> [group.tolist() for group in groups_of(np.array([[20], [50], [21], [49]]), 2)]
    [[0, 2], [1, 3]]
    """
    size, larger = divmod(len(covariates), count)
    left = np.arange(len(covariates))
    groups = []
    for number in range(count):
        companions = size - 1 + (number < larger)
        apart = np.abs(covariates[left[1:]] - covariates[left[0]]).sum(axis=1)
        chosen = 1 + np.argsort(apart, kind="stable")[:companions]
        taken = np.concatenate([[0], chosen])
        groups.append(left[taken])
        left = np.delete(left, taken)
    return groups

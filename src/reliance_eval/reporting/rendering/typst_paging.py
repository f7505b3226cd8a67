"""Tables longer than what is left of a page: each page gets a part with a title and heads.

A first setting of the document says on which page each row comes to lie. A table that two pages
share is then parted there: a screen reader finds the heads of every part, which rows repeated by
the typesetter would not give it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]
"""A block of the document, as the template reads it."""

FEWEST = 2
"""Rows that stay together at either end of a table: none is left alone on a page."""


def kept_together(heads: Sequence[bool]) -> list[int]:
    """Give the number of rows that must stay on one page, at the first of them; 0 at the others.

    Parameters
    ----------
    heads : sequence of bool
        Whether a row is the head of those that follow, and must not end a page.

    >>> kept_together([False] * 5), kept_together([False, False, False, True, False, False])
    ([2, 0, 1, 2, 0], [2, 0, 1, 3, 0, 0])
    """
    count = len(heads)
    # Whether a row must not part from the one after it.
    joined = [
        place < FEWEST - 1 or place >= count - FEWEST or heads[place] for place in range(count)
    ]
    starts = [place for place in range(count) if place == 0 or not joined[place - 1]]
    together = [0] * count
    for start, end in pairwise([*starts, count]):
        together[start] = end - start
    return together


def parted(pages: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Give the first row and the row after the last of each page's part of a table.

    >>> parted([3, 3, 3, 4, 4])
    ((0, 3), (3, 5))
    """
    starts = [row for row in range(1, len(pages)) if pages[row] != pages[row - 1]]
    return tuple(pairwise([0, *starts, len(pages)]))


def parts_of(item: Item, pages: Mapping[str, Sequence[int]]) -> list[Item]:
    """Give the parts of a long table, by the pages of its rows; anything else as it stands.

    The words under a table come with its last rows.
    """
    if item.get("is_whole", True):
        return [item]
    return [
        item
        | {
            "rows": item["rows"][start:end],
            "id": item["id"] if start == 0 else "",
            "is_continued": start > 0,
            "is_whole": True,
            "caption": item["caption"] if end == len(item["rows"]) else [],
        }
        for start, end in parted(pages[item["id"]])
    ]

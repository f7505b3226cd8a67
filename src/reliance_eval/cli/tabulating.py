"""Small tables for a terminal: columns of words to the left, columns of numbers to the right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDEST = 46
"""A long label goes on below itself, so that three columns of numbers fit in 80 characters."""
GUTTER = "  "


def aligned(rows: Sequence[Sequence[str]], *, numbers: Sequence[int]) -> str:
    """Give rows of text as lines whose columns stand one under the other.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first may be headings; all have the same length.
    numbers : sequence of int
        The columns set to the right; the others are set to the left.

    >>> print(aligned([["", "n"], ["offered", "300"]], numbers=[1]))
                 n
      offered  300
    """
    wrapped = [[textwrap.wrap(cell, WIDEST) or [""] for cell in row] for row in rows]
    widths = [max(len(line) for cell in column for line in cell) for column in zip(*wrapped)]  # noqa: B905
    lines = []
    for row in wrapped:
        for k in range(max(len(cell) for cell in row)):
            texts = [cell[k] if k < len(cell) else "" for cell in row]
            set_texts = [
                text.rjust(width) if j in numbers else text.ljust(width)
                for j, (text, width) in enumerate(zip(texts, widths, strict=True))
            ]
            lines.append((GUTTER + GUTTER.join(set_texts)).rstrip())
    return "\n".join(lines)

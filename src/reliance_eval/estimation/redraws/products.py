"""Products of many rows by few columns, in pieces that need no threads."""

from __future__ import annotations

import numpy as np

from reliance_eval.estimation.arrays import Floats

PIECE = 1 << 17
"""Multiplications a piece: OpenBLAS starts its threads at twice as many (``interface/gemm.c``).
On products this thin they wait for one another longer than they work: re-drawing a trial of 600
took four times as long with two threads as with one, on a busy machine."""


def product_of(left: Floats, right: Floats) -> Floats:
    """Give ``left @ right`` for a left (r, k) of many rows and a right (k, c) of few columns."""
    rows, width = left.shape
    piece = max(1, PIECE // max(1, width * right.shape[1]))
    whole = rows - rows % piece
    result = np.empty((rows, right.shape[1]))
    np.matmul(
        left[:whole].reshape(-1, piece, width),
        right,
        out=result[:whole].reshape(-1, piece, right.shape[1]),
    )
    np.matmul(left[whole:], right, out=result[whole:])
    return result


def across(left: Floats, right: Floats) -> Floats:
    """Give ``left @ right`` for blocks of one size: left (b, c, s), right (b, s, r)."""
    result = np.empty((len(right), left.shape[-2], right.shape[-1]))
    piece = max(1, PIECE // max(1, left.shape[-1] * left.shape[-2]))
    for start in range(0, right.shape[-1], piece):
        part = np.s_[..., start : start + piece]
        np.matmul(left, right[part], out=result[part])
    return result

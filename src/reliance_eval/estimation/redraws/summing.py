"""What many least-squares fits share: the units with the same outcomes, and sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.redraws.products import product_of
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.weighing import centred, rows_by_block


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Units that have a value for the same outcomes, sorted by block.

    Attributes
    ----------
    rows, which : arrays of int
        Positions of the units, and of the outcomes they have values for.
    k, m : int
        Numbers of covariates and of outcomes.
    quadratic : array (n, 1 + k + k²)
        One, x, and x times x.
    products : array (n, 1 + k + m + k² + km + m)
        One, x, y, x times x, x times y, and y squared: all that is ever summed.
    blocks : tuple of slice
        The units of each block.
    share, mean_x : arrays (b, 1), (b, k)
        Each block's share of all units drawn, and its means of the covariates.
    """

    rows: npt.NDArray[np.intp]
    which: npt.NDArray[np.intp]
    k: int
    m: int
    quadratic: Floats
    products: Floats
    blocks: tuple[slice, ...]
    share: Floats
    mean_x: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Weighted sums by assignment: of first powers by block, of second powers over all blocks.

    ``one`` (b, r, 1), ``x`` (b, r, k), ``y`` (b, r, m), ``xx`` (r, k, k), ``xy`` (r, k, m),
    ``yy`` (r, m).
    """

    one: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: Floats


def alike_samples(outcomes: Floats, blocks: Codes, x: Floats) -> Iterator[Alike]:
    """Group the outcomes whose values are known for the same units: they share their systems."""
    everyone = rows_by_block(blocks)
    values, known = centred(outcomes, everyone)
    order = np.concatenate(everyone)
    code = np.repeat(np.arange(len(everyone)), [len(own) for own in everyone])
    patterns, group = np.unique(known[order], axis=1, return_inverse=True)
    for index, pattern in enumerate(patterns.T):
        rows = order[pattern]
        ends = np.searchsorted(code[pattern], np.arange(len(everyone) + 1))
        which = np.flatnonzero(group.ravel() == index)
        yield Alike(
            rows=rows,
            which=which,
            k=x.shape[1],
            m=len(which),
            quadratic=np.concatenate([np.ones((len(rows), 1)), x[rows], _outer(x[rows])], axis=1),
            products=_products(x[rows], values[np.ix_(rows, which)]),
            blocks=tuple(slice(a, b) for a, b in pairwise(ends)),
            share=np.array([[len(own) / len(blocks)] for own in everyone]),
            mean_x=np.stack([x[own].mean(axis=0) for own in everyone]),
        )


def _outer(x: Floats) -> Floats:
    return (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)


def _products(x: Floats, y: Floats) -> Floats:
    xy = (x[:, :, None] * y[:, None, :]).reshape(len(x), -1)
    return np.concatenate([np.ones((len(x), 1)), x, y, _outer(x), xy, y**2], axis=1)


def summed(sample: Alike, weights: Iterable[npt.NDArray[np.generic]]) -> Sums:
    """Sum all products with weights given by block, arrays (r, units of the block)."""
    k, m = sample.k, sample.m
    first: list[Floats] = []
    second: Floats | float = 0.0
    for weight, own in zip(weights, sample.blocks, strict=True):
        sums = product_of(weight.astype(np.float64, copy=False), sample.products[own])
        first.append(sums[:, : 1 + k + m])
        second = second + sums[:, 1 + k + m :]
    one, x, y = np.split(np.stack(first), [1, 1 + k], axis=2)
    xx, xy, yy = np.split(np.asarray(second), [k * k, k * k + k * m], axis=1)
    return Sums(one, x, y, xx.reshape(-1, k, k), xy.reshape(-1, k, m), yy)

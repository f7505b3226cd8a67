"""Lin-adjusted differences where all covariates vary in both arms, over many assignments at once.

An interacted regression is one regression an arm. With covariates centred in their blocks, its
slopes solve a system of sums over the arm, less what the arm's means in each block explain
(Frisch and Waugh); its HC2 variance is a sum over units of (weight x residual)² over one less the
leverage, three matrices by a vector an assignment. ``adjusted`` does the same where a covariate
does not vary in an arm, or an indicator must be left out, and more slowly.

References
----------
Lin (2013), Annals of Applied Statistics 7(1), section 4.
Frisch and Waugh (1933), Econometrica 1(4), 387-401.
MacKinnon and White (1985), Journal of Econometrics 29(3): HC2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reliance_eval.estimation.arrays import FULL, Bools, Floats
from reliance_eval.estimation.redraws.products import across
from reliance_eval.estimation.redraws.replaying import Codes
from reliance_eval.estimation.redraws.shelving import KEPT, Seats, Shelf, by_block, shelves
from reliance_eval.estimation.redraws.sweeping import inverses
from reliance_eval.estimation.redraws.weighing import shares_of

TILE = 1 << 14
"""Units times re-draws whose residuals are computed together: 128 kilobytes an array."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found, one row an assignment.

    ``estimate`` and ``variance`` are (r, m), the variance zero where it was not asked for;
    ``is_regular`` (r,) says where they hold, ``is_kept`` (b, r) which blocks have both arms.
    """

    estimate: Floats
    variance: Floats
    is_regular: Bools
    is_kept: Bools


@dataclass(frozen=True, slots=True, eq=False)
class FullRank:
    """Lin-adjusted differences for outcomes that the same units have.

    Attributes
    ----------
    seats : Seats
    shelves : tuple of Shelf
    sums : tuple of arrays (b, 1 + k + m + k(k + 1)/2 + k m, s)
        What is summed in each block of a shelf: one, x, y, x times x, x times y.
    units : tuple of arrays (b, s, 1 + k + k(k + 1)/2)
        What multiplies weights, residuals and leverages of units: one, x, x times x.
    outcomes : tuple of arrays (m, b, s)
    share : array (b,)
        Each block's share of all units given.
    k, m : int
    """

    seats: Seats
    shelves: tuple[Shelf, ...]
    sums: tuple[Floats, ...]
    units: tuple[Floats, ...]
    outcomes: tuple[Floats, ...]
    share: Floats
    k: int
    m: int

    def found(self, assigned: Codes, *, has_variance: bool) -> Found:
        """Give the estimates, and their variances where asked for."""
        held = [
            self._held(place, shelf.inside(assigned, self.seats.pair[0]), assigned)
            for place, shelf in enumerate(self.shelves)
        ]
        whole = sum(self.share[one.blocks] @ one.is_kept for one in held)
        fit = _fitted(held, self.share, k=self.k, m=self.m)
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate = fit.difference / whole
            variance = np.zeros_like(estimate)
            if has_variance:
                for place, one in enumerate(held):
                    variance += self._spread(place, one, fit)
                variance /= np.square(whole)
        return Found(estimate.T, variance.T, fit.is_regular & (whole > 0), self._kept(held))

    def _held(self, place: int, inside: Floats, assigned: Codes) -> _Held:
        """Sum over both arms of a shelf's blocks."""
        sums, shelf = self.sums[place], self.shelves[place]
        found = np.empty((2, len(sums), sums.shape[1], len(assigned)))
        found[0] = across(sums, inside)
        is_in = None
        if self.seats.is_whole:
            np.subtract(sums.sum(axis=2)[:, :, None], found[0], out=found[1])
        else:
            other = shelf.inside(assigned, self.seats.pair[1])
            found[1] = across(sums, other)
            is_in = inside + other
        is_kept: Bools = np.all(found[:, :, 0] > 0, axis=0)
        if not is_kept.all():
            found *= is_kept[:, None]
        return _Held(shelf.blocks, found, is_kept, inside > 0, is_in)

    def _kept(self, held: list[_Held]) -> Bools:
        kept = np.zeros((len(self.share), held[0].is_kept.shape[1]), dtype=np.bool_)
        for one in held:
            kept[one.blocks] = one.is_kept
        return kept

    def _spread(self, place: int, held: _Held, fit: _Fit) -> Floats:
        """Add up (weight x residual)² over one less the leverage, for a shelf's units, (m, r)."""
        units, outcomes = self.units[place], self.outcomes[place]
        lines = _lines(held, fit, self.share)
        size, r = held.is_arm.shape[1:]
        step = max(1, TILE // (size * r))
        total = np.zeros((self.m, r))
        for start in range(0, len(units), step):
            own = slice(start, start + step)
            first = np.ascontiguousarray(units[own, :, : 1 + self.k])
            is_arm = held.is_arm[own]
            weight = _chosen(first, is_arm, lines.weight[:, own])
            room = _chosen(units[own], is_arm, lines.room[:, own])
            # A unit alone in its block and arm is fitted exactly: it has no residual to square.
            room[room <= FULL] = np.inf
            weight *= weight
            weight /= room
            if held.is_in is not None:
                weight *= held.is_in[own]
            for column in range(self.m):
                left = _chosen(first, is_arm, lines.fitted[:, own, column])
                np.subtract(outcomes[column, own, :, None], left, out=left)
                left *= left
                left *= weight
                total[column] += left.sum(axis=(0, 1))
        return total


def full_rank(x: Floats, values: Floats, known: Bools, *, blocks: Codes, seats: Seats) -> FullRank:
    """Prepare Lin-adjusted differences of outcomes that the same units have.

    Parameters
    ----------
    x : array (n, k)
        Covariates, linearly independent of one another and of the blocks, centred in each block.
    values : array (n, m)
        Outcomes.
    known : array of bool (n,)
        Who has them.
    blocks : array of int (n,)
    seats : Seats
    """
    found = replace(seats, columns=np.where(known, seats.columns, KEPT))
    on_shelves = shelves(blocks, found)
    k, m = x.shape[1], values.shape[1]
    first, second = np.triu_indices(k)
    squares = x[:, first] * x[:, second]
    products = (x[:, :, None] * values[:, None, :]).reshape(len(x), k * m)
    one = np.ones(len(x))
    summed = [one, *x.T, *values.T, *squares.T, *products.T]
    return FullRank(
        seats=found,
        shelves=on_shelves,
        sums=tuple(by_block(shelf, summed) for shelf in on_shelves),
        units=tuple(
            np.ascontiguousarray(by_block(shelf, [one, *x.T, *squares.T]).swapaxes(1, 2))
            for shelf in on_shelves
        ),
        outcomes=tuple(values.T[:, shelf.rows] for shelf in on_shelves),
        share=shares_of(blocks),
        k=k,
        m=m,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What the blocks of a shelf hold under each assignment.

    Attributes
    ----------
    blocks : array of int (b,)
    sums : array (2, b, c, r)
        Of the arm compared, then of the other; zero in a block that lost one of them.
    is_kept : array of bool (b, r)
        Whether a block has both.
    is_arm : array of bool (b, s, r)
        Units of the arm compared.
    is_in : array (b, s, r) or None
        One for units of either arm; None where all are.
    """

    blocks: npt.NDArray[np.int64]
    sums: Floats
    is_kept: Bools
    is_arm: Bools
    is_in: Floats | None

    @property
    def count(self) -> Floats:
        """Units by arm and block, (2, b, r); one where there is none."""
        return np.maximum(self.sums[:, :, 0], 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Both arms' regressions, the arm's first.

    ``slopes`` (2, k, m, r), ``pull`` (2, k, r), ``inverse`` (2, k, k, r); ``difference`` (m, r) of
    fitted means, times the share of the blocks kept; ``is_regular`` (r,) says where both have full
    rank: elsewhere they mean nothing.
    """

    slopes: Floats
    pull: Floats
    inverse: Floats
    difference: Floats
    is_regular: Bools


def _fitted(held: list[_Held], share: Floats, *, k: int, m: int) -> _Fit:
    pairs, r = k * (k + 1) // 2, held[0].is_kept.shape[1]
    squares, products = np.zeros((2, pairs, r)), np.zeros((2, k, m, r))
    means = np.zeros((2, k + m, r))
    for one in held:
        first, second = one.sums[:, :, 1 : 1 + k + m], one.sums[:, :, 1 + k + m :].sum(axis=1)
        mean = first / one.count[:, :, None]
        means += np.einsum("b,abjr->ajr", share[one.blocks], mean)
        squares += second[:, :pairs]
        products += second[:, pairs:].reshape(2, k, m, r)
        place = 0
        for i in range(k):
            around = np.einsum("abr,abjr->ajr", mean[:, :, i], first[:, :, i:])
            squares[:, place : place + k - i] -= around[:, : k - i]
            products[:, i] -= around[:, k - i :]
            place += k - i
    inverse, is_regular = inverses(squares, k)
    slopes = np.einsum("aijr,ajmr->aimr", inverse, products)
    # Covariates are centred in their blocks: the mean of those drawn is zero.
    gap = -means[:, :k]
    ends = means[:, k:] + np.einsum("akr,akmr->amr", gap, slopes)
    pull = np.einsum("aijr,ajr->air", inverse, gap)
    return _Fit(slopes, pull, inverse, ends[0] - ends[1], is_regular)


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """What makes a unit's weight, room and fitted value of its covariates, by arm and block.

    ``weight`` (2, b, 1 + k, r); ``room`` (2, b, 1 + k + k(k + 1)/2, r): one less the leverage;
    ``fitted`` (2, b, m, 1 + k, r).
    """

    weight: Floats
    room: Floats
    fitted: Floats


def _lines(held: _Held, fit: _Fit, share: Floats) -> _Lines:
    k, m, r = fit.slopes.shape[1:]
    count, b = held.count, len(held.blocks)
    mean = held.sums[:, :, 1 : 1 + k + m] / count[:, :, None]
    around = mean[:, :, :k]
    weight = np.empty((2, b, 1 + k, r))
    weight[:, :, 0] = share[held.blocks][:, None] / count
    weight[:, :, 0] -= np.einsum("abkr,akr->abr", around, fit.pull)
    weight[:, :, 1:] = fit.pull[:, None]
    if not held.is_kept.all():
        weight *= held.is_kept[:, None]
    first, second = np.triu_indices(k)
    room = np.empty((2, b, 1 + k + len(first), r))
    turned = room[:, :, 1 : 1 + k]
    for i in range(k):
        np.einsum("ajr,abjr->abr", fit.inverse[:, i], around, out=turned[:, :, i])
    room[:, :, 0] = 1.0 - 1.0 / count - np.einsum("abkr,abkr->abr", turned, around)
    turned *= 2.0
    twice = np.where(first == second, -1.0, -2.0)[:, None]
    room[:, :, 1 + k :] = (fit.inverse[:, first, second] * twice)[:, None]
    fitted = np.empty((2, b, m, 1 + k, r))
    fitted[:, :, :, 0] = mean[:, :, k:] - np.einsum("abkr,akmr->abmr", around, fit.slopes)
    fitted[:, :, :, 1:] = fit.slopes.swapaxes(1, 2)[:, None]
    return _Lines(weight, room, fitted)


def _chosen(units: Floats, is_arm: Bools, lines: Floats) -> Floats:
    """Give what each unit's own arm says of it, (b, s, r)."""
    return np.where(is_arm, across(units, lines[0]), across(units, lines[1]))

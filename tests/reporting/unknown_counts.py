"""Unknown counts, what is known of each, what ties them, and how tightly that bounds one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]


@dataclass
class System:
    """Unknown counts, what bounds them one by one, and what ties them together."""

    places: dict[str, int] = field(default_factory=dict)
    truth: list[float] = field(default_factory=list)
    ends: list[list[float]] = field(default_factory=list)
    ties: list[tuple[dict[str, float], float]] = field(default_factory=list)

    def add(self, name: str, truth: float) -> str:
        """Add an unknown count; one of the same name is the same count."""
        if name not in self.places:
            self.places[name] = len(self.truth)
            self.truth.append(float(truth))
            self.ends.append([0.0, math.inf])
        assert self.true(name) == truth, name
        return name

    def true(self, name: str) -> float:
        return self.truth[self.places[name]]

    def lies(self, name: str, low: float, high: float) -> None:
        """Say between which numbers a count lies."""
        assert low <= self.true(name) <= high, (name, low, self.true(name), high)
        ends = self.ends[self.places[name]]
        ends[:] = [max(ends[0], low), min(ends[1], high)]

    def at_most(self, terms: dict[str, float], end: float = 0.0) -> None:
        """Say that a sum does not exceed an end."""
        assert sum(c * self.true(n) for n, c in terms.items()) <= end + 1e-7, (terms, end)
        self.ties.append((terms, end))

    def adds_up(self, whole: str, parts: Iterable[str]) -> None:
        """Say that parts make a whole."""
        terms = {whole: -1.0, **dict.fromkeys(parts, 1.0)}
        self.at_most(terms)
        self.at_most({name: -value for name, value in terms.items()})

    def width(self, name: str) -> float:
        """Give the distance between the least and the most that a count can be."""
        ends = []
        for sign in (1.0, -1.0):
            part, matrix, right = self._parts[self._part_of[self.places[name]]]
            place = int(np.searchsorted(part, self.places[name]))
            cost = np.zeros(len(part))
            cost[place] = sign
            limits = [(low, high) for low, high in (self.ends[other] for other in part)]
            found = linprog(cost, A_ub=matrix, b_ub=right, bounds=limits, method="highs-ds")
            # Without an end: nothing printed bounds it.
            ends.append(-sign * math.inf if found.fun is None else sign * found.fun)
        low, high = math.ceil(ends[0] - 1e-6), ends[1]
        assert low <= self.true(name) <= high + 1e-6, name
        return math.inf if math.isinf(high) else math.floor(high + 1e-6) - low

    def close(self) -> None:
        """Set apart the counts that nothing unknown ties together: each part is a small system."""
        ends = np.array(self.ends)
        is_known = ends[:, 0] == ends[:, 1]
        ties = np.zeros((len(self.ties), len(self.truth)))
        for row, (terms, _) in enumerate(self.ties):
            for name, value in terms.items():
                ties[row, self.places[name]] = value
        right = np.array([end for _, end in self.ties]) - ties[:, is_known] @ ends[is_known, 0]
        ties[:, is_known] = 0.0
        beside = csr_array(ties).T @ csr_array(ties)
        _, self._part_of = connected_components(beside, directed=False)
        self._parts: dict[int, tuple[Any, Floats, Floats]] = {}
        for number in np.unique(self._part_of):
            part = np.flatnonzero(self._part_of == number)
            rows = np.flatnonzero(np.any(ties[:, part] != 0, axis=1))
            # A part without a tie has one that says nothing.
            matrix = ties[np.ix_(rows, part)] if rows.size else np.zeros((1, len(part)))
            self._parts[int(number)] = (part, matrix, right[rows] if rows.size else np.zeros(1))

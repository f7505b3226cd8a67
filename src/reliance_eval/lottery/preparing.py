"""Preparing: all that a lottery is held on, fixed and checked before any seed can exist.

Small blocks are merged, places counted, pairs formed, clusters put together and covariates made
whole here, from the protocol and the eligible units alone. What cannot be drawn is refused here,
so that a seed never meets a list that it cannot be used on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.errors import DataError, Fault, ProtocolError
from reliance_eval.language.catalogue import Value
from reliance_eval.lottery import package as files
from reliance_eval.lottery.allocation import places_by_block
from reliance_eval.lottery.design import DESIGNS, IntArray, redraw
from reliance_eval.lottery.framing import Frame, block_fault, clusters_of, frame_of, texts
from reliance_eval.lottery.holding import Ballot, check_quotas, lots_on
from reliance_eval.lottery.merging import merge_small_blocks
from reliance_eval.lottery.pairing import form_pairs
from reliance_eval.lottery.scaling import scaled
from reliance_eval.lottery.tickets import NO_STRATUM
from reliance_eval.protocol.model import Lottery
from reliance_eval.protocol.protocol import Protocol
from reliance_eval.registry import nearest

COMPLETE, SIMPLE, CLUSTERED, PAIRS = "complete", "simple", "clustered", "pairs"

WANTED, TRIAL_SEED = 10, 1
"""Accepted assignments that a trial before the commitment asks for, and the seed of that trial."""


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What a lottery is held on, but for its seed and the exclusions that may come before it.

    Attributes
    ----------
    protocol : bytes
    units : list of str
        Everything that is drawn, in byte order: units, or clusters where clusters are drawn.
    strata : list of str
        The block of each at the draw; of a draw by pairs, its pair.
    quotas : mapping of str to tuple of int
        Places of each block by arm; empty for a simple draw.
    odds : mapping of str to (int, int)
        Of a simple draw.
    covariates : (n, k) int array, optional
        Of a re-randomised draw.
    bounds : tuple of int
        Of a re-randomised draw.
    merged : mapping of str to str
        Blocks of the flow that were merged, and the block they joined.
    """

    protocol: bytes
    units: list[str]
    strata: list[str]
    quotas: dict[str, tuple[int, ...]] = field(default_factory=dict)
    odds: dict[str, tuple[int, int]] = field(default_factory=dict)
    covariates: IntArray | None = None
    bounds: tuple[int, ...] = ()
    merged: dict[str, str] = field(default_factory=dict)

    def ballot(self, *, seed: str, excluded: frozenset[str] = frozenset()) -> Ballot:
        """Give what the lottery is held on, once the seed is known."""
        return Ballot(
            protocol=self.protocol,
            units=self.units,
            strata=self.strata,
            quotas=self.quotas,
            excluded=excluded,
            seed=seed,
            odds=self.odds,
            covariates=self.covariates,
            bounds=self.bounds,
        )

    @property
    def frame(self) -> pd.DataFrame:
        """One row a thing that is drawn: ``unit``, ``block``, and covariates ``x1``, ``x2``..."""
        columns: dict[str, object] = {
            "unit": pd.array(self.units, dtype="str"),
            "block": pd.array(self.strata, dtype="str"),
        }
        if self.covariates is not None:
            columns |= {f"x{k}": values for k, values in enumerate(self.covariates.T, start=1)}
        return pd.DataFrame(columns)

    def files(self) -> dict[str, bytes]:
        """Give the files of the package that are known before the seed, by name."""
        found = {
            files.PROTOCOL: self.protocol,
            files.FRAME: files.frame_file(self.units, self.strata),
        }
        if self.odds:
            found[files.ODDS] = files.odds_file(self.odds)
        else:
            found[files.QUOTA] = files.quota_file(self.quotas)
        if self.covariates is not None:
            found[files.COVARIATES] = files.covariates_file(self.units, self.covariates)
            found[files.BOUNDS] = files.bounds_file(self.bounds)
        return found


def prepare(flow: Flow) -> Terms:
    """Fix everything that a draw by RL1 needs, but for its seed.

    Parameters
    ----------
    flow : Flow
        The eligible units and their blocks. Row order and column types change nothing.

    Raises
    ------
    ProtocolError
        The design has no rule here.
    DataError
        Fewer units than places; a block too small and no rule to merge it; an identifier, a
        cluster or a covariate missing, outside RL1's alphabet or there twice; a cluster in
        several blocks; bounds that almost no assignment is within.
    """
    protocol = flow.protocol
    lottery = protocol.clauses.lottery
    check_design(lottery.design)
    drawn = drawn_units(flow)
    _check_size(flow, len(drawn.units))
    blocks, merged = _blocks(flow, drawn)
    terms = Terms(protocol.source, drawn.units, blocks, merged=merged)
    if lottery.design == SIMPLE and lottery.odds is not None:
        return replace(terms, odds=dict.fromkeys(sorted(set(blocks)), lottery.odds))
    if lottery.design == PAIRS and lottery.pairs is not None:
        covariates = scaled(flow.eligible, lottery.pairs.covariates)[drawn.rows]
        pairs = min(lottery.arms.values())
        strata = form_pairs(blocks, covariates, pairs=pairs)
        _check_names(strata)
        return replace(terms, strata=strata, quotas=dict.fromkeys(sorted(set(strata)), (1, 1)))
    places = places_by_block(Counter(blocks), tuple(lottery.arms.values()))
    terms = replace(terms, quotas=places)
    check_quotas(places, Counter(blocks))
    if lottery.balance is not None:
        terms = replace(
            terms,
            covariates=scaled(flow.eligible, lottery.balance.covariates)[drawn.rows],
            bounds=tuple(covariate.bound for covariate in lottery.balance.covariates),
        )
        _check_bounds(terms)
    return terms


def drawn_units(flow: Flow) -> Frame:
    """Give what is drawn, with its blocks: the eligible units, or their clusters."""
    is_clustered = flow.protocol.clauses.lottery.design == CLUSTERED
    frame = frame_of(flow.eligible, in_alphabet=not is_clustered)
    return clusters_of(flow.eligible) if is_clustered else frame


def check_design(name: str) -> None:
    """Raise where no rule is registered under a design's name."""
    if name not in DESIGNS:
        known = DESIGNS.names()
        near = nearest(name, known) or known[0]
        values: dict[str, Value] = {"design": name, "known": ", ".join(known), "nearest": near}
        raise ProtocolError(Fault("E-LOTTERY-DESIGN", "", values))


def _check_size(flow: Flow, found: int) -> None:
    lottery = flow.protocol.clauses.lottery
    wanted = sum(lottery.arms.values())
    if found >= wanted or lottery.design == SIMPLE:
        return
    reasons = ", ".join(f"{step.criterion} {step.refused + step.unknown}" for step in flow.steps)
    values: dict[str, Value] = {"n": found, "wanted": wanted, "reasons": reasons or "-"}
    code = "E-LOTTERY-TOO-FEW-CLUSTERS" if lottery.design == CLUSTERED else "E-LOTTERY-TOO-FEW"
    raise DataError(Fault(code, "", values))


def _blocks(flow: Flow, frame: Frame) -> tuple[list[str], dict[str, str]]:
    """Give each unit's block at the draw, and what became of the blocks that were too small."""
    protocol = flow.protocol
    lottery = protocol.clauses.lottery
    if lottery.design == COMPLETE or not lottery.blocks:
        return [NO_STRATUM] * len(frame.units), {}
    along = lottery.blocks.index(lottery.merge) if lottery.merge in lottery.blocks else None
    is_simple = lottery.design == SIMPLE
    merged = merge_small_blocks(
        Counter(frame.blocks),
        # A simple draw leaves nobody in reserve: its places are its units.
        places=len(frame.units) if is_simple else sum(lottery.arms.values()),
        codes=_codes(flow.eligible, lottery) if along is not None else {},
        along=along,
        levels=_levels(protocol, lottery) if along is not None else (),
    )
    _check_names(merged.values())
    return [merged.get(block, block) for block in frame.blocks], merged


def _check_names(blocks: Iterable[str]) -> None:
    if faults := [fault for name in sorted({*blocks}) if (fault := block_fault(name))]:
        raise DataError(faults)


def _codes(eligible: pd.DataFrame, lottery: Lottery) -> dict[str, tuple[str, ...]]:
    columns = [f"{name}_band" for name in lottery.blocks]
    cells = eligible[["block", *columns]].drop_duplicates()
    codes = zip(*(texts(cells[column]) for column in columns), strict=True)
    return dict(zip(texts(cells["block"]), codes, strict=True))


def _levels(protocol: Protocol, lottery: Lottery) -> tuple[str, ...]:
    return protocol.variable(lottery.merge).levels if lottery.merge is not None else ()


def _check_bounds(terms: Terms) -> None:
    """Raise where almost no assignment is within the bounds, while they can still be changed."""
    ballot = terms.ballot(seed="")
    number = {name: code for code, name in enumerate(ballot.names)}
    codes = np.array([number[stratum] for stratum in terms.strata], dtype=np.int64)
    lots = lots_on(ballot, codes, np.ones(codes.size, dtype=np.bool_))
    redraw(DESIGNS[ballot.design], lots, redraws=WANTED, rng=np.random.default_rng(TRIAL_SEED))

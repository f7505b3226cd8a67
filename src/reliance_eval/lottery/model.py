"""The draw: a contract that every later act reads and none may contradict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd

from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.fingerprint import SHORT

RESERVE = "reserve"
EXCLUDED = "excluded"
PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Quota:
    """Places of one block, by arm in the protocol's order, and the units that were live in it."""

    block: str
    places: tuple[int, ...]
    live: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw(Artefact):
    """Who was offered what, by which rule, from which seed.

    Attributes
    ----------
    design : str
        Name of the design in the registry.
    arms : tuple of str
        Arms in the protocol's order; the first is RL1's T.
    reference : str
        The arm others are compared with.
    quotas : tuple of Quota
        One a block, in byte order of the block's name. For a recorded draw: the counts of units
        found.
    seed : str or None
        The canonical seed string; None for a recorded draw.
    protocol_digest, frame_digest, quota_digest, draw_key, assignment_digest : str
        RL1's P, F, Q, K and A. For a recorded draw K and Q are ``""``, and F and A are digests
        of its tables (its identifiers need not be in RL1's alphabet).
    merged : mapping of str to str
        Blocks of the frame that were merged before the draw, and the block they joined.
    drawn_in : {"units", "clusters"}
        What a ticket was drawn for: ``clusters`` for a recorded draw whose arms never differ
        within a cluster; otherwise clusters matter to standard errors only.
    assignment : DataFrame
        One row a unit of the frame, sorted by ``unit``: ``unit``, ``block``, ``rank`` (Int64, in
        its block; NA if excluded or recorded), ``arm`` (an arm of the protocol, ``"reserve"`` or
        ``"excluded"``), ``ticket`` (``""`` if recorded), ``cluster`` (text; the unit itself when
        units were drawn and no cluster is declared) and ``probability`` (of the arm the unit is
        in, among those drawn; NaN outside the arms).
    """

    act: ClassVar[str] = "draw"
    tables: ClassVar[tuple[str, ...]] = ("assignment",)
    personal: ClassVar[tuple[str, ...]] = ("assignment",)

    parent: Flow
    design: str
    arms: tuple[str, ...]
    reference: str
    quotas: tuple[Quota, ...]
    seed: str | None
    protocol_digest: str
    frame_digest: str
    quota_digest: str
    draw_key: str
    assignment_digest: str
    merged: dict[str, str]
    drawn_in: Literal["units", "clusters"] = "units"
    assignment: pd.DataFrame

    @property
    def drawn(self) -> pd.DataFrame:
        """The rows of the experiment: every unit in an arm, without reserve and excluded."""
        return self.assignment[self.assignment["arm"].isin(self.arms)].reset_index(drop=True)

    @property
    def reserve(self) -> pd.DataFrame:
        """The units in reserve, block after block, in the order in which places would go."""
        waiting = self.assignment[self.assignment["arm"] == RESERVE]
        return waiting.sort_values(["block", "rank"], kind="stable", ignore_index=True)

    def to_pandas(self) -> pd.DataFrame:
        """Give the number of units by arm, reserve and excluded last; never people."""
        counts = self.assignment["arm"].value_counts()
        names = [*self.arms, *(name for name in (RESERVE, EXCLUDED) if name in counts.index)]
        return pd.DataFrame({"arm": names, "n": [int(counts.get(name, 0)) for name in names]})

    def _repr_html_(self) -> str:
        digests = {
            "seed": self.seed or "",
            "protocol": self.protocol_digest[:SHORT],
            "frame": self.frame_digest[:SHORT],
            "quotas": self.quota_digest[:SHORT],
            "draw key": self.draw_key[:SHORT],
            "assignment": self.assignment_digest[:SHORT],
        }
        shown = pd.DataFrame({"digest": [*digests], "value": [*digests.values()]})
        counts = self.to_pandas().to_html(index=False, border=0)
        return counts + shown.to_html(index=False, border=0)

    def write(self, folder: Path, *, shareable: bool = False) -> None:
        """Write this artefact, and RL1's plain-text package unless the folder may be shared.

        The package holds identifiers, so a shareable folder has none; a recorded draw was not
        held by RL1 and has none either.
        """
        from reliance_eval.lottery.package import package_of, write_package

        super().write(folder, shareable=shareable)
        if self.seed is not None and not shareable:
            write_package(package_of(self), folder / PACKAGE)

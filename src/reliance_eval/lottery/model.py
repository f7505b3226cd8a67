"""The draw: a contract that every later act reads and none may contradict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd

from reliance_eval.artefact import Artefact, added
from reliance_eval.eligibility import Flow
from reliance_eval.fingerprint import SHORT
from reliance_eval.lottery.commitment import Commitment
from reliance_eval.lottery.places import Quota

__all__ = ["EXCLUDED", "PACKAGE", "RESERVE", "Draw", "Quota"]

RESERVE = "reserve"
EXCLUDED = "excluded"
PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Intake:
    """One wave of a pooled draw: its day, its seed, and the digests that verify it."""

    wave: str
    day: date
    seed: str | None
    commitment_id: str
    draw_key: str
    assignment_digest: str


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
        One a block, in byte order of the block's name, counted in clusters where RL1 drew them.
        For a recorded draw, the counts of units found; for a simple one, what chance gave.
    seed : str or None
        The canonical seed string; None for a recorded draw.
    protocol_digest, frame_digest, quota_digest, draw_key, assignment_digest : str
        RL1's P, F, Q, K and A. For a recorded draw K and Q are ``""``, and F and A are digests
        of its tables (its identifiers need not be in RL1's alphabet).
    merged : mapping of str to str
        Blocks of the frame that were merged before the draw, and the block they joined.
    drawn_in : {"units", "clusters"}
        What a ticket was drawn for: ``clusters`` in a clustered draw, and in a recorded one whose
        arms never differ within a cluster; otherwise clusters matter to standard errors only.
    commitment_id : str
        The commitment that the draw keeps; ``""`` for a plain or a recorded draw.
    attempts : int
        j of a re-randomised draw: the assignments refused before the one that stands.
    odds : mapping of str to (int, int)
        Of a simple draw: a chance of a in b of the first arm, by block.
    bounds : tuple of int
        Of a re-randomised draw: how far apart the arms may be on each covariate.
    intakes : tuple of Intake
        The waves that were read as one, in the order of their days; of any other draw, none. The
        assignment then has a column ``wave`` too, and the other digests are digests of theirs.
    attempt_key : str
        Of a re-randomised draw: K_j, which the tickets are made from in place of K.
    is_fallback : bool
        Whether the seed came from the event that stands in for the one announced first.
    blind_seed : int or None
        The arms are not those of the draw, but re-drawn from this seed to rehearse the analysis
        (``panel.blinding``); None for the draw itself. Digests and seed stay those of the draw.
    assignment : DataFrame
        One row a unit of the frame, sorted by ``unit``: ``unit``, ``block``, ``rank`` (Int64, in
        its block; NA if excluded or recorded), ``arm`` (an arm of the protocol, ``"reserve"`` or
        ``"excluded"``), ``ticket`` (``""`` if recorded), ``cluster`` (text; the unit itself when
        units were drawn and no cluster is declared) and ``probability`` (of the arm the unit is
        in, among those drawn; NaN outside the arms). Members of a cluster that RL1 drew have its
        rank, arm and ticket. In a re-randomised draw the probability is exact where the arms are
        equal in every block, and otherwise the block's mean.
    """

    act: ClassVar[str] = "draw"
    tables: ClassVar[tuple[str, ...]] = ("assignment",)
    personal: ClassVar[tuple[str, ...]] = ("assignment",)

    parent: Flow | Commitment
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
    commitment_id: str = added("")
    attempts: int = added(0)
    odds: dict[str, tuple[int, int]] = added({})
    bounds: tuple[int, ...] = added(())
    attempt_key: str = added("")
    is_fallback: bool = added(False)
    blind_seed: int | None = added(None)
    intakes: tuple[Intake, ...] = added(())
    assignment: pd.DataFrame

    @property
    def is_blind(self) -> bool:
        """Whether the arms are not those of the draw."""
        return self.blind_seed is not None

    @property
    def ticket_key(self) -> str:
        """What tickets are made from: K, or K_j in a re-randomised draw."""
        return self.attempt_key or self.draw_key

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

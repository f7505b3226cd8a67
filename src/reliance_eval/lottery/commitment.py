"""The commitment: everything the draw will be made from, fixed before its seed can be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.fingerprint import SHORT
from reliance_eval.lottery.notice import in_utc
from reliance_eval.lottery.package import Package, write_package
from reliance_eval.lottery.places import Quota
from reliance_eval.lottery.preparing import Terms
from reliance_eval.protocol.model import PublicEvent

PACKAGE = "package"
PUBLISH = "publish"


@dataclass(frozen=True, kw_only=True, eq=False)
class Commitment(Artefact):
    """What is published before the event that the seed comes from.

    Attributes
    ----------
    id : str
        First 16 hexadecimal characters of the SHA-256 of ``commitment.txt``.
    design, arms, reference : str, tuple of str, str
        As in the protocol.
    quotas : tuple of Quota
        Places of each block by arm, in byte order of the blocks; of a simple draw, none.
    odds : mapping of str to (int, int)
        Of a simple draw: a chance of a in b of the first arm, by block.
    merged : mapping of str to str
        Blocks that were too small, and the block they joined.
    drawn_in : {"units", "clusters"}
        What a ticket is drawn for.
    bounds : tuple of int
        Of a re-randomised draw: how far apart the arms may be on each covariate.
    protocol_digest, frame_digest, quota_digest : str
        RL1's P, F and Q (of ``odds.tsv`` in a simple draw).
    code_list_digests : mapping of str to str
        SHA-256 of each file of codes that a criterion names.
    covariates_digest, bounds_digest : str
        SHA-256 of the two files of a re-randomised draw, else ``""``.
    event : PublicEvent
        Where the seed comes from.
    fallback : PublicEvent or None
        Where it comes from if the event does not take place.
    notice_days : int
        Clear days between the commitment and the event, at least.
    committed_at : str
        The instant, in universal time.
    clock : {"machine", "declared"}
        Who gave the instant: this machine, or the person who committed.
    frame : DataFrame
        One row a thing that is drawn (a unit, or a cluster), sorted: ``unit``, ``block`` and, of
        a re-randomised draw, its whole numbers ``x1``, ``x2``...
    """

    act: ClassVar[str] = "commitment"
    tables: ClassVar[tuple[str, ...]] = ("frame",)
    personal: ClassVar[tuple[str, ...]] = ("frame",)

    parent: Flow
    id: str
    design: str
    arms: tuple[str, ...]
    reference: str
    quotas: tuple[Quota, ...]
    odds: dict[str, tuple[int, int]]
    merged: dict[str, str]
    drawn_in: Literal["units", "clusters"]
    bounds: tuple[int, ...]
    protocol_digest: str
    frame_digest: str
    quota_digest: str
    code_list_digests: dict[str, str]
    covariates_digest: str
    bounds_digest: str
    event: PublicEvent
    fallback: PublicEvent | None
    notice_days: int
    committed_at: str
    clock: Literal["machine", "declared"]
    frame: pd.DataFrame

    @property
    def at(self) -> datetime:
        """The instant of the commitment."""
        return datetime.fromisoformat(self.committed_at)

    @property
    def terms(self) -> Terms:
        """What the lottery will be held on, from this record alone."""
        covariates = None
        if self.bounds:
            columns = [f"x{number}" for number in range(1, len(self.bounds) + 1)]
            covariates = self.frame[columns].to_numpy(dtype=np.int64)
        return Terms(
            protocol=self.protocol.source,
            units=self.frame["unit"].astype(str).tolist(),
            strata=self.frame["block"].astype(str).tolist(),
            quotas={quota.block: quota.places for quota in self.quotas},
            odds=self.odds,
            covariates=covariates,
            bounds=self.bounds,
            merged=self.merged,
        )

    def to_pandas(self) -> pd.DataFrame:
        """Give what is published, one row a line of ``commitment.txt``."""
        from reliance_eval.lottery.announcing import lines_of

        return pd.DataFrame(lines_of(self), columns=["key", "value"])

    def _repr_html_(self) -> str:
        shown = {
            "commitment": self.id,
            "event": in_utc(self.event.at),
            "protocol": self.protocol_digest[:SHORT],
            "frame": self.frame_digest[:SHORT],
            "quotas": self.quota_digest[:SHORT],
        }
        table = pd.DataFrame({"item": [*shown], "value": [*shown.values()]})
        return table.to_html(index=False, border=0)

    def write(self, folder: Path, *, shareable: bool = False) -> None:
        """Write this artefact, what is published of it, and the files the draw is held on.

        The files hold identifiers, so a shareable folder has none of them.
        """
        from reliance_eval.lottery.announcing import write_announcement

        super().write(folder, shareable=shareable)
        write_announcement(self, folder / PUBLISH)
        if not shareable:
            write_package(Package(self.terms.files()), folder / PACKAGE)

"""An extract: a lazy table, and the files it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, NoReturn

from reliance_eval import fingerprint
from reliance_eval.extract.engine import literal
from reliance_eval.extract.frames import frame_query
from reliance_eval.extract.recorded import DeliveryRecord
from reliance_eval.protocol import Protocol

if TYPE_CHECKING:
    import duckdb
    import narwhals.stable.v2 as nw
    import pandas as pd

    from reliance_eval.extract.sources import Library

SYNTHETIC = "SYNTH-"


@dataclass(frozen=True, eq=False)
class Extract:
    """What an administration delivered under one name; nothing of it is in memory.

    Attributes
    ----------
    name : str
        The extract's name in the protocol.
    protocol : Protocol
        The protocol that says how to read it.
    deliveries : tuple of DeliveryRecord
        Every file read, by day of extraction then path; empty when nothing came yet.
    """

    name: str
    protocol: Protocol
    deliveries: tuple[DeliveryRecord, ...]
    library: Library = field(repr=False)

    parent: ClassVar[None] = None

    def __getstate__(self) -> NoReturn:
        raise TypeError("Extract refuses pickling: open its files again")

    @property
    def kind(self) -> Literal["units", "monthly", "events"]:
        """What one row is: a unit, a unit and month, or a dated event."""
        return self.protocol.extract(self.name).kind

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the extract's name and of its deliveries."""
        files = [[d.path, d.extracted_on.isoformat(), d.sha256, d.rows] for d in self.deliveries]
        return fingerprint.of_plain([self.name, files])

    @cached_property
    def is_synthetic(self) -> bool:
        """Whether every identifier begins with ``SYNTH-``: the people were made up."""
        query = frame_query(self.protocol.extract(self.name), self.library.sources)
        made_up = f"coalesce(bool_and(starts_with(unit, {literal(SYNTHETIC)})), false)"
        relation = self.library.connection.sql(f"SELECT {made_up} FROM ({query})")  # noqa: S608
        return bool(relation.fetchall()[0][0])

    def frame(self, *, extracted_by: date | None = None) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give the rows as a lazy narwhals frame; of overlapping deliveries the latest rules.

        The frame lives as long as its extract: keep the extract while using it.

        Parameters
        ----------
        extracted_by : date, optional
            Keep only what was extracted on or before this day.

        Returns
        -------
        LazyFrame
            ``unit`` (text), ``month`` (year x 12 + month - 1) of a monthly extract or ``on``
            (date) of events, the protocol's columns by their names there, ``extracted_on``.
        """
        import narwhals.stable.v2 as nw

        clause = self.protocol.extract(self.name)
        query = frame_query(clause, self.library.sources, extracted_by=extracted_by)
        return nw.from_native(self.library.connection.sql(query))

    def beside(self, table: pd.DataFrame) -> nw.LazyFrame[duckdb.DuckDBPyRelation]:
        """Give a small table as a lazy frame on the same engine, to be joined with ``frame()``."""
        import narwhals.stable.v2 as nw
        import pyarrow as pa

        arrow = pa.Table.from_pandas(table, preserve_index=False)
        return nw.from_native(self.library.connection.from_arrow(arrow))

    def to_pandas(self) -> pd.DataFrame:
        """Give one row a delivered file: where it came from, never what it says of people."""
        import pandas as pd

        names = list(DeliveryRecord.__dataclass_fields__)
        rows = [[getattr(record, name) for name in names] for record in self.deliveries]
        return pd.DataFrame(rows, columns=names)

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False, border=0)

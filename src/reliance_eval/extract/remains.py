"""What a file number leaves behind: copies of it in other columns of the same delivery.

A number under another name (a partner's file, an address with the number in it, a comment)
would undo the pseudonyms. Such a column is named, with a count of rows, and nothing is written
until the key holder drops it, or has looked and keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reliance_eval.errors import Fault
from reliance_eval.extract.engine import connect, identifier

if TYPE_CHECKING:
    import pyarrow as pa

SHORTEST = 5
"""Shorter numbers are not looked for: they stand everywhere by chance, as amounts and counts."""


def find_remains(  # noqa: PLR0913
    table: pa.Table,
    *,
    id_column: str,
    raw: Sequence[str | None],
    numbers: Iterable[str],
    kept: tuple[str, ...],
    where: str,
) -> list[Fault]:
    """Name the columns in which a file number stands.

    Parameters
    ----------
    table : pyarrow.Table
    raw : sequence of str
        File number of each row, as delivered.
    numbers : iterable of str
        Every known file number, normalised: a cell that is one of them is found in any row.
    kept : tuple of str
        Columns somebody has looked at.

    Returns
    -------
    list of Fault
        One a column, with the number of rows.
    """
    import pyarrow as pa

    others = [name for name in table.column_names if name != id_column and name not in kept]
    if not others:
        return []
    known = {number for number in numbers if len(number) >= SHORTEST}
    own = [text.strip() if text and len(text.strip()) >= SHORTEST else None for text in raw]
    # Columns get names of our own: those of the file may differ by their case only.
    cells = [table.column(name) for name in others]
    names = [f"c{place}" for place in range(len(others))]
    engine = connect()
    engine.register("cells", pa.table([*cells, pa.array(own, pa.string())], [*names, "own"]))
    engine.register("numbers", pa.table([pa.array(sorted(known), pa.string())], ["number"]))
    counts = ", ".join(_count(f"CAST({identifier(name)} AS VARCHAR)") for name in names)
    found = engine.execute(f"SELECT {counts} FROM cells").fetchall()[0]  # noqa: S608
    return [
        Fault("E-PSEUDONYM-REMAINS", where, {"column": name, "n": int(n)})
        for name, n in zip(others, found, strict=True)
        if n
    ]


def _count(text: str) -> str:
    """Count the cells that hold their own row's number, or are any known one."""
    bare = f"upper(regexp_replace({text}, '\\s', '', 'g'))"
    known = f"{bare} IN (SELECT number FROM numbers)"  # noqa: S608
    return f"count(*) FILTER (contains({text}, own) OR {known})"

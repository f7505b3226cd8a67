"""DuckDB, held on a short leash: two threads, a bounded memory, a private place to spill."""

from __future__ import annotations

import contextlib
import tempfile
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
THREADS = 2
_GLOB = frozenset("*?[")


@cache
def _spill_folder() -> tempfile.TemporaryDirectory[str]:
    # Mode 0700 by construction; the object removes its folder when the interpreter ends.
    return tempfile.TemporaryDirectory(prefix="reliance-eval-")


def connect() -> duckdb.DuckDBPyConnection:
    """Open an empty in-memory database that never fetches an extension."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "temp_directory": _spill_folder().name,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    # In Jupyter without ipywidgets DuckDB has no bar to draw, and refuses even to be told so.
    with contextlib.suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    connection.execute("SET lock_configuration = true")
    return connection


def identifier(name: str) -> str:
    """Quote a name so that SQL can only read it as a name.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    """Quote a value so that SQL can only read it as that value.

    >>> literal("l'id"), literal(2.5)
    ("'l''id'", "CAST('2.5' AS DOUBLE)")
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def texts(values: tuple[str, ...]) -> str:
    """Quote several texts, separated by commas."""
    return ", ".join(literal(value) for value in values)


def file_literal(path: str) -> str:
    """Quote a path so that DuckDB opens that file, not a pattern of files.

    >>> file_literal("data/a*.parquet")
    "'data/a[*].parquet'"
    """
    return literal("".join(f"[{letter}]" if letter in _GLOB else letter for letter in path))

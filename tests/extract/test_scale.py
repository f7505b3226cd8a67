"""A large extract stays where it lies: the engine holds a query, not a table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from reliance_eval.extract import read_extract


def test_nothing_of_a_parquet_extract_is_brought_into_the_engine(study):
    path = study.write("", "data/people.parquet")
    pq.write_table(pa.table({"id": ["a", "b"]}), path)
    extract = read_extract("people", study.protocol("", file="data/people.parquet"))
    tables = extract.library.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    assert tables == [(0,)]


def test_the_engine_is_bounded_and_fetches_nothing(study):
    connection = study.read("id,y\na,1\n").library.connection
    asked = (
        "SELECT current_setting('threads'), current_setting('memory_limit'), "
        "current_setting('autoinstall_known_extensions'), "
        "current_setting('autoload_known_extensions')"
    )
    threads, memory, installs, loads = connection.execute(asked).fetchall()[0]
    assert (threads, installs, loads) == (2, False, False)
    assert memory == "953.6 MiB"

"""Each row of the fault catalogue that concerns deliveries, through the public function.

The words each message must hold, and the exit codes, are those of the catalogue (O07, O11-O35).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reliance_eval.errors import RelianceError
from reliance_eval.extract import read_extract

AMOUNT = "[extracts.people.columns]\ny = { type = 'number' }"
BORN = "[extracts.people.columns]\nborn = { type = 'date' }"


@dataclass(frozen=True)
class Fault:
    row: str
    content: str | bytes
    words: tuple[str, ...]
    clause: str = ""
    code: int = 65
    where: str = ""
    hidden: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


PEOPLE = pa.table({"id": ["a", "b", "c"], "y": [1.0, 2.0, 3.0]})
IN_PARQUET = {"file": "data/people.parquet"}

CATALOGUE = [
    Fault("O11", "id,nom\n1,É €œ\n".encode("cp1252"), ("not UTF-8", "byte offset 9",
          'encoding = "cp1252"', "encoding: cp1252"), where="data/people.csv:2"),
    Fault("O12", "id,nom\n1,É\n", ("valid UTF-8 multibyte",), 'encoding = "cp1252"'),
    Fault("O12 bis", "id,nom\n1,É\n", ("valid UTF-8 multibyte",), 'encoding = "latin-1"'),
    Fault("O13", "id,y\n1,2\n".encode("utf-16"), ("UTF-16",)),
    Fault("O14", "id,x,y\n1,2,3\n2,3,4,5\n", ("row 3: 4 fields, header 3", "decimal"),
          where="data/people.csv:3"),
    Fault("O19", "id,y\nA1B2,1\nC3D4,1\nA1B2,2\n", ("duplicate", "2 rows", "2, 4"),
          hidden=("A1B2",)),
    Fault("O20", "id,y\n1 84 12 75 123 456,1\n1841275123456,1\n184127512345678,1\n",
          ("duplicate after normalisation", "3 rows", "2, 3, 4"), 'normalise_ids = "nir"',
          hidden=("1841275", "1 84 12")),
    Fault("O21", "id,z\n1,2\n", ("`y`", "missing"), AMOUNT),
    Fault("O21 bis", "id,y,y\n1,2,3\n", ("same name", "`y`"), AMOUNT),
    Fault("O21 Parquet", parquet(PEOPLE.select(["id"])), ("`y`", "missing"), AMOUNT,
          options=IN_PARQUET),
    Fault("O22", "id,y\n1,n.c.\n2,n.c.\n3,-\n4,<500\n5,12\n",
          ("n.c. (2)", "- (1)", "<500 (1)", "declare missing codes", "2, 3, 4, 5"), AMOUNT),
    Fault("O23", "id,y\n1,214\n2,30\n3,-1\n",
          ("rule people.y.maximum: 1 row", "rule people.y.minimum: 1 row", "row: 2", "row: 4"),
          "[extracts.people.columns]\ny = { type = 'integer', minimum = 0, maximum = 120 }"),
    Fault("O24", "id,x,y\n1,2,3\n2,3", ("incomplete last line", "row 3")),
    Fault("O24 bis", 'id,x,y\n1,2,3\n2,3,"ab', ("incomplete last line", "row 3")),
    Fault("O25", "id,y\n1,2\n3,4\n", ("3 rows", "2 were read"),
          'deliveries=[{path="data/people.csv", extracted_on=2024-06-30, rows=3}]'),
    Fault("O26", parquet(PEOPLE)[:-40], ("footer",), options=IN_PARQUET),
    Fault("O27", "", ("no rows",)),
    Fault("O27 header", "id,y\n", ("no rows",)),
    Fault("O27 Parquet", parquet(PEOPLE.slice(0, 0)), ("no rows",), options=IN_PARQUET),
    Fault("O28", "id,y\n1,a\n2,b\x00\n", ("row 3", "U+0000")),
    Fault("O28 bis", "id,y\n1,a\x07\n2,b\x1b\n", ("row 2", "U+0007", "row 3", "U+001B")),
    Fault("O28 latin-1", b"id,y\n1,10 \x80\n", ("U+0080", "cp1252"), 'encoding = "latin-1"'),
    Fault("O29", 'id,y\n1,a\n2,"b\n3,c\n4,d\n', ("unclosed quote", "row 3"),
          where="data/people.csv:3"),
    Fault("O30", "id,born\n1,01/02/2024\n", ("declare date format",), BORN, 78),
    Fault("O30 Parquet", parquet(pa.table({"id": ["a"], "born": ["01/02/2024"]})),
          ("declare date format",), BORN, 78, options=IN_PARQUET),
    Fault("O31", "id,born\n1,01/02/2024\n2,31/12/2023\n", ("1 date", "row: 3"),
          f'date_format = "%m/%d/%Y"\n{BORN}', where="data/people.csv:3"),
    Fault("O32", "id,born\n1,28/02/2023\n2,29/02/2023\n", ("1 date", "row: 3"),
          f'date_format = "%d/%m/%Y"\n{BORN}'),
    Fault("O34", "id,born\n1,2024-07-01\n2,2024-06-30\n3,2025-01-01\n",
          ("2 dates after", "2024-06-30", "2, 4"), f'date_format = "%Y-%m-%d"\n{BORN}'),
    Fault("O35", "id,born\n1,01/02/24\n", ("four digits or pivot",),
          f'date_format = "%d/%m/%y"\n{BORN}', 78),
    Fault("O35 data", "id,born\n1,01/02/24\n", ("1 date", "row: 2"),
          f'date_format = "%d/%m/%Y"\n{BORN}'),
    Fault("O65 pickle", b"\x80\x04.", ("format not accepted", ".parquet, .csv"),
          options={"file": "data/people.pkl"}),
    Fault("O65 zip", b"PK\x03\x04", ("format not accepted",), options={"file": "data/people.zip"}),
    Fault("O65 xlsm", b"PK\x03\x04", ("format not accepted",),
          options={"file": "data/people.xlsm"}),
    Fault("no identifier", "id,y\na,1\n,2\n  ,3\n", ("2 rows have no identifier", "3, 4")),
    Fault("unknown code", "id,y\na,ISO\nb,CEL\n", ("CEL (1)", "does not know"),
          "[extracts.people.columns]\ny = { codes = { ISO = 'alone' } }"),
    Fault("required", "id,y\na,1\nb,\n", ("empty in 1 row", "row: 3"),
          "[extracts.people.columns]\ny = { required = true }"),
    Fault("not a whole number", "id,y\na,1\nb,1.5\n", ("1 text that is not a whole number",),
          "[extracts.people.columns]\ny = { type = 'integer' }", hidden=("1.5",)),
    Fault("not a boolean", "id,y\na,true\nb,oui\n", ("oui (1)", "neither true nor false"),
          "[extracts.people.columns]\ny = { type = 'boolean' }"),
    Fault("time zone", parquet(pa.table({"id": ["a"],
          "born": pa.array([0], pa.timestamp("us", tz="Europe/Paris"))})),
          ("TIME ZONE", "time zone"), BORN, options=IN_PARQUET),
    Fault("codes of another type", "id,y\na,1\n", ("not of type boolean", "yes"),
          "[extracts.people.columns]\ny = { type = 'boolean', codes = { 1 = 'yes' } }", 78),
    Fault("reserved name", "id,y\na,1\n", ("`unit`",),
          "[extracts.people.columns]\nunit = { source = 'y' }", 78),
    Fault("named months", "id,born\na,1\n", ("%Y, %m and %d",),
          f'date_format = "%d %B %Y"\n{BORN}', 78),
    Fault("Excel's serial days", parquet(pa.table({"id": ["a"], "born": [45351]})),
          ("BIGINT", "date"), BORN, options=IN_PARQUET),
]  # fmt: skip


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.row)
def test_a_faulty_delivery_is_explained(study, fault):
    path = study.write(fault.content, fault.options.get("file", "data/people.csv"))
    before = path.read_bytes()
    with pytest.raises(RelianceError) as raised:
        study.read(fault.content, fault.clause, **fault.options)
    message = raised.value.text("en")
    assert raised.value.exit_code == fault.code
    for word in fault.words:
        assert word in message
    for word in fault.hidden:
        assert word not in message
        assert word not in raised.value.text("fr")
    assert fault.where in message
    assert "→" in raised.value.text("fr")
    assert len(message.splitlines()) <= 25
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "path", ["../people.csv", "/etc/passwd", "data/../../people.csv", "C:\\people.csv", "..\\x.csv"]
)
def test_a_path_that_leaves_the_study_is_refused(study, path):
    (study.folder.parent / "people.csv").write_text("id,y\nCANARY,1\n")
    with pytest.raises(RelianceError, match="outside the study folder") as raised:
        read_extract("people", study.protocol("", file=path))
    assert raised.value.exit_code == 78
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize("pattern", ["data/people.csv", "data/*.csv", "data/**/*.csv"])
def test_a_link_that_leaves_the_study_is_refused(study, pattern):
    outside = study.folder.parent / "people.csv"
    outside.write_text("id,y\nCANARY,1\n")
    (study.folder / "data").mkdir()
    (study.folder / "data/people.csv").symlink_to(outside)
    with pytest.raises(RelianceError, match="outside the study folder") as raised:
        read_extract("people", study.protocol("", file=pattern))
    assert raised.value.exit_code == 78


def test_a_folder_linked_from_outside_is_refused(study):
    (study.folder.parent / "elsewhere").mkdir()
    (study.folder.parent / "elsewhere/people.csv").write_text("id,y\nCANARY,1\n")
    (study.folder / "data").symlink_to(study.folder.parent / "elsewhere")
    with pytest.raises(RelianceError, match="outside the study folder"):
        read_extract("people", study.protocol(""))


def test_an_eligibility_extract_that_is_not_delivered_cannot_be_read(study):
    with pytest.raises(RelianceError, match=re.escape("data/people.csv")) as raised:
        read_extract("people", study.protocol(""))
    assert raised.value.exit_code == 66


def test_a_file_that_cannot_be_opened_is_named(study):
    (study.folder / "data").mkdir()
    (study.folder / "data/people.csv").symlink_to(study.folder / "data/gone.csv")
    with pytest.raises(RelianceError, match=r"data/people\.csv") as raised:
        read_extract("people", study.protocol(""))
    assert raised.value.exit_code == 66


def test_all_faults_of_all_files_come_at_once(study):
    study.write("id,y\na,300\nb,x,y\n", "data/1.csv")
    study.write("id,z\na,1\n", "data/2.csv")
    study.write("id,y\nc,-5\nc,n.c.\n", "data/3.csv")
    clause = "[extracts.people.columns]\ny = { type = 'number', minimum = 0, maximum = 120 }"
    with pytest.raises(RelianceError) as raised:
        read_extract("people", study.protocol(clause, file="data/*.csv"))
    assert [(fault.code, fault.where) for fault in raised.value.faults] == [
        ("E-EXTRACT-RAGGED", "data/1.csv:3"),
        ("E-EXTRACT-COLUMN-MISSING", "data/2.csv"),
        ("E-EXTRACT-DUPLICATE", "data/3.csv:2"),
        ("E-EXTRACT-NUMBER", "data/3.csv:3"),
        ("E-EXTRACT-MINIMUM", "data/3.csv:2"),
        ("E-EXTRACT-MAXIMUM", "data/1.csv:2"),
    ]


def test_at_most_twenty_rows_are_listed_with_their_total(study):
    content = "id,y\n" + "".join(f"{index},-1\n" for index in range(50))
    clause = "[extracts.people.columns]\ny = { type = 'number', minimum = 0 }"
    with pytest.raises(RelianceError) as raised:
        study.read(content, clause)
    values = raised.value.faults[0].values
    assert values["n"] == 50
    assert values["rows"] == ", ".join(str(row) for row in range(2, 22)) + ", …"


def test_a_month_delivered_twice_is_named_by_its_rows(study):
    clause = 'month = "m"\n'
    with pytest.raises(RelianceError, match="duplicate unit and month") as raised:
        study.read("id,m\na,2024-01\na,2024-02\nb,2024-01\na,202401\n", clause)
    assert raised.value.faults[0].values["rows"] == "2, 5"


def test_months_ten_years_apart_are_not_taken_for_duplicates(study, rows):
    # The quick test tells 120 months apart; what it cannot tell is settled exactly.
    extract = study.read("id,m\na,2014-01\na,2024-01\n", 'month = "m"\n')
    assert [row[:2] for row in rows(extract)] == [("a", 2014 * 12), ("a", 2024 * 12)]


def test_a_parquet_file_damaged_inside_is_told_from_a_rejected_one(study):
    table = pa.table({"id": [f"id-{index:05d}" for index in range(20_000)]})
    content = bytearray(parquet(table))
    content[8:2000] = bytes(1992)
    with pytest.raises(RelianceError) as raised:
        study.read(bytes(content), file="data/people.parquet")
    assert raised.value.code in {"E-EXTRACT-DAMAGED", "E-EXTRACT-FOOTER"}
    assert "id-0" not in str(raised.value)

"""What comes out of a sound delivery: every identifier, number and date exactly as delivered."""

from __future__ import annotations

from datetime import date, datetime

import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reliance_eval.errors import DataError, IntegrityError
from reliance_eval.extract import open_extract, read_extract, read_extracts

NUMBER = "[extracts.people.columns]\ny = { type = 'number' }"
CUT = date(2024, 6, 30)


def column(found, place=1):
    return [row[place] for row in found]


def test_declared_cp1252_gives_the_exact_letters(study, rows):
    clause = 'encoding = "cp1252"\nseparator = ";"\n[extracts.people.columns]\ny = {}'
    extract = study.read("id;y\n1;É œ €\n".encode("cp1252"), clause)
    assert column(rows(extract)) == ["É œ €"]


def test_a_byte_order_mark_does_not_hide_the_first_column(study, rows):
    assert column(rows(study.read(b"\xef\xbb\xbfid,y\n7,1\n", NUMBER)), 0) == ["7"]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_thousands_may_be_spaced(study, rows, space):
    clause = f'separator = ";"\ndecimal = ","\n{NUMBER}'
    extract = study.read(f"id;y\n1;1{space}234,56\n2;-12{space}345{space}678\n3; 5 \n", clause)
    assert column(rows(extract)) == [1234.56, -12345678.0, 5.0]


@pytest.mark.parametrize("wrong", ["12 34", "1 2345", "1.234,56", "0x1F", "1e", "", "inf", "NaN"])
def test_what_only_resembles_a_number_is_not_one(study, wrong):
    clause = f'separator = ";"\ndecimal = ","\n{NUMBER}'
    if wrong == "":
        assert study.read("id;y\n1;\n", clause)
        return
    with pytest.raises(DataError, match="not a number"):
        study.read(f"id;y\n1;{wrong}\n", clause)


def test_identifiers_are_kept_to_the_letter(study, rows):
    kept = ["0012", "12", "12345678901234567", "12345678901234568", "NA", "None", "nan", "null"]
    extract = study.read("id,y\n" + "".join(f"{one},1\n" for one in kept), NUMBER)
    assert column(rows(extract), 0) == sorted(kept)


def test_integers_keep_seventeen_digits(study, rows):
    clause = "[extracts.people.columns]\ny = { type = 'integer' }"
    extract = study.read("id,y\na,12345678901234567\nb,12345678901234568.0\n", clause)
    assert column(rows(extract)) == [12345678901234567, 12345678901234568]


def test_normalised_identifiers_drop_spaces_and_key(study, rows):
    content = "id,y\n1 84 12 75 123 456 78,1\n2\u00a085 01 2A 004 321,1\n"
    extract = study.read(content, f'normalise_ids = "nir"\n{NUMBER}')
    assert column(rows(extract), 0) == ["1841275123456", "285012A004321"]


def test_day_first_dates_are_read_day_first(study, rows):
    clause = "date_format = '%d/%m/%Y'\n[extracts.people.columns]\ny = { type = 'date' }"
    assert column(rows(study.read("id,y\n1,01/02/2024\n", clause))) == [date(2024, 2, 1)]


def test_missing_codes_and_blanks_are_missing(study, rows):
    clause = "[extracts.people.columns]\ny = { type = 'number', missing = [99999, 'n.c.'] }"
    extract = study.read("id,y\na,99999\nb,99 999.0\nc,n.c.\nd,\ne,  \nf,0\n", clause)
    assert column(rows(extract)) == [None, None, None, None, None, 0.0]


def test_codes_become_the_protocols_words(study, rows):
    clause = """[extracts.people.columns]
    family = { source = "SITFAM", codes = { ISO = "lone_parent", COU = "couple" } }
    student = { source = "ETU", type = "boolean", codes = { O = "true", N = "false" } }
    raw = { source = "SITFAM" }
    """
    extract = study.read("id,SITFAM,ETU\na,ISO,O\nb,COU,N\nc,,\n", clause)
    assert [row[1:4] for row in rows(extract)] == [
        ("lone_parent", True, "ISO"),
        ("couple", False, "COU"),
        (None, None, None),
    ]


def test_codes_of_a_stored_number_are_its_digits(study, rows):
    pq.write_table(
        pa.table({"id": ["a", "b"], "y": [1.0, 2.0]}), study.write("", "data/people.parquet")
    )
    clause = "[extracts.people.columns]\ny = { codes = { 1 = 'one', 2 = 'two' } }"
    extract = read_extract("people", study.protocol(clause, file="data/people.parquet"))
    assert column(rows(extract)) == ["one", "two"]


@pytest.mark.parametrize(
    "stored",
    [
        ["2024-01", "2024-02"],
        ["202401", "202402"],
        [202401, 202402],
        [date(2024, 1, 1), date(2024, 2, 29)],
        [datetime(2024, 1, 31, 12), datetime(2024, 2, 1)],
    ],
    ids=["text", "digits", "integer", "date", "timestamp"],
)
def test_a_month_is_a_number_of_months(study, rows, stored):
    path = study.write("", "data/people.parquet")
    pq.write_table(pa.table({"id": ["a", "a"], "m": stored}), path)
    extract = read_extract("people", study.protocol('month = "m"', file="data/people.parquet"))
    assert column(rows(extract)) == [2024 * 12, 2024 * 12 + 1]


def test_a_month_may_be_written_in_the_declared_format(study, rows):
    extract = study.read("id,m\na,02/2024\n", 'month = "m"\ndate_format = "%m/%Y"')
    assert column(rows(extract)) == [2024 * 12 + 1]


TYPED = """date_format = "%Y-%m-%d"
[extracts.people.columns]
n = { type = "integer" }
x = { type = "number" }
b = { type = "boolean" }
d = { type = "date" }
t = {}
"""
TABLE = pa.table(
    {
        "id": ["a", "b", "c"],
        "n": pa.array([1, None, 3], pa.int32()),
        "x": [1.5, 2.0, None],
        "b": [True, None, False],
        "d": [None, date(2020, 2, 29), date(1999, 12, 31)],
        "t": pa.array(["u", "v", None]).dictionary_encode(),
    }
)


def test_csv_and_parquet_of_the_same_data_give_the_same_frame(study, rows):
    pq.write_table(TABLE, study.write("", "data/people.parquet"))
    TABLE.to_pandas().to_csv(study.write("", "data/people.csv"), index=False)
    extracts = [
        read_extract("people", study.protocol(TYPED, file=f"data/people.{suffix}"))
        for suffix in ("csv", "parquet")
    ]
    first, second = (rows(extract) for extract in extracts)
    assert first == second
    assert first[0] == ("a", 1, 1.5, True, None, "u", CUT)
    schemas = [extract.frame().collect_schema() for extract in extracts]
    assert schemas[0] == schemas[1] == {
        "unit": nw.String(), "n": nw.Int64(), "x": nw.Float64(), "b": nw.Boolean(),
        "d": nw.Date(), "t": nw.String(), "extracted_on": nw.Date(),
    }  # fmt: skip


def test_not_a_number_is_missing_and_infinity_is_refused(study, rows):
    path = study.write("", "data/people.parquet")
    pq.write_table(pa.table({"id": ["a"], "y": [float("nan")]}), path)
    protocol = study.protocol(NUMBER, file="data/people.parquet")
    assert column(rows(read_extract("people", protocol))) == [None]
    pq.write_table(pa.table({"id": ["a"], "y": [float("inf")]}), path)
    with pytest.raises(DataError, match="not a number"):
        read_extract("people", protocol)


def test_quotes_may_hold_separators_and_line_ends(study, rows):
    clause = "[extracts.people.columns]\ny = {}\nz = { type = 'integer', maximum = 9 }"
    assert column(rows(study.read('id,y,z\r\na,"1, ""2""\r\n3",4\r\n', clause))) == ['1, "2"\r\n3']
    with pytest.raises(DataError, match="row: 4"):
        study.read('id,y,z\na,"x\ny",4\nb,x,10\n', clause)


@pytest.mark.parametrize("name", ['x"; DROP TABLE t; --', "l'âge", "a b", "p0", "#row", "c0", "%s"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_may_have_any_name(study, rows, name, suffix):
    file = f"data/it's [1]*.{suffix}"
    table = pa.table({"id": ["a"], name: ["v'1\\"]})
    path = study.write("", file)
    if suffix == "csv":
        table.to_pandas().to_csv(path, index=False)
    else:
        pq.write_table(table, path)
    quoted = name.replace('"', '\\"')
    clause = (
        f'[extracts.people.columns]\ny = {{ source = "{quoted}", missing = ["\'; DROP"] }}\n'
        f'z = {{ source = "{quoted}", codes = {{ "v\'1\\\\" = "o\'k" }} }}'
    )
    extract = read_extract("people", study.protocol(clause, file=file))
    assert [row[1:3] for row in rows(extract)] == [("v'1\\", "o'k")]


TWO = """deliveries = [
  { path = "data/old*.csv", extracted_on = 2024-01-31 },
  { path = "data/new*.csv", extracted_on = 2024-06-30 },
]
"""


def test_the_latest_delivery_rules_where_two_overlap(study, rows):
    study.write("id,m,y\na,2023-01,1\na,2023-02,2\n", "data/old.csv")
    study.write("id,m,y\na,2023-02,20\n", "data/new1.csv")
    study.write("id,m,y\na,2023-03,30\n", "data/new2.csv")
    extract = read_extract("people", study.protocol(f'{TWO}month = "m"\n{NUMBER}'))
    assert column(rows(extract), 2) == [1.0, 20.0, 30.0]
    assert column(rows(extract, extracted_by=date(2024, 1, 31)), 2) == [1.0, 2.0]
    assert rows(extract, extracted_by=date(2023, 1, 1)) == []
    assert [(d.path, d.rows) for d in extract.deliveries] == [
        ("data/old.csv", 2),
        ("data/new1.csv", 1),
        ("data/new2.csv", 1),
    ]


def test_an_event_delivered_twice_counts_once(study, rows):
    study.write("id,day,y\na,2023-01-01,1\na,2023-01-01,1\na,2023-01-01,2\n", "data/old.csv")
    study.write("id,day,y\na,2023-01-01,1\n", "data/new.csv")
    clause = f'{TWO}date = "day"\ndate_format = "%Y-%m-%d"\n{NUMBER}'
    extract = read_extract("people", study.protocol(clause))
    day = date(2023, 1, 1)
    assert rows(extract) == [("a", day, 1.0, CUT), ("a", day, 2.0, date(2024, 1, 31))]


def test_a_file_without_identifier_has_its_rows_numbered(study, rows):
    extract = study.read("y\n1\n2\n", f'id = "@row"\n{NUMBER}')
    assert [row[:2] for row in rows(extract)] == [("row-000001", 1.0), ("row-000002", 2.0)]


def test_made_up_people_are_recognised_by_every_identifier(study):
    assert study.read("id,y\nSYNTH-1,1\nSYNTH-2,1\n").is_synthetic
    assert not study.read("id,y\nSYNTH-1,1\n2,1\n").is_synthetic


MORE = """[extracts.later]
id = "id"
deliveries = [{ path = "data/later*.parquet", extracted_on = 2024-06-30 }]
columns = { y = { type = "number" } }
"""


def test_only_delivered_extracts_are_read(study, rows):
    study.write("id,y\na,1\n")
    protocol = study.protocol(NUMBER, rest=MORE)
    assert [extract.name for extract in read_extracts(protocol)] == ["people"]
    later = read_extract("later", protocol)
    assert rows(later) == []
    assert not later.is_synthetic
    assert later.frame().collect_schema()["y"] == nw.Float64()
    pq.write_table(pa.table({"id": ["a"], "y": [1.0]}), study.folder / "data/later1.parquet")
    assert [extract.name for extract in read_extracts(protocol)] == ["people", "later"]


def test_recorded_deliveries_reopen_until_they_change(study, rows):
    extract = study.read("id,y\na,1\n", NUMBER)
    again = open_extract("people", extract.protocol, extract.deliveries)
    assert (again.digest, rows(again)) == (extract.digest, rows(extract))
    study.write("id,y\na,2\n")
    with pytest.raises(IntegrityError, match=r"data/people\.csv.*has changed"):
        open_extract("people", extract.protocol, extract.deliveries)
    (study.folder / "data/people.csv").unlink()
    with pytest.raises(IntegrityError, match=r"data/people\.csv.*has vanished") as raised:
        open_extract("people", extract.protocol, extract.deliveries)
    assert raised.value.exit_code == 76


def test_a_small_table_joins_the_frame(study):
    extract = study.read("id,y\na,1\nb,2\n", NUMBER)
    wanted = extract.beside(pd.DataFrame({"unit": ["b"]}))
    joined = extract.frame().join(wanted, on="unit", how="semi")
    assert joined.collect("pandas")["y"].to_list() == [2.0]


def test_row_order_never_matters(study, rows):
    lines = [f"{index},{index % 7}\n" for index in range(300)]
    first = rows(study.read("id,y\n" + "".join(lines), NUMBER))
    assert rows(study.read("id,y\n" + "".join(reversed(lines)), NUMBER)) == first


def test_an_extract_shows_its_files_and_nobody(study):
    extract = study.read("id,y\nCANARY,1\n", NUMBER)
    assert "data/people.csv" in extract._repr_html_()
    assert "CANARY" not in extract._repr_html_() + repr(extract)

"""A delivered file in, pseudonyms out: the raw number nowhere, the order of nothing."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from reliance_eval.errors import ConfidentialityError, DataError, SealedError, UnreadableInput
from reliance_eval.extract.pseudonymising import Pseudonymisation, pseudonymise
from reliance_eval.extract.pseudonyms import pseudonym
from reliance_eval.extract.whole_files import Request
from reliance_eval.fingerprint import of_file

KEY = bytes(range(32))
NUMBERS = [str(1_000_000 + 37 * i) for i in range(20)]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "safe" / "key"
    path.parent.mkdir()
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


def delivered(folder: Path, name: str = "households.csv", **columns: list[object]) -> Path:
    table = pd.DataFrame({"matricule": NUMBERS, "commune": ["54395"] * 20, **columns})
    path = folder / name
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return path


def done(source: Path, target: Path, key: Path, **options: object) -> Pseudonymisation:
    files = {name: options.pop(name, None) for name in ("crosswalk", "bridge")}
    request = Request(study_id="demo-B", id_column="matricule", **options)
    return pseudonymise(source, target, request=request, key=key, **files)


def expected(numbers: list[str], domain: str = "draw") -> list[str]:
    return [pseudonym(n, key=KEY, study="demo-B", domain=domain) for n in numbers]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_column_holds_pseudonyms_and_the_raw_number_is_nowhere(
    tmp_path: Path, key: Path, suffix: str
) -> None:
    source = delivered(tmp_path, f"in{suffix}", children=list(range(20)))
    target = tmp_path / f"out{suffix}"
    result = done(source, target, key)
    read = pd.read_csv(target, dtype=str) if suffix == ".csv" else pd.read_parquet(target)
    assert read["matricule"].tolist() == sorted(expected(NUMBERS))
    children = dict(zip(expected(NUMBERS), range(20), strict=True))
    assert [int(n) for n in read["children"]] == [children[p] for p in read["matricule"]]
    content = target.read_bytes()
    assert not any(number.encode() in content for number in NUMBERS)
    assert (result.rows, result.units, result.renumbered) == (20, 20, 0)
    assert result.sha256 == of_file(target)


def test_metadata_of_a_parquet_file_do_not_go_through(tmp_path: Path, key: Path) -> None:
    table = pd.DataFrame({"matricule": NUMBERS, "commune": "54395"}, index=pd.Index(NUMBERS))
    table.attrs["sample"] = NUMBERS[0]
    table.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(ConfidentialityError):  # the index is a column of the file
        done(tmp_path / "in.parquet", tmp_path / "out.parquet", key)
    done(tmp_path / "in.parquet", tmp_path / "out.parquet", key, dropped=("__index_level_0__",))
    content = (tmp_path / "out.parquet").read_bytes()
    assert not any(number.encode() in content for number in NUMBERS)


def test_row_order_never_matters(tmp_path: Path, key: Path) -> None:
    source = delivered(tmp_path)
    lines = source.read_text(encoding="utf-8").splitlines()
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n", encoding="utf-8")
    assert done(source, tmp_path / "a.csv", key) == done(shuffled, tmp_path / "b.csv", key)


def test_rows_of_draw_and_analysis_do_not_stand_in_the_same_order(
    tmp_path: Path, key: Path
) -> None:
    source = delivered(tmp_path)
    done(source, tmp_path / "draw.csv", key)
    done(source, tmp_path / "analysis.csv", key, domain="analysis")
    draw = pd.read_csv(tmp_path / "draw.csv", dtype=str)["matricule"].tolist()
    analysis = pd.read_csv(tmp_path / "analysis.csv", dtype=str)["matricule"].tolist()
    assert analysis == sorted(expected(NUMBERS, "analysis"))
    joined = dict(zip(expected(NUMBERS), expected(NUMBERS, "analysis"), strict=True))
    assert sum(joined[d] == a for d, a in zip(draw, analysis, strict=True)) < 5


def test_several_rows_of_one_person_stay_one_person(tmp_path: Path, key: Path) -> None:
    path = tmp_path / "monthly.csv"
    path.write_text("matricule;month\n 1000000;2018-01\n1000000;2018-02\n", encoding="utf-8")
    result = done(path, tmp_path / "out.csv", key, separator=";")
    assert (result.rows, result.units) == (2, 1)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    pid = expected(["1000000"])[0]
    assert lines == ["matricule;month", f"{pid};2018-01", f"{pid};2018-02"]


def test_who_changed_number_keeps_the_first_pseudonym(tmp_path: Path, key: Path) -> None:
    walk = tmp_path / "walk.csv"
    walk.write_text("old_id,new_id,on\n7000001,1000000,2019-01-01\n", encoding="utf-8")
    result = done(delivered(tmp_path), tmp_path / "out.csv", key, crosswalk=walk)
    assert result.renumbered == 1
    found = set(pd.read_csv(tmp_path / "out.csv", dtype=str)["matricule"])
    assert found == set(expected(["7000001", *NUMBERS[1:]]))


def test_the_bridge_joins_the_two_domains_for_the_key_holder_alone(
    tmp_path: Path, key: Path
) -> None:
    bridge = key.parent / "bridge.csv"
    done(delivered(tmp_path), tmp_path / "out.csv", key, bridge=bridge)
    rows = list(csv.reader(bridge.read_text(encoding="ascii").splitlines()))
    pairs = sorted(zip(expected(NUMBERS), expected(NUMBERS, "analysis"), strict=True))
    assert rows == [["draw", "analysis"], *(list(pair) for pair in pairs)]
    assert bridge.stat().st_mode & 0o777 == 0o600


def test_a_bridge_inside_a_study_is_refused_before_anything_is_written(
    tmp_path: Path, key: Path
) -> None:
    study = tmp_path / "study"
    study.mkdir()
    (study / "protocol.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfidentialityError) as refused:
        done(delivered(tmp_path), study / "out.csv", key, bridge=study / "bridge.csv")
    assert refused.value.code == "E-BRIDGE-IN-STUDY"
    assert not (study / "out.csv").exists()


@pytest.mark.parametrize(
    ("column", "values", "rows"),
    [
        ("copy", NUMBERS, "20"),
        ("partner", [None] * 19 + [NUMBERS[0]], "1"),
        ("address", [f"https://dossiers/{n}.pdf" for n in NUMBERS], "20"),
        ("spaced", ["-"] * 19 + ["1 000 037"], "1"),
    ],
)
def test_a_number_in_another_column_is_refused_by_column(
    tmp_path: Path, key: Path, column: str, values: list[object], rows: str
) -> None:
    source = delivered(tmp_path, **{column: values})
    with pytest.raises(ConfidentialityError) as refused:
        done(source, tmp_path / "out.csv", key)
    assert refused.value.code == "E-PSEUDONYM-REMAINS"
    text = refused.value.text("en")
    assert column in text
    assert f"in {rows} row" in text
    assert not any(number in text for number in NUMBERS)
    assert not (tmp_path / "out.csv").exists()
    done(source, tmp_path / "dropped.csv", key, dropped=(column,))
    assert column not in (tmp_path / "dropped.csv").read_text(encoding="utf-8").splitlines()[0]
    done(source, tmp_path / "kept.csv", key, kept=(column,))
    assert column in (tmp_path / "kept.csv").read_text(encoding="utf-8").splitlines()[0]


def test_an_output_is_never_overwritten(tmp_path: Path, key: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(SealedError):
        done(delivered(tmp_path), target, key)
    assert target.read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        ("matricule,n\n1000000,1\n,2\n  ,3\n", "E-PSEUDONYM-EMPTY", "rows 3, 4"),
        ("matricule,n\n1000000,1\n10\u200b37,2\n", "E-PSEUDONYM-ALPHABET", "U+200B"),
        ("matricul,n\n1000000,1\n", "E-EXTRACT-COLUMN-MISSING-NEAR", "matricul"),
        ("matricule,n\n1000000,1,2\n", "E-EXTRACT-RAGGED", "in.csv:2"),
    ],
)
def test_a_faulty_delivery_is_refused_by_row(
    tmp_path: Path, key: Path, content: str, code: str, place: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        done(path, tmp_path / "out.csv", key)
    assert refused.value.code == code
    assert place in refused.value.text("en")
    assert "1000000" not in refused.value.text("en")


def test_numbers_with_decimals_are_refused(tmp_path: Path, key: Path) -> None:
    table = pd.DataFrame({"matricule": [1000000.0, None]})
    table.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(DataError) as refused:
        done(tmp_path / "in.parquet", tmp_path / "out.parquet", key)
    assert refused.value.code == "E-PSEUDONYM-TYPE"


def test_whole_numbers_and_texts_are_the_same_people(tmp_path: Path, key: Path) -> None:
    pd.DataFrame({"matricule": [int(n) for n in NUMBERS]}).to_parquet(tmp_path / "in.parquet")
    done(tmp_path / "in.parquet", tmp_path / "out.parquet", key)
    read = pd.read_parquet(tmp_path / "out.parquet")
    assert read["matricule"].tolist() == sorted(expected(NUMBERS))


@pytest.mark.parametrize(("source", "target"), [("in.csv", "out.parquet"), ("in.xlsx", "o.xlsx")])
def test_other_formats_are_refused(tmp_path: Path, key: Path, source: str, target: str) -> None:
    path = delivered(tmp_path)
    path.rename(tmp_path / source)
    with pytest.raises(UnreadableInput):
        done(tmp_path / source, tmp_path / target, key)


# ------------------------------------------------------------------ the command


def reliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", "pseudonymise", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_command_makes_a_key_then_pseudonyms(tmp_path: Path) -> None:
    key, out = tmp_path / "safe" / "key", tmp_path / "out.csv"
    made = reliance("--new-key", key, "--lang", "en")
    assert made.returncode == 0, made.stderr
    source = delivered(tmp_path)
    common = ("--key", key, "--id", "matricule", "--study-id", "demo-B")
    wrote = reliance(source, out, *common, "--json")
    assert wrote.returncode == 0, wrote.stderr
    assert json.loads(wrote.stdout)["sha256"] == of_file(out)
    assert not any(number in wrote.stdout + wrote.stderr for number in NUMBERS)
    assert reliance(source, out, *common).returncode == 73


def test_the_command_without_a_key_ends_77(tmp_path: Path) -> None:
    ended = reliance(delivered(tmp_path), tmp_path / "o.csv", "--id", "matricule", "--lang", "en")
    assert ended.returncode == 77
    assert "E-KEY-NOT-GIVEN" in ended.stderr


def test_the_command_names_what_was_not_said(tmp_path: Path, key: Path) -> None:
    ended = reliance("--key", key, "--study", tmp_path, "--lang", "fr")
    assert ended.returncode == 78
    assert "FILE, OUTPUT, --id, --study-id" in ended.stderr

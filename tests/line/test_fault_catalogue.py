"""The fault catalogue through the command line: each row on a study folder, as a user meets it.

Row numbers, exit codes and the words a message must hold are those of the catalogue (O01-O35).
Every row is also held to the invariants: inputs and results unchanged, the same message twice,
no traceback, at most 25 lines, no canary anywhere.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from line_study import Said, contents, said
from made_study import CANARIES, VALUES, Made, made_study

from reliance_eval import fingerprint

Change = Callable[[Made], Made]
FORMAT = 'date_format = "%Y-%m-%d"\n'


@dataclass(frozen=True)
class Row:
    """One row of the catalogue: what is done to the sound study, and what must be said."""

    name: str
    change: Change
    code: int
    words: tuple[str, ...]
    where: str = "protocol.toml"

    def __str__(self) -> str:
        return self.name


def protocol(old: str, new: str) -> Change:
    return lambda made: made.says(old, new)


def cells(*changes: tuple[int, str, str]) -> Change:
    def change(made: Made) -> Made:
        for row, column, value in changes:
            made = made.cell(row, column, value)
        return made

    return change


def both(*changes: Change) -> Change:
    def change(made: Made) -> Made:
        for one in changes:
            made = one(made)
        return made

    return change


def raw(edit: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of the people's file."""
    return lambda made: made.holds("data/people.csv", edit(made.files["data/people.csv"]))


def as_parquet(edit: Callable[[bytes], bytes]) -> Change:
    """Deliver the people as Parquet, and change its bytes."""

    def change(made: Made) -> Made:
        table = pd.read_csv(io.BytesIO(made.files["data/people.csv"]), dtype=str)
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), sink)
        made = made.says('"data/people.csv"', '"data/people.parquet"')
        return made.holds("data/people.parquet", edit(sink.getvalue()))

    return change


def days(form: str, *changes: tuple[int, str]) -> Change:
    """Write birthdays in another form, declared or not, with some of them changed."""

    def change(made: Made) -> Made:
        lines = made.files["data/people.csv"].decode().splitlines()
        for row in range(2, len(lines) + 1):
            born = date.fromisoformat(lines[row - 1].split(",")[-1])
            made = made.cell(row, "born_on", born.strftime(form))
        return cells(*((row, "born_on", text) for row, text in changes))(made)

    return change


def deep(made: Made) -> Made:
    return Made(made.protocol + "".join(f"[a{'.b' * 40}{n}]\n" for n in range(10_000)), made.files)


def huge(made: Made) -> Made:
    return Made(made.protocol + "# a long remark\n" * 130_000, made.files)


ROWS = [
    Row(
        "O01 unknown table, and every other fault at once",
        lambda made: Made(
            made.protocol.replace("eligibility", "eligibilty").replace("unit =", "unti ="),
            made.files,
        ),
        78,
        ("eligibilty", "did you mean `eligibility`", "unti", "did you mean `unit`"),
        "protocol.toml:",
    ),
    Row("O02 key twice", protocol("size = 40", "size = 40\nsize = 41"), 78,
        ("given twice",), "protocol.toml:"),
    Row("O03 codes as numbers", protocol('in = ["54395", "54547"]', "in = [54395]"), 78,
        ("text", "54395"), "protocol.toml:"),
    Row("O03 number as text", protocol("size = 40", 'size = "40"'), 78,
        ("integer", "'40'"), "protocol.toml:"),
    Row("O04 YAML renamed", lambda made: Made("!!python/object/apply:os.system ['id']\n",
        made.files), 78, ("TOML",), "protocol.toml:1"),
    Row("O05 too deep", deep, 78, ("too deep",)),
    Row("O05 too large", huge, 78, ("too large",)),
    Row("O06 places do not add up", protocol("control = 20", "control = 19"), 78,
        ("20 + 19", "39", "40"), "protocol.toml:"),
    Row("O07 parent folder", protocol('"data/people.csv"', '"../../people.csv"'), 78,
        ("outside", "study folder"), "protocol.toml:"),
    Row("O07 absolute path", protocol('"data/people.csv"', '"/etc/passwd"'), 78,
        ("outside", "study folder"), "protocol.toml:"),
    Row("O07 code list elsewhere", protocol('in = ["54395", "54547"]', 'in = "../codes.csv"'), 78,
        ("outside", "study folder"), "protocol.toml:"),
    Row("O08 expression", protocol('is = "lone_parent"', "expression = \"__import__('os')\""), 78,
        ("admissible criteria",), "protocol.toml:"),
    Row("O08 SQL", protocol('column = "family"', 'column = "family) OR 1=1 --"'), 78,
        ("admissible criteria",), "protocol.toml:"),
    Row("O10 empty", lambda made: Made("", made.files), 78, ("empty",)),
    Row("O11 cp1252 undeclared", raw(lambda b: b.replace(b"CANARY-ID-05,ISO",
        "CANARY-ID-05,ISO€".encode("cp1252"))), 65,
        ("not UTF-8", "byte offset", "encoding: cp1252"), "data/people.csv:7"),
    Row("O12 UTF-8 declared cp1252", both(protocol(FORMAT, FORMAT + 'encoding = "cp1252"\n'),
        raw(lambda b: b.replace(b"CANARY-ID-05,ISO", "CANARY-ID-05,É".encode()))), 65,
        ("valid UTF-8 multibyte",), "data/people.csv"),
    Row("O13 UTF-16", raw(lambda b: b.decode().encode("utf-16")), 65, ("UTF-16",),
        "data/people.csv"),
    Row("O14 decimal comma", raw(lambda b: b.replace(b"731000.07", b"731000,07")), 65,
        ("row 2: 7 fields, header 6",), "data/people.csv:2"),
    Row("O19 duplicates", raw(lambda b: b + b"CANARY-ID-03,ISO,54395,1,500,1985-03-02\n"), 65,
        ("duplicate", "2 rows", "5, 66"), "data/people.csv:5"),
    Row("O20 duplicates after normalisation", both(
        protocol(FORMAT, FORMAT + 'normalise_ids = "nir"\n'),
        raw(lambda b: b.replace(b"CANARY-ID-00", b"1 84 12 75 123 456")
            .replace(b"CANARY-ID-01", b"1841275123456")
            .replace(b"CANARY-ID-02", b"184127512345678"))), 65,
        ("duplicate after normalisation", "3 rows", "2, 3, 4"), "data/people.csv:2"),
    Row("O21 missing column", raw(lambda b: b.replace(b"income", b"revenue", 1)), 65,
        ("`income`", "missing"), "data/people.csv"),
    Row("O21 same name twice", raw(lambda b: b.replace(b"children", b"income", 1)), 65,
        ("same name", "`income`", "`children`"), "data/people.csv"),
    Row("O22 amounts with codes", cells((3, "income", "n.c."), (4, "income", "n.c."),
        (5, "income", "-"), (6, "income", "<500"), (7, "income", "CANARY")), 65,
        ("n.c. (2)", "- (1)", "<500 (1)", "not shown: 1", "declare missing codes"),
        "data/people.csv:3"),
    Row("O23 out of bounds", cells((3, "children", "214"), (9, "income", "-1")), 65,
        ("people.children.maximum: 1 row", "row: 3", "people.income.minimum: 1 row", "row: 9"),
        "data/people.csv:9"),
    Row("O24 last line cut", raw(lambda b: b[:-14]), 65, ("incomplete last line", "row 65"),
        "data/people.csv:65"),
    Row("O25 control total", protocol("extracted_on = 2020-01-05 }",
        "extracted_on = 2020-01-05, rows = 70 }"), 65, ("70 rows", "64 were read"),
        "data/people.csv"),
    Row("O26 truncated Parquet", as_parquet(lambda b: b[:-40]), 65, ("footer",),
        "data/people.parquet"),
    Row("O27 empty file", raw(lambda _: b""), 65, ("no rows",), "data/people.csv"),
    Row("O27 header only", raw(lambda b: b.splitlines(keepends=True)[0]), 65, ("no rows",),
        "data/people.csv"),
    Row("O28 control character", raw(lambda b: b.replace(b"-ID-04,ISO", b"-ID-04,I\x00SO")), 65,
        ("row 6", "U+0000"), "data/people.csv:6"),
    Row("O29 unclosed quote", raw(lambda b: b.replace(b"-ID-04,ISO", b'-ID-04,"ISO')), 65,
        ("unclosed quote", "row 6"), "data/people.csv:6"),
    Row("O30 date format not declared", both(protocol(FORMAT, ""), days("%d/%m/%Y")), 78,
        ("declare date format", "`born_on`"), "protocol.toml:"),
    Row("O31 other order", both(protocol(FORMAT, 'date_format = "%m/%d/%Y"\n'),
        days("%m/%d/%Y", (12, "31/12/2024"))), 65, ("1 date", "row: 12"), "data/people.csv:12"),
    Row("O32 no such day", cells((8, "born_on", "2023-02-29")), 65, ("1 date", "row: 8"),
        "data/people.csv:8"),
    Row("O34 after the extraction", cells((8, "born_on", "2020-01-06"),
        (9, "born_on", "2031-01-01")), 65, ("2 dates after", "2020-01-05", "8, 9"),
        "data/people.csv:8"),
    Row("O35 two-digit years", both(protocol(FORMAT, 'date_format = "%d/%m/%y"\n'),
        days("%d/%m/%y")), 78, ("four digits or pivot",), "protocol.toml:10"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_is_explained_and_touches_nothing(row: Row, tmp_path: Path) -> None:
    study = row.change(made_study()).write(tmp_path / "study")
    before = contents(tmp_path)
    first = said("check", "--study", study, "--lang", "en")
    assert first.code == row.code, first
    assert row.where in first.messages
    for word in row.words:
        assert word in first.messages, (word, first.messages)
    assert said("check", "--study", study, "--lang", "en") == first
    french = said("check", "--study", study, "--lang", "fr")
    assert french.code == row.code
    assert french.messages != first.messages
    act = said("screen", "--study", study, "--lang", "en")
    assert act.code == row.code
    for run in (first, french, act):
        assert_explained(run)
    assert contents(tmp_path) == before


def assert_explained(run: Said) -> None:
    """Hold a failure to what every one of them promises."""
    whole = run.results + run.messages
    assert "→" in run.messages
    assert "Traceback" not in whole
    assert len(run.messages.splitlines()) <= 25
    assert canaries_in(whole) == []


def canaries_in(text: str) -> list[str]:
    return [canary for canary in (*CANARIES, *VALUES) if canary in text]


def test_o04_a_yaml_protocol_is_not_read(tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    (study / "protocol.toml").rename(study / "protocol.yaml")
    done = said("check", "--study", study, "--lang", "en")
    assert done.code == 78
    assert "protocol.yaml" in done.messages
    assert "TOML" in done.messages


def test_o07_a_link_that_leaves_the_study_folder_is_not_followed(tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    inside, outside = study / "data" / "people.csv", tmp_path / "elsewhere.csv"
    inside.rename(outside)
    inside.symlink_to(outside)
    done = said("check", "--study", study, "--lang", "en")
    assert done.code == 78
    assert "outside the study folder" in done.messages
    assert canaries_in(done.messages) == []


def test_o07_results_are_never_written_through_a_link_out_of_the_study(tmp_path: Path) -> None:
    study = made_study().write(tmp_path / "study")
    (tmp_path / "elsewhere").mkdir()
    (study / "out").symlink_to(tmp_path / "elsewhere")
    done = said("screen", "--study", study, "--lang", "en")
    assert done.code == 78
    assert "outside the study folder" in done.messages
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_o10_a_utf_16_protocol_is_named_as_such(tmp_path: Path) -> None:
    made = made_study()
    study = made.write(tmp_path / "study")
    (study / "protocol.toml").write_bytes(made.protocol.encode("utf-16"))
    done = said("check", "--study", study, "--lang", "en")
    assert done.code == 78
    assert "UTF-16" in done.messages


@pytest.mark.parametrize("command", ["check", "screen", "estimate", "report", "run"])
def test_o09_a_protocol_changed_by_one_byte_after_the_draw(drawn: Path, command: str) -> None:
    path = drawn / "protocol.toml"
    digests = [fingerprint.of_file(path)]
    path.write_bytes(path.read_bytes() + b"\n")
    digests.append(fingerprint.of_file(path))
    before = contents(drawn)
    done = said(command, "--study", drawn, "--lang", "en")
    assert done.code == 76, done
    for word in (*(digest[:12] for digest in digests), "2020-02-01", "amendment"):
        assert word in done.messages
    assert contents(drawn) == before


def test_a_code_list_changed_after_the_draw_is_refused(tmp_path: Path) -> None:
    made = made_study().says('in = ["54395", "54547"]', 'in = "codes/town.csv"')
    study = made.holds("codes/town.csv", "code\n54395\n54547\n").write(tmp_path / "study")
    for act in ("screen", "draw"):
        assert said(act, "--study", study).code == 0
    (study / "codes" / "town.csv").write_text("code\n54395\n", encoding="utf-8")
    for command in ("check", "report", "run"):
        done = said(command, "--study", study, "--lang", "en")
        assert done.code == 76, command
        assert "code lists" in done.messages


ACCEPTED = {
    "O13 byte order mark": raw(lambda b: b"\xef\xbb\xbf" + b),
    "O16 words that look missing": raw(
        lambda b: b.replace(b"PERSON-00", b"NA").replace(b"PERSON-01", b"null")
        .replace(b"PERSON-02", b"None").replace(b"PERSON-03", b"nan")
    ),
    "O17 zeros in front": raw(
        lambda b: b.replace(b"PERSON-00", b"0012").replace(b"PERSON-01", b"12")
    ),
    "O18 seventeen digits": raw(
        lambda b: b.replace(b"PERSON-00", b"12345678901234567")
        .replace(b"PERSON-01", b"12345678901234568")
    ),
    "declared cp1252": both(
        protocol(FORMAT, FORMAT + 'encoding = "cp1252"\n'),
        raw(lambda b: b.replace(b"PERSON-00", "É€œ".encode("cp1252"))),
    ),
    "O15 spaces in amounts": both(
        protocol(FORMAT, FORMAT + 'separator = ";"\ndecimal = ","\n'),
        raw(lambda b: b.replace(b".", b"#").replace(b",", b";").replace(b"#", b",")
            .replace(b";400;", b";1 234,56;").replace(b";411;", "1\u00a0234,56".join(";;").encode())
            .replace(b";422;", "1\u202f234,56".join(";;").encode())),
    ),
    "day first, declared": both(protocol(FORMAT, 'date_format = "%d/%m/%Y"\n'), days("%d/%m/%Y")),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_sound_is_read_without_loss(name: str, tmp_path: Path) -> None:
    study = ACCEPTED[name](made_study()).write(tmp_path / "study")
    done = said("screen", "--study", study, "--lang", "en")
    assert done.code == 0, done
    eligible = pd.read_parquet(study / "out" / "flow" / "eligible.parquet")
    # 64 people, less the couple and the one who lives elsewhere.
    assert len(eligible) == eligible["unit"].nunique() == 62
    if name.startswith("O15"):
        assert (eligible["income"] == 1234.56).sum() == 3
    if name == "declared cp1252":
        assert "É€œ" in set(eligible["unit"])


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2024-11-30", ("2025-02-28", "2025-11-30", "2027-11-30")),
        ("2024-02-29", ("2024-05-29", "2025-02-28", "2027-02-28")),
        ("2024-01-31", ("2024-04-30", "2025-01-31", "2027-01-31")),
        ("2024-08-31", ("2024-11-30", "2025-08-31", "2027-08-31")),
    ],
)
def test_o33_windows_are_counted_from_the_draws_day(
    day: str, ends: tuple[str, ...], tmp_path: Path
) -> None:
    # An answer of the last day inside each window bears its rank; one on the end day bears 99.
    made = made_study()
    units = [line.split(",")[0] for line in made.files["data/people.csv"].decode().splitlines()]
    rows = ["id,on,score"]
    for unit in units[1:]:
        for rank, end in enumerate(ends, start=1):
            last = date.fromisoformat(end) - timedelta(days=1)
            rows += [f"{unit},{last.isoformat()},{rank}", f"{unit},{end},99"]
    made = (
        made.says("day = 2020-02-01", f"day = {day}")
        .says("horizons_months = [3, 12]", "horizons_months = [3, 12, 36]")
        .says("extracted_on = 2021-06-30", "extracted_on = 2029-01-31")
        .holds("data/visits.csv", "\n".join(rows) + "\n")
    )
    study = made.write(tmp_path / "study")
    for act in ("screen", "draw", "follow-up"):
        assert said(act, "--study", study).code == 0
    found = pd.read_parquet(study / "out" / "panel" / "outcomes.parquet")
    assert found.groupby("horizon_months")["value"].unique().map(list).to_dict() == {
        3: [1.0], 12: [2.0], 36: [3.0]
    }  # fmt: skip


def test_o34_an_offer_taken_up_before_it_was_made_is_refused(tmp_path: Path) -> None:
    made = made_study().says('column = "came"', 'column = "came"\non = "signed"')
    made = made.says(
        "[extracts.offers.columns]", '[extracts.offers.columns]\nsigned = { type = "date" }'
    ).says("extracted_on = 2020-06-30 }]", f"extracted_on = 2020-06-30 }}]\n{FORMAT}")
    lines = made.files["data/offers.csv"].decode().splitlines()
    dated = ["id,came,signed", *(f"{line},2020-01-31" for line in lines[1:])]
    study = made.holds("data/offers.csv", "\n".join(dated) + "\n").write(tmp_path / "study")
    for act in ("screen", "draw"):
        assert said(act, "--study", study).code == 0
    done = said("follow-up", "--study", study, "--lang", "en")
    assert done.code == 65
    assert "2020-02-01" in done.messages
    assert "40 drawn units" in done.messages
    assert_explained(done)


@pytest.mark.parametrize("name", ["O19 duplicates", "O14 decimal comma", "O06 places"])
def test_after_the_repair_the_result_is_that_of_a_clean_run(name: str, tmp_path: Path) -> None:
    row = next(row for row in ROWS if row.name.startswith(name))
    clean = made_study().write(tmp_path / "clean")
    assert said("screen", "--study", clean).code == 0
    study = row.change(made_study()).write(tmp_path / "study")
    assert said("screen", "--study", study).code == row.code
    for path, content in contents(clean).items():
        if not path.startswith("out/"):
            (study / path).write_bytes(content)
    assert said("screen", "--study", study).code == 0
    assert contents(study / "out") == contents(clean / "out")


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """The sound study, after its draw."""
    study = made_study().write(tmp_path / "study")
    for act in ("screen", "draw"):
        assert said(act, "--study", study).code == 0
    return study

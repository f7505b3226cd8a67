"""A small study made in a moment: text files of some sixty people, forty of them canaries.

A canary is an identifier or a value that no message, log or shareable file may ever repeat.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

CANARIES = tuple(f"CANARY-ID-{number:02}" for number in range(40))
VALUES = tuple(f"{731_000 + 37 * number}.{number % 10}7" for number in range(40))
PEOPLE = 64

PROTOCOL = """format = 1

[trial]
id = "made"
title = { fr = "Essai", en = "Trial" }
languages = ["en", "fr"]

[extracts.people]
id = "id"
date_format = "%Y-%m-%d"
deliveries = [{ path = "data/people.csv", extracted_on = 2020-01-05 }]
[extracts.people.columns]
family = { source = "SITFAM", codes = { ISO = "lone_parent", COU = "couple" } }
commune = { source = "COMMUNE" }
children = { type = "integer", minimum = 0, maximum = 20 }
income = { type = "number", minimum = 0, missing = ["-9"] }
born_on = { type = "date" }

[extracts.visits]
id = "id"
date = "on"
date_format = "%Y-%m-%d"
deliveries = [{ path = "data/visits.csv", extracted_on = 2021-06-30 }]
[extracts.visits.columns]
score = { type = "number", minimum = 0, maximum = 100 }

[extracts.offers]
id = "id"
deliveries = [{ path = "data/offers.csv", extracted_on = 2020-06-30 }]
[extracts.offers.columns]
came = { type = "boolean", codes = { O = "true", N = "false" } }

[[variables]]
name = "children"
column = "children"
bands = { ch_1 = [1, 2], ch_2plus = [2] }
[[variables]]
name = "income"
column = "income"

[eligibility]
extract = "people"
on = 2020-01-05
[[eligibility.criteria]]
name = "lone_parent"
label = { fr = "Parent isolé", en = "Lone parent" }
column = "family"
is = "lone_parent"
[[eligibility.criteria]]
name = "in_town"
label = { fr = "Habite en ville", en = "Lives in town" }
column = "commune"
in = ["54395", "54547"]

[lottery]
day = 2020-02-01
unit = "id"
design = "stratified"
size = 40
arms = { offered = 20, control = 20 }
blocks = ["children"]
seed = "text:made"

[take_up]
extract = "offers"
column = "came"

[[outcomes]]
name = "score"
label = { fr = "Note", en = "Score" }
kind = "score"
from = { extract = "visits", column = "score" }
role = "primary"
horizons_months = [3, 12]

[[covariates]]
variable = "income"

[[analyses]]
estimand = "itt"
[[analyses]]
estimand = "late"

[inference]
redraws = 99

[report]
formats = ["html"]
"""


@dataclass
class Made:
    """The files of a study as text, to change before they are written."""

    protocol: str = PROTOCOL
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the study into a folder."""
        (folder / "data").mkdir(parents=True)
        (folder / "protocol.toml").write_text(self.protocol, encoding="utf-8")
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def says(self, old: str, new: str) -> Made:
        """Change a passage of the protocol that must be there."""
        assert old in self.protocol, old
        return Made(self.protocol.replace(old, new, 1), dict(self.files))

    def holds(self, name: str, content: str | bytes) -> Made:
        """Change or add a file."""
        raw = content.encode() if isinstance(content, str) else content
        return Made(self.protocol, {**self.files, name: raw})

    def cell(self, row: int, column: str, value: str) -> Made:
        """Change one cell of the people's file; rows are counted as messages count them."""
        lines = [line.split(",") for line in self.files["data/people.csv"].decode().splitlines()]
        lines[row - 1][lines[0].index(column)] = value
        return self.holds("data/people.csv", "".join(",".join(line) + "\n" for line in lines))


def made_study() -> Made:
    """Make the sound study: 64 people (two of them not eligible), visits at 3 and 12 months."""
    draws = random.Random(20200201)
    units = [*CANARIES, *(f"PERSON-{number:02}" for number in range(PEOPLE - len(CANARIES)))]
    incomes = [*VALUES, *(f"{400 + 11 * number}" for number in range(PEOPLE - len(VALUES)))]
    people = ["id,SITFAM,COMMUNE,children,income,born_on"]
    visits = ["id,on,score"]
    offers = ["id,came"]
    for number, (unit, income) in enumerate(zip(units, incomes, strict=True)):
        family = "COU" if number == 50 else "ISO"
        commune = "75056" if number == 51 else ("54395", "54547")[number % 2]
        day = 1 + number % 28
        people.append(f"{unit},{family},{commune},{1 + number % 3},{income},1985-03-{day:02}")
        for month in ("2020-04", "2021-01"):
            visits.append(f"{unit},{month}-{day:02},{draws.randint(20, 80)}")
        offers.append(f"{unit},{'O' if draws.random() < 0.5 else 'N'}")
    return Made(
        files={
            "data/people.csv": _lines(people),
            "data/visits.csv": _lines(visits),
            "data/offers.csv": _lines(offers),
        }
    )


def _lines(rows: list[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()

"""A small study folder whose seed is left to three public lotteries: no simulation, no waiting."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

NUMBERS = "9319 / 2 5 8 10 12 / 9 18 26 34 41 45"
OTHERS = "9319 / 2 5 8 10 13 / 9 18 26 34 41 45"
MADE = datetime(2027, 3, 1, 9, tzinfo=UTC)
BEFORE = datetime(2027, 3, 10, 9, tzinfo=UTC)
DRAWN = datetime(2027, 3, 12, 20, tzinfo=UTC)
UNITS = 40

PROTOCOL = """\
format = 1

[trial]
id = "small-public"
title = { fr = "Petit essai public", en = "Small public trial" }
unit_label = { fr = "ménages", en = "households" }

[extracts.households]
id = "unit"
columns = { employed = { type = "boolean" } }
[[extracts.households.deliveries]]
path = "data/households.csv"
extracted_on = 2027-02-20

[extracts.monthly]
id = "unit"
month = "month"
columns = { earnings = { type = "number" } }
[[extracts.monthly.deliveries]]
path = "data/monthly.csv"
extracted_on = 2028-01-31

[eligibility]
extract = "households"
on = 2027-02-01
[[eligibility.criteria]]
name = "not_employed"
column = "employed"
is = false

[lottery]
day = 2027-03-12
unit = "unit"
design = "complete"
size = 20
arms = { offered = 10, control = 10 }

[lottery.event]
source = "rfc3797"
name = { fr = "tirages du 12 mars 2027", en = "lotteries of 12 March 2027" }
at = 2027-03-12T20:30:00+01:00
sources = ["Numéro Joker", "Loto", "EuroMillions"]
[lottery.event.fallback]
source = "rfc3797"
name = { fr = "tirages du 14 mars 2027", en = "lotteries of 14 March 2027" }
at = 2027-03-14T20:30:00+01:00
sources = ["Numéro Joker", "Loto", "EuroMillions"]

[[outcomes]]
name = "earned"
label = { fr = "Revenu déclaré", en = "Declared earnings" }
kind = "binary"
from = { extract = "monthly", column = "earnings", above = 0 }
role = "primary"
horizons_months = [3]

[[analyses]]
estimand = "itt"

[inference]
redraws = 99

[report]
formats = ["html"]
"""


def write_study(folder: Path) -> Path:
    """Write the protocol and its list: units hh01, hh02..., none of them employed."""
    (folder / "data").mkdir(parents=True)
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    rows = "".join(f"hh{number:02d},false\n" for number in range(1, UNITS + 1))
    (folder / "data" / "households.csv").write_text("unit,employed\n" + rows, encoding="utf-8")
    return folder


def write_exclusions(path: Path, *units: str, reason: str = "moved away") -> Path:
    """Write a file of exclusions."""
    rows = "".join(f"{unit},{reason}\n" for unit in units)
    path.write_text("unit,reason\n" + rows, encoding="utf-8")
    return path

"""The Nancy programme as two waves, and its command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WAVES = """
[[lottery.waves]]
name = "w2018"
day = 2018-02-15
on = 2018-01-31
size = 240
arms = { offered = 120, control = 120 }
seed = "text:Reliance-2018"
[[lottery.waves]]
name = "w2019"
day = 2018-11-15
on = 2018-10-31
size = 160
arms = { offered = 80, control = 80 }
seed = "text:Reliance-2019"
"""

CHANGES = {
    "redraws = 10000": "redraws = 199",
    'deliveries = [{ path = "data/households-2018-01.parquet", extracted_on = 2018-01-31 }]': (
        'deliveries = [{ path = "data/households-2018-01.parquet", extracted_on = 2018-01-31 }, '
        '{ path = "data/households-2018-10.parquet", extracted_on = 2018-10-31 }]'
    ),
    'deliveries = [{ path = "data/participation.csv", extracted_on = 2018-06-30 }]': (
        'deliveries = [{ path = "data/participation.csv", extracted_on = 2018-06-30 }, '
        '{ path = "data/participation-2019.csv", extracted_on = 2019-04-30 }]'
    ),
    "size = 600\n": "size = 400\n",
    "arms = { offered = 300, control = 300 }\n": "arms = { offered = 200, control = 200 }\n",
    'seed = "text:Reliance-2018" # a plain draw, for teaching and simulation\n': WAVES,
}


PUBLIC = """[lottery.waves.event]
source = "rfc3797"
name = {{ fr = "tirages publics du {day}", en = "public lotteries of {day}" }}
at = {day}T20:35:00+01:00
sources = ["Numéro Joker", "Loto", "EuroMillions"]
"""


def leave_seeds_to_events(folder: Path) -> None:
    """Give each wave a public event in the place of its plain seed."""
    path = folder / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    for year, day in (("2018", "2018-02-15"), ("2019", "2018-11-15")):
        seed = f'seed = "text:Reliance-{year}"\n'
        assert text.count(seed) == 1
        text = text.replace(seed, PUBLIC.format(day=day))
    path.write_text(text, encoding="utf-8")


def write_protocol(folder: Path) -> None:
    """Make two waves of the programme that a study was started from."""
    path = folder / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text, old
        text = text.replace(old, new)
    text += '\n[report]\nformats = ["html"]\n'
    path.write_text(text, encoding="utf-8")


def reliance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

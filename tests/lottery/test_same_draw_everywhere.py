"""One draw under every hash seed, locale, time zone and optimisation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_lotteries import NANCY, flow_of, nancy_like, record_of

from reliance_eval.lottery import draw

DRAW = """
from small_lotteries import NANCY, flow_of, nancy_like, record_of
from reliance_eval.errors import DataError
from reliance_eval.lottery import draw
table = nancy_like().sample(frac=1, random_state=9)
print(record_of(draw(flow_of(table, **NANCY))))
table.iloc[0, 0] = table.iloc[1, 0]
try:
    draw(flow_of(table, **NANCY))
except DataError as error:
    print(error.code)
"""


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (["-O"], {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}),
        ([], {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland"}),
        (["-OO"], {"PYTHONHASHSEED": "42", "LC_ALL": "fr_FR.UTF-8", "TZ": "Europe/Paris"}),
    ],
)
def test_the_surroundings_never_matter(options, variables):
    found = subprocess.run(
        [sys.executable, *options, "-c", DRAW],
        cwd=Path(__file__).parent,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = record_of(draw(flow_of(nancy_like(), **NANCY)))
    assert found.stdout.split() == [expected, "E-LOTTERY-DUPLICATE"]

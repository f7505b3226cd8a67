"""A study of two waves with a dozen people, held in this process."""

from __future__ import annotations

from pathlib import Path

from reliance_eval.panel import Panel
from reliance_eval.study import Study, is_drawn, open_study, run_act, waiting_waves

PROTOCOL = """
format = 1
[trial]
id = "small-waves"
title = { en = "Small waves" }
[extracts.people]
id = "id"
deliveries = [
  { path = "first.csv", extracted_on = 2018-01-10 },
  { path = "second.csv", extracted_on = 2018-07-10 },
]
[extracts.people.columns]
adult = { type = "boolean" }
[extracts.monthly]
id = "id"
month = "month"
deliveries = [{ path = "monthly.csv", extracted_on = 2019-01-31 }]
[extracts.monthly.columns]
x = { type = "number" }
[extracts.participation]
id = "id"
deliveries = [{ path = "participation.csv", extracted_on = 2019-01-31 }]
[extracts.participation.columns]
signed = { type = "boolean" }
[eligibility]
extract = "people"
on = 2018-01-01
[[eligibility.criteria]]
name = "adult"
column = "adult"
is = true
[lottery]
day = 2018-01-15
unit = "id"
design = "complete"
size = 12
arms = { offered = 6, control = 6 }
redrawn = "RULE"
[[lottery.waves]]
name = "w1"
day = 2018-01-15
on = 2018-01-01
size = 8
arms = { offered = 4, control = 4 }
seed = "text:one"
[[lottery.waves]]
name = "w2"
day = 2018-07-15
on = 2018-07-01
size = 4
arms = { offered = 2, control = 2 }
seed = "text:two"
[take_up]
extract = "participation"
column = "signed"
[[outcomes]]
name = "x"
label = { en = "X" }
kind = "amount"
from = { extract = "monthly", column = "x" }
horizons_months = [3, 6, 9]
[[analyses]]
estimand = "itt"
"""

FIRST = tuple(f"a{n:02d}" for n in range(10))


def small_study(folder: Path, rule: str, *changes: tuple[str, str]) -> Study:
    """Write the study; nobody is in the second list yet."""
    text = PROTOCOL.replace("RULE", rule)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "protocol.toml").write_text(text, encoding="utf-8")
    listed(folder, "first", FIRST)
    return open_study(folder)


def listed(folder: Path, name: str, units: tuple[str, ...]) -> None:
    """Write a list of people, and what becomes of everybody named so far."""
    lines = [f"{unit},true" for unit in units]
    (folder / f"{name}.csv").write_text("\n".join(["id,adult", *lines, ""]), encoding="utf-8")
    everybody = sorted({*FIRST, *units})
    months = [f"2018-{m:02d}" for m in range(1, 13)]
    rows = [f"{unit},{m},{int(m[-2:])}.0" for unit in everybody for m in months]
    (folder / "monthly.csv").write_text("\n".join(["id,month,x", *rows, ""]), encoding="utf-8")
    signed = [f"{unit},true" for unit in everybody]
    (folder / "participation.csv").write_text(
        "\n".join(["id,signed", *signed, ""]), encoding="utf-8"
    )


def hold_waves(study: Study) -> None:
    """Screen and draw the waves that wait, in order."""
    for wave in waiting_waves(study):
        for act in ("flow", "draw"):
            run_act(wave, act)
        if not is_drawn(wave):
            break


def arms_of(study: Study, wave: str) -> dict[str, list[str]]:
    """Give a wave's units by arm."""
    table = study.of_wave(wave).load("draw").assignment
    return {arm: sorted(rows["unit"]) for arm, rows in table.groupby("arm")}


def followed(study: Study) -> Panel:
    """Hold what waits, read the waves as one and follow them up."""
    study = open_study(study.folder)
    hold_waves(study)
    for act in ("flow", "draw"):
        run_act(study, act)
    panel: Panel = run_act(study, "panel")
    return panel

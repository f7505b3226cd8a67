"""An imaginary trial, small enough to count by hand: its protocol, its people, its acts.

Nobody and nothing in it exists. Counts are chosen so that each rule of disclosure meets a case: a
criterion that refuses three people, an outcome that eleven do not reach, a delivery that forgot
some people, a subgroup with few members.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from reliance_eval.eligibility import Flow
from reliance_eval.eligibility.flow import Step
from reliance_eval.estimation import estimate
from reliance_eval.extract import DeliveryRecord, Extract
from reliance_eval.lottery import Draw, draw
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol, read_protocol
from reliance_eval.robustness import Checks, challenge

ELIGIBLE = 1000
DAY = date(2018, 2, 15)

PROTOCOL = """
format = 1
[trial]
id = "imaginary"
title = { fr = "Essai <b>imaginaire</b> : l'offre", en = "Imaginary <b>trial</b>" }
registration = { registry = "AEA", id = "AEARCTR-0000000", on = 2018-01-01 }
languages = ["fr", "en"]
smallest_effect_that_matters = { employed = 0.12 }
[trial.population]
fr = "ménages imaginaires"
en = "imaginary households"
[trial.sources]
fr = "fichier imaginaire"
en = "imaginary file"

[extracts.households]
id = "id"
deliveries = [{ path = "data/households.csv", extracted_on = 2018-02-01 }]
[extracts.households.columns]
age = { type = "integer" }
children = { type = "integer" }
[extracts.monthly]
id = "id"
month = "month"
deliveries = [{ path = "data/monthly.csv", extracted_on = 2021-02-01 }]
[extracts.monthly.columns]
earnings = { type = "number" }
[extracts.participation]
id = "id"
deliveries = [{ path = "data/participation.csv", extracted_on = 2018-07-01 }]
[extracts.participation.columns]
signed = { type = "boolean" }

[[variables]]
name = "age"
column = "age"
label = { fr = "Âge", en = "Age" }
[[variables]]
name = "children"
column = "children"
label = { fr = "Enfants", en = "Children" }
bands = { ch_1 = [1, 2], ch_2 = [2, 3], ch_3plus = [3] }
[variables.labels]
ch_1 = { fr = "un", en = "one" }
ch_2 = { fr = "deux", en = "two" }
ch_3plus = { fr = "trois ou plus", en = "three or more" }

[eligibility]
extract = "households"
on = 2018-01-31
[[eligibility.criteria]]
name = "adult"
label = { fr = "Majeur·e", en = "Adult" }
column = "age"
at_least = 18
[[eligibility.criteria]]
name = "under_99"
label = { fr = "Moins de 99 ans", en = "Under 99" }
column = "age"
below = 99
[[eligibility.criteria]]
name = "parent"
label = { fr = "Au moins un enfant", en = "At least one child" }
column = "children"
at_least = 1

[lottery]
day = 2018-02-15
unit = "id"
design = "stratified"
size = 400
arms = { offered = 200, control = 200 }
blocks = ["children"]
seed = "text:imaginary"

[take_up]
extract = "participation"
column = "signed"
label = { fr = "Contrat signé", en = "Contract signed" }

[[outcomes]]
name = "employed"
label = { fr = "<img src=x onerror=alert(1)> revenu $x_1$ ; déclaré", en = "<img src=x onerror=alert(1)> earnings $x_1$" }
kind = "binary"
from = { extract = "monthly", column = "earnings", above = 0 }
role = "primary"
better = "higher"
horizons_months = [3, 12, 36]
[[outcomes]]
name = "rare"
label = { fr = "Résultat rare", en = "Rare outcome" }
kind = "binary"
from = { extract = "monthly", column = "earnings", above = 9000 }
role = "primary"
better = "lower"
horizons_months = [3]
[[outcomes]]
name = "income"
label = { fr = "Revenu mensuel", en = "Monthly income" }
kind = "amount"
from = { extract = "monthly", column = "earnings" }
horizons_months = [12]

[[covariates]]
variable = "age"
[[analyses]]
estimand = "itt"
[[analyses]]
estimand = "late"
[[subgroups]]
variable = "children"
outcomes = ["income"]
[[dynamics]]
outcome = "employed"
from = -4
to = 5
bin_months = 3
estimands = ["itt", "late"]
[[dynamics]]
outcome = "rare"
from = 0
to = 2
bin_months = 3
status = "exploratory"
[inference]
redraws = 199
"""  # noqa: E501


def protocol_of(folder: Path, *, changes: dict[str, str] | None = None) -> Protocol:
    """Read the imaginary protocol, with words of it replaced."""
    text = PROTOCOL
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    return read_protocol(path)


def flow_of(protocol: Protocol, *, synthetic: bool = True, eligible: int = ELIGIBLE) -> Flow:
    """Screen 5,000 imaginary households: 1,000 are eligible, and one criterion refuses three."""
    rng = np.random.default_rng(1)
    children = rng.choice([1, 2, 3], size=eligible, p=[0.55, 0.40, 0.05])
    people = pd.DataFrame(
        {
            "unit": [f"SYNTH-{place:05d}" for place in range(eligible)],
            "age": rng.integers(20, 60, eligible),
            "children": children,
            "children_band": pd.Series(children).map({1: "ch_1", 2: "ch_2", 3: "ch_3plus"}),
        }
    )
    people["block"] = people["children_band"]
    # In order: entering, refused, unknown, remaining, alone, only.
    steps = (
        Step("adult", 5000, 1180, 17, 3803, 1180, 40),
        Step("under_99", 3803, 3, 0, 3800, 4, 2),
        Step("parent", 3800, 3800 - eligible, 0, eligible, 3300, 900),
    )
    records = (
        DeliveryRecord("households", "data/households.csv", date(2018, 2, 1), "ab" * 32, 5000),
    )
    extract = Extract("households", protocol, records, library=None)  # type: ignore[arg-type]
    return Flow(
        parent=extract,
        steps=steps,
        assessed=5000,
        deliveries=records,
        synthetic=synthetic,
        eligible=people,
    )


def panel_of(lottery: Draw) -> Panel:
    """Follow the drawn: employed at 12 months rises by 9 points, income by 40 euros."""
    rng = np.random.default_rng(2)
    drawn = lottery.drawn.merge(lottery.parent.eligible.drop(columns="block"), on="unit")
    drawn = drawn.sort_values("unit", ignore_index=True)
    z = (drawn["arm"] == "offered").to_numpy(float)
    n = len(drawn)
    take_up = z * (rng.random(n) < 0.4)
    latent = rng.random(n)
    rows = []
    values = {
        ("employed", 3): latent < 0.30 - 0.04 * z,
        ("employed", 12): latent < 0.35 + 0.09 * z,
        ("rare", 3): np.arange(n) % 67 == 0,
        ("income", 12): 700 + 200 * rng.standard_normal(n) + 40 * z,
    }
    for (outcome, horizon), value in values.items():
        status = np.full(n, "observed", dtype=object)
        if (outcome, horizon) == ("employed", 12):
            # Four of the control group and thirty of the offered one were not delivered.
            status[np.flatnonzero(z == 0)[:4]] = "not_delivered"
            status[np.flatnonzero(z == 1)[:30]] = "not_delivered"
        known = np.where(status == "observed", value.astype(float), np.nan)
        rows.append(_rows(drawn["unit"], outcome, horizon, known, status))
    unreached = np.full(n, "not_yet_observed", dtype=object)
    rows.append(_rows(drawn["unit"], "employed", 36, np.full(n, np.nan), unreached))
    units = drawn[["unit", "arm", "block", "cluster", "probability"]].assign(
        take_up=take_up,
        age=drawn["age"],
        children=drawn["children"],
        children_band=drawn["children_band"],
    )
    outcomes = pd.concat(rows, ignore_index=True)
    return Panel(
        parent=lottery,
        deliveries=lottery.parent.deliveries,
        units=units,
        outcomes=outcomes,
        months=months_of(drawn["unit"], z),
    )


def months_of(units: pd.Series, z: np.ndarray) -> pd.DataFrame:
    """Follow employment by month, three points lower when offered, and what two in 67 have."""
    rng = np.random.default_rng(3)
    latent = rng.random(len(z))
    rows = []
    for month in range(-4, 6):
        employed = latent + 0.1 * rng.random(len(z)) < 0.35 - 0.03 * z * (month >= 0)
        rows.append(_rows(units, "employed", month, employed.astype(float), "observed"))
    rare = (np.arange(len(z)) % 67 < 2).astype(float)
    rows += [_rows(units, "rare", month, rare, "observed") for month in range(3)]
    return pd.concat(rows, ignore_index=True).rename(columns={"horizon_months": "month"})


def _rows(units, outcome, horizon, values, status):  # type: ignore[no-untyped-def]
    return pd.DataFrame(
        {
            "unit": units,
            "outcome": outcome,
            "horizon_months": horizon,
            "value": values,
            "status": status,
        }
    )


def line_of(
    folder: Path, *, changes: dict[str, str] | None = None, synthetic: bool = True
) -> Checks:
    """Do every act on the imaginary trial."""
    flow = flow_of(protocol_of(folder, changes=changes), synthetic=synthetic)
    return challenge(estimate(panel_of(draw(flow))))

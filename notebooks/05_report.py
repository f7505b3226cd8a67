# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Plan, report, explain
#
# The frame in hand is a trial that was held elsewhere: the National Supported Work demonstration,
# 445 men, their earnings before and after, as it comes with `causaldata`. A protocol around it says
# in words what will be answered; the plan and the report are both written from it.

# %%
from datetime import date
from pathlib import Path

import causaldata

import reliance_eval as rl

PROTOCOL = """
format = 1

[trial]
id = "supported-work"
title = { en = "National Supported Work, men", fr = "National Supported Work, hommes" }
languages = ["en", "fr"]
sources = { en = "LaLonde (1986), with causaldata", fr = "LaLonde (1986), avec causaldata" }
population = { en = "Men far from employment", fr = "Hommes éloignés de l’emploi" }
programme = { en = "Supported work", fr = "Emploi accompagné" }
unit_label = { en = "men", fr = "hommes" }
smallest_effect_that_matters = { earnings = 500 }

[extracts.men]
id = "id"
deliveries = [{ path = "men.csv", extracted_on = 1979-06-30, rows = 445 }]
[extracts.men.columns]
arm = { source = "treat", codes = { "1" = "offered", "0" = "control" } }
age = { type = "integer" }
earnings_1975 = { source = "re75", type = "number" }
earnings_1978 = { source = "re78", type = "number" }

[[variables]]
name = "age"
column = "age"
label = { en = "Age (years)", fr = "Âge (années)" }
[[variables]]
name = "earnings_1975"
column = "earnings_1975"
label = { en = "Earnings in 1975 (US dollars)", fr = "Revenu de 1975 (dollars)" }

[eligibility]
extract = "men"
on = 1975-12-31
[[eligibility.criteria]]
name = "drawn"
label = { en = "Drawn to an arm", fr = "Affecté par le tirage" }
column = "arm"
known = true

[lottery]
day = 1975-12-31
unit = "id"
design = "recorded"
arm = "arm"
arms = { offered = 185, control = 260 }

[[outcomes]]
name = "earnings"
label = { en = "Earnings in 1978", fr = "Revenu de 1978" }
kind = "amount"
from = { extract = "men", column = "earnings_1978" }
measure = "recorded"
role = "primary"
horizons_months = [36]
better = "higher"
unit = { en = "US dollars", fr = "dollars" }

[[covariates]]
variable = "earnings_1975"
[[analyses]]
estimand = "itt"
adjust = "lin"

[inference]
adjust = "none"
redraws = 199

[disclosure]
profile = "public"
authority = "Published data, US government work"
"""

study = Path("supported-work")
study.mkdir(exist_ok=True)
(study / "protocol.toml").write_text(PROTOCOL, "utf-8")
men = causaldata.nsw_mixtape.load_pandas().data.drop(columns="data_id")
men.insert(0, "id", [f"man-{row:03}" for row in range(1, len(men) + 1)])
men.to_csv(study / "men.csv", index=False)
protocol = rl.read_protocol(study)

# %% [markdown]
# ## The plan
#
# What a plan written before the draw would have said. It reads the protocol and nobody's data, and
# leaves to the authors what only they know, instead of making it up.

# %%
plan = rl.plan(protocol, on=date(1975, 12, 1), language="en", formats=["html"])
plan

# %%
plan.missing["registry"]

# %% [markdown]
# ## The acts
#
# Each keeps the one it came from. The draw was held elsewhere, so it is read, not held.

# %%
flow = rl.screen(rl.read_extract("men", protocol))
panel = rl.follow_up(rl.draw(flow), rl.read_extracts(protocol))
estimates = rl.estimate(panel)
estimates.tidy()

# %%
checks = rl.challenge(estimates)
checks

# %% [markdown]
# ## The report
#
# A page in one file, which needs no network and no script. Every count passed disclosure control
# first; here the protocol says that the data are published. `formats=` adds a PDF, a Word file and
# tables for LaTeX, with the same numbers; without `language=`, one report in each language.

# %%
report = rl.report(checks, language="en", formats=["html"])
report

# %%
report.save(study / "report")

# %% [markdown]
# ## Where a number comes from
#
# Each printed number has an identifier, shown on the page under “where these numbers come from”.

# %%
(promised,) = estimates.estimated
rl.explain(report, promised.promise.id)

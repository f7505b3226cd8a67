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
# # Hold a lottery that anyone can hold again
#
# The frame in hand is a list of candidates, and the places are fewer. The lottery is decided in a
# protocol before it is held, and who holds the list, the protocol and the seed finds the same
# places again. Candidates here are made up.

# %%
from pathlib import Path

import numpy as np
import pandas as pd

import reliance_eval as rl

made = np.random.default_rng(1)
households = pd.DataFrame(
    {
        "id": [f"H{number:04}" for number in range(1, 1201)],
        "age": made.integers(16, 66, 1200),
        "children": made.choice([0, 1, 2, 3], 1200, p=[0.2, 0.4, 0.25, 0.15]),
    }
)

# %% [markdown]
# ## The rule comes first
#
# Who may enter, how many places, within which blocks, where the seed comes from, and which outcome
# will be read a year later. A value that everybody can check and nobody can choose, such as a
# public event to come, makes a better seed than a text: `event` in place of `seed`, and `rl.commit`
# before it.

# %%
PROTOCOL = """
format = 1

[trial]
id = "workshop"
title = { en = "A place in the workshop" }
languages = ["en"]

[extracts.households]
id = "id"
deliveries = [{ path = "households.csv", extracted_on = 2024-01-31 }]
columns = { age = { type = "integer" }, children = { type = "integer" } }
[extracts.jobs]
id = "id"
deliveries = [{ path = "jobs.csv", extracted_on = 2025-03-31 }]
columns = { employed = { type = "boolean" } }

[[variables]]
name = "age"
column = "age"
label = { en = "Age" }
[[variables]]
name = "children"
column = "children"
label = { en = "Children" }
bands = { one = [1, 2], two = [2, 3], three_or_more = [3] }

[eligibility]
extract = "households"
on = 2024-01-31
[[eligibility.criteria]]
name = "adult"
label = { en = "Aged 18 or more" }
column = "age"
at_least = 18
[[eligibility.criteria]]
name = "parent"
label = { en = "At least one child" }
column = "children"
at_least = 1

[lottery]
day = 2024-02-15
unit = "id"
design = "stratified"
size = 400
arms = { offered = 200, control = 200 }
blocks = ["children"]
seed = "text:workshop-2024"

[[outcomes]]
name = "employed"
label = { en = "In work a year later" }
kind = "binary"
from = { extract = "jobs", column = "employed" }
measure = "recorded"
horizons_months = [12]
better = "higher"
[[analyses]]
estimand = "itt"
"""

study = Path("workshop")
study.mkdir(exist_ok=True)
(study / "protocol.toml").write_text(PROTOCOL, "utf-8")
households.to_csv(study / "households.csv", index=False)
protocol = rl.read_protocol(study)

# %% [markdown]
# ## Who may enter
#
# At every criterion, entering = refused + unknown + remaining.

# %%
flow = rl.screen(rl.read_extract("households", protocol))
flow

# %% [markdown]
# ## The draw
#
# The counts by arm and the digests that fix what it was made from. Those who drew no place are in
# reserve, in the order in which a place would come to them.

# %%
draw = rl.draw(flow)
draw

# %% [markdown]
# ## Held again
#
# `verify` holds the lottery again from the protocol and the frame; a place that differs is an
# error that names it. The digest is the same, on any machine.

# %%
again = rl.verify(draw)
assert again.assignment_digest == draw.assignment_digest
again

# %% [markdown]
# ## A draw, looked at
#
# A draw leaves differences by chance alone. Whether the places follow the rule was answered above,
# by holding it again; what the picture says is how far apart chance has left the two groups.

# %%
drawn = draw.drawn.merge(households, left_on="unit", right_on="id")
found = rl.balance(
    drawn,
    offer="arm",
    reference="control",
    covariates=["age", "children"],
    blocks="block",
    redraws=999,
)
found.plot()

# %% [markdown]
# The draw is the reference of the joint test too: the statistic is computed again over as many
# draws of the same rule, so that its p needs no approximation.

# %%
print(found.said())

# %% [markdown]
# `draw.save("out")` writes the package of plain text files from which somebody without this
# software can hold the lottery again. It holds identifiers: it stays with who may read them.

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
# # Estimate, with a frame and no protocol
#
# One row a person, a column that says who was offered, one that says who joined. People here are
# made up and the truth is known: joining adds 150 a month from the draw on, and half of those who
# are offered join because of it.

# %%
import numpy as np
import pandas as pd

import reliance_eval as rl

made = np.random.default_rng(7)
n = 600
people = pd.DataFrame(
    {
        "id": range(n),
        "block": np.repeat(["north", "south"], n // 2),
        "offered": np.tile([0, 1], n // 2),
        "age": made.integers(20, 60, n),
    }
)
people["would_join"] = made.random(n) < 0.5
people["joined"] = (people["offered"].eq(1) & people["would_join"]).astype(int)
people["before"] = 600 + 5 * people["age"] + 60 * people["would_join"] + made.normal(0, 200, n)
people["income"] = people["before"] + 150 * people["joined"] + made.normal(0, 120, n)

# %% [markdown]
# ## The effect of the offer
#
# The draw was held within blocks, so the estimate and its standard error follow the blocks. The
# last column names the convention that gave them: another one is asked for by its name.

# %%
rl.itt(people, outcome="income", offer="offered", blocks="block")

# %% [markdown]
# What was known before the draw sharpens the answer. It changes what the estimate costs, not what
# it is about.

# %%
adjusted = rl.itt(
    people,
    outcome="income",
    offer="offered",
    blocks="block",
    covariates=["before", "age"],
    adjust="lin",
)
adjusted

# %% [markdown]
# An interval says what is excluded as much as what was found.

# %%
rl.itt(people, outcome="income", offer="offered", blocks="block").excluded()

# %% [markdown]
# ## The effect of joining
#
# Those whom the offer moved are the ones it tells of. The confidence set holds however weak the
# offer is; it reads as a sentence.

# %%
names = {"outcome": "income", "offer": "offered", "take_up": "joined", "blocks": "block"}
joining = rl.late(people, **names, covariates=["before"])
print(joining.set_in_words("en"))

# %% [markdown]
# Offer, first stage and joining belong in one table: the effect of the offer is the product of the
# two others.

# %%
rl.coherent_table(people, outcomes="income", offer="offered", take_up="joined", blocks="block")

# %% [markdown]
# ## Who they are
#
# Nobody can be named as having been moved by the offer; their number and their averages can.

# %%
rl.compliers(people, **names, profile=["age", "before"])

# %% [markdown]
# ## What a naive comparison would have said
#
# Here those who join had more to begin with, and the comparison of those who joined with those who
# did not takes that for an effect.

# %%
rl.naive_comparisons(people, **names)

# %% [markdown]
# ## Month after month
#
# One row a person and month. The inner marks are for one month at a time, the band for all months
# since the draw together.

# %%
months = people.loc[np.repeat(people.index, 13), ["id", "block", "offered", "joined", "before"]]
months["month"] = np.tile(np.arange(-3, 10), n)
months["income"] = (
    months["before"]
    + 150 * months["joined"] * months["month"].clip(0, 3) / 3
    + made.normal(0, 150, len(months))
)
path = rl.dynamics(
    months, unit="id", month="month", outcome="income", offer="offered", blocks="block"
)
path.plot()

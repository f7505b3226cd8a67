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
# # Challenge an estimate
#
# In 2004, in rural Malawi, people who had accepted an HIV test drew a voucher, of zero or more, to
# be paid when they came to learn the result (Thornton, 2008). The sample comes with `causaldata`.
# What would make a reader doubt the effect of a voucher?

# %%
import causaldata
import matplotlib.pyplot as plt
import pandas as pd

import reliance_eval as rl

people = causaldata.thornton_hiv.load_pandas().data
drawn = people.dropna(subset=["any", "villnum"]).rename(
    columns={"any": "voucher", "got": "came", "distvct": "distance", "villnum": "village"}
)
asked = {"outcome": "came", "offer": "voucher"}
effect = rl.itt(drawn, **asked)
effect

# %% [markdown]
# ## Were the arms alike beforehand?
#
# Standardised differences as a picture. A difference is a difference of this draw; no p-value by
# covariate is shown, because the draw is known to be one.

# %%
known = drawn.dropna(subset=["age", "distance"])
alike = rl.balance(known, offer="voucher", covariates=["age", "distance"], redraws=199, seed=2004)
alike.plot()

# %%
print(alike.said())

# %% [markdown]
# ## Could the lottery alone give this?
#
# The offers are drawn again, the outcomes stay. The p-value is the share of draws that give at
# least as much; it owes nothing to a distribution.

# %%
rl.redraw_test(drawn, **asked, redraws=999, seed=2004)

# %% [markdown]
# ## Who is missing?
#
# The outcome is unknown for 67 people, and not alike in both arms. Lee's bounds trim the arm that
# answers more; the worst case gives the missing whatever value hurts most.

# %%
broken = rl.breakdown(drawn, **asked)
bounds = broken.tidy()
bounds

# %% [markdown]
# Each line is one answer to the missing people. The effect stays far from zero in all of them.

# %%
figure, axes = plt.subplots(figsize=(7, 2.2))
axes.hlines(bounds["method"], bounds["conf_low"], bounds["conf_high"], color="black", linewidth=1)
axes.hlines(bounds["method"], bounds["lower"], bounds["upper"], color="black", linewidth=5)
axes.plot(bounds["lower"], bounds["method"], "|", color="black", markersize=12)
axes.axvline(0, color="black", linewidth=0.8)
_ = axes.set_xlabel("effect on the share who came: bounds (thick) and their interval (thin)")

# %% [markdown]
# Lee's bounds on their own, with the share that was trimmed, and tightened by what was known
# before.

# %%
near = drawn.assign(near=drawn["distance"].le(2).map({True: "near", False: "far"}))
rl.lee_bounds(near, **asked, tighten="near")

# %% [markdown]
# ## Does one village make the result?
#
# The estimate without each village in turn. What a reader looks for is one point away from all
# others.

# %%
without = pd.Series(
    {
        village: rl.itt(drawn[drawn["village"] != village], **asked).estimate
        for village in drawn["village"].unique()
    }
)
axes = without.sort_values().reset_index(drop=True).plot(style=".", figsize=(7, 2.6))
axes.axhline(effect.estimate, color="black", linewidth=0.8)
axes.set_xlabel("villages, by the estimate without them")
_ = axes.set_ylabel("effect")

# %% [markdown]
# ## Does the standard error depend on who is thought to resemble whom?
#
# Vouchers were drawn by person, but villages may share luck. By village the error is larger and has
# fewer degrees of freedom.

# %%
by_village = rl.itt(drawn, **asked, clusters="village")
pd.DataFrame(
    {
        "by person": [effect.std_error, effect.df],
        "by village": [by_village.std_error, by_village.df],
    },
    index=["standard error", "degrees of freedom"],
)

# %% [markdown]
# With a protocol, `rl.challenge(estimates)` runs all of these on every promise, says a verdict for
# each, and the report shows them.

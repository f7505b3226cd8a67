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
# # One line, from a protocol to a report
#
# A study of the Reliance trial with made-up people: their identifiers begin with `SYNTH-`, and the
# true effect is known. Each act is one verb; its result keeps the one it came from.

# %%
import reliance_eval as rl

# %% [markdown]
# The study folder: the shipped protocol with fewer re-draws, and 4,000 made-up households, one in
# four of whom may enter, instead of the 60,000 of the demonstration.

# %%
folder = rl.start_study("study", programme="nancy")
path = folder / "protocol.toml"
path.write_text(path.read_text("utf-8").replace("redraws = 10000", "redraws = 199"), "utf-8")
protocol = rl.read_protocol(path)
simulation = rl.simulate(protocol, households=4_000, eligible_share=0.25)

# %% [markdown]
# ## Who may enter
#
# At every criterion, entering = refused + unknown + remaining. `alone` counts those who fail it
# whatever the other criteria say, `only` those who fail it and nothing else.

# %%
flow = rl.screen(rl.read_extract("households", protocol))
flow

# %% [markdown]
# ## The lottery
#
# Six hundred places within blocks. Anyone who holds the package can hold the lottery again.

# %%
draw = rl.draw(flow)
draw

# %% [markdown]
# ## The follow-up
#
# Each value that is missing has its reason: not yet observed, not delivered, or missing.

# %%
panel = rl.follow_up(draw, rl.read_extracts(protocol))
panel

# %% [markdown]
# ## The estimates
#
# One row a promise of the protocol, estimable or not.

# %%
estimates = rl.estimate(panel)
estimates.tidy()

# %% [markdown]
# ## The checks and the report

# %%
checks = rl.challenge(estimates)
checks

# %%
saved = rl.report(checks, language="en", formats=["html"]).save("report")

"""Thirty mistakes that a program like this one is known to make, each as one change of the source.

They are the mistakes of the calibration's table and of everyday tools: another denominator, another
law, a design forgotten, an effect sold as another. A suite that lets one of them pass would not
have seen it come in by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

ESTIMATION = (
    "tests/estimation/test_golden_fixture.py",
    "tests/estimation/test_exact_enumeration.py",
    "tests/estimation/test_linear.py",
)
TAKE_UP = ("tests/estimation/test_golden_fixture.py", "tests/estimation/test_anderson_rubin.py")
REDRAWS = (
    "tests/robustness/test_bare_frame_redraws.py",
    "tests/robustness/test_replaying.py",
    "tests/robustness/test_many_assignments.py",
)
FAMILIES = ("tests/estimation/test_adjusted_p.py", "tests/estimation/test_multiplicity.py")
TIME = ("tests/panel/test_horizons.py", "tests/panel/test_times_and_months.py")
FOLLOWING = ("tests/panel/test_who_is_followed.py",)


@dataclass(frozen=True)
class Mutant:
    """A mistake: where it is made, what it changes, and the tests asked first.

    Attributes
    ----------
    name : str
    path : str
        Below ``src/reliance_eval``.
    search, replacement : str
        The text, there exactly once, and what stands in for it.
    tests : tuple of str
        The tests nearest to it; the wider suite is asked where they let it live.
    """

    name: str
    path: str
    search: str
    replacement: str
    tests: tuple[str, ...]


BY_TAKE_UP = """\
    from dataclasses import replace

    import numpy as np

    from reliance_eval.estimation.finding import difference

    taken = np.asarray(sample.take_up) > 0.0
    {change}
    return difference(sample, guarded_effects(sample, sample.outcome[:, None]))
"""

POOLED = """\
        from dataclasses import replace

        sample = replace(sample, variance=sample.variance or "classical")
        is_by_cell = sample.variance in ("neyman", "blocked", "pairs")
"""

UNBLOCKED = """\
    side = cells.codes % 2
    means = np.stack([outcomes[side == one].mean(axis=0) for one in (0, 1)])
    residuals = cells.unit_weights[:, None] * (outcomes - means[side])
"""

CHAINED = """\
    for _ in range(months - 1):
        day = add_months(day, 1)
    first = first_day(month_number(day) + min(months, 1))
"""

FIXED_EFFECTS = """\
    offered = np.bincount(sample.blocks, sample.arms == sample.target, minlength=blocks)
    share = offered / np.maximum(np.bincount(sample.blocks, minlength=blocks), 1)
    weights = np.where(is_whole, sample.shares * share * (1.0 - share), 0.0)
"""

TREATED = """\
    from dataclasses import replace

    from reliance_eval.lottery.ledger import CALLED

    called = draw.assignment["unit"].isin((ledger or Ledger()).units(CALLED))
    arms = draw.assignment["arm"].where(~called, draw.arms[0])
    draw = replace(draw, assignment=draw.assignment.assign(arm=arms))
    protocol = draw.protocol
    if faults := check_panel(protocol):
"""

RESERVE = """\
        table = self.assignment
        table = table.assign(arm=table["arm"].replace(RESERVE, self.reference))
        return table[table["arm"].isin(self.arms)].reset_index(drop=True)
"""

MUTANTS = (
    Mutant(
        "ddof 0",
        "estimation/blockwise.py",
        "room = np.where(is_counted, 1.0 - drawn.share, 1.0)",
        "room = np.ones_like(drawn.share)",
        ESTIMATION,
    ),
    Mutant(
        "n for n - k",
        "estimation/linear.py",
        "return int(self.basis.shape[0] - self.rank)",
        "return int(self.basis.shape[0])",
        ESTIMATION,
    ),
    Mutant(
        "z for t",
        "estimation/inference.py",
        "return float(-stdtrit(df, (1.0 - level) / 2.0))",
        "return float(-stdtrit(1e9, (1.0 - level) / 2.0))",
        ("tests/estimation/test_golden_fixture.py", "tests/estimation/test_metamorphic_laws.py"),
    ),
    Mutant(
        "one-sided",
        "estimation/inference.py",
        "return min(1.0, 2.0 * float(stdtr(df, -abs(statistic))))",
        "return min(1.0, 1.0 * float(stdtr(df, -abs(statistic))))",
        ESTIMATION,
    ),
    Mutant(
        "HC1 for HC2",
        "estimation/peers.py",
        'return Reading(variance or ("CR2" if is_clustered else "HC2"))',
        'return Reading(variance or ("CR2" if is_clustered else "HC1"))',
        ESTIMATION,
    ),
    Mutant(
        "pooled variance",
        "estimation/unadjusted.py",
        '        is_by_cell = sample.variance in (None, "neyman", "blocked", "pairs")\n',
        POOLED,
        ESTIMATION,
    ),
    Mutant(
        "arm labels swapped",
        "estimation/effects.py",
        "gaps: Floats = self.means[1::2] - self.means[::2]",
        "gaps: Floats = self.means[::2] - self.means[1::2]",
        ESTIMATION,
    ),
    Mutant(
        "> for >= in randomisation inference",
        "estimation/redraws/replaying.py",
        "np.abs(statistics) < np.abs(observed) * (1 - TIE)",
        "np.abs(statistics) <= np.abs(observed) * (1 + TIE)",
        REDRAWS,
    ),
    Mutant(
        "no +1 in randomisation inference",
        "estimation/redraws/replaying.py",
        "if is_exact else (1 + extreme) / (1 + redraws)",
        "if is_exact else extreme / redraws",
        REDRAWS,
    ),
    Mutant(
        "persons permuted, not clusters",
        "lottery/design.py",
        'if draw.drawn_in == "clusters":',
        'if draw.drawn_in == "persons":',
        ("tests/robustness/test_check_laws.py", "tests/lottery/test_designs.py"),
    ),
    Mutant(
        "strata ignored in the estimate",
        "estimation/framing.py",
        "blocks, block_names = _compact(design.blocks, design.inside)",
        'blocks, block_names = np.zeros(int(design.inside.sum()), dtype=np.int64), ("",)',
        ESTIMATION,
    ),
    Mutant(
        "strata ignored in the standard error",
        "estimation/blockwise.py",
        "    residuals = cells.unit_weights[:, None] * (outcomes - cells.means[cells.codes])\n",
        UNBLOCKED,
        ESTIMATION,
    ),
    Mutant(
        "household ignored",
        "estimation/framing.py",
        "clusters, groups = _grouped(design.clusters, design.inside)",
        "clusters, groups = (np.arange(int(design.inside.sum())), int(design.inside.sum()))",
        ESTIMATION,
    ),
    Mutant(
        "fixed effects sold as the average effect",
        "estimation/sample.py",
        "    weights = np.where(is_whole, sample.shares, 0.0)\n",
        FIXED_EFFECTS,
        ESTIMATION,
    ),
    Mutant(
        "Lin's covariates not centred",
        "estimation/regressors.py",
        "column[rows] - centres[place]",
        "column[rows]",
        ESTIMATION,
    ),
    Mutant(
        "second stage by hand",
        "estimation/finding.py",
        "length = float(np.linalg.norm(influence[0] - late * influence[1]))",
        "length = float(np.linalg.norm(influence[0]))",
        TAKE_UP,
    ),
    Mutant(
        "effect of the offer sold as the LATE",
        "estimation/finding.py",
        "late = float(effects.values[0]) / on_take_up",
        "late = float(effects.values[0])",
        TAKE_UP,
    ),
    Mutant(
        "as treated",
        "estimation/estimators/wald.py",
        "    return ratio(sample, guarded_effects)\n",
        BY_TAKE_UP.format(
            change="sample = replace(sample, arms=np.where(taken, sample.target, 0), take_up=None)"
        ),
        TAKE_UP,
    ),
    Mutant(
        "per protocol",
        "estimation/estimators/wald.py",
        "    return ratio(sample, guarded_effects)\n",
        BY_TAKE_UP.format(
            change="kept = taken == (sample.arms == sample.target)\n"
            "    sample = replace(sample, outcome=np.where(kept, sample.outcome, np.nan))"
        ),
        TAKE_UP,
    ),
    Mutant(
        "missing counted as zero",
        "estimation/sampling.py",
        'table["value"].to_numpy(dtype=np.float64, na_value=np.nan)',
        'np.nan_to_num(table["value"].to_numpy(dtype=np.float64, na_value=np.nan))',
        ("tests/estimation/test_estimating.py", "tests/estimation/test_panel_input.py"),
    ),
    Mutant(
        "complete cases only",
        "robustness/bounds/trimming.py",
        "    if more >= less:\n",
        "    if more < 0.0:\n",
        ("tests/robustness/test_bounds.py",),
    ),
    Mutant(
        "Holm the wrong way",
        "estimation/adjusting.py",
        "stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))",
        "stepped = np.maximum.accumulate(p[order] * np.arange(1, len(p) + 1))",
        FAMILIES,
    ),
    Mutant(
        "Holm not monotone",
        "estimation/adjusting.py",
        "stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))",
        "stepped = p[order] * np.arange(len(p), 0, -1)",
        FAMILIES,
    ),
    Mutant(
        "Benjamini-Hochberg labelled Holm",
        "estimation/adjusting.py",
        '"holm": holm,',
        '"holm": bh,',
        FAMILIES,
    ),
    Mutant(
        "ninety days for three months",
        "months.py",
        "    first = first_day(month_number(day) + months)\n",
        "    return day + timedelta(days=30 * months)\n",
        TIME,
    ),
    Mutant(
        "chained months",
        "months.py",
        "    first = first_day(month_number(day) + months)\n",
        CHAINED,
        TIME,
    ),
    Mutant(
        "both ends of a window included",
        "panel/horizon.py",
        "        return day, add_months(day, horizon)\n",
        "        return day, date.fromordinal(add_months(day, horizon).toordinal() + 1)\n",
        TIME,
    ),
    Mutant(
        "cents not converted",
        "extract/cells.py",
        "replace({bare}, ',', '.')",
        "replace({bare}, ',', '')",
        ("tests/extract/test_reading_values.py",),
    ),
    Mutant(
        "reserve included",
        "lottery/model.py",
        '        return self.assignment[self.assignment["arm"].isin(self.arms)]'
        ".reset_index(drop=True)\n",
        RESERVE,
        FOLLOWING,
    ),
    Mutant(
        "replacement counted as treated",
        "panel/following.py",
        "    protocol = draw.protocol\n    if faults := check_panel(protocol):\n",
        TREATED,
        FOLLOWING,
    ),
)

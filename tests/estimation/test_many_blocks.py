"""Regressions that absorb their blocks: the numbers are those with every indicator written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_trials import sample, trial

from reliance_eval.estimation import Estimate, itt
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.blockwise import blocked_effects
from reliance_eval.estimation.linear import least_squares
from reliance_eval.estimation.regressing import Form, regression_effects
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.variance import REGRESSION, spread

FORMS: tuple[Form, ...] = ("interacted", "additive", "reweighted")


def three_arms(seed: int, **changes: Any) -> Sample:
    """A blocked trial with a third arm, some missing outcomes and weights of its own."""
    rng = np.random.default_rng(seed)
    frame = trial(seed, n=160, blocks=5)
    arms = frame["z"].to_numpy() + (frame["z"].to_numpy() & (np.arange(160) % 3 == 0))
    outcome = np.where(rng.random(160) < 0.1, np.nan, frame["y"].to_numpy())
    values = {
        "outcome": outcome,
        "arms": arms.astype(np.int64),
        "take_up": None,
        "weights": rng.uniform(0.5, 2.0, 160),
    }
    return sample(frame, **(values | changes))


def written_out(given: Sample, form: Form) -> tuple[float, Floats, float]:
    """Give the coefficient, the contributions and the df, with every indicator as a column."""
    rows = given.observed
    arms, blocks = given.arms[rows], given.blocks[rows]
    others = [np.asarray(blocks == block, dtype=float) for block in range(1, 5)]
    others += list(given.covariates[rows].T)
    if form == "interacted":
        covariates = np.zeros(given.covariates.shape[1])
        for block, share in enumerate(given.shares):
            covariates += share * given.covariates[given.blocks == block].mean(axis=0)
        centres = [*given.shares[1:], *covariates]
        others = [column - centre for column, centre in zip(others, centres, strict=True)]
    indicators = [np.asarray(arms == arm, dtype=float) for arm in (1, 2)]
    columns = [np.ones(len(arms)), *indicators, *others]
    if form == "interacted":
        columns += [indicator * column for indicator in indicators for column in others]
    weights = given.weights[rows] if given.weights is not None else np.ones(len(arms))
    if form == "reweighted":
        cells = np.array([weights[(blocks == b) & (arms == a)].sum() for b, a in _pairs(given)])
        weights = len(arms) * given.shares[blocks] * weights / cells
    fit = least_squares(
        np.column_stack(columns),
        given.outcome[rows, None],
        names=tuple(map(str, range(len(columns)))),
        weights=weights,
    )
    assert given.variance is not None
    found = spread(
        fit,
        "1",
        convention=given.variance,
        clusters=given.clusters[rows],
        groups=given.groups,
    )
    return float(fit.coefficients[1, 0]), found.influence[0], found.df


def _pairs(given: Sample) -> list[tuple[int, int]]:
    rows = given.observed
    return list(zip(given.blocks[rows].tolist(), given.arms[rows].tolist(), strict=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variance", REGRESSION)
def test_each_form_is_the_regression_with_indicators(variance: str, form: Form) -> None:
    clusters = {}
    if variance.startswith("CR"):
        # Clusters that cross blocks and arms.
        codes = np.random.default_rng(4).integers(0, 23, 160)
        clusters = {"clusters": codes, "groups": 23, "is_clustered": True}
    given = three_arms(21, variance=variance, **clusters)
    ours = regression_effects(given, given.outcome[:, None], form=form)
    value, influence, df = written_out(given, form)
    assert ours.values[0] == pytest.approx(value, rel=1e-10)
    contributions = np.concatenate([influence, np.zeros(5)])
    assert np.abs(ours.influence[0]) == pytest.approx(np.abs(contributions), rel=1e-9, abs=1e-13)
    assert ours.df[0] == pytest.approx(df, rel=1e-10)


def households(seed: int) -> pd.DataFrame:
    """Forty blocks of ten households of one to four, whole in one arm."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, 400)
    household = np.repeat(np.arange(400), sizes)
    arm = np.concatenate([rng.permutation(10) < 4 for _ in range(40)])
    frame = pd.DataFrame(
        {"hh": household, "block": household // 10, "z": arm[household].astype(int)}
    )
    frame["x"] = rng.normal(size=len(frame)) + rng.normal(size=400)[household]
    noise = rng.normal(size=len(frame)) + rng.normal(size=400)[household]
    return frame.assign(y=frame["x"] + frame["z"] + frame["block"] % 7 + noise, d=frame["z"])


def test_two_roads_lead_to_the_block_weighted_cr2() -> None:
    # By cell in closed form, and by the regression that absorbs a cell a block and arm.
    frame = households(1).assign(w=0.0)
    codes = frame["hh"].to_numpy(np.int64)
    given = sample(frame, clusters=codes, groups=400, is_clustered=True, take_up=None)
    outcome = frame[["y"]].to_numpy()
    by_cell = blocked_effects(given, outcome)
    absorbed = regression_effects(given.without_covariates(), outcome, form="interacted")
    assert absorbed.values == pytest.approx(by_cell.values, rel=1e-12)
    assert absorbed.covariance == pytest.approx(by_cell.covariance, rel=1e-10)
    assert absorbed.df == pytest.approx(by_cell.df, rel=1e-10)


@pytest.mark.parametrize("variance", ["CR0", "CR1", "CR2", "CR3"])
def test_households_within_blocks_by_every_clustered_variance(variance: str) -> None:
    frame = households(2)
    found = itt(
        frame,
        outcome="y",
        offer="z",
        blocks="block",
        clusters="hh",
        covariates=["x"],
        adjust="ancova",
        variance=variance,
    )
    assert isinstance(found, Estimate)
    design = np.column_stack(
        [frame["z"], np.eye(40)[frame["block"]], frame["x"].to_numpy()]
    ).astype(float)
    fit = least_squares(
        design, frame[["y"]].to_numpy(), names=tuple(map(str, range(design.shape[1])))
    )
    full = spread(fit, "0", convention=variance, clusters=frame["hh"].to_numpy(), groups=400)
    assert found.estimate == pytest.approx(fit.coefficients[0, 0], rel=1e-10)
    assert found.std_error == pytest.approx(np.linalg.norm(full.influence), rel=1e-10)
    assert found.df == pytest.approx(full.df, rel=1e-10)


def test_a_covariate_that_blocks_determine_is_named() -> None:
    frame = households(3).assign(region=lambda f: f["block"] // 8)
    found = itt(
        frame,
        outcome="y",
        offer="z",
        blocks="block",
        covariates=["x", "region"],
        adjust="ancova",
    )
    bare = itt(frame, outcome="y", offer="z", blocks="block", covariates=["x"], adjust="ancova")
    assert isinstance(found, Estimate)
    assert isinstance(bare, Estimate)
    assert found.note_values["collinear"] == "region"
    assert found.estimate == pytest.approx(bare.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(bare.std_error, rel=1e-12)


@pytest.mark.parametrize("variance", ["HC2", "HC3"])
def test_blocks_of_one_unit_bear_on_nothing_and_are_counted(variance: str) -> None:
    frame = trial(31)
    alone = frame.iloc[[0, 1]].assign(block=[3, 4])
    keys: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "block", "variance": variance}
    bare = itt(frame, **keys, covariates=["x"], adjust="ancova")
    found = itt(pd.concat([frame, alone]), **keys, covariates=["x"], adjust="ancova")
    assert isinstance(bare, Estimate)
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(bare.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(bare.std_error, rel=1e-12)
    assert found.df == bare.df
    assert found.note_values["full_leverage"] == "2"


def test_a_cluster_that_holds_cells_whole_has_no_variance_for_a_contrast_of_cells() -> None:
    # Three regions of whole blocks: each decides its blocks' differences alone.
    frame = households(4).assign(region=lambda f: f["block"] % 3)
    keys: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "block", "clusters": "region"}
    found = itt(frame, **keys)
    assert not isinstance(found, (Estimate, tuple))
    assert found.reason == "too_few_clusters"
    # A single slope, common to all blocks, has one: what is left of the offer differs by region.
    assert isinstance(itt(frame, **keys, adjust="ancova"), Estimate)


@pytest.mark.shared
def test_ten_thousand_blocks_of_voters_are_fixests(shared: Path) -> None:
    # social_pressure/expected.json: itt.voted.blockFE.hh and itt.voted.blockFE_cov.hh (fixest,
    # CR1 with block effects counted: households lie in blocks, not blocks in households).
    voters = pd.read_parquet(shared / "reference" / "social_pressure" / "data.parquet")
    past = ["p2000", "g2000", "p2002", "g2002", "p2004"]
    published = {
        (): (0.0180418691468763, 0.00305582593760631, 0.081837629754727, 0.00318054312464123),
        tuple(past): (0.018162661802281, 0.00294742272878477, 0.0812987329679685, 0.0030523041265),
    }
    for covariates, (first, first_error, last, last_error) in published.items():
        found = itt(
            voters,
            outcome="voted",
            offer="arm",
            blocks="block",
            clusters="hh_id",
            covariates=covariates,
            adjust="ancova",
            variance="CR1",
        )
        assert isinstance(found, tuple)
        answers = [answer for answer in found if isinstance(answer, Estimate)]
        assert len(answers) == 4
        assert answers[0].estimate == pytest.approx(first, rel=1e-6)
        assert answers[0].std_error == pytest.approx(first_error, rel=1e-6)
        assert answers[3].estimate == pytest.approx(last, rel=1e-6)
        assert answers[3].std_error == pytest.approx(last_error, rel=1e-6)
        assert answers[0].df == 180001


@pytest.mark.shared
def test_voters_of_some_blocks_by_cr2(shared: Path) -> None:
    voters = pd.read_parquet(shared / "reference" / "social_pressure" / "data.parquet")
    blocks = np.sort(voters["block"].unique())[:30]
    voters = voters[voters["block"].isin(blocks)]
    found = itt(
        voters, outcome="voted", offer="arm", blocks="block", clusters="hh_id", adjust="ancova"
    )
    design = pd.get_dummies(voters["arm"], dtype=float).iloc[:, 1:].to_numpy()
    design = np.concatenate(
        [design, pd.get_dummies(voters["block"], dtype=float).to_numpy()], axis=1
    )
    names = tuple(map(str, range(design.shape[1])))
    fit = least_squares(design, voters[["voted"]].to_numpy(float), names=names)
    codes = pd.factorize(voters["hh_id"])[0].astype(np.int64)
    assert isinstance(found, tuple)
    for place, answer in enumerate(found):
        assert isinstance(answer, Estimate)
        full = spread(
            fit, str(place), convention="CR2", clusters=codes, groups=int(codes.max()) + 1
        )
        assert answer.estimate == pytest.approx(fit.coefficients[place, 0], rel=1e-9)
        assert answer.std_error == pytest.approx(np.linalg.norm(full.influence), rel=1e-9)
        assert answer.df == pytest.approx(full.df, rel=1e-9)

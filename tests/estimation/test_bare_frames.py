"""The notebook's face: any frame, any spelling of the arms, one answer."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from made_up_trials import trial

from reliance_eval.estimation import itt, late
from reliance_eval.estimation.table import COLUMNS


@pytest.fixture
def people() -> pd.DataFrame:
    return trial(41)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_polars_and_arrow_give_what_pandas_gives(people: pd.DataFrame, convert: object) -> None:
    keys = {"outcome": "y", "offer": "z", "blocks": "block", "covariates": ["x"], "adjust": "lin"}
    assert itt(convert(people), **keys) == itt(people, **keys)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda z: z.astype(bool),
        lambda z: z.astype("boolean"),
        lambda z: z.astype(float),
        lambda z: z.map({0: "control", 1: "offered"}),
        lambda z: z.map({0: "control", 1: "offered"}).astype("category"),
        lambda z: z.astype(object).where(z == 1, False).map(bool).astype(object),
    ],
)
def test_the_spelling_of_the_offer_never_matters(people: pd.DataFrame, spelling: object) -> None:
    here = itt(people, outcome="y", offer="z")
    there = itt(people.assign(z=spelling(people["z"])), outcome="y", offer="z")
    assert (there.estimate, there.std_error) == (here.estimate, here.std_error)


def test_the_reference_may_be_named(people: pd.DataFrame) -> None:
    here = itt(people, outcome="y", offer="z")
    there = itt(people, outcome="y", offer="z", reference=1)
    assert there.estimate == pytest.approx(-here.estimate, rel=1e-12)
    assert (there.arm, there.reference) == ("0", "1")


def test_three_arms_give_two_answers(people: pd.DataFrame) -> None:
    arms = people.assign(z=[("control", "text", "visit")[i % 3] for i in range(len(people))])
    text, visit = itt(arms, outcome="y", offer="z", blocks="block")
    assert (text.arm, visit.arm) == ("text", "visit")
    pair = arms[arms["z"] != "visit"]
    # The block weights are those of everyone drawn; without blocks the pair alone says the same.
    assert itt(arms, outcome="y", offer="z")[0].estimate == pytest.approx(
        itt(pair, outcome="y", offer="z").estimate, rel=1e-12
    )


def test_rows_outside_the_experiment_are_counted(people: pd.DataFrame) -> None:
    more = pd.concat([people, people.assign(z=None).head(7)])
    found = itt(more, outcome="y", offer="z")
    assert found.note_values["outside"] == "7"
    assert found.estimate == itt(people, outcome="y", offer="z").estimate


def test_a_missing_covariate_loses_nobody(people: pd.DataFrame) -> None:
    holes = people.assign(x=people["x"].mask(people.index % 5 == 0))
    found = itt(holes, outcome="y", offer="z", covariates=["x"], adjust="lin")
    assert found.n == len(people)
    assert found.note_values["missing_covariates"] == "x"
    # What is filled in never matters: the indicator takes it up.
    other = holes.assign(x=holes["x"].fillna(99.0), was_missing=holes["x"].isna().astype(int))
    again = itt(other, outcome="y", offer="z", covariates=["x", "was_missing"], adjust="lin")
    assert again.estimate == pytest.approx(found.estimate, rel=1e-9)


def test_a_category_is_its_indicators(people: pd.DataFrame) -> None:
    named = people.assign(site=people["block"].map({0: "a", 1: "b", 2: "c"}))
    by_name = itt(named, outcome="y", offer="z", covariates=["site"], adjust="ancova")
    by_block = itt(named, outcome="y", offer="z", blocks="site", adjust="ancova")
    assert by_name.estimate == pytest.approx(by_block.estimate, rel=1e-12)
    assert by_name.std_error == pytest.approx(by_block.std_error, rel=1e-12)


def test_several_block_columns_are_crossed(people: pd.DataFrame) -> None:
    split = people.assign(half=[i % 2 for i in range(len(people))])
    crossed = split.assign(cell=split["block"].astype(str) + "_" + split["half"].astype(str))
    found = itt(split, outcome="y", offer="z", blocks=["block", "half"])
    assert found == itt(crossed, outcome="y", offer="z", blocks="cell")


def test_inverse_probabilities_stand_for_blocks(people: pd.DataFrame) -> None:
    share = people.groupby("block")["z"].transform("mean")
    weighted = people.assign(w8=(people["z"] / share + (1 - people["z"]) / (1 - share)))
    found = itt(weighted, outcome="y", offer="z", weights="w8")
    blocked = itt(people, outcome="y", offer="z", blocks="block")
    assert found.estimate == pytest.approx(blocked.estimate, rel=1e-12)


def test_late_with_blocks_is_weighted_two_stage_least_squares(people: pd.DataFrame) -> None:
    from linearmodels.iv import IV2SLS

    share = people.groupby("block")["z"].transform("mean")
    weights = people["z"] / share + (1 - people["z"]) / (1 - share)
    blocks = pd.get_dummies(people["block"], dtype=float)
    fit = IV2SLS(people["y"], blocks, people["d"], people["z"], weights=weights).fit()
    found = late(people, outcome="y", offer="z", take_up="d", blocks="block")
    assert found.estimate == pytest.approx(fit.params["d"], rel=1e-10)
    adjusted = late(people, outcome="y", offer="z", take_up="d", blocks="block", covariates=["x"])
    others = pd.concat([blocks, people[["x"]]], axis=1)
    fit = IV2SLS(people["y"], others, people["d"], people["z"], weights=weights).fit()
    assert adjusted.estimate == pytest.approx(fit.params["d"], rel=1e-10)


def test_untreated_compliers_are_what_they_would_have_been() -> None:
    data = trial(42, n=4000, blocks=1, effect=3.0)
    found = late(data, outcome="y", offer="z", take_up="d")
    # Without the effect y averages 0 for everyone in a single block coded 0.
    assert abs(found.untreated_complier_mean) < 0.25
    assert found.first_stage.estimate == pytest.approx(0.6, abs=0.06)


def test_every_answer_has_the_same_tidy_columns(people: pd.DataFrame) -> None:
    answers = [
        itt(people, outcome="y", offer="z"),
        late(people, outcome="y", offer="z", take_up="d"),
        itt(people.assign(y=0), outcome="y", offer="z"),
    ]
    for answer in answers:
        assert list(answer.tidy().columns) == list(COLUMNS)
        assert "<table" in answer._repr_html_()
    assert answers[0].tidy()["variance"].item().startswith("Neyman")
    assert "Anderson–Rubin" in answers[1].tidy()["variance"].item()
    assert answers[2].tidy()["reason"].item() == "no_variation"

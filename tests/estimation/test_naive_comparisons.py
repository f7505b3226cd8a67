"""What a naive comparison would have said: one table, and nowhere else."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up_trials import trial

import reliance_eval as rl
from reliance_eval import estimation
from reliance_eval.estimation import ESTIMATORS, NaiveComparisons, NotEstimable
from reliance_eval.estimation.compliance import naive_table as table_module
from reliance_eval.language.catalogue import words

KEYS: dict[str, Any] = {"outcome": "y", "offer": "z", "take_up": "d"}
# What kind of answer comes is for each test to say.
itt: Any = rl.itt
late: Any = rl.late
NAIVE = ("as_treated", "per_protocol", "participants_refusers", "participants_reference")
ITS_OWN = {"comparing_naively.py", "naive_table.py"}


def said(data: Any, **changes: Any) -> NaiveComparisons:
    found = rl.naive_comparisons(data, **(KEYS | changes))
    assert isinstance(found, NaiveComparisons)
    return found


@pytest.fixture
def people() -> pd.DataFrame:
    return trial(81, n=300)


def by_name(found: NaiveComparisons) -> dict[str, Any]:
    return {row.comparison: row for row in found.rows}


def test_the_lottery_comes_first_and_is_marked(people: pd.DataFrame) -> None:
    found = said(people, blocks="block")
    assert [row.comparison for row in found.rows] == ["itt", "late", *NAIVE]
    assert [row.is_randomised for row in found.rows] == [True, True, False, False, False, False]
    rows = by_name(found)
    offer = itt(people, outcome="y", offer="z", blocks="block")
    effect = late(people, blocks="block", **KEYS)
    assert (rows["itt"].estimate, rows["itt"].std_error) == (offer.estimate, offer.std_error)
    assert (rows["late"].estimate, rows["late"].p_value) == (effect.estimate, offer.p_value)
    assert rows["late"].intervals == effect.anderson_rubin


def test_each_naive_row_is_a_plain_difference_in_means(people: pd.DataFrame) -> None:
    from scipy.stats import ttest_ind

    z, d, y = people["z"] == 1, people["d"] == 1, people["y"]
    sides = {
        "as_treated": (d, ~d),
        "per_protocol": (z & d, ~z & ~d),
        "participants_refusers": (z & d, z & ~d),
        "participants_reference": (z & d, ~z),
    }
    rows = by_name(said(people, blocks="block"))
    for name, (one, other) in sides.items():
        peer = ttest_ind(y[one], y[other], equal_var=False)
        assert rows[name].estimate == pytest.approx(y[one].mean() - y[other].mean(), rel=1e-12)
        assert rows[name].p_value == pytest.approx(peer.pvalue, rel=1e-9)
        assert (rows[name].n_arm, rows[name].n_reference) == (one.sum(), other.sum())


def test_every_row_is_about_the_same_people(people: pd.DataFrame) -> None:
    holes = people.assign(d=people["d"].mask(people.index % 10 == 0))
    rows = by_name(said(holes))
    assert {
        row.n_arm + row.n_reference for name, row in rows.items() if name in ("itt", "late")
    } == {270}
    assert rows["as_treated"].n_arm + rows["as_treated"].n_reference == 270


def test_the_lie_is_shown_where_the_keen_were_better_off() -> None:
    rng = np.random.default_rng(3)
    keen = rng.normal(size=1000)
    z = np.arange(1000) % 2
    taken = z * (keen > 0)
    # Taking part costs one; the keen had two more to begin with.
    rows = by_name(said(pd.DataFrame({"z": z, "d": taken, "y": 2 * keen - taken})))
    assert rows["late"].estimate == pytest.approx(-1, abs=0.6)
    assert rows["as_treated"].conf_low > 0
    assert rows["per_protocol"].conf_low > 0


def test_clusters_follow_into_the_naive_rows(people: pd.DataFrame) -> None:
    village = people.index.to_numpy() // 10
    z = village % 2
    data = people.assign(village=village, z=z, d=z * people["d"])
    rows = by_name(said(data, clusters="village"))
    assert {row.variance for row in rows.values()} == {"CR2"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_table_bears_its_name_in_both_languages(people: pd.DataFrame, language: str) -> None:
    found = said(people)
    name = {
        "en": "What a naive comparison would have said",
        "fr": "Ce qu’une comparaison naïve aurait dit",
    }
    assert found.title(language) == name[language]
    assert found.title() in found._repr_html_()
    assert found.warning() in found._repr_html_()
    shown = found.table(language)
    assert shown["comparison"].is_unique
    assert shown["is_randomised"].nunique() == 2


def test_nothing_public_is_a_naive_comparison() -> None:
    forbidden = ("treated", "protocol_", "per_protocol", "naive", "participants")
    faces = {*rl.__all__, *estimation.__all__}
    named = {name for name in faces if any(word in name.lower() for word in forbidden)}
    assert named == {"naive_comparisons", "NaiveComparisons"}
    assert not {name for name in ESTIMATORS.names() if any(w in name for w in forbidden)}


def test_naive_names_stand_in_one_place_of_the_source_and_of_the_words() -> None:
    package = Path(table_module.__file__).parents[1]
    found = {
        path.name
        for path in package.rglob("*.py")
        if any(name in path.read_text(encoding="utf-8") for name in NAIVE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in NAIVE
    }
    assert found <= ITS_OWN
    assert found
    for language in ("en", "fr"):
        keys = {key for key in words(language).sentences if key.rpartition(".")[2] in NAIVE}
        assert keys == {f"estimation.naive.row.{name}" for name in NAIVE}


def test_what_cannot_be_compared_says_why(people: pd.DataFrame) -> None:
    nobody = rl.naive_comparisons(people.assign(d=0), **KEYS)
    assert isinstance(nobody, NotEstimable)
    assert nobody.reason == "no_take_up"
    # Everyone offered took it up: there is no refuser to compare with.
    rows = by_name(said(people.assign(d=people["z"])))
    assert rows["participants_refusers"].reason == "empty_arm"
    assert rows["participants_refusers"].estimate is None
    assert rows["as_treated"].estimate == pytest.approx(rows["itt"].estimate, rel=1e-12)


@pytest.mark.shared
@pytest.mark.parametrize(
    # Abadie, Angrist and Imbens (2002), Table II, OLS with covariates (HC1), to the printed digit.
    ("sex", "name", "printed"),
    [(1, "men", (3754, 536)), (0, "women", (2215, 334))],
)
def test_jtpa_as_treated_is_the_published_one(
    shared: Path, sex: int, name: str, printed: tuple[int, int]
) -> None:
    people = pd.read_csv(shared / "reference" / "jtpa" / "data.csv").query(f"sex == {sex}")
    others = ["hsorged", "black", "hispanic", "married", "wkless13", "class_tr", "ojt_jsa"]
    others += ["age2225", "age2629", "age3035", "age3644", "age4554", "f2sms"]
    others += ["afdc"] if name == "women" else []
    keys = {"outcome": "earnings", "offer": "assignmt", "take_up": "training"}
    row = by_name(said(people, covariates=others, variance="HC1", **keys))["as_treated"]
    assert (round(row.estimate), round(row.std_error)) == printed
    text = (shared / "reference" / "jtpa" / "expected.json").read_text(encoding="utf-8")
    wanted = {"quantity": f"ols_asreceived.earnings.{name}.cov", "se_type": "HC1"}
    peers = [r for r in json.loads(text)["results"] if wanted.items() <= r.items()]
    assert peers
    for peer in peers:
        assert row.estimate == pytest.approx(peer["estimate"], rel=1e-6)
        assert row.std_error == pytest.approx(peer["se"], rel=1e-6)

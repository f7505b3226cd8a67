"""Indices of several outcomes: Anderson's and Kling, Liebman and Katz's, bare and promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import OUTCOME, clauses, panel

from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Estimate, Index, NotEstimable, estimate, index, itt
from reliance_eval.panel import Panel
from reliance_eval.panel.indexing import with_indices
from reliance_eval.protocol.consistency import inconsistencies

NAMES = ("calm", "income", "debts")
METHODS = ("anderson", "klk")


def people(seed: int = 1, *, n: int = 200, holes: float = 0.0) -> pd.DataFrame:
    """Three correlated components in unlike units; lower debts are better."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    z = np.arange(n) % 2
    frame = pd.DataFrame(
        {
            "z": z,
            "calm": common + rng.normal(size=n) + 0.3 * z,
            "income": 900 + 250 * (0.5 * common + rng.normal(size=n)),
            "debts": 30 - 12 * (0.2 * common + rng.normal(size=n)),
        }
    )
    lost = rng.random((n, 3)) < holes
    frame[list(NAMES)] = frame[list(NAMES)].mask(lost)
    return frame


def made(frame: Any, **more: Any) -> Index:
    found = index(
        frame,
        **({"outcomes": NAMES, "offer": "z", "method": "anderson", "signs": [1, 1, -1]} | more),
    )
    assert isinstance(found, Index)
    return found


def anderson_by_hand(frame: pd.DataFrame) -> np.ndarray:
    """Section 3.2.1 of the paper, unit by unit and pair by pair."""
    turned = frame[list(NAMES)] * [1, 1, -1]
    scaled = (turned - turned.mean()) / turned[frame["z"] == 0].std()
    sigma = np.empty((3, 3))
    for m, first in enumerate(NAMES):
        for n, second in enumerate(NAMES):
            both = scaled[[first, second]].dropna()
            # [[x]] of one name twice gives two equal columns.
            sigma[m, n] = (both.iloc[:, 0] * both.iloc[:, 1]).sum() / len(both)
    w = np.linalg.inv(sigma).sum(axis=1)
    values = []
    for row in scaled.to_numpy():
        has = ~np.isnan(row)
        values.append((w[has] * row[has]).sum() / w[has].sum() if has.any() else np.nan)
    return np.array(values)


def klk_by_hand(frame: pd.DataFrame) -> np.ndarray:
    turned = frame[list(NAMES)] * [1, 1, -1]
    reference = turned[frame["z"] == 0]
    z = (turned - reference.mean()) / reference.std()
    filled = z.fillna(z.groupby(frame["z"]).transform("mean"))
    values: np.ndarray = filled.mean(axis=1).where(z.notna().any(axis=1)).to_numpy()
    return values


@pytest.mark.parametrize("holes", [0.0, 0.25])
def test_andersons_index_is_the_papers(holes: float) -> None:
    frame = people(holes=holes)
    assert made(frame).values == pytest.approx(anderson_by_hand(frame), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("holes", [0.0, 0.25])
def test_kling_liebman_and_katzs_index_is_the_papers(holes: float) -> None:
    frame = people(holes=holes)
    found = made(frame, method="klk").values
    assert found == pytest.approx(klk_by_hand(frame), abs=1e-12, nan_ok=True)


def test_the_weights_of_two_components_are_known_in_closed_form() -> None:
    # Of a 2 x 2 covariance [[a, c], [c, b]] the inverse's row sums are as b - c and a - c.
    frame = people(2)
    found = made(frame, outcomes=["calm", "income"], signs=None)
    pair = frame[["calm", "income"]] / frame.loc[frame["z"] == 0, ["calm", "income"]].std()
    (a, c), (_, b) = np.cov(pair.T, ddof=0)
    assert found.weights.tolist() == pytest.approx(
        [(b - c) / (a + b - 2 * c), (a - c) / (a + b - 2 * c)]
    )


def test_a_component_said_twice_over_is_not_counted_twice() -> None:
    # Near-copies share one weight under the inverse covariance; the mean counts them twice.
    frame = people(3)
    noise = np.random.default_rng(0).normal(size=len(frame))
    frame = frame.assign(again=frame["calm"] + 0.01 * noise)
    names = ["calm", "again", "income"]
    weights = made(frame, outcomes=names, signs=None).weights
    alone = made(frame, outcomes=["calm", "income"], signs=None).weights
    assert weights[:2].sum() == pytest.approx(alone[0], abs=0.02)
    assert made(frame, outcomes=names, signs=None, method="klk").weights.tolist() == [1 / 3] * 3


@pytest.mark.parametrize("method", METHODS)
class TestLaws:
    """What no method may break."""

    def test_units_and_zero_points_never_matter(self, method: str) -> None:
        frame = people(4, holes=0.2)
        moved = frame.assign(income=frame["income"] * 1000 + 7, debts=frame["debts"] / 3 - 50)
        here, there = made(frame, method=method), made(moved, method=method)
        assert there.values == pytest.approx(here.values, abs=1e-9, nan_ok=True)

    def test_turning_a_component_and_its_sign_changes_nothing(self, method: str) -> None:
        frame = people(5, holes=0.2)
        turned = frame.assign(debts=-frame["debts"])
        here, there = made(frame, method=method), made(turned, method=method, signs=None)
        assert there.values == pytest.approx(here.values, abs=1e-12, nan_ok=True)

    def test_row_order_never_matters(self, method: str) -> None:
        frame = people(6, holes=0.2)
        order = np.random.default_rng(1).permutation(len(frame))
        here, there = made(frame, method=method), made(frame.iloc[order], method=method)
        assert there.values == pytest.approx(here.values[order], abs=1e-12, nan_ok=True)

    def test_who_has_nothing_has_no_index_and_who_has_something_has_one(self, method: str) -> None:
        frame = people(7, holes=0.5)
        has = frame[list(NAMES)].notna().any(axis=1)
        assert (~np.isnan(made(frame, method=method).values)).tolist() == has.tolist()

    def test_a_row_without_an_offer_is_outside(self, method: str) -> None:
        frame = people(8)
        more = pd.concat([frame, frame.head(3).assign(z=np.nan, calm=1e6)], ignore_index=True)
        found = made(more, method=method).values
        assert np.isnan(found[-3:]).all()
        assert found[:-3] == pytest.approx(made(frame, method=method).values, abs=1e-12)

    def test_its_effect_is_the_weighted_sum_of_the_components_effects(self, method: str) -> None:
        # Linear in the components: with none missing, the effect is the sum of w s itt / spread.
        frame = people(9)
        found = made(frame, method=method)
        whole = itt(frame.assign(i=found.values), outcome="i", offer="z")
        parts = [itt(frame, outcome=name, offer="z") for name in NAMES]
        assert isinstance(whole, Estimate)
        effects = [part.estimate for part in parts if isinstance(part, Estimate)]
        summed = float(np.sum(found.weights * found.signs * np.array(effects) / found.spreads))
        assert whole.estimate == pytest.approx(summed, rel=1e-12)

    def test_it_shows_its_components_and_no_value_of_anybody(self, method: str) -> None:
        found = made(people(), method=method)
        assert list(found.tidy()["outcome"]) == list(NAMES)
        assert found.weights.sum() == pytest.approx(1.0)
        assert len(repr(found)) < 120
        assert "<table" in found._repr_html_()


def test_polars_and_pandas_give_the_same_index() -> None:
    polars = pytest.importorskip("polars")
    frame = people(10)
    assert made(polars.from_pandas(frame)).values.tolist() == made(frame).values.tolist()


def refusal(**more: Any) -> str:
    with pytest.raises((DataError, ProtocolError)) as found:
        made(**({"frame": people()} | more))
    return found.value.faults[0].code


def test_what_makes_no_index_is_refused_by_name() -> None:
    frame = people()
    still = frame.assign(calm=np.where(frame["z"] == 0, 2.0, frame["calm"]))
    unseen = frame.assign(calm=np.where(frame["z"] == 0, np.nan, frame["calm"]))
    copied = frame.assign(calm=2 * frame["income"] + 5)
    assert refusal(frame=still) == refusal(frame=unseen) == "E-ESTIMATION-INDEX"
    assert refusal(frame=copied) == "E-ESTIMATION-INDEX-DETERMINED"
    assert refusal(signs=[1, 1]) == refusal(signs=[1, 0, 1]) == "E-ESTIMATION-SIGNS"
    assert refusal(method="pca") == "E-ESTIMATION-INDEX-METHOD"
    assert refusal(outcomes=["calm", "incom"], signs=None) == "E-ESTIMATION-COLUMN"


# ------------------------------------------------------------------ promised in a protocol

SCORE = {"kind": "score", "horizons_months": [3, 12]}
COMPONENTS = [
    OUTCOME | SCORE | {"name": "calm", "better": "higher", "role": "secondary"},
    OUTCOME | SCORE | {"name": "debts", "better": "lower", "role": "secondary"},
]


def summed(**changes: Any) -> dict[str, Any]:
    """An outcome made of the two components."""
    given = {
        "name": "wellbeing",
        "label": {"en": "Well-being"},
        "kind": "score",
        "index": {"of": ["calm", "debts"], "method": "klk"},
        "role": "primary",
        "family": "well",
        "horizons_months": [3, 12],
    }
    return given | changes


def followed(**changes: Any) -> Panel:
    """A panel whose index is computed as the follow-up computes it."""
    protocol = clauses(outcomes=[summed(**changes), *COMPONENTS])
    given = panel(protocol=protocol)
    read = given.outcomes[given.outcomes["outcome"] != "wellbeing"].copy()
    rng = np.random.default_rng(3)
    read["value"] = rng.normal(size=len(read)).round(3)
    return replace(given, outcomes=summed_up(given, read.reset_index(drop=True)))


def summed_up(given: Panel, read: pd.DataFrame) -> pd.DataFrame:
    return with_indices(given.units, read, given.protocol, reference="control")


@pytest.mark.parametrize("method", METHODS)
def test_a_promised_index_is_that_of_a_bare_frame(method: str) -> None:
    given = followed(index={"of": ["calm", "debts"], "method": method})
    wide = given.to_pandas().query("horizon_months == 12").reset_index(drop=True)
    bare = index(
        wide,
        outcomes=["calm", "debts"],
        offer="arm",
        signs=[1, -1],
        method=method,  # type: ignore[arg-type]
    )
    assert wide["wellbeing"].to_numpy() == pytest.approx(bare.values, abs=1e-12)
    found = estimate(given)
    one = found.answers[found.order.index("wellbeing.12.itt.blocked")]
    alone = itt(wide.assign(i=bare.values), outcome="i", offer="arm", blocks="block")
    assert isinstance(one, Estimate)
    assert isinstance(alone, Estimate)
    assert one.estimate == pytest.approx(alone.estimate, rel=1e-12)
    assert one.p_adjusted is not None


def test_outcomes_stay_in_the_protocols_order() -> None:
    order = dict.fromkeys(followed().outcomes["outcome"])
    assert list(order) == ["wellbeing", "calm", "debts"]


def test_an_index_waits_for_all_its_components() -> None:
    given = followed()
    read = given.outcomes[given.outcomes["outcome"] != "wellbeing"].copy()
    late = (read["outcome"] == "debts") & (read["horizon_months"] == 12)
    read.loc[late, "value"] = np.nan
    read.loc[late, "status"] = "not_yet_observed"
    found = summed_up(given, read)
    rows = found[found["outcome"] == "wellbeing"]
    by_horizon = rows.groupby("horizon_months")["status"].unique().to_dict()
    assert {h: list(s) for h, s in by_horizon.items()} == {
        3: ["observed"],
        12: ["not_yet_observed"],
    }


@pytest.mark.parametrize(
    ("calm", "debts", "expected"),
    [
        ("observed", "missing", "observed"),
        ("missing", "not_delivered", "missing"),
        ("not_delivered", "not_delivered", "not_delivered"),
        ("objected", "objected", "objected"),
        ("redrawn", "missing", "redrawn"),
    ],
)
def test_a_unit_without_components_says_why(calm: str, debts: str, expected: str) -> None:
    given = followed()
    read = given.outcomes[given.outcomes["outcome"] != "wellbeing"].copy()
    hers = (read["unit"] == "u0005") & (read["horizon_months"] == 3)
    for name, status in (("calm", calm), ("debts", debts)):
        rows = hers & (read["outcome"] == name)
        read.loc[rows, "status"] = status
        read.loc[rows, "value"] = 0.5 if status == "observed" else np.nan
    found = summed_up(given, read)
    row = found[(found["outcome"] == "wellbeing") & (found["unit"] == "u0005")].iloc[0]
    assert row["status"] == expected
    assert np.isnan(row["value"]) == (expected != "observed")


def test_an_index_that_cannot_be_made_is_an_answer_with_its_reason() -> None:
    given = followed()
    read = given.outcomes[given.outcomes["outcome"] != "wellbeing"].copy()
    read.loc[read["outcome"] == "debts", "value"] = 1.0
    found = estimate(replace(given, outcomes=summed_up(given, read)))
    one = found.answers[found.order.index("wellbeing.3.itt.blocked")]
    assert isinstance(one, NotEstimable)
    assert one.reason == "no_index"
    assert "determine one another" in one.text()
    assert "indice" in one.text("fr")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"index": None}, "E-PROTOCOL-FROM-OR-INDEX"),
        ({"from": OUTCOME["from"]}, "E-PROTOCOL-FROM-OR-INDEX"),
        ({"kind": "amount"}, "E-PROTOCOL-INDEX-KIND"),
        ({"horizons_months": [3, 36]}, "E-PROTOCOL-INDEX-HORIZONS"),
        ({"index": {"of": ["calm", "work"]}}, "E-PROTOCOL-UNKNOWN-NAME"),
        ({"index": {"of": ["calm", "wellbeing"]}}, "E-PROTOCOL-UNKNOWN-NAME"),
        ({"index": {"of": ["calm", "calm"]}}, "E-PROTOCOL-NAME-TWICE"),
    ],
)
def test_an_index_that_contradicts_its_components_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    made_up = clauses(outcomes=[summed(**changes), *COMPONENTS])
    assert code in {finding.code for finding in inconsistencies(made_up, Path(), {})}


def test_components_say_which_direction_is_better() -> None:
    silent = [COMPONENTS[0], COMPONENTS[1] | {"better": None}]
    made_up = clauses(outcomes=[summed(), *silent])
    codes = {finding.code for finding in inconsistencies(made_up, Path(), {})}
    assert "E-PROTOCOL-INDEX-BETTER" in codes


def test_a_protocol_without_an_index_keeps_its_specifications() -> None:
    # Recorded before indices existed, on the protocol of ``small_panels``.
    found = estimate(panel())
    digests = dict(zip(found.order, found.tidy()["specification"], strict=True))
    assert digests["employed.3.itt.blocked"].startswith("b444e74167c253c1")

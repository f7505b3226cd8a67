"""Compliers: how many, what became of them, who they are; and Abadie's weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from made_up_trials import trial

import reliance_eval as rl
from reliance_eval.errors import DataError, ProtocolError
from reliance_eval.estimation import Compliers, Estimate, NotEstimable, kappa

EXACT = 1e-11
"""The same sums in another order."""

KEYS: dict[str, Any] = {"offer": "z", "take_up": "d"}
# What kind of answer comes is for each test to say.
itt: Any = rl.itt
late: Any = rl.late
compliers: Any = rl.compliers
first_stage: Any = rl.first_stage


def close(value: Any) -> Any:
    return pytest.approx(value, rel=EXACT, abs=EXACT)


def peers(shared: Path, quantity: str, **kept: str) -> list[dict[str, Any]]:
    """What each peer gives for a quantity of the reference trial jtpa."""
    text = (shared / "reference" / "jtpa" / "expected.json").read_text(encoding="utf-8")
    wanted = {"quantity": quantity, **kept}
    return [row for row in json.loads(text)["results"] if wanted.items() <= row.items()]


def described(data: Any, **changes: Any) -> Compliers:
    found = compliers(data, **({"outcome": "y", **KEYS} | changes))
    assert isinstance(found, Compliers)
    return found


@pytest.fixture
def people() -> pd.DataFrame:
    """Two-sided non-compliance, three blocks of unequal shares and probabilities."""
    frame = trial(51, n=400)
    return frame.assign(site=np.array(["a", "b"])[np.arange(400) % 2])


@pytest.fixture
def invited(people: pd.DataFrame) -> pd.DataFrame:
    """The same, with nobody taking up without an offer."""
    return people.assign(d=people["d"] * people["z"])


def test_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "z": [0, 0, 0, 0, 1, 1, 1, 1],
            "d": [1, 0, 0, 0, 1, 1, 1, 0],
            "x": [9, 2, 2, 3, 9, 1, 3, 3],
            "y": [8.0, 2.0, 4.0, 6.0, 8.0, 7.0, 9.0, 5.0],
        }
    )
    found = described(frame, profile="x")
    # Offered, 3/4 take up; not offered, 1/4 does. Hence half are compliers, a quarter each of the
    # others. Of those not offered the untreated have 12 in all, of whom a quarter would refuse: 5.
    assert {group: mean.estimate for group, mean in found.shares.items()} == close(
        {"compliers": 0.5, "never_takers": 0.25, "always_takers": 0.25}
    )
    assert found.untreated_mean is not None
    assert found.treated_mean is not None
    assert found.untreated_mean.estimate == close((12 / 4 - 5 / 4) / 0.5)
    assert found.treated_mean.estimate == close((24 / 4 - 8 / 4) / 0.5)
    assert found.outcomes["never_takers"].estimate == 5.0
    assert found.outcomes["always_takers"].estimate == 8.0
    (trait,) = found.profile
    # Everyone's mean is 4; the quarter of never-takers have 3, the quarter of always-takers 9.
    assert trait.means["everyone"].estimate == close(4.0)
    assert trait.means["compliers"].estimate == close((4.0 - 3 / 4 - 9 / 4) / 0.5)
    assert found.compliance == "two_sided"


def test_treated_minus_untreated_is_the_late(people: pd.DataFrame) -> None:
    found = described(people, blocks="block")
    effect = late(people, outcome="y", blocks="block", **KEYS)
    assert found.treated_mean is not None
    assert found.untreated_mean is not None
    gap = found.treated_mean.estimate - found.untreated_mean.estimate
    assert gap == close(effect.estimate)
    assert found.untreated_mean.estimate == close(effect.untreated_complier_mean)
    assert found.first_stage == effect.first_stage
    assert found.first_stage_f == effect.first_stage_f


@pytest.mark.parametrize(
    "design",
    [
        {},
        {"blocks": "block"},
        {"blocks": "block", "variance": "HC1"},
        {"clusters": "village"},
        {"weights": "w8"},
    ],
)
def test_a_complier_mean_is_a_late_of_its_own(people: pd.DataFrame, design: dict[str, str]) -> None:
    # Abadie (2002): (1 - D) Y on 1 - D, instrumented; the same for D Y on D.
    frame = people.assign(village=np.arange(len(people)) // 8, w8=1 + people["z"])
    if "clusters" in design:
        frame = frame.assign(z=(frame["village"] % 2 == 0).astype(int))
        frame = frame.assign(d=(frame["d"] + frame["z"] > 1).astype(int))
    found = described(frame, **design)
    kept_out = frame.assign(y=(1 - frame["d"]) * frame["y"], d=1 - frame["d"])
    taken_in = frame.assign(y=frame["d"] * frame["y"])
    for mean, data in ((found.untreated_mean, kept_out), (found.treated_mean, taken_in)):
        own = late(data, outcome="y", **KEYS, **design)
        assert mean is not None
        assert mean.estimate == close(own.estimate)
        assert mean.std_error == close(own.std_error)
        assert own.variance == found.variance


def test_a_complier_mean_has_the_standard_error_of_its_two_stage_least_squares(
    people: pd.DataFrame,
) -> None:
    from linearmodels.iv import IV2SLS

    not_taken = 1 - people["d"]
    constant = np.ones((len(people), 1))
    peer = IV2SLS(not_taken * people["y"], constant, not_taken, people["z"])
    solved = peer.fit(cov_type="robust", debiased=True)
    found = described(people, variance="HC1").untreated_mean
    assert found is not None
    assert found.estimate == pytest.approx(solved.params.iloc[-1], rel=1e-9)
    assert found.std_error == pytest.approx(solved.std_errors.iloc[-1], rel=1e-9)


def test_a_wide_interval_has_the_shapes_of_anderson_and_rubin(people: pd.DataFrame) -> None:
    few = people.assign(d=np.where(np.arange(len(people)) % 9 == 0, people["d"], 0))
    found = described(few, variance="HC2")
    taken = few.assign(y=few["d"] * few["y"])
    own = late(taken, outcome="y", variance="HC2", **KEYS)
    assert found.treated_mean is not None
    for (low, high), (lower, upper) in zip(
        found.treated_mean.intervals, own.anderson_rubin, strict=True
    ):
        assert low == (None if lower is None else pytest.approx(lower, rel=1e-8))
        assert high == (None if upper is None else pytest.approx(upper, rel=1e-8))


def test_groups_add_up_to_everybody(people: pd.DataFrame) -> None:
    found = described(people, blocks="block", profile=["x", "site"])
    assert sum(mean.estimate for mean in found.shares.values()) == close(1.0)
    assert [trait.name for trait in found.profile] == ["x", "site=a", "site=b"]
    shares = people["block"].value_counts(normalize=True)
    for trait, values in zip(
        found.profile, [people["x"], people["site"] == "a", people["site"] == "b"], strict=True
    ):
        total = sum(
            found.shares[group].estimate * trait.means[group].estimate for group in found.shares
        )
        assert total == close(trait.means["everyone"].estimate)
        by_block = values.groupby(people["block"]).mean()
        assert trait.means["everyone"].estimate == close(float((by_block * shares).sum()))


def weights_of(frame: pd.DataFrame) -> Any:
    share = frame.groupby("block")["z"].transform("mean")
    return kappa(frame["d"], frame["z"], share)


def mean_under(values: npt.ArrayLike, weights: npt.ArrayLike) -> float:
    return float(np.average(np.asarray(values, float), weights=np.asarray(weights, float)))


def test_kappa_weighted_means_are_the_complier_means(people: pd.DataFrame) -> None:
    found = described(people, blocks="block", profile="x")
    weights = weights_of(people)
    assert found.treated_mean is not None
    assert found.untreated_mean is not None
    assert mean_under(people["y"], weights.treated) == close(found.treated_mean.estimate)
    assert mean_under(people["y"], weights.untreated) == close(found.untreated_mean.estimate)
    own = found.profile[0].means["compliers"].estimate
    assert mean_under(people["x"], weights.everyone) == close(own)
    for one in (weights.everyone, weights.treated, weights.untreated):
        assert float(np.mean(one)) == close(found.shares["compliers"].estimate)


def test_kappa_is_that_of_its_formulas() -> None:
    # By hand from Abadie (2003), theorem 3.1, with p = 1/4: rows (d, z) = 00, 01, 10, 11.
    found = kappa([0, 0, 1, 1], [0, 1, 0, 1], 0.25)
    assert found.everyone.tolist() == close([1, 1 - 4, 1 - 4 / 3, 1])
    assert found.treated.tolist() == close([0, 0, -0.25 * 16 / 3, 0.75 * 16 / 3])
    assert found.untreated.tolist() == close([0.25 * 16 / 3, -0.75 * 16 / 3, 0, 0])


def test_kappa_refuses_what_no_draw_gives() -> None:
    with pytest.raises(DataError, match="E-ESTIMATION-PROBABILITY"):
        kappa([0, 1], [0, 1], [0.5, 1.0])
    with pytest.raises(DataError, match="take_up"):
        kappa([0, 2], [0, 1], 0.5)


def test_one_sided_compliance_is_stated_and_has_no_always_takers(invited: pd.DataFrame) -> None:
    found = described(invited, profile="x")
    assert found.compliance == "one_sided"
    always = found.shares["always_takers"]
    assert (always.estimate, always.std_error, always.intervals) == (0.0, None, ())
    assert "always_takers" not in found.outcomes
    assert "always_takers" not in found.profile[0].means
    assert "(ATT)" in found.text("en")
    assert "(ATT)" in found.text("fr")
    effect = late(invited, outcome="y", **KEYS)
    assert "one_sided" in effect.notes
    # ATT: participants' mean, less what they would have had: the LATE, by definition one-sided.
    offered = invited[invited["z"] == 1]
    assert found.treated_mean is not None
    assert found.treated_mean.estimate == close(offered.loc[offered["d"] == 1, "y"].mean())


def test_each_side_of_non_compliance_has_its_note(people: pd.DataFrame) -> None:
    sides = {
        "two_sided": people,
        "one_sided": people.assign(d=people["d"] * people["z"]),
        "no_never_takers": people.assign(d=np.maximum(people["d"], people["z"])),
    }
    for side, data in sides.items():
        assert described(data).compliance == side
        notes = set(late(data, outcome="y", **KEYS).notes)
        assert notes & {*sides, "full_compliance"} == {side}
    every = people.assign(d=people["z"])
    found = described(every)
    assert found.compliance == "full_compliance"
    assert (found.first_stage, found.first_stage_f) == (None, None)
    assert found.shares["compliers"].std_error is None
    assert "full_compliance" in late(every, outcome="y", **KEYS).notes


def test_one_sidedness_is_each_arms_own(people: pd.DataFrame) -> None:
    arm = np.array(["control", "letter", "visit"])[np.arange(len(people)) % 3]
    taken = np.where(arm == "control", 0, np.where(arm == "visit", 1, people["d"]))
    letter, visit = compliers(people.assign(z=arm, d=taken), outcome="y", **KEYS)
    assert (letter.arm, letter.compliance) == ("letter", "one_sided")
    assert (visit.arm, visit.compliance) == ("visit", "full_compliance")


def test_a_profile_tests_whether_compliers_differ() -> None:
    data = trial(53, n=4000, blocks=2)
    rng = np.random.default_rng(1)
    keen = data["x"] + rng.normal(size=len(data)) > 0
    data = data.assign(d=(keen & (data["z"] == 1)).astype(int))
    found = described(data, blocks="block", profile=["x", "w"])
    x, w = found.profile
    assert x.from_never_takers is not None
    assert w.from_never_takers is not None
    assert x.from_never_takers.p_value < 1e-6
    assert x.from_never_takers.standardised is not None
    # Given x + e > 0 with unit normals, x averages 1/sqrt(pi); the opposite otherwise.
    assert x.from_never_takers.standardised == pytest.approx(2 / np.sqrt(np.pi), abs=0.12)
    assert x.from_everyone is not None
    assert x.from_everyone.estimate == pytest.approx(1 / np.sqrt(np.pi), abs=0.06)
    assert abs(w.from_never_takers.statistic) < 3


def test_a_gap_is_the_difference_of_its_means_and_its_interval_says_p(
    people: pd.DataFrame,
) -> None:
    found = described(people, blocks="block", profile=["x", "w", "site"], level=0.9)
    for trait in found.profile:
        gap = trait.from_never_takers
        assert gap is not None
        difference = trait.means["compliers"].estimate - trait.means["never_takers"].estimate
        assert gap.estimate == close(difference)
        assert (gap.conf_low <= 0.0 <= gap.conf_high) == (gap.p_value >= 0.1)


def test_two_levels_of_a_category_mirror_each_other(people: pd.DataFrame) -> None:
    a, b = described(people, profile="site").profile
    assert a.from_never_takers is not None
    assert b.from_never_takers is not None
    assert a.from_never_takers.estimate == close(-b.from_never_takers.estimate)
    assert a.from_never_takers.p_value == close(b.from_never_takers.p_value)


def test_rows_without_a_covariate_leave_its_means_alone(people: pd.DataFrame) -> None:
    holes = people.assign(v=people["x"].mask(people.index % 4 == 0))
    x, v = described(holes, profile=["x", "v"]).profile
    assert (x.n, v.n) == (400, 300)
    alone = described(holes[holes["v"].notna()], profile="x").profile[0]
    assert v.means["compliers"].estimate == close(alone.means["compliers"].estimate)


def test_a_covariate_known_for_too_few_is_named(people: pd.DataFrame) -> None:
    holes = people.assign(v=people["x"].where(people["z"] == 1))
    found = described(holes, profile=["v", "x"])
    assert [trait.name for trait in found.profile] == ["x"]
    assert found.note_values["unprofiled"] == "v"
    assert any("v." in text for text in found.note_texts("en"))


def test_without_an_outcome_everyone_counts_whose_take_up_is_known(people: pd.DataFrame) -> None:
    holes = people.assign(y=people["y"].mask(people.index % 3 == 0))
    without = described(holes, outcome=None)
    assert (without.n, without.outcomes, without.outcome) == (400, {}, "")
    with_it = described(holes)
    assert with_it.n == int(holes["y"].notna().sum())
    assert with_it.n_missing == 400 - with_it.n


def test_row_order_and_units_never_matter(people: pd.DataFrame) -> None:
    here = described(people, blocks="block", profile=["x", "site"]).tidy()
    shuffled = people.sample(frac=1, random_state=2)
    there = described(shuffled, blocks="block", profile=["x", "site"]).tidy()
    numbers = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    pd.testing.assert_frame_equal(here[numbers], there[numbers], rtol=1e-9)
    cents = described(people.assign(y=100 * people["y"]), blocks="block")
    whole = described(people, blocks="block")
    for group, mean in whole.outcomes.items():
        assert cents.outcomes[group].estimate == close(100 * mean.estimate)
        assert cents.outcomes[group].std_error == close(100 * (mean.std_error or 0.0))


@pytest.mark.parametrize(
    ("reason", "take_up"),
    [
        ("take_up_not_binary", lambda f: f["d"] * 2.5),
        ("no_take_up", lambda f: f["d"] * 0),
        ("discouraged", lambda f: 1 - f["z"] * (f.index % 2)),
        ("take_up_unknown", lambda f: f["d"] * np.nan),
        ("no_first_stage", lambda f: f["d"] * 0 + 1),
    ],
)
def test_what_has_no_compliers_says_why(people: pd.DataFrame, reason: str, take_up: Any) -> None:
    data = people.assign(d=take_up(people))
    for found in (compliers(data, outcome="y", **KEYS), compliers(data, **KEYS)):
        assert isinstance(found, NotEstimable)
        assert found.reason == reason
        assert found.text("fr") != found.text("en")


def test_a_variance_at_odds_with_the_design_is_refused(people: pd.DataFrame) -> None:
    with pytest.raises(ProtocolError, match="E-ESTIMATION-VARIANCE-NO-CLUSTERS"):
        compliers(people, outcome="y", variance="CR2", **KEYS)
    with pytest.raises(DataError, match="profile"):
        compliers(people, outcome="y", profile="age", **KEYS)


def test_the_table_is_in_both_languages(people: pd.DataFrame) -> None:
    found = described(people, profile="x")
    english, french = found.table("en"), found.table("fr")
    assert english["group"].str.contains("never-takers").any()
    assert french["group"].str.contains("réfractaires").any()
    assert set(english["quantity"]) == {"share", "outcome", "x"}
    assert "<table" in found._repr_html_()
    assert found.tidy()["variance"].str.startswith("Neyman").all()


@pytest.mark.shared
@pytest.mark.parametrize(("sex", "name"), [(1, "men"), (0, "women")])
def test_jtpa_compliance_is_that_of_the_reference(shared: Path, sex: int, name: str) -> None:
    people = pd.read_csv(shared / "reference" / "jtpa" / "data.csv").query(f"sex == {sex}")
    (row,) = peers(shared, f"compliance.{name}")
    keys = {"outcome": "earnings", "offer": "assignmt", "take_up": "training"}
    found = compliers(people, profile=["black", "married"], **keys)
    assert isinstance(found, Compliers)
    assert found.compliance == "two_sided"
    assert found.shares["compliers"].estimate == pytest.approx(row["estimate"], rel=1e-9)
    assert found.shares["always_takers"].estimate == pytest.approx(row["p_treated_if_control"])
    never = 1 - row["p_treated_if_assigned"]
    assert found.shares["never_takers"].estimate == pytest.approx(never)


@pytest.mark.shared
@pytest.mark.parametrize("outcome", ["job_seek", "depress2", "work1", "job_disc"])
def test_jobs2_participants_are_its_compliers(shared: Path, outcome: str) -> None:
    people = pd.read_csv(shared / "reference" / "jobs2" / "data.csv")
    keys = {"outcome": outcome, "offer": "treat", "take_up": "comply"}
    found = compliers(people, profile=["age", "educ"], **keys)
    assert isinstance(found, Compliers)
    assert found.compliance == "one_sided"
    assert found.treated_mean is not None
    assert found.untreated_mean is not None
    # One-sided: the treated mean is seen, that of those who came; the rest is the LATE.
    came = people.loc[people["comply"] == 1, outcome].mean()
    assert found.treated_mean.estimate == pytest.approx(came, rel=1e-12)
    effect = late(people, **keys)
    untreated = found.untreated_mean.estimate
    assert untreated == pytest.approx(came - effect.estimate, rel=1e-9)


@pytest.mark.slow
def test_intervals_of_complier_means_hold_their_level() -> None:
    # 600 trials of 160, a LATE of 2 in three blocks: 95 % within 1.8 points (two standard errors).
    misses = dict.fromkeys(("untreated_compliers", "treated_compliers", "x", "gap"), 0)
    trials = 600
    for seed in range(trials):
        data = trial(seed, n=160, effect=2.0)
        found = described(data, blocks="block", profile="x")
        # Without the programme y averages the block's code, with it 2 more; x averages 0.
        truth = float(data["block"].mean())
        for name, mean in {
            "untreated_compliers": truth,
            "treated_compliers": truth + 2.0,
        }.items():
            low, high = found.outcomes[name].intervals[0]
            misses[name] += not (low or -np.inf) <= mean <= (high or np.inf)
        low, high = found.profile[0].means["compliers"].intervals[0]
        misses["x"] += not (low or -np.inf) <= 0.0 <= (high or np.inf)
        gap = found.profile[0].from_never_takers
        assert gap is not None
        misses["gap"] += gap.p_value < 0.05
    for name, count in misses.items():
        assert abs(count / trials - 0.05) < 0.02, (name, count / trials)


def test_the_first_stage_of_a_frame_by_cohort(people: pd.DataFrame) -> None:
    cohorts = people.assign(cohort=2018 + people["block"])
    found = first_stage(cohorts, by="cohort", blocks="block", **KEYS)
    assert [group.group for group in found.groups] == ["2018", "2019", "2020"]
    for group in found.groups:
        inside = cohorts[cohorts["cohort"] == int(group.group)]
        own = itt(inside, outcome="d", offer="z")
        assert isinstance(group.arms[0], Estimate)
        assert group.arms[0].estimate == close(own.estimate)
    table = found.tidy()
    assert table["group"].tolist() == ["", "2018", "2019", "2020"]
    weighted = (
        table["estimate"][1:] * people["block"].value_counts(normalize=True).sort_index().to_numpy()
    ).sum()
    assert float(weighted) == close(table["estimate"][0])


@pytest.mark.parametrize("variance", ["HC0", "HC1", "HC2", "classical"])
def test_with_one_offer_the_effective_f_is_the_robust_f(
    people: pd.DataFrame, variance: str
) -> None:
    found = first_stage(people, blocks="block", variance=variance, **KEYS)
    effect = late(people, outcome="y", blocks="block", variance=variance, **KEYS)
    assert found.effective_f == close(effect.first_stage_f)
    assert "robust F" in found.text("en")
    assert "F robuste" in found.text("fr")


@pytest.mark.shared
@pytest.mark.parametrize("variance", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_jtpa_first_stage_f_is_the_peers(shared: Path, variance: str) -> None:
    people = pd.read_csv(shared / "reference" / "jtpa" / "data.csv").query("sex == 1")
    rows = peers(shared, "late.earnings.men.nocov.first_stage_F", se_type=variance)
    assert rows
    found = first_stage(people, offer="assignmt", take_up="training", variance=variance)
    for row in rows:
        assert found.effective_f == pytest.approx(row["statistic"], rel=1e-6), row["peer"]


def test_the_effective_f_of_several_arms_is_montiel_olea_and_pfluegers() -> None:
    data = trial(54, n=300, blocks=1)
    arm = np.random.default_rng(9).permutation(np.arange(300) % 3)
    taken = (np.random.default_rng(8).random(300) < 0.2 + 0.25 * arm).astype(float)
    found = first_stage(data.assign(z=arm, d=taken), variance="HC0", **KEYS)
    # Their definition: instruments made orthonormal, F = X'PX / tr(W) with the robust W.
    raw = np.column_stack([arm == 1, arm == 2]).astype(float)
    basis, _ = np.linalg.qr(raw - raw.mean(axis=0))
    centred = taken - taken.mean()
    residuals = centred - basis @ (basis.T @ centred)
    noise = np.trace((basis * residuals[:, None]).T @ (basis * residuals[:, None]))
    assert found.effective_f == pytest.approx(float(np.sum((basis.T @ centred) ** 2) / noise))
    assert len(found.overall.arms) == 2
    assert "all arms together" in found.text("en")


def test_take_up_that_never_varies_has_no_f(people: pd.DataFrame) -> None:
    found = first_stage(people.assign(d=people["z"]), **KEYS)
    assert found.effective_f is None
    assert isinstance(found.estimate, NotEstimable)
    assert "<table" in found._repr_html_()

"""What is refused before any seed exists, and what is fixed for it."""

import numpy as np
import pandas as pd
import pytest
from designed_trials import LOTTERIES, flow_of, people

from reliance_eval.errors import DataError
from reliance_eval.lottery import draw
from reliance_eval.lottery.preparing import prepare
from reliance_eval.lottery.scaling import scaled
from reliance_eval.protocol.model import Scaled

every = pytest.mark.parametrize("name", list(LOTTERIES))


def refusal(table, name, **changes):
    """The refusal of a lottery before its seed: no ticket is asked for."""
    with pytest.raises(DataError) as caught:
        prepare(flow_of(table, **(LOTTERIES[name] | changes)))
    for language in ("en", "fr"):
        message = caught.value.text(language)
        assert not any(unit in message for unit in table["unit"].astype(str))
    return caught.value


@every
def test_what_is_committed_is_what_the_package_holds(name, tmp_path):
    flow = flow_of(people(), **LOTTERIES[name])
    drawn = draw(flow)
    drawn.write(tmp_path)
    for file, content in prepare(flow).files().items():
        assert (tmp_path / "package" / file).read_bytes() == content


@every
def test_the_frame_has_one_row_a_thing_that_is_drawn(name):
    terms = prepare(flow_of(people().sample(frac=1, random_state=2), **LOTTERIES[name]))
    assert terms.frame["unit"].tolist() == terms.units == sorted(set(terms.units))
    assert terms.frame["block"].tolist() == terms.strata
    numbers = [column for column in terms.frame if column.startswith("x")]
    assert numbers == ([] if terms.covariates is None else ["x1", "x2"])


def test_clusters_are_drawn_in_the_place_of_their_members():
    terms = prepare(flow_of(people(), **LOTTERIES["clustered in blocks"]))
    assert len(terms.units) == 24
    assert sum(sum(places) for places in terms.quotas.values()) == 22
    drawn = draw(flow_of(people(), **LOTTERIES["clustered in blocks"]))
    for _, members in drawn.assignment.groupby("cluster"):
        assert (
            len(members[["arm", "rank", "ticket", "block", "probability"]].drop_duplicates()) == 1
        )
    assert [sum(quota.places) for quota in drawn.quotas] == [11, 11]
    assert [quota.live for quota in drawn.quotas] == [12, 12]


def test_a_cluster_in_two_blocks_is_refused():
    table = people()
    table.loc[0, "block"] = "south"
    error = refusal(table, "clustered in blocks")
    assert [(fault.code, fault.values["n"]) for fault in error.faults] == [
        ("E-LOTTERY-CLUSTER-BLOCKS", 1)
    ]


def test_a_clusters_name_outside_the_alphabet_is_given_by_row():
    table = people()
    table["cluster"] = table["cluster"].str.replace("village-03", "Épinal")
    error = refusal(table, "clustered")
    assert (error.code, error.faults[0].where) == ("E-LOTTERY-ALPHABET", "eligible:13")
    assert error.faults[0].values["code_point"] == "U+00C9"


def test_too_few_clusters_are_counted_as_clusters():
    error = refusal(people(), "clustered", arms={"offered": 20, "control": 5})
    assert (error.code, error.faults[0].values["n"]) == ("E-LOTTERY-TOO-FEW-CLUSTERS", 24)


@pytest.mark.parametrize("name", ["pairs", "rerandomised"])
def test_a_missing_covariate_is_refused_and_counted(name):
    table = people()
    table.loc[[3, 7], "income"] = np.nan
    error = refusal(table, name)
    assert (error.code, error.faults[0].values) == (
        "E-LOTTERY-MISSING",
        {"column": "income", "n": 2},
    )


def test_bounds_that_almost_nothing_meets_are_refused_before_the_seed():
    tight = {"covariates": [{"variable": "income", "scale": 10**9, "bound": 1}]}
    assert refusal(people(), "rerandomised", balance=tight).code == "E-LOTTERY-RARELY-BALANCED"


def test_more_pairs_than_blocks_leave_room_for_are_refused():
    table = people().iloc[:-1]
    error = refusal(table, "pairs", arms={"offered": 48, "control": 48}, size=96)
    assert error.code == "E-LOTTERY-TOO-FEW"
    odd = people().assign(block=["north"] * 49 + ["south"] * 47)
    assert refusal(odd, "pairs").code == "E-LOTTERY-PAIRS-ODD"


@every
def test_a_duplicate_is_refused_whatever_the_design(name):
    table = people()
    table.loc[1, "unit"] = table.loc[0, "unit"]
    assert refusal(table, name).code == "E-LOTTERY-DUPLICATE"


@pytest.mark.parametrize("name", [name for name in LOTTERIES if not name.startswith("clustered")])
def test_an_identifier_outside_the_alphabet_is_refused_whatever_the_design(name):
    table = people()
    table.loc[4, "unit"] = "SYNTH é"
    error = refusal(table, name)
    assert (error.code, error.faults[0].where) == ("E-LOTTERY-ALPHABET", "eligible:5")


def test_a_simple_draw_leaves_nobody_in_reserve_and_asks_for_no_number():
    drawn = draw(flow_of(people(11), **LOTTERIES["simple"]))
    assert len(drawn.drawn) == 11
    assert sum(sum(quota.places) for quota in drawn.quotas) == 11


def test_odds_are_committed_in_the_place_of_quotas():
    clause = LOTTERIES["simple"] | {"blocks": ["area"]}
    terms = prepare(flow_of(people(), **clause))
    assert terms.files()["odds.tsv"] == b"north\t1\t3\nsouth\t1\t3\n"
    assert "quota.tsv" not in terms.files()


def test_covariates_are_scaled_then_rounded_to_the_even():
    table = pd.DataFrame({"income": [0.29, 12.005, -0.5, 2.5], "age": [1.0, 2.0, 3.0, 4.0]})
    cents = scaled(table, [Scaled(variable="income", scale=100), Scaled(variable="age")])
    # 0.29 x 100 is 28.999999999999996 and 12.005 x 100 is 1200.5 in doubles.
    assert cents.tolist() == [[29, 1], [1200, 2], [-50, 3], [250, 4]]
    whole = scaled(table, [Scaled(variable="income")])
    assert whole[:, 0].tolist() == [0, 12, 0, 2]


def test_a_covariate_beyond_exact_doubles_is_refused():
    table = pd.DataFrame({"income": [1.0, 2.0**53]})
    with pytest.raises(DataError) as caught:
        scaled(table, [Scaled(variable="income", scale=10)])
    assert caught.value.faults[0].values == {"column": "income", "n": 1}
    assert caught.value.text("fr")

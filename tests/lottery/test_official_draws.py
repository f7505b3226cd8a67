"""``draw``: the frame, the seed, the places, the record."""

import hashlib
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lotteries import NANCY, SOURCE, flow_of, nancy_like, record_of

from reliance_eval.errors import DataError, IntegrityError, ProtocolError
from reliance_eval.lottery import Draw, draw, lots_of, verify, verify_package
from reliance_eval.lottery.holding import Ballot, hold

# Coreutils and awk alone, written from the definition of RL1 and from nothing of this package.
BASH = r"""
set -euo pipefail
export LC_ALL=C
sum() { sha256sum | cut -c1-64; }
K=$(printf 'RL1\nprotocol=%s\nframe=%s\nquota=%s\nseed=%s\n' \
    "$(sum < protocol.txt)" "$(sum < frame.tsv)" "$(sum < quota.tsv)" "$(cat seed.txt)" | sum)
while IFS=$'\t' read -r unit stratum; do
    ticket=$(printf 'RL1 ticket\n%s\n%s\n' "$K" "$unit" | sha256sum)
    printf '%s\t%s\t%s\n' "$stratum" "${ticket%% *}" "$unit"
done < frame.tsv | sort | awk -F'\t' '
    NR == FNR { treated[$1] = $2; control[$1] = $3; next }
    { rank = ++seen[$1]
      arm = rank <= treated[$1] ? "T" : rank <= treated[$1] + control[$1] ? "C" : "R"
      printf "%s\t%s\t%d\t%s\t%s\n", $3, $1, rank, arm, $2 }' quota.tsv - | sum
"""


def eligible(n, block="-"):
    return pd.DataFrame({"unit": [f"u{i:04d}" for i in range(n)], "block": block})


@pytest.fixture(scope="module")
def nancy():
    return draw(flow_of(nancy_like(), **NANCY))


def test_six_hundred_are_drawn_half_and_half_within_eighteen_blocks(nancy):
    assert nancy.to_pandas().to_dict("list") == {
        "arm": ["offered", "control", "reserve"],
        "n": [300, 300, 40],
    }
    assert len(nancy.quotas) == 18
    assert np.sum([quota.places for quota in nancy.quotas], axis=0).tolist() == [300, 300]
    counts = nancy.drawn.groupby(["block", "arm"]).size()
    for quota in nancy.quotas:
        assert (counts[quota.block, "offered"], counts[quota.block, "control"]) == quota.places


def test_a_stranger_finds_the_same_assignment_with_sha256sum_and_sort(nancy, tmp_path):
    nancy.write(tmp_path)
    found = subprocess.run(
        ["bash", "-c", BASH],
        cwd=tmp_path / "package",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.strip() == nancy.assignment_digest


def test_the_list_of_sums_is_read_by_sha256sum(nancy, tmp_path):
    nancy.write(tmp_path)
    command = ["sha256sum", "--check", "--strict", "sha256sums.txt"]
    subprocess.run(command, cwd=tmp_path / "package", check=True, capture_output=True)


def test_the_package_of_a_draw_verifies(nancy, tmp_path):
    nancy.write(tmp_path)
    found = verify_package(tmp_path / "package")
    assert (found.draw_key, found.assignment_digest) == (nancy.draw_key, nancy.assignment_digest)
    assert found.counts == {"T": 300, "C": 300, "R": 40, "X": 0}
    assert (tmp_path / "package" / "protocol.txt").read_bytes() == SOURCE


def test_a_draw_verifies_and_its_probabilities_are_those_of_the_quotas(nancy):
    assert verify(nancy).counts == {"offered": 300, "control": 300, "reserve": 40}
    places = {quota.block: quota.places for quota in nancy.quotas}
    for row in nancy.drawn.itertuples():
        arm = nancy.arms.index(row.arm)
        assert row.probability == places[row.block][arm] / sum(places[row.block])
    assert nancy.reserve["probability"].isna().all()


def test_the_reserve_is_in_rank_order_within_each_block(nancy):
    for _, rows in nancy.reserve.groupby("block"):
        assert rows["rank"].is_monotonic_increasing
        assert rows["ticket"].is_monotonic_increasing


@pytest.mark.parametrize("order", range(5))
def test_row_order_never_matters(nancy, order):
    shuffled = nancy_like().sample(frac=1, random_state=order)
    assert record_of(draw(flow_of(shuffled, **NANCY))) == record_of(nancy)


def test_column_types_never_matter():
    numbers = pd.DataFrame({"unit": range(1000, 1020), "block": "-"})
    written = numbers.assign(unit=numbers["unit"].astype(str))
    categories = written.assign(unit=written["unit"].astype("category"))
    objects = written.astype(object)
    tables = (numbers, written, categories, objects)
    assert len({record_of(draw(flow_of(table))) for table in tables}) == 1


def test_leading_zeros_and_the_text_na_are_units_like_others():
    names = ["0012", "12", "NA", "null", "None", "nan", "a", "b", "c", "d"]
    drawn = draw(flow_of(pd.DataFrame({"unit": names, "block": "-"})))
    assert drawn.assignment["unit"].tolist() == sorted(names)


def test_the_assignment_is_the_plain_definition():
    """A few lines of hashlib, written from the definition of RL1."""

    def h(text):
        return hashlib.sha256(text).hexdigest()

    drawn = draw(flow_of(eligible(12)))
    frame = "".join(f"u{i:04d}\t-\n" for i in range(12)).encode()
    digests = h(SOURCE), h(frame), h(b"-\t4\t4\n")
    text = "RL1\nprotocol={}\nframe={}\nquota={}\nseed=text:Reliance-2018\n".format(*digests)
    key = h(text.encode())
    ranked = sorted((h(f"RL1 ticket\n{key}\nu{i:04d}\n".encode()), f"u{i:04d}") for i in range(12))
    assert drawn.draw_key == key
    for arm, units in {
        "offered": ranked[:4],
        "control": ranked[4:8],
        "reserve": ranked[8:],
    }.items():
        found = drawn.assignment.loc[drawn.assignment["arm"] == arm, "unit"]
        assert sorted(found) == sorted(unit for _, unit in units)


def test_three_arms_are_written_as_numbers(tmp_path):
    drawn = draw(flow_of(eligible(20), arms={"letter": 5, "call": 5, "none": 6}))
    drawn.write(tmp_path)
    lines = (tmp_path / "package" / "assignment.tsv").read_text().splitlines()
    arms = [line.split("\t")[3] for line in lines]
    assert arms == ["1"] * 5 + ["2"] * 5 + ["3"] * 6 + ["R"] * 4
    assert verify_package(tmp_path / "package").counts == {"1": 5, "2": 5, "3": 6, "R": 4, "X": 0}


def test_another_seed_gives_another_draw_and_the_record_says_so():
    flow = flow_of(eligible(40))
    other = draw(flow, seed="text:another")
    assert other.seed == "text:another"
    assert other.assignment_digest != draw(flow).assignment_digest


def test_what_inference_replays_is_the_drawn_units_in_order(nancy):
    lots = lots_of(nancy)
    assert lots.blocks.size == 600
    assert lots.places.sum(axis=0).tolist() == [300, 300]
    names = sorted({quota.block for quota in nancy.quotas})
    drawn = nancy.drawn.sort_values("unit")
    assert [names[code] for code in lots.blocks] == drawn["block"].tolist()


def test_a_draw_is_saved_and_loaded_unchanged(nancy, tmp_path):
    nancy.write(tmp_path)
    loaded = Draw.load(tmp_path, parent=nancy.parent)
    assert loaded.digest == nancy.digest
    assert verify(loaded) == verify(nancy)


def test_a_shareable_folder_holds_no_package(nancy, tmp_path):
    nancy.write(tmp_path, shareable=True)
    assert [path.name for path in tmp_path.iterdir()] == ["artefact.json"]
    assert "SYNTH-" not in (tmp_path / "artefact.json").read_text()


def test_a_notebook_shows_counts_and_digests_and_nobody(nancy):
    shown = nancy._repr_html_()
    assert "offered" in shown
    assert nancy.draw_key[:12] in shown
    assert "SYNTH-" not in shown


def test_a_changed_record_is_seen(nancy):
    changed = nancy.assignment.copy()
    first, last = (
        changed.index[changed["arm"] == "offered"][0],
        changed.index[changed["arm"] == "control"][0],
    )
    changed.loc[[first, last], "arm"] = ["control", "offered"]
    with pytest.raises(IntegrityError) as caught:
        verify(replace(nancy, assignment=changed))
    assert [fault.where for fault in caught.value.faults] == ["assignment"]
    with pytest.raises(IntegrityError) as caught:
        verify(replace(nancy, seed="text:nicer"))
    assert "draw_key" in [fault.where for fault in caught.value.faults]


def refused(kind, flow, **options):
    with pytest.raises(kind) as caught:
        draw(flow, **options)
    for language in ("en", "fr"):
        assert caught.value.text(language)
    return caught.value


@pytest.mark.parametrize(
    "seed",
    [None, "drand:quicknet:657413:" + "a" * 64, "rfc3797:9319./2.5.8.10.12./", "dice:416253"],
)
def test_a_public_seed_asks_for_a_commitment_first(seed):
    error = refused(ProtocolError, flow_of(eligible(20), seed=seed))
    assert (error.code, error.exit_code) == ("E-LOTTERY-NO-COMMITMENT", 78)
    assert "commit first" in error.text("en")


def test_a_protocol_that_waits_for_a_public_event_cannot_be_drawn_with_a_chosen_seed():
    flow = flow_of(eligible(20), seed="rfc3797:9319./2.5.8.10.12./")
    assert refused(ProtocolError, flow, seed="text:nicer").code == "E-LOTTERY-NO-COMMITMENT"


@pytest.mark.parametrize(
    "seed",
    [
        "Reliance-2018",
        "text:",
        "text:two words",
        "text:été",
        "text:" + "a" * 65,
        "text:a\n",
        "\ufefftext:a",
    ],
)
def test_a_seed_with_two_spellings_is_refused(seed):
    assert refused(ProtocolError, flow_of(eligible(20)), seed=seed).code == "E-LOTTERY-SEED"


def test_a_design_without_a_rule_is_refused_with_the_nearest():
    error = refused(ProtocolError, flow_of(eligible(20), design="stratifed"))
    assert error.faults[0].values["nearest"] == "stratified"


def test_too_few_eligible_units_are_counted_with_the_reasons():
    # O36 of the fault catalogue: 598 eligible, 600 wanted.
    error = refused(DataError, flow_of(eligible(598), arms={"offered": 300, "control": 300}))
    assert (error.code, error.exit_code) == ("E-LOTTERY-TOO-FEW", 65)
    for expected in ("598", "600", "under_50 7"):
        assert expected in error.text("en")


@pytest.mark.parametrize(
    ("unit", "code_point"),
    [("a b", "U+0020"), ("a\tb", "U+0009"), ("é1", "U+00E9"), ("7.25", "U+002E")],
)
def test_an_identifier_outside_the_alphabet_is_given_by_row_and_code_point(unit, code_point):
    table = eligible(20)
    table.loc[6, "unit"] = unit
    error = refused(DataError, flow_of(table))
    assert error.code == "E-LOTTERY-ALPHABET"
    assert error.faults[0].where == "eligible:7"
    assert code_point in error.text("en")
    assert unit not in error.text("en")


def test_an_identifier_longer_than_sixty_four_is_refused():
    table = eligible(20)
    table.loc[3, "unit"] = "x" * 65
    assert refused(DataError, flow_of(table)).code == "E-LOTTERY-LENGTH"


def test_duplicates_are_refused_by_row_and_never_by_identifier():
    table = eligible(20)
    table.loc[[4, 9], "unit"] = "u0001"
    error = refused(DataError, flow_of(table))
    assert error.code == "E-LOTTERY-DUPLICATE"
    assert error.faults[0].values == {"n": 2, "rows": "5, 10"}
    assert "u0001" not in error.text("en")


def test_a_missing_identifier_or_block_is_refused():
    table = eligible(20).astype(object)
    table.loc[3, "unit"] = None
    table.loc[4, "block"] = None
    error = refused(DataError, flow_of(table))
    assert {fault.values["column"] for fault in error.faults} == {"unit", "block"}


def test_more_places_than_live_units_are_refused_before_the_seed_is_used():
    ballot = Ballot(
        protocol=b"p\n",
        units=["a", "b", "c"],
        strata=["-"] * 3,
        quotas={"-": (1, 1)},
        excluded=frozenset({"a", "b"}),
        seed="text:never-read",
    )
    with pytest.raises(DataError) as caught:
        hold(ballot)
    assert caught.value.code == "E-LOTTERY-QUOTA"


@given(st.integers(0, 29), st.integers(0, 1000))
def test_an_exclusion_never_reshuffles(excluded, seed):
    """Smaller ranks stay; at most one unit moves from C to T and one from reserve to C."""
    units = [f"u{i:02d}" for i in range(30)]
    ballot = Ballot(
        protocol=b"p\n",
        units=units,
        strata=["-"] * 30,
        quotas={"-": (10, 10)},
        excluded=frozenset(),
        seed=f"text:{seed}",
    )
    before = hold(ballot)
    after = hold(
        Ballot(
            protocol=ballot.protocol,
            units=units,
            strata=ballot.strata,
            quotas=ballot.quotas,
            excluded=frozenset({units[excluded]}),
            seed=ballot.seed,
        )
    )
    assert after.draw_key == before.draw_key
    assert after.arms[excluded] == -2
    smaller = before.ranks < before.ranks[excluded]
    np.testing.assert_array_equal(before.ranks[smaller], after.ranks[smaller])
    others = np.arange(30) != excluded
    moved = others & (before.arms != after.arms)
    moves = set(zip(before.arms[moved].tolist(), after.arms[moved].tolist(), strict=True))
    assert moves <= {(1, 0), (-1, 1)}
    assert len(moves) == moved.sum()


def test_a_stratum_by_another_name_is_another_draw():
    def key(stratum):
        return hold(
            Ballot(
                protocol=b"p\n",
                units=["a", "b"],
                strata=[stratum] * 2,
                quotas={stratum: (1, 1)},
                excluded=frozenset(),
                seed="text:x",
            )
        ).draw_key

    assert key("north") != key("south")


def test_a_line_end_inside_an_identifier_never_passes_for_two_units():
    table = nancy_like()
    table.loc[3, "unit"] = "SYNTH-A\nSYNTH-B"
    with pytest.raises(DataError) as caught:
        draw(flow_of(table, **NANCY))
    assert caught.value.faults[0].where == "eligible:4"
    assert caught.value.faults[0].values["code_point"] == "U+000A"

"""Rehearsals: fair ones pass, unfair ones are caught, none can be taken for a draw."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1] / "lottery"))

from small_lotteries import NANCY, flow_of, households, nancy_like

from reliance_eval.errors import IntegrityError, ProtocolError
from reliance_eval.lottery import DESIGNS, draw, verify_package
from reliance_eval.lottery.design import Lots
from reliance_eval.lottery.examining import PAIRS, Examination, Tally, examined, scores
from reliance_eval.lottery.rehearsing import SEED, by_generator, ranks_of, rehearse
from reliance_eval.lottery.seeds import is_canonical


def lots(sizes: tuple[int, ...] = (30, 20), places: tuple[int, int] = (8, 8)) -> Lots:
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    return Lots(blocks, np.array([places] * len(sizes)), np.arange(blocks.size))


def examination(of: Lots, *, count: int = 4000, design: str = "stratified") -> Examination:
    tally = Tally(of)
    for arms, ranks in by_generator(DESIGNS[design], of, count=count):
        tally.add(arms, ranks)
    return examined(tally, DESIGNS[design].probabilities(of))


# ------------------------------------------------------------------ no draw


@pytest.mark.parametrize("number", [1, 7, 20_000])
def test_a_rehearsal_seed_is_outside_the_grammar_of_seeds(number: int) -> None:
    assert not is_canonical(SEED.format(number=number))


def test_a_rehearsal_seed_draws_nothing() -> None:
    flow = flow_of(nancy_like(), **NANCY)
    with pytest.raises(ProtocolError) as refused:
        draw(flow, seed=SEED.format(number=1))
    assert refused.value.code == "E-LOTTERY-SEED"


def test_a_package_with_a_rehearsal_seed_does_not_verify(tmp_path: Path) -> None:
    draw(flow_of(nancy_like(), **NANCY)).save(tmp_path)
    package = tmp_path / "draw" / "package"
    (package / "seed.txt").write_bytes(SEED.format(number=1).encode())
    (package / "sha256sums.txt").unlink()
    with pytest.raises(IntegrityError) as refused:
        verify_package(package)
    assert refused.value.code == "E-PACKAGE-SEED"


# ------------------------------------------------------------------ fair designs


@pytest.mark.parametrize(
    "clause",
    [
        NANCY,
        {"design": "complete", "arms": {"offered": 100, "control": 150}},
        {"design": "complete", "arms": {"a": 60, "b": 100, "control": 80}, "reference": "control"},
        {
            "design": "simple",
            "odds": (1, 3),
            "arms": {"offered": 213, "control": 427},
            "blocks": ("job", "children", "seniority"),
        },
    ],
    ids=["stratified", "complete", "three-arms", "simple"],
)
def test_a_fair_lottery_passes(clause: dict[str, object]) -> None:
    found = rehearse(flow_of(nancy_like(), **clause), count=250)
    assert found.is_fair
    assert set(found.examinations) == {"sha256", "numpy"}


def test_small_blocks_and_pairs_of_units_pass() -> None:
    of = lots(sizes=(2,) * 40, places=(1, 1))
    assert examination(of, design="pairs").is_fair


def test_a_rerandomised_draw_is_examined_without_what_has_no_formula() -> None:
    rng = np.random.default_rng(1)
    base = lots(sizes=(20,), places=(10, 10))
    of = Lots(
        base.blocks,
        base.places,
        base.clusters,
        covariates=rng.integers(0, 10, (20, 1)),
        bounds=np.array([60]),
    )
    found = examination(of, design="rerandomised")
    assert found.is_fair
    assert (found.p, found.pairing) == (None, None)


def test_the_chi_square_of_inclusion_has_its_degrees_of_freedom() -> None:
    # Two blocks, two arms and a reserve: (30 - 1)(3 - 1) + (20 - 1)(3 - 1).
    found = examination(lots())
    assert found.df == 29 * 2 + 19 * 2
    # Two arms without reserve: (30 - 1)(2 - 1).
    assert examination(lots(sizes=(30,), places=(15, 15))).df == 29


def test_p_values_of_fair_rehearsals_are_uniform() -> None:
    # Kolmogorov-Smirnov on 60 independent examinations of 400 draws, at 1 in 1,000.
    of = lots(sizes=(12, 9), places=(3, 4))
    design, values = DESIGNS["stratified"], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        tickets = rng.random((400, of.blocks.size))
        tally = Tally(of)
        tally.add(design.allocate(tickets, of), ranks_of(tickets, of.blocks))
        values.append(examined(tally, design.probabilities(of)).p)
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_pair_chances_are_those_of_all_assignments() -> None:
    # Enumeration of the 210 assignments of 3 + 3 places among 7 is exact; so is the formula.
    of = lots(sizes=(7,), places=(3, 2))
    design = DESIGNS["stratified"]
    arms = np.stack(list(design.enumerate(of)))
    both = [np.mean((arms[:, i] == 0) & (arms[:, j] == 0)) for i, j in combinations(range(7), 2)]
    assert np.allclose(both, 3 * 2 / (7 * 6))
    tally = Tally(of)
    tally.add(arms, np.broadcast_to(np.arange(1, 8), arms.shape))
    found = examined(tally, design.probabilities(of))
    assert np.allclose(tally.together / len(arms), 3 * 2 / (7 * 6))
    # Half of the count's own probability on either side leaves a little of the law's skewness.
    assert np.abs(found.pair_deviations).max() < 0.1
    assert np.abs(found.deviations).max() < 0.1


# ------------------------------------------------------------------ unfair ones


def unfair(of: Lots, change: str, *, count: int = 4000) -> Examination:
    """Hold a lottery whose tickets favour somebody."""
    rng, design = np.random.default_rng(3), DESIGNS["stratified"]
    tickets = rng.random((count, of.blocks.size))
    if change == "one":
        tickets[:, 5] **= 1.2
    elif change == "early":
        tickets = (tickets + 0.05 * np.linspace(0, 1, of.blocks.size)) / 1.05
    elif change == "friends":
        is_together = rng.random(count) < 0.1
        tickets[is_together, 1] = tickets[is_together, 0] * (1 - 1e-9)
    tally = Tally(of)
    tally.add(design.allocate(tickets, of), ranks_of(tickets, of.blocks))
    return examined(tally, design.probabilities(of))


def test_a_favoured_unit_is_found() -> None:
    found = unfair(lots(), "one")
    assert not found.inclusion.is_fair
    assert found.p is not None
    assert found.p < 0.001


def test_an_advantage_of_the_first_entered_is_found() -> None:
    found = unfair(lots(), "early")
    assert abs(found.correlation_z) > 5
    assert not found.is_fair
    assert found.group_ranks[0] < 0.5 < found.group_ranks[-1]


def test_friends_who_win_together_are_found_though_each_has_her_chance() -> None:
    of = lots(sizes=(30,), places=(15, 15))
    found = unfair(of, "friends", count=20_000)
    assert found.pairing is not None
    assert not found.pairing.is_fair


def test_a_lottery_without_change_is_fair() -> None:
    assert unfair(lots(), "nothing").is_fair


# ------------------------------------------------------------------ sums, ranks, limits


def test_ranks_are_those_of_the_tickets_within_each_block() -> None:
    blocks = np.array([1, 0, 1, 0, 1])
    tickets = np.array([[0.5, 0.9, 0.1, 0.2, 0.7]])
    assert ranks_of(tickets, blocks).tolist() == [[2, 2, 1, 1, 3]]


def test_cutting_the_rehearsals_changes_no_sum() -> None:
    of, design = lots(), DESIGNS["stratified"]
    tickets = np.random.default_rng(0).random((60, of.blocks.size))
    arms, ranks = design.allocate(tickets, of), ranks_of(tickets, of.blocks)
    whole, cut = Tally(of), Tally(of)
    whole.add(arms, ranks)
    for part in (slice(0, 13), slice(13, 60)):
        cut.add(arms[part], ranks[part])
    assert np.array_equal(whole.included, cut.included)
    assert np.array_equal(whole.together, cut.together)
    assert np.allclose(whole.groups(), cut.groups())


def test_two_people_who_rehearse_one_list_see_the_same() -> None:
    table = nancy_like()
    first = rehearse(flow_of(table, **NANCY), count=200)
    second = rehearse(flow_of(table.sample(frac=1, random_state=1), **NANCY), count=200)
    for source, found in first.examinations.items():
        assert np.array_equal(found.deviations, second.examinations[source].deviations)


def test_pairs_are_of_two_units_each_once() -> None:
    pairs = Tally(lots(sizes=(200, 300), places=(10, 10))).pairs
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs) <= PAIRS


def test_a_draw_held_elsewhere_and_a_handful_of_rehearsals_are_refused() -> None:
    with pytest.raises(ProtocolError) as few:
        rehearse(flow_of(nancy_like(), **NANCY), count=10)
    assert few.value.code == "E-REHEARSAL-FEW"
    with pytest.raises(ProtocolError) as recorded:
        rehearse(flow_of(households({"job_0_ch_1_rsa_2_5": 20}), design="recorded"), count=200)
    assert recorded.value.code == "E-REHEARSAL-RECORDED"


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    rehearse(
        flow_of(nancy_like(), **NANCY),
        count=200,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.slow
def test_twenty_thousand_rehearsals_of_two_thousand_units_are_fair() -> None:
    assert rehearse(flow_of(nancy_like(2000), **NANCY), count=20_000).is_fair


def test_scores_of_a_fair_coin_are_normal_even_when_heads_are_rare() -> None:
    # 200,000 counts of 250 draws at 1 in 100; limits are those of the normal law.
    counts = np.random.default_rng(4).binomial(250, 0.01, 200_000)
    found = scores(counts, np.full(counts.size, 0.01), draws=250)
    assert abs(found.mean()) < 0.05
    assert (np.abs(found) > 4).mean() < 2 * 2 * stats.norm.sf(4)

"""A diagnosis: formulas from the protocol, simulated trials through the line, a page, a command."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from short_trials import HORIZON, OUTCOMES, nancy, short

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Promise
from reliance_eval.power import Diagnosis, Spread, diagnose
from reliance_eval.power.diagnosis_page import diagnosis_document, diagnosis_page
from reliance_eval.power.foreseeing import foreseen, why_not
from reliance_eval.power.operating import operating_of, shifts_of
from reliance_eval.power.repeating import Asked, Found, hold, repeat
from reliance_eval.protocol import Protocol

TRIALS = 20


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    return short(tmp_path_factory.mktemp("short"))


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def simulated(protocol: Protocol, told: list[tuple[int, int]]) -> Diagnosis:
    return diagnose(
        protocol, simulate=TRIALS, seed=7, progress=lambda done, total: told.append((done, total))
    )


# ------------------------------------------------------------------ by formula


def test_the_published_calculation_comes_out_of_the_protocol(tmp_path: Path) -> None:
    # Heim 2024, p. 14: see test_power_formulas.
    found = diagnose(
        nancy(tmp_path),
        simulate=0,
        take_up=0.5,
        attrition=0.12,
        standard_deviation={"employed": 0.3},
    )
    late = next(d for d in found.detectable if d.promise.id == "employed.36.late.wald")
    assert late.matters == 0.10
    assert late.needed is not None
    assert (round(late.needed.arm), round(late.needed.drawn)) == (565, 1284)
    itt = next(d for d in found.detectable if d.promise.id == "employed.36.itt.blocked")
    assert late.smallest == pytest.approx(2 * (itt.smallest or 0))
    # 600 places find ten points on participants hardly more than every other time.
    assert late.power == pytest.approx(0.48, abs=0.01)


def test_every_promise_for_everyone_has_its_smallest_effect(tmp_path: Path) -> None:
    found = diagnose(nancy(tmp_path), simulate=0, standard_deviation={"income_per_unit": 230.0})
    table = found.tidy().set_index("id")
    # Three analyses of five outcomes at three horizons and of one at two.
    assert len(table) == 3 * (5 * 3 + 2)
    assert table.loc["employed.3.itt.blocked", "family_size"] == 9
    assert table.loc["transfers.3.itt.blocked", "family_size"] == 1
    # In euros where somebody says how far apart incomes are; else in standard deviations alone.
    assert table.loc["income_per_unit.12.itt.blocked", "smallest"] == pytest.approx(52.7, abs=0.1)
    assert table["smallest"].isna()["transfers.3.itt.blocked"]
    assert table.loc["transfers.3.itt.blocked", "smallest_in_sd"] == pytest.approx(0.229, abs=1e-3)
    assert found.operating == ()
    assert all(c.points[0].simulated is None for c in found.curves)


def test_what_is_supposed_says_who_supposes_it(tmp_path: Path) -> None:
    text = '[inference]\nlevel = 0.95\nadjust = "max-t"'
    clause = "[power]\ntake_up = 0.4\nbase_rate = { employed = 0.26 }\nblock_r2 = 0.1\n\n"
    found = diagnose(nancy(tmp_path, (text, clause + text)), simulate=0, take_up=0.5)
    late = next(d for d in found.detectable if d.promise.id == "employed.3.late.wald")
    assert (late.take_up.value, late.take_up.source) == (0.5, "option")
    assert late.base_rate is not None
    assert (late.base_rate.value, late.base_rate.source) == (0.26, "protocol")
    assert found.assumed["block_r2"].source == "protocol"
    assert found.assumed["icc"].source == "default"
    poor = next(d for d in found.detectable if d.promise.id == "poor.3.itt.blocked")
    assert poor.base_rate is not None
    assert (poor.base_rate.value, poor.base_rate.source) == (0.5, "default")


def test_an_unknown_take_up_leaves_the_effect_on_participants_unknown(tmp_path: Path) -> None:
    found = diagnose(nancy(tmp_path), simulate=0)
    late = next(d for d in found.detectable if d.promise.estimand == "late")
    assert (late.smallest, late.in_sd, late.take_up.value) == (None, None, None)


def test_what_cannot_be_supposed_is_refused(protocol: Protocol) -> None:
    with pytest.raises(ProtocolError) as bounds:
        diagnose(protocol, simulate=0, take_up=1.5)
    assert bounds.value.code == "E-POWER-SUPPOSED"
    with pytest.raises(ProtocolError) as outcome:
        diagnose(protocol, simulate=0, base_rate={"happy": 0.5})
    assert outcome.value.code == "E-POWER-OUTCOME"
    with pytest.raises(ProtocolError) as few:
        diagnose(protocol, simulate=3)
    assert few.value.code == "E-POWER-FEW"


def test_the_protocol_names_only_its_own_outcomes(tmp_path: Path) -> None:
    text = '[inference]\nlevel = 0.95\nadjust = "max-t"'
    with pytest.raises(ProtocolError) as error:
        nancy(tmp_path, (text, "[power]\nbase_rate = { hired = 0.1 }\n\n" + text))
    assert "hired" in error.value.text("en")


# ------------------------------------------------------------------ simulated trials


def test_a_trial_goes_through_the_line_with_its_own_people_and_seed(protocol: Protocol) -> None:
    seen = foreseen(protocol, Path("elsewhere"), number=3)
    assert seen.clauses.lottery.seed == "text:diagnosis-3"
    assert seen.folder == Path("elsewhere")
    # Nothing is promised that the last delivery would not show.
    (last,) = seen.clauses.extracts["monthly"].deliveries
    assert last.extracted_on.isoformat() >= "2019-08"
    assert protocol.clauses.lottery.seed == "text:Reliance-2018"


def test_a_draw_held_elsewhere_is_diagnosed_by_formula_alone(protocol: Protocol) -> None:
    lottery = protocol.clauses.lottery.model_copy(update={"design": "recorded"})
    recorded = replace(protocol, clauses=protocol.clauses.model_copy(update={"lottery": lottery}))
    assert [fault.code for fault in why_not(recorded)] == ["E-SIMULATION-RECORDED"]
    found = diagnose(recorded)
    assert found.simulated is None
    assert found.not_simulated == ("E-SIMULATION-RECORDED",)
    with pytest.raises(ProtocolError):
        diagnose(recorded, simulate=100)


def test_every_promise_is_characterised(simulated: Diagnosis) -> None:
    promised = {f"{o}.{HORIZON}.{rest}" for o in OUTCOMES for rest in RESTS}
    assert {item.promise.id for item in simulated.operating} == promised
    for item in simulated.operating:
        assert item.answered >= TRIALS - 1
        assert item.bias is not None
        assert item.coverage is not None
        assert abs(item.bias.value) < 4 * item.bias.error
        assert item.coverage.value >= 0.8
        assert item.smallest is not None
        assert item.smallest.error > 0


RESTS = ("itt.blocked", "itt.lin", "late.wald")


def test_simulated_trials_fill_what_nobody_supposes(simulated: Diagnosis) -> None:
    late = next(d for d in simulated.detectable if d.promise.estimand == "late")
    # 0.386 in the world (H24 Table 1), seen on 20 x 300 offers: an error of 0.6 points.
    assert late.take_up.source == "simulated"
    assert late.take_up.value == pytest.approx(0.386, abs=0.025)
    assert late.base_rate is not None
    assert late.base_rate.source == "simulated"
    income = next(d for d in simulated.detectable if d.promise.outcome == "income_per_unit")
    assert income.smallest is not None
    assert income.attrition.source == "simulated"


def test_formula_and_trials_agree_on_the_smallest_effect(simulated: Diagnosis) -> None:
    by_id = {item.promise.id: item for item in simulated.detectable}
    for item in simulated.operating:
        formula = by_id[item.promise.id].smallest
        if item.promise.estimator != "lin" and formula and item.smallest:
            # Blocks explain a little that the formula was not told of.
            assert 0.75 * formula < item.smallest.value < 1.15 * formula + 4 * item.smallest.error


def test_progress_is_told_to_the_end(simulated: Diagnosis, told: list[tuple[int, int]]) -> None:
    assert simulated.simulated is not None
    assert told == [(done, TRIALS) for done in range(1, TRIALS + 1)]


def test_the_number_of_workers_changes_nothing(protocol: Protocol) -> None:
    asked = Asked(protocol=protocol, seed=7)
    alone = [hold(asked, number) for number in range(2)]
    assert list(repeat(asked, 2, workers=2)) == alone
    assert alone[0] != alone[1]


# ------------------------------------------------------------------ characteristics, by hand

PROMISE = Promise(
    id="y.1.itt.blocked",
    outcome="y",
    horizon_months=1,
    estimand="itt",
    estimator="blocked",
    arm="t",
    reference="c",
)


def found(estimate: float, *, error: float = 1.0, truth: float | None = 1.0) -> Found:
    return Found(
        estimate=estimate,
        error=error,
        statistic=estimate / error,
        std_error=error,
        p_value=0.01 if abs(estimate) > 1.96 * error else 0.5,
        p_adjusted=0.5,
        critical=1.96,
        critical_family=2.5,
        take_up=1.0,
        intervals=((estimate - 1.96 * error, estimate + 1.96 * error),),
        truth=truth,
        sample_truth=truth,
    )


def test_characteristics_are_those_counted_by_hand() -> None:
    # Significant: 3, 4 and -2; their sizes over the truth of 1 are 3, 4 and 2.
    trials = [found(x) for x in (3.0, 4.0, -2.0, 0.5, 1.5)]
    item = operating_of(PROMISE, trials, power=0.8)
    assert item is not None
    assert item.bias is not None
    assert item.bias.value == pytest.approx((3 + 4 - 2 + 0.5 + 1.5) / 5 - 1)
    assert item.bias.error == pytest.approx(np.std([3, 4, -2, 0.5, 1.5], ddof=1) / np.sqrt(5))
    assert item.coverage is not None
    assert item.coverage.value == pytest.approx(2 / 5)
    assert item.power.value == pytest.approx(3 / 5)
    assert item.power_family is not None
    assert item.power_family.value == 0
    assert item.power_family.error > 0
    assert item.wrong_sign is not None
    assert item.wrong_sign.value == pytest.approx(1 / 3)
    assert item.exaggeration is not None
    assert item.exaggeration.value == pytest.approx(3.0)


def test_no_effect_has_neither_wrong_sign_nor_exaggeration() -> None:
    item = operating_of(PROMISE, [found(x, truth=0.0) for x in (3.0, -3.0, 0.1)], power=0.8)
    assert item is not None
    assert (item.wrong_sign, item.exaggeration) == (None, None)


def test_a_truth_nobody_can_tell_leaves_power_alone() -> None:
    item = operating_of(PROMISE, [found(x, truth=None) for x in (3.0, -3.0, 0.1)], power=0.8)
    assert item is not None
    assert (item.truth, item.bias, item.coverage) == (None, None, None)
    assert item.power.value == pytest.approx(2 / 3)


def test_moved_estimates_find_2_8_standard_errors_four_times_in_five() -> None:
    rng = np.random.default_rng(1)
    shifts = shifts_of([found(float(x)) for x in rng.standard_normal(20_000)])
    assert shifts is not None
    smallest = shifts.smallest(0.80)
    assert smallest.value == pytest.approx(2.80, abs=4 * smallest.error)
    assert shifts.power_at(0.0).value == pytest.approx(0.05, abs=0.006)


def test_a_share_that_rises_is_stretched() -> None:
    rng = np.random.default_rng(2)
    trials = [found(0.02 * float(x), error=0.02) for x in rng.standard_normal(20_000)]
    plain = shifts_of(trials)
    stretched = shifts_of(trials, spread=Spread(0.3, 0.10, 1.0))
    assert plain is not None
    assert stretched is not None
    assert stretched.power_at(0.05).value < plain.power_at(0.05).value - 0.03


# ------------------------------------------------------------------ artefact, page, command


def test_a_diagnosis_is_kept_and_read_again(simulated: Diagnosis, tmp_path: Path) -> None:
    folder = simulated.save(tmp_path)
    again = Diagnosis.load(folder, parent=simulated.parent)
    assert again.digest == simulated.digest
    assert again.operating == simulated.operating
    assert {path.name for path in folder.iterdir()} >= {"detectable.csv", "operating.parquet"}
    assert "smallest" in simulated._repr_html_()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_shows_pictures_with_their_numbers(simulated: Diagnosis, language: str) -> None:
    page = diagnosis_page(simulated, language)
    text = page.decode("utf-8")
    assert text.count("<svg") == len(simulated.curves) == 2
    assert not re.search(r"<script|<link|<img", text)
    said = {"fr": "personne n’y existe", "en": "nobody in them exists"}[language]
    assert said in text
    assert diagnosis_page(simulated, language) == page


def test_both_languages_print_the_same_numbers(simulated: Diagnosis) -> None:
    values = [
        [(n.id, n.value) for n in diagnosis_document(simulated, code).numbers()]
        for code in ("fr", "en")
    ]
    assert values[0] == values[1]
    assert len(values[0]) > 60


def test_the_command_writes_pages_and_a_line_of_the_log(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from reliance_eval.cli import app

    short(tmp_path)
    arguments = ["diagnose", "--study", str(tmp_path), "--simulate", "0", "--take-up", "0.4"]
    done = CliRunner().invoke(app, [*arguments, "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "power of 80%" in done.stdout
    folder = tmp_path / "out" / "diagnosis"
    assert {p.name for p in folder.iterdir()} >= {
        "artefact.json",
        "detectable.csv",
        "diagnosis.en.html",
        "diagnosis.fr.html",
    }
    assert '"act": "diagnose"' in (tmp_path / "out" / "log.jsonl").read_text(encoding="utf-8")

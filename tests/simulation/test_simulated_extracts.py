"""The files of a simulation: watermarked, lossy as real ones, never over somebody's delivery."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from reliance_eval import fingerprint
from reliance_eval.eligibility import screen
from reliance_eval.errors import IntegrityError, ProtocolError, SealedError
from reliance_eval.extract import read_extract, read_extracts
from reliance_eval.lottery import draw
from reliance_eval.simulation import WATERMARK, simulate

T0 = 2018 * 12 + 1


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): fingerprint.of_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def months_after_the_draw(simulated) -> pd.DataFrame:
    files = [simulated.path(f"data/monthly/{year}.parquet") for year in range(2018, 2022)]
    rows = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    day = pd.to_datetime(rows["month"])
    rows["relative"] = day.dt.year * 12 + day.dt.month - 1 - T0
    return rows[rows["relative"].between(1, 36)]


def test_every_file_says_that_nobody_in_it_exists(simulated):
    for name in simulated.simulation.files:
        path = simulated.path(name)
        if path.suffix == ".parquet":
            assert pq.read_schema(path).metadata[b"synthetic"] == WATERMARK.encode()
            assert set(pq.read_table(path, columns=["synthetic"])["synthetic"].to_pylist()) == {
                WATERMARK
            }
        elif path.suffix == ".csv":
            encoding = "cp1252" if "participation" in name else "utf-8"
            with path.open(encoding=encoding, newline="") as file:
                header, *rows = csv.reader(file, delimiter=";" if encoding == "cp1252" else ",")
            column = header.index("synthetic")
            assert rows
            assert {row[column] for row in rows} == {WATERMARK}
        else:
            assert json.loads(path.read_text(encoding="utf-8"))["synthetic"] == WATERMARK


def test_every_identifier_says_so_too(simulated):
    assert all(extract.is_synthetic for extract in read_extracts(simulated.protocol))
    assert simulated.draw.parent.synthetic


def test_one_monthly_file_a_year_and_one_row_group_a_month(simulated):
    files = sorted(path.name for path in simulated.path("data/monthly").iterdir())
    assert files == [f"{year}.parquet" for year in range(2016, 2022)]
    assert pq.ParquetFile(simulated.path("data/monthly/2018.parquet")).num_row_groups == 12


def test_nobody_signs_without_an_offer(simulated):
    rows = pd.read_csv(simulated.path("data/participation.csv"), sep=";", encoding="cp1252")
    assignment = simulated.draw.assignment
    offered = assignment.loc[assignment["arm"] == "offered", "unit"]
    assert set(rows["household_id"]) == set(offered)
    # 300 offers at 0.386: three standard errors of 0.028.
    assert (rows["contrat_signé"] == "oui").mean() == pytest.approx(0.386, abs=0.085)


def test_only_the_drawn_are_interviewed_and_seven_in_ten_answer(simulated):
    rows = pd.read_csv(simulated.path("data/survey.csv"))
    assert set(rows["household_id"]) <= set(simulated.draw.drawn["unit"])
    # 600 people at three waves: three standard errors of a share of 0.7 among 1,800.
    assert len(rows) / 1800 == pytest.approx(0.70, abs=0.033)
    assert rows["well_being"].between(0, 10).all()
    # 4.6 out of 10 at the start (SPP IS); three standard errors among 420 answers of sd 2.1.
    assert rows["well_being"].mean() == pytest.approx(4.6, abs=0.3)


def test_files_are_lost_and_declarations_missing_as_published(simulated):
    rows = months_after_the_draw(simulated)
    households = 20_000
    # H24 p.53-56: 4.1 % of files lost for good, complete data in 92 % of the months. Regressions
    # keep 96-97 % of household-months for income and transfers. Standard errors: 0.14 points for
    # files; months of one household are alike, so 0.1 to 0.2 points for the others.
    last = rows[rows["relative"] == 36]
    assert 1 - len(last) / households == pytest.approx(0.041, abs=0.005)
    cells = households * 36
    assert (rows["MTACMONX"] != 99999).sum() / cells == pytest.approx(0.92, abs=0.01)
    assert (rows["RUC"] != 99999).sum() / cells == pytest.approx(0.963, abs=0.01)
    assert len(rows) / cells == pytest.approx(0.972, abs=0.01)


def test_a_file_lost_stays_lost(simulated):
    rows = months_after_the_draw(simulated)
    last = rows.groupby("household_id")["relative"].agg(["max", "count"])
    assert (last["max"] == last["count"]).all()


def test_nothing_is_delivered_before_it_happens(nancy):
    protocol = nancy(
        (
            '"data/survey.csv", extracted_on = 2021-04-30',
            '"data/survey.csv", extracted_on = 2018-12-31',
        ),
        ("extracted_on = 2022-07-05", "extracted_on = 2019-03-05"),
        (
            'participation.csv", extracted_on = 2018-06-30',
            'participation.csv", extracted_on = 2018-03-31',
        ),
    )
    simulate(protocol, households=4_000, eligible_share=0.25)
    data = protocol.folder / "data"
    survey = pd.read_csv(data / "survey.csv", parse_dates=["answered_on"])
    assert survey["answered_on"].max() < pd.Timestamp(2018, 6, 1)
    assert sorted(p.name for p in (data / "monthly").iterdir())[-1] == "2019.parquet"
    months = pq.read_table(data / "monthly/2019.parquet")["month"].to_pylist()
    assert max(months) == date(2019, 2, 1)
    signed = pd.read_csv(data / "participation.csv", sep=";", encoding="cp1252")
    days = pd.to_datetime(signed["date_signature"], format="%d/%m/%Y")
    assert days.max() <= pd.Timestamp(2018, 3, 31)
    assert (days.notna() == (signed["contrat_signé"] == "oui")).all()


def test_a_delivery_before_anything_happened_has_not_come_yet(nancy):
    protocol = nancy(
        ("extracted_on = 2018-06-30", "extracted_on = 2018-02-15"),
        ("extracted_on = 2021-04-30", "extracted_on = 2018-02-20"),
    )
    simulation = simulate(protocol, households=4_000, eligible_share=0.25)
    assert "data/survey.csv" not in simulation.files
    assert not (protocol.folder / "data/survey.csv").exists()
    signed = pd.read_csv(protocol.folder / "data/participation.csv", sep=";", encoding="cp1252")
    assert set(signed["contrat_signé"]) == {"non"}


def test_several_deliveries_of_one_extract_overlap_and_agree(nancy):
    both = (
        '[{ path = "data/survey-*.csv", extracted_on = 2018-12-31 },'
        ' { path = "data/survey.csv", extracted_on = 2021-04-30 }]'
    )
    protocol = nancy(('[{ path = "data/survey.csv", extracted_on = 2021-04-30 }]', both))
    simulation = simulate(protocol, households=4_000, eligible_share=0.25)
    assert {"data/survey-2018-12-31.csv", "data/survey.csv"} <= set(simulation.files)
    early, late = (
        pd.read_csv(protocol.folder / "data" / name)
        for name in ("survey-2018-12-31.csv", "survey.csv")
    )
    pd.testing.assert_frame_equal(early, late.head(len(early)))


def test_the_same_seed_gives_the_same_bytes_elsewhere(nancy):
    protocol = nancy()
    script = (
        "import sys\n"
        "from reliance_eval.protocol import read_protocol\n"
        "from reliance_eval.simulation import simulate\n"
        "simulate(read_protocol(sys.argv[1]), households=3000, eligible_share=0.3, seed=5)\n"
    )
    elsewhere = {"PYTHONHASHSEED": "4321", "OPENBLAS_NUM_THREADS": "1", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", script, str(protocol.folder)], check=True, env=elsewhere)
    there = digests(protocol.folder)
    simulate(protocol, households=3_000, eligible_share=0.3, seed=5)
    assert digests(protocol.folder) == there


def test_a_delivered_file_is_never_written_over(nancy):
    protocol = nancy()
    delivered = protocol.folder / "data/participation.csv"
    delivered.parent.mkdir()
    delivered.write_text("household_id;contrat_signé\n123;oui\n", encoding="cp1252")
    foreign = protocol.folder / "data/monthly/1999.parquet"
    foreign.parent.mkdir()
    pd.DataFrame({"household_id": ["123"]}).to_parquet(foreign)
    before = digests(protocol.folder)
    with pytest.raises(SealedError) as refusal:
        simulate(protocol, households=3_000)
    assert {fault.where for fault in refusal.value.faults} == {
        "data/participation.csv",
        "data/monthly/1999.parquet",
    }
    assert digests(protocol.folder) == before


def test_an_earlier_simulation_is_replaced(nancy):
    protocol = nancy()
    simulate(protocol, households=3_000, eligible_share=0.3, seed=1)
    first = digests(protocol.folder)
    simulate(protocol, households=3_000, eligible_share=0.3, seed=2)
    second = digests(protocol.folder)
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first if name.startswith("data/"))


def test_without_a_draw_only_what_precedes_it_is_written(nancy):
    protocol = nancy(
        ('seed = "text:Reliance-2018" # a plain draw, for teaching and simulation', "")
    )
    before = simulate(protocol, households=3_000, eligible_share=0.3)
    assert before.files == (
        "data/households-2018-01.parquet",
        "data/monthly/2016.parquet",
        "data/monthly/2017.parquet",
    )
    assert before.truth is None
    there = digests(protocol.folder)
    flow = screen(read_extract("households", protocol))
    held = draw(flow, seed="text:later")
    after = simulate(protocol, draw=held, households=3_000, eligible_share=0.3)
    assert after.truth is not None
    now = digests(protocol.folder)
    assert {name: now[name] for name in there} == there
    with pytest.raises(IntegrityError, match="E-SIMULATION-OTHER-PEOPLE"):
        simulate(protocol, draw=held, households=1_000, eligible_share=0.3)


MISFITS = [
    (
        'design = "stratified"',
        'design = "recorded"\narm = "job_seeker"',
        "E-SIMULATION-RECORDED",
    ),
    ('world = "nancy"', 'world = "nanci"', "E-SIMULATION-UNKNOWN-WORLD"),
    ('path = "data/survey.csv"', 'path = "data/survey.dta"', "E-SIMULATION-FORMAT"),
    ('SEU = "single"', 'SEU = "alone"', "E-SIMULATION-WITHOUT-CODE"),
    (
        "transfers = { source",
        "benefits = { type = 'number' }\ntransfers = { source",
        "E-SIMULATION-UNKNOWN-COLUMN",
    ),
    (
        "# ---------------------------------------------------------------- variables",
        "[extracts.register]\nid = 'household_id'\n[extracts.register.columns]\nx = {}\n#",
        "E-SIMULATION-UNKNOWN-EXTRACT",
    ),
]


@pytest.mark.parametrize(("old", "new", "code"), MISFITS, ids=[code for *_, code in MISFITS])
def test_a_protocol_no_world_can_fill_is_refused_in_words(nancy, old, new, code):
    protocol = nancy((old, new))
    with pytest.raises(ProtocolError) as refusal:
        simulate(protocol, households=500)
    assert [fault.code for fault in refusal.value.faults] == [code]
    for language in ("en", "fr"):
        assert code in refusal.value.text(language)
    assert not (protocol.folder / "data").exists()


def test_the_extracts_show_the_lives_the_offer_gave(simulated):
    """Compare the panel's raw means with the potential ones: the offered live Y(1)."""
    truth = simulated.simulation.truth
    rows = months_after_the_draw(simulated)
    at_12 = rows[(rows["relative"] == 12) & (rows["MTACMONX"] != 99999)]
    drawn = simulated.draw.drawn.merge(at_12, left_on="unit", right_on="household_id")
    works = (drawn["MTACMONX"] > 0).groupby(drawn["arm"]).mean()
    effect = truth.effect("employed", 12)
    # 270 answers an arm: three standard errors of a share near 0.18 are 0.07.
    assert works["control"] == pytest.approx(effect.mean_without, abs=0.07)
    assert works["offered"] == pytest.approx(effect.mean_without + effect.sample_itt, abs=0.07)


def test_the_truth_is_the_files_on_disk(simulated):
    record = json.loads(simulated.path("data/truth.json").read_text(encoding="utf-8"))
    truth = simulated.simulation.truth
    assert record["take_up"] == truth.take_up
    assert len(record["effects"]) == len(truth.effects)
    assert record["untold"] == []


def test_one_sided_take_up_ties_the_two_effects(simulated):
    truth = simulated.simulation.truth
    for effect in truth.effects:
        if effect.subgroup == "":
            # Imbens and Angrist (1994): the offer acts on those who take it up, on nobody else.
            assert effect.itt == pytest.approx(effect.late * truth.take_up, abs=1e-9)
            assert effect.sample_itt == pytest.approx(
                effect.sample_late * truth.sample_take_up, abs=1e-9
            )


def test_subgroups_average_to_the_whole(simulated):
    truth = simulated.simulation.truth
    for horizon in (3, 12, 36):
        parts = [
            truth.effect("employed", horizon, f"children={level}")
            for level in ("ch_1", "ch_2", "ch_3plus")
        ]
        mean = np.average([part.itt for part in parts], weights=[part.n for part in parts])
        assert mean == pytest.approx(truth.effect("employed", horizon).itt, abs=1e-12)


def test_another_draw_reveals_other_lives_of_the_same_people(nancy):
    protocol = nancy()
    first = simulate(protocol, households=4_000, eligible_share=0.3).truth
    months = pd.read_parquet(protocol.folder / "data/monthly/2017.parquet")
    flow = screen(read_extract("households", protocol))
    other = draw(flow, seed="text:another")
    second = simulate(protocol, draw=other, households=4_000, eligible_share=0.3).truth
    assert [e.itt for e in first.effects] == [e.itt for e in second.effects]
    assert [e.sample_itt for e in first.effects] != [e.sample_itt for e in second.effects]
    again = pd.read_parquet(protocol.folder / "data/monthly/2017.parquet")
    pd.testing.assert_frame_equal(months, again)


OPINION = '[eligibility.caseworker]\ncolumn = "caseworker"\nlabel = { en = "Opinion" }\n'


def test_a_caseworkers_opinion_is_made_up_where_a_protocol_asks(nancy) -> None:
    codes = '{ F = "favourable", R = "reserved", D = "unfavourable" }'
    protocol = nancy(
        ("[extracts.monthly]\n", f"caseworker = {{ codes = {codes} }}\n[extracts.monthly]\n"),
        (
            "[[eligibility.cases]] # one day",
            OPINION + "[[eligibility.cases]] # one day",
        ),
        ("size = 600", "size = 400"),
        ("offered = 300, control = 300", "offered = 200, control = 200"),
    )
    simulate(protocol, households=20_000)
    step = screen(read_extract("households", protocol)).steps[-1]
    assert step.criterion == "caseworker"
    # 21 % unfavourable (H24 p.18), within four standard errors of some 680 files.
    assert abs(step.refused / step.entering - 0.21) < 4 * (0.21 * 0.79 / step.entering) ** 0.5

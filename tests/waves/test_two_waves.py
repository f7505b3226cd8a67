"""Yearly waves: each screened and drawn in its year, all followed from their own day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from two_waves import reliance

WAVES = {"w2018": 240, "w2019": 160}
SECOND = "data/households-2018-10.parquet"


def table(study: Path, act: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(study / "out" / act / f"{name}.parquet")


def files(folder: Path) -> dict[str, bytes]:
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def list_again(study: Path, units: list[str]) -> None:
    """Put households of the first list into the second one too, as they were."""
    first = pq.read_table(study / "data" / "households-2018-01.parquet")
    rows = first.to_pandas()
    again = rows[rows["household_id"].isin(units)]
    assert len(again) == len(units)
    second = pq.read_table(study / SECOND)
    joined = pd.concat([second.to_pandas(), again], ignore_index=True)
    schema = second.schema
    pq.write_table(type(second).from_pandas(joined, schema=schema), study / SECOND)


# ---------------------------------------------------------------- from extract to report


def test_both_waves_run_from_extract_to_report(finished: Path) -> None:
    draw = table(finished, "draw", "assignment")
    drawn = draw[draw["arm"].isin(["offered", "control"])]
    assert drawn.groupby("wave")["unit"].count().to_dict() == WAVES
    assert drawn["unit"].is_unique
    assert (drawn["block"].str.startswith("w2018_") == (drawn["wave"] == "w2018")).all()
    assert drawn["arm"].value_counts().to_dict() == {"offered": 200, "control": 200}
    for language in ("fr", "en"):
        assert (finished / "out" / "report" / f"report.{language}.html").is_file()


def test_each_wave_is_a_lottery_of_its_own(finished: Path) -> None:
    keys = set()
    for wave in WAVES:
        done = reliance("verify", "--study", f"{finished}@{wave}", "--json")
        assert done.returncode == 0, done.stderr
        keys.add(json.loads(done.stdout)["draw_key"])
        package = finished / "out" / "waves" / wave / "draw" / "package"
        assert reliance("verify", package).returncode == 0
        # The protocol that a key binds is the whole one, byte for byte.
        assert (package / "protocol.txt").read_bytes() == (finished / "protocol.toml").read_bytes()
    assert len(keys) == 2
    page = (finished / "out" / "report" / "report.en.html").read_text(encoding="utf-8")
    assert all(key in page for key in keys)


def test_running_again_does_nothing(study: Path) -> None:
    before = files(study / "out")
    done = reliance("run", "--study", study, "--lang", "en")
    assert "Nothing is due" in done.stdout
    assert files(study / "out") == before


def test_each_unit_is_followed_from_the_day_of_its_wave(finished: Path) -> None:
    units = table(finished, "panel", "units")
    outcomes = table(finished, "panel", "outcomes")
    months = pd.concat(
        pd.read_parquet(p) for p in sorted((finished / "data" / "monthly").glob("*.parquet"))
    )
    months["month"] = pd.to_datetime(months["month"])
    for wave, day in {"w2018": date(2018, 2, 1), "w2019": date(2018, 11, 1)}.items():
        own = units[units["wave"] == wave]["unit"]
        at = pd.Timestamp(day) + pd.DateOffset(months=3)
        earned = months[months["month"] == at].set_index("household_id")["MTACMONX"]
        found = outcomes[
            outcomes["unit"].isin(own)
            & outcomes["outcome"].eq("employed")
            & outcomes["horizon_months"].eq(3)
            & outcomes["status"].eq("observed")
        ].set_index("unit")["value"]
        assert len(found) > len(own) / 2
        assert ((earned.reindex(found.index) > 0).astype(float) == found).all()


def test_a_horizon_rests_on_the_waves_that_reached_it(finished: Path) -> None:
    # The survey was delivered in April 2021: 36 months after February 2018, not after November.
    estimates = pd.read_csv(finished / "out" / "estimates" / "estimates.csv")
    by_id = estimates.set_index("id")
    assert by_id.loc["well_being.36.itt.blocked", "n"] <= WAVES["w2018"]
    assert by_id.loc["well_being.12.itt.blocked", "n"] > WAVES["w2018"]
    outcomes = table(finished, "panel", "outcomes")
    cell = outcomes[outcomes["outcome"].eq("well_being") & outcomes["horizon_months"].eq(36)]
    assert (cell["status"] == "not_yet_observed").sum() == WAVES["w2019"]
    page = (finished / "out" / "report" / "report.en.html").read_text(encoding="utf-8")
    assert "rest on the waves that have (36 months: w2018)" in page.replace("\u00a0", " ")


def test_re_draws_agree_where_not_all_waves_count(finished: Path) -> None:
    checks = json.loads((finished / "out" / "checks" / "artefact.json").read_text("utf-8"))
    found = {
        c["subject"]: c
        for c in checks["fields"]["checks"]
        if c["name"] == "redraws" and c["subject"].endswith("itt.blocked")
    }
    estimates = pd.read_csv(finished / "out" / "estimates" / "estimates.csv").set_index("id")
    row = estimates.loc["well_being.36.itt.blocked"]
    # The statistic of the re-draws is the estimator's own t, on the same units.
    assert found["well_being.36.itt.blocked"]["statistic"] == pytest.approx(
        row["estimate"] / row["std_error"], rel=1e-9
    )


# ---------------------------------------------------------------- year after year


def test_a_later_wave_is_growth_and_the_first_draw_stays(fresh: Path, finished: Path) -> None:
    later = (fresh / SECOND).read_bytes()
    (fresh / SECOND).unlink()
    for act in ("screen", "draw"):
        done = reliance(act, "--study", f"{fresh}@w2018", "--lang", "en")
        assert done.returncode == 0, done.stderr
    for act in ("screen", "draw", "follow-up"):
        assert reliance(act, "--study", fresh).returncode == 0
    assert table(fresh, "panel", "units")["wave"].unique().tolist() == ["w2018"]
    first = files(fresh / "out" / "waves" / "w2018")

    (fresh / SECOND).write_bytes(later)
    done = reliance("run", "--study", fresh, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert files(fresh / "out" / "waves" / "w2018") == first
    # Year after year or all at once: the same bytes.
    for act in ("flow", "draw", "panel", "estimates", "checks", "report"):
        assert files(fresh / "out" / act) == files(finished / "out" / act), act


def test_waves_are_drawn_in_order(fresh: Path) -> None:
    done = reliance("screen", "--study", f"{fresh}@w2019", "--lang", "en")
    assert done.returncode == 66
    assert "w2018" in done.stderr


@pytest.mark.parametrize(
    ("command", "address", "code"),
    [
        ("verify", "", "E-WAVE-NAMED"),
        ("commit", "", "E-WAVE-NAMED"),
        ("seal", "", "E-WAVE-NAMED"),
        ("minutes", "", "E-WAVE-NAMED"),
        ("estimate", "@w2018", "E-WAVE-WHOLE"),
        ("simulate", "@w2018", "E-WAVE-WHOLE"),
        ("verify", "@w2031", "E-WAVE-UNKNOWN"),
    ],
)
def test_what_is_one_waves_and_what_is_the_whole_studys(
    finished: Path, command: str, address: str, code: str
) -> None:
    done = reliance(command, "--study", f"{finished}{address}", "--lang", "en")
    assert done.returncode == 78
    assert code in done.stderr


# ---------------------------------------------------------------- drawn already


def first_wave(study: Path, arm: str) -> list[str]:
    draw = pd.read_parquet(study / "out" / "waves" / "w2018" / "draw" / "assignment.parquet")
    return sorted(draw.loc[draw["arm"] == arm, "unit"])


def test_who_was_drawn_is_refused_by_row_and_count(fresh: Path) -> None:
    for act in ("screen", "draw"):
        assert reliance(act, "--study", f"{fresh}@w2018").returncode == 0
    list_again(fresh, [first_wave(fresh, "offered")[0]])
    done = reliance("screen", "--study", f"{fresh}@w2019", "--lang", "en")
    assert done.returncode == 65
    # The first identifiers come first in the eligible list: the row is the first one.
    assert "1 eligible unit was drawn by an earlier wave already (row 1)" in done.stderr
    assert "SYNTH-" not in done.stderr

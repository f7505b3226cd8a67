"""What a protocol may ask of an outcome followed month by month."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import check_analyses
from reliance_eval.panel.admitting import check_panel
from reliance_eval.protocol import read_protocol

PROMISED = "[[dynamics]] # by half-year"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    shipped = resources.files("reliance_eval.protocol") / "programmes" / "nancy"
    return Path(shutil.copytree(str(shipped), tmp_path / "study"))


def change(study: Path, old: str, new: str) -> None:
    path = study / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def codes(study: Path) -> set[str]:
    with pytest.raises(ProtocolError) as caught:
        read_protocol(study)
    return {fault.code for fault in caught.value.faults}


def test_the_shipped_programme_follows_employment_by_half_year(study: Path) -> None:
    (clause,) = read_protocol(study).clauses.dynamics
    assert (clause.outcome, clause.from_, clause.to, clause.bin_months) == ("employed", -13, 36, 6)
    assert clause.status == "pre-specified"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('outcome = "employed"\nfrom', 'outcome = "employd"\nfrom', "E-PROTOCOL-UNKNOWN-NAME-NEAR"),
        ("from = -13\nto = 36", "from = 37\nto = 36", "E-PROTOCOL-DYNAMICS-MONTHS"),
        ("bin_months = 6", 'covariates = ["agee"]', "E-PROTOCOL-UNKNOWN-NAME-NEAR"),
        ("bin_months = 6", "bins = 6", "E-PROTOCOL-UNKNOWN-KEY"),
    ],
)
def test_a_contradiction_is_named(study: Path, old: str, new: str, code: str) -> None:
    change(study, old, new)
    assert code in codes(study)


def test_a_late_needs_to_know_who_took_part(study: Path) -> None:
    text = (study / "protocol.toml").read_text(encoding="utf-8")
    start, end = text.index("[take_up]"), text.index("# ----", text.index("[take_up]"))
    (study / "protocol.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    assert "E-PROTOCOL-LATE-WITHOUT-TAKE-UP" in codes(study)


def test_an_outcome_of_a_survey_has_no_months(study: Path) -> None:
    change(study, 'outcome = "employed"\nfrom', 'outcome = "well_being"\nfrom')
    (fault,) = check_panel(read_protocol(study))
    assert fault.code == "E-PANEL-DYNAMICS"
    assert fault.where.startswith("protocol.toml:")


def test_months_that_hold_no_whole_period_are_found_before_anything_is_read(study: Path) -> None:
    change(study, "bin_months = 6", "bin_months = 60")
    (fault,) = check_analyses(read_protocol(study))
    assert fault.code == "E-ESTIMATION-NO-PERIOD"
    assert fault.where.startswith("protocol.toml:")


def amended(study: Path, text: str) -> Path:
    (study / "amendments").mkdir()
    head = 'on = 2021-03-04\nreason = "asked for by the committee"\n'
    (study / "amendments" / "001.toml").write_text(head + text, encoding="utf-8")
    return study


def test_an_amendment_may_add_an_exploratory_evolution(study: Path) -> None:
    before = read_protocol(study)
    added = '[[dynamics]]\noutcome = "poor"\nstatus = "exploratory"\n'
    after = read_protocol(amended(study, added))
    assert [clause.outcome for clause in after.clauses.dynamics] == ["employed", "poor"]
    assert after.digest == before.digest


def test_an_amendment_may_not_promise_one(study: Path) -> None:
    amended(study, '[[dynamics]]\noutcome = "poor"\n')
    assert "E-AMENDMENT-FORBIDDEN" in codes(study)

"""A protocol's faults: all at once, each with its line, its name and what to write instead."""

from __future__ import annotations

import resource
import shutil
import time
from importlib import resources
from pathlib import Path

import pytest

from reliance_eval.errors import ProtocolError, UnreadableInput
from reliance_eval.protocol import read_protocol

NAMES = {"design": ("complete", "stratified", "recorded"), "measure": ("value_at", "months_in")}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    shipped = resources.files("reliance_eval.protocol") / "programmes" / "nancy"
    return Path(shutil.copytree(str(shipped), tmp_path / "study"))


def change(study: Path, old: str, new: str) -> Path:
    path = study / "protocol.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def message(path: Path, language: str = "en") -> str:
    with pytest.raises(ProtocolError) as caught:
        read_protocol(path, names=NAMES)
    assert caught.value.exit_code == 78
    return caught.value.text(language)


def line_of(study: Path, text: str) -> int:
    lines = (study / "protocol.toml").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)


def test_the_shipped_programme_is_read_without_a_fault(study: Path) -> None:
    protocol = read_protocol(study, names=NAMES)
    assert protocol.clauses.lottery.arms == {"offered": 300, "control": 300}
    assert len(protocol.code_lists["codes/metropole-grand-nancy.csv"]) == 20
    assert "54395" in protocol.code_lists["codes/metropole-grand-nancy.csv"]


def test_o01_an_unknown_key_is_named_with_its_line_and_the_nearest_key(study: Path) -> None:
    path = change(study, "[eligibility]", "[eligibilty]")
    said = message(path)
    assert f"protocol.toml:{line_of(study, '[eligibilty]')}:" in said
    assert "did you mean `eligibility`?" in said


def test_o01_every_fault_is_listed_at_once_in_the_order_of_the_file(study: Path) -> None:
    change(study, 'type = "integer"', 'type = "whole"')
    change(study, "day = 2018-02-15", 'day = "2018-02-15"')
    path = change(study, 'role = "primary"', 'rôle_ = "primary"'.replace("ô", "o"))
    said = message(path)
    places = [said.index(word) for word in ("whole", "lottery.day", "rol")]
    assert places == sorted(places)


def test_o02_a_key_given_twice_is_refused_with_its_line(study: Path) -> None:
    path = change(study, "size = 600", "size = 600\nsize = 500")
    said = message(path)
    assert "E-PROTOCOL-TWICE" in said
    assert f":{line_of(study, 'size = 500')}:" in said


def test_o03_codes_written_as_numbers_are_refused_with_both_types(study: Path) -> None:
    path = change(study, 'in = "codes/metropole-grand-nancy.csv"', "in = [54395]")
    said = message(path)
    assert f":{line_of(study, '[54395]')}:" in said
    assert "text" in said
    assert "54395" in said


def test_o03_a_number_written_as_text_is_refused_with_both_types(study: Path) -> None:
    said = message(change(study, "size = 600", 'size = "600"'))
    assert "lottery.size" in said
    assert "integer" in said
    assert "'600'" in said


def test_o04_yaml_under_a_toml_name_is_called_not_toml(study: Path) -> None:
    path = study / "protocol.toml"
    path.write_text("trial: !!python/object/apply:os.system ['true']\n", encoding="utf-8")
    assert "TOML" in message(path)


def test_o04_a_yaml_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "protocol.yaml").write_text("trial: {}", encoding="utf-8")
    assert "TOML" in message(tmp_path / "protocol.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("[" + ".".join("a" * (n % 50 + 1)) + "]" for n in range(10_000)),
        "a = " + "[" * 9999,
    ],
    ids=["nested tables", "nested lists"],
)
def test_o05_a_protocol_too_deep_is_refused_fast_and_small(study: Path, text: str) -> None:
    path = study / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "too deep" in message(path)
    # The bounds are those of reliability.md, O05: two seconds, 200 MB.
    assert time.process_time() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_o05_a_protocol_of_two_megabytes_is_too_large(study: Path) -> None:
    path = study / "protocol.toml"
    path.write_text("# " + "x" * 2_000_000, encoding="utf-8")
    assert "too large" in message(path)


def test_o06_arms_that_do_not_add_up_show_their_sum(study: Path) -> None:
    said = message(change(study, "control = 300", "control = 290"))
    assert "300 + 290 = 590" in said
    assert "600" in said


@pytest.mark.parametrize("path", ["../x.parquet", "/etc/passwd", "data/../../x", "C:\\x.parquet"])
def test_o07_a_path_outside_the_study_folder_is_refused(study: Path, path: str) -> None:
    escaped = path.replace("\\", "\\\\")
    said = message(change(study, "data/households-2018-01.parquet", escaped))
    assert "outside the study folder" in said


def test_o07_a_link_that_leaves_the_study_folder_is_refused(study: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (study / "linked").symlink_to(tmp_path / "elsewhere")
    said = message(change(study, "data/households-2018-01.parquet", "linked/x.parquet"))
    assert "outside the study folder" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is = false\n", 'expression = "lambda p: True"\n'),
        ('column = "commune"\nin', "column = \"__import__('os').system('true')\"\nin"),
        ('column = "commune"\nin', 'sql = "1=1; drop table x"\nin'),
    ],
)
def test_o08_an_expression_is_refused_and_never_evaluated(study: Path, old: str, new: str) -> None:
    assert "admissible criteria" in message(change(study, old, new))


def test_o10_an_empty_protocol_says_so(study: Path) -> None:
    (study / "protocol.toml").write_text("\n", encoding="utf-8")
    assert "empty" in message(study / "protocol.toml")


def test_o10_a_utf16_protocol_says_so(study: Path) -> None:
    path = study / "protocol.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert "UTF-16" in message(path)


def test_an_absent_protocol_is_unreadable_input(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read_protocol(tmp_path / "protocol.toml")
    assert caught.value.exit_code == 66


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('blocks = ["job_seeker"', 'blocks = ["job_seker"', "NAME-NEAR", "job_seeker"),
        ('blocks = ["job_seeker"', 'blocks = ["age"', "E-PROTOCOL-UNKNOWN-NAME", "banded"),
        ('design = "stratified"', 'design = "stratifed"', "NAME-NEAR", "stratified"),
        ('measure = "months_in"', 'measure = "months"', "UNKNOWN-NAME", "months_in"),
        ('unit = "household_id"', 'unit = "person"', "E-PROTOCOL-UNIT", "household_id"),
        ("month = -1", "month = 2", "E-PROTOCOL-LATE-COVARIATE", "known before the draw"),
        ("[24, 60]", "[24, 80]", "E-PROTOCOL-BANDS", "seniority"),
        ("[3, 12, 36]", "[12, 3, 36]", "E-PROTOCOL-HORIZONS", "employed"),
        ('profile = "strict"', 'profile = "public"', "E-PROTOCOL-NO-AUTHORITY", "authority"),
        ('"strict" #', '"strict"\nmin_units = 5 #', "E-PROTOCOL-STRICT-DISCLOSURE", "11 units"),
        ('languages = ["fr", "en"]', 'languages = ["fr", "eo"]', "UNKNOWN-NAME", "language"),
        ("{ employed = 0.10 }", "{ employd = 0.10 }", "NAME-NEAR", "employed"),
        ('column = "signed_contract"', 'column = "signed"', "UNKNOWN-NAME", "signed_contract"),
        ('refused_by = ["under_50"]', 'refused_by = ["over_50"]', "NAME", "under_50"),
    ],
)
def test_clauses_that_contradict_each_other_are_named(
    study: Path, old: str, new: str, code: str, words: str
) -> None:
    said = message(change(study, old, new))
    assert code in said
    assert words in said


def test_messages_are_in_french_when_asked(study: Path) -> None:
    said = message(change(study, "size = 600", 'size = "600"'), "fr")
    assert "doit être du type" in said


class TestAmendments:
    def amend(self, study: Path, text: str) -> Path:
        (study / "amendments").mkdir()
        (study / "amendments" / "001-2021-03-04.toml").write_text(text, encoding="utf-8")
        return study

    HEAD = 'on = 2021-03-04\nreason = { fr = "mois 36", en = "month 36" }\n'

    def test_an_amendment_adds_a_delivery_and_leaves_the_protocol_digest(self, study: Path) -> None:
        before = read_protocol(study)
        added = (
            '[[extracts.monthly.deliveries]]\npath = "data/m36.parquet"\nextracted_on = 2021-09-01'
        )
        after = read_protocol(self.amend(study, self.HEAD + added))
        assert [d.path for d in after.extract("monthly").deliveries][-1] == "data/m36.parquet"
        assert after.digest == before.digest
        assert after.full_digest != before.full_digest

    @pytest.mark.parametrize(
        "change",
        [
            "[lottery]\nsize = 400",
            "[eligibility]\non = 2019-01-31",
            '[[analyses]]\nestimand = "itt"',
            "[trial]\nsmallest_effect_that_matters = { employed = 0.01 }",
            '[extracts.monthly]\nid = "other"',
        ],
    )
    def test_what_was_promised_cannot_be_amended(self, study: Path, change: str) -> None:
        said = message(self.amend(study, self.HEAD + change))
        assert "E-AMENDMENT-FORBIDDEN" in said
        assert "amendments/001-2021-03-04.toml" in said

    def test_an_amendment_needs_its_date_and_its_reason(self, study: Path) -> None:
        assert "E-AMENDMENT-UNDATED" in message(self.amend(study, "[disclosure]\nrounding = 10"))

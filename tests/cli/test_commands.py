"""The command line: exit codes, languages, and what a script or a person reads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "lottery" / "vectors" / "rl1"


def reliance(*arguments: str | Path, **options: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "reliance_eval", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": options.get("locale", "C.UTF-8")},
    )


@pytest.mark.parametrize(
    ("vector", "key", "assignment"),
    # K and assignment digests are those printed in the definition of RL1 (worked vectors A, B, C).
    [
        (
            "A",
            "da2f3974b085c6384c8ff0a6a55b8765af0e033f191472ac3d473ca46f5e93e1",
            "5aee6c3bdb8e477b790ff5eecdc5305d24083e25fde241b1a630368cb07a36f7",
        ),
        (
            "B",
            "253382b45202ed3250821da258d5f36b1dbf23922fe14435ae3d0610131127f7",
            "ffb38e0dc4a881aa217e87217204f16e4ce0194b69044937fe69371d5c53d75e",
        ),
        (
            "C",
            "6b8ddf2c894ab3f838334f72d42e97e8dd5000f483190de665b99495917998bb",
            "53caaee68b75eb2e4a360d7adae2b1a005fd98dd9f357233c7d102277eaa9ddf",
        ),
    ],
)
def test_verify_prints_the_draw_key_and_the_assignment_digest(
    vector: str, key: str, assignment: str
) -> None:
    done = reliance("verify", VECTORS / vector)
    assert done.returncode == 0, done.stderr
    assert key in done.stdout
    assert assignment in done.stdout
    assert "Algorithm only" in done.stderr


def test_verify_ends_76_when_the_assignment_differs(tmp_path: Path) -> None:
    package = Path(shutil.copytree(VECTORS / "A", tmp_path / "A"))
    path = package / "assignment.tsv"
    path.write_bytes(path.read_bytes().replace(b"\tT\t", b"\tC\t", 1))
    done = reliance("verify", package)
    assert done.returncode == 76
    assert "assignment.tsv" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_study_and_never_overwrites_one(tmp_path: Path) -> None:
    first = reliance("init", tmp_path / "s", "--programme", "nancy", "--lang", "fr")
    assert first.returncode == 0
    assert "étude" in first.stdout
    before = (tmp_path / "s" / "protocol.toml").read_bytes()
    assert reliance("init", tmp_path / "s").returncode == 73
    assert (tmp_path / "s" / "protocol.toml").read_bytes() == before


def test_init_offers_the_nearest_programme(tmp_path: Path) -> None:
    done = reliance("init", tmp_path / "s", "--programme", "nanci", "--lang", "en")
    assert done.returncode == 78
    assert "nancy" in done.stderr


def test_check_of_a_bad_protocol_ends_78_in_the_protocols_language(tmp_path: Path) -> None:
    reliance("init", tmp_path / "s")
    path = tmp_path / "s" / "protocol.toml"
    text = path.read_text(encoding="utf-8").replace("control = 300", "control = 290")
    path.write_text(text, encoding="utf-8")
    done = reliance("check", "--study", tmp_path / "s")
    assert done.returncode == 78
    assert "300 + 290" in done.stderr
    assert "ne font pas" in done.stderr
    assert reliance("check", "--study", tmp_path / "s", "--lang", "en").stderr != done.stderr


def test_an_act_before_its_time_names_the_act_to_do_first(tmp_path: Path) -> None:
    reliance("init", tmp_path / "s")
    done = reliance("estimate", "--study", tmp_path / "s", "--lang", "en")
    assert done.returncode == 66
    assert "follow-up" in done.stderr


def test_screening_without_the_extract_ends_66(tmp_path: Path) -> None:
    reliance("init", tmp_path / "s")
    done = reliance("screen", "--study", tmp_path / "s", "--lang", "en")
    assert done.returncode == 66
    assert "households-2018-01.parquet" in done.stderr


def test_a_folder_without_a_protocol_ends_66(tmp_path: Path) -> None:
    assert reliance("screen", "--study", tmp_path).returncode == 66


@pytest.mark.parametrize(("locale", "word"), [("fr_FR.UTF-8", "étude"), ("C", "study")])
def test_help_speaks_the_language_of_the_locale(locale: str, word: str) -> None:
    done = reliance("--help", locale=locale)
    assert done.returncode == 0
    assert word in done.stdout


def test_json_is_one_object_on_standard_output() -> None:
    done = reliance("verify", VECTORS / "A", "--json")
    content = json.loads(done.stdout)
    assert content["assignment_digest"].startswith("5aee6c3b")
    assert content["algorithm_only"] is True
    assert content["counts"]["T"] == 4

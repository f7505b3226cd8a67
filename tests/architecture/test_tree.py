"""The tree itself: small modules, rooms named after an idea, nothing of one machine in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from source import PACKAGE, ROOT, kept_files, modules, trees

LONGEST = 300
ROOMS_WITHOUT_IDEA = re.compile(r"(util|helper|common|misc|manager)s?|data2")
# Written with a class of one letter so that this file does not hold what it forbids.
FOREIGN = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|registry\.npmj[s]|deb[.]debia[n]\.org"
    r"|(?:^|[^A-Za-z0-9_.])/(?:wor[k]|roo[t]|hom[e])/",
    re.MULTILINE,
)
UNFINISHED = re.compile(
    r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplemented[E]rror)\b|pytest\.mark\.ski[p]\b"
)
TEXTS = {".py", ".toml", ".md", ".txt", ".json", ".ipynb", ".csv", ".html", ".j2", ".css", ""}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_holds_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert not ROOMS_WITHOUT_IDEA.fullmatch(path.stem)


def test_a_module_never_bears_the_name_of_what_its_package_exports() -> None:
    clashes = []
    for path, tree in trees():
        if path.name != "__init__.py":
            continue
        exported = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        siblings = {p.stem for p in path.parent.iterdir()}
        clashes += [f"{path.parent.name}.{name}" for name in sorted(exported & siblings)]
    assert clashes == []


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in kept_files()
        if path.suffix in TEXTS
        for match in FOREIGN.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nothing_is_left_unfinished_or_skipped() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in kept_files()
        if path.suffix == ".py"
        for match in UNFINISHED.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []

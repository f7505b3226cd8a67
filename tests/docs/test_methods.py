"""The page of methods names modules that exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods.md"


def test_every_module_of_the_page_exists() -> None:
    named = set(re.findall(r"`(reliance_eval(?:\.\w+)+)`", PAGE.read_text(encoding="utf-8")))
    assert named
    assert [name for name in sorted(named) if importlib.util.find_spec(name) is None] == []

"""What every test may ask for: the reference folder, and a browser where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).resolve().parents[2] / "shared"
CHROMIUM = shutil.which("chromium")


def _absent(reason: str) -> None:
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def shared() -> Path:
    """The folder of reference trials beside the checkout."""
    if not SHARED.is_dir():
        _absent("the reference trials (../shared) are not beside this checkout")
    return SHARED


@pytest.fixture
def chromium() -> str:
    """The path of Debian's headless browser."""
    if CHROMIUM is None:
        _absent("chromium is not installed (Debian: apt-get install chromium)")
    return str(CHROMIUM)

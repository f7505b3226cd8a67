"""What every test may ask for: the reference folder, and a browser where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).resolve().parents[2] / "shared"
CHROMIUM = shutil.which("chromium")
RSCRIPT = shutil.which("Rscript")
OUTLOUD = os.environ.get("OUTLOUD") or shutil.which("outloud")


@pytest.fixture
def shared() -> Path:
    """The folder of reference trials beside the checkout."""
    if not SHARED.is_dir():
        # Not ours to ship: a clone tests itself on the same trials where PyPI carries them.
        pytest.skip("the reference trials (../shared) are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's headless browser."""
    if CHROMIUM is None:
        reason = "chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    return str(CHROMIUM)


@pytest.fixture
def rscript() -> str:
    """The path of Debian's R, with its package digest."""
    if RSCRIPT is None:
        reason = "R is not installed (Debian: apt-get install r-base-core r-cran-digest)"
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    return str(RSCRIPT)


@pytest.fixture
def outloud() -> str:
    """The path of the checker of PDF files, which lives in an environment of its own."""
    if OUTLOUD is None:
        reason = (
            "outloud is not found: install requirements-pdf-check.txt in an environment of its "
            "own and name its program in OUTLOUD"
        )
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    return str(OUTLOUD)

"""The imaginary trial and its report, made once a worker."""

from __future__ import annotations

import pytest
from imaginary_trial import line_of

from reliance_eval.reporting import Report, report
from reliance_eval.robustness import Checks


@pytest.fixture(scope="session")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return line_of(tmp_path_factory.mktemp("imaginary"))


@pytest.fixture(scope="session")
def whole(checks: Checks) -> Report:
    return report(checks)

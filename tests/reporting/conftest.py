"""The imaginary trial and its report, made once a worker."""

from __future__ import annotations

import pytest
from imaginary_trial import line_of

from reliance_eval.reporting import Report, report
from reliance_eval.reporting.composing import compose
from reliance_eval.reporting.disclosure import Decision
from reliance_eval.reporting.document import Document
from reliance_eval.reporting.rendering.formats import FORMATS
from reliance_eval.robustness import Checks


@pytest.fixture(scope="session")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return line_of(tmp_path_factory.mktemp("imaginary"))


@pytest.fixture(scope="session")
def composed(checks: Checks) -> dict[str, tuple[Document, tuple[Decision, ...]]]:
    """The imaginary trial's document and log, by language."""
    return {language: compose(checks, language) for language in checks.protocol.languages}


@pytest.fixture(scope="session")
def whole(checks: Checks) -> Report:
    """The report in every form: made once, since each is slow."""
    return report(checks, formats=FORMATS)


@pytest.fixture(scope="session")
def documents(checks: Checks) -> dict[str, Document]:
    return {language: compose(checks, language)[0] for language in ("fr", "en")}

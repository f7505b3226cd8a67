"""What an interpreter or a notebook shows of a result holds no row of people."""

from __future__ import annotations

import pytest

from reliance_eval import Checks, Draw, Estimates, Flow, Panel, Report
from reliance_eval.artefact import Artefact


def kinds(of: type[Artefact] = Artefact) -> list[type[Artefact]]:
    """Every kind of artefact the package defines."""
    below = [kind for child in of.__subclasses__() for kind in (child, *kinds(child))]
    return [kind for kind in below if kind.__module__.startswith("reliance_eval.")]


def test_every_act_is_examined() -> None:
    assert {Flow, Draw, Panel, Estimates, Checks} <= set(kinds())


@pytest.mark.parametrize("kind", [Flow, Draw, Panel, Estimates, Checks])
def test_an_interpreter_shows_sizes_only(kind: type[Artefact]) -> None:
    assert kind.__repr__ is Artefact.__repr__


@pytest.mark.parametrize("kind", [Flow, Draw, Panel, Estimates, Checks])
def test_a_notebook_has_a_rich_display(kind: type[Artefact]) -> None:
    assert callable(getattr(kind, "_repr_html_", None))


def test_a_report_is_shown_without_its_log_of_exact_counts() -> None:
    shown = repr(Report("digest", {"en": b"<p>12</p>"}, ()))
    assert "disclosure_log" not in shown
    assert "12" not in shown

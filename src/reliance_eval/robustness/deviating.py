"""Planned, done, deviated: the committed protocol and its amendments against the run.

``deviations`` reads everything from the artefact and its parents: nobody fills the account in, so
that nothing is left out of it. What sections and boxes need stands in ``deviation``:
``departures(deviations(artefact))`` are those that no rule foresaw, each with ``severity`` "minor"
or "major"; ``gravest(...)`` is the worst of them; ``tabulated(..., language)`` the table.
"""

from __future__ import annotations

from reliance_eval.artefact import Artefact
from reliance_eval.robustness.accounting.amended import amended
from reliance_eval.robustness.accounting.analysed import analysed
from reliance_eval.robustness.accounting.checked import checked
from reliance_eval.robustness.accounting.drawn import drawn
from reliance_eval.robustness.accounting.followed import followed
from reliance_eval.robustness.accounting.registered import registered
from reliance_eval.robustness.deviation import Deviation

ACCOUNTS = (registered, amended, drawn, followed, analysed, checked)
"""In the order in which a trial is read; each gives its lines for an artefact of any act."""


def deviations(artefact: Artefact) -> tuple[Deviation, ...]:
    """Compare what was planned with what was done, up to the act of an artefact.

    Parameters
    ----------
    artefact : Artefact
        A flow, commitment, draw, panel, estimates or checks: the later, the more can be compared.

    Returns
    -------
    tuple of Deviation
        One line a thing that was planned, kept or not; nothing in it counts people, but for the
        numbers of the draw, which were announced before it was held.
    """
    return tuple(line for account in ACCOUNTS for line in account(artefact))

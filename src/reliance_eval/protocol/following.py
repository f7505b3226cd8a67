"""What the other clauses say of an outcome followed month by month."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.finding import Finding, KeyPath, unknown_name, unknown_variable
from reliance_eval.protocol.model import Clauses


def dynamics_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give every contradiction between ``[[dynamics]]`` and the other clauses."""
    outcomes = [outcome.name for outcome in clauses.outcomes]
    for index, clause in enumerate(clauses.dynamics):
        path: KeyPath = ("dynamics", index)
        if clause.outcome not in outcomes:
            yield unknown_name((*path, "outcome"), "outcome", clause.outcome, outcomes)
        if clause.from_ > clause.to:
            values: dict[str, Value] = {"first": clause.from_, "last": clause.to}
            yield Finding((*path, "from"), "E-PROTOCOL-DYNAMICS-MONTHS", values)
        if "late" in clause.estimands and clauses.take_up is None:
            yield Finding((*path, "estimands"), "E-PROTOCOL-LATE-WITHOUT-TAKE-UP")
        for name in clause.covariates:
            yield from unknown_variable(clauses, name, (*path, "covariates"))

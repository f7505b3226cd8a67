"""What the other clauses say of comparisons that no offer can move."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.finding import Finding
from reliance_eval.protocol.model import Clauses


def placebo_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give every contradiction between placebos and the other clauses."""
    for index, outcome in enumerate(clauses.outcomes):
        months = outcome.placebo_months
        values: dict[str, Value] = {"name": outcome.name}
        if months and (max(months) > -1 or list(months) != sorted(set(months))):
            yield Finding(
                ("outcomes", index, "placebo_months"), "E-PROTOCOL-PLACEBO-MONTHS", values
            )
        if outcome.role == "placebo" and outcome.name in _promised_by_name(clauses):
            yield Finding(("outcomes", index, "role"), "E-PROTOCOL-PLACEBO-PROMISED", values)
    if clauses.outcomes and all(outcome.role == "placebo" for outcome in clauses.outcomes):
        yield Finding(("outcomes",), "E-PROTOCOL-PLACEBO-ONLY")


def _promised_by_name(clauses: Clauses) -> set[str]:
    """Give the outcomes that an analysis, a subgroup, an evolution or an index names."""
    names = {name for analysis in clauses.analyses for name in analysis.outcomes}
    names |= {name for subgroup in clauses.subgroups for name in subgroup.outcomes}
    names |= {clause.outcome for clause in clauses.dynamics}
    indices = [outcome.index for outcome in clauses.outcomes if outcome.index is not None]
    return names | {name for index in indices for name in index.of}

"""What each design of a lottery needs of its clause, and what belongs to another design."""

from __future__ import annotations

from collections.abc import Iterator

from reliance_eval.language.catalogue import Value
from reliance_eval.protocol.consistency import RECORDED
from reliance_eval.protocol.delivered import Variable
from reliance_eval.protocol.finding import Finding, KeyPath, unknown_name
from reliance_eval.protocol.model import Clauses, Lottery, Scaled

OWN_KEYS = {
    "odds": ("simple",),
    "pairs": ("pairs",),
    "balance": ("rerandomised",),
    "clusters": ("clustered", RECORDED),
}
"""The keys that only some designs read, and the designs that read them."""

TWO_ARMS = ("simple", "pairs", "rerandomised")
NUMBERS = ("integer", "number", "boolean")


def design_findings(clauses: Clauses) -> Iterator[Finding]:
    """Give every contradiction between a design and the clause that names it."""
    lottery = clauses.lottery
    yield from _keys(lottery)
    if lottery.design in TWO_ARMS and len(lottery.arms) != 2:
        values: dict[str, Value] = {"design": lottery.design, "n": len(lottery.arms)}
        yield Finding(("lottery", "arms"), "E-PROTOCOL-TWO-ARMS", values)
    elif lottery.design == "simple" and lottery.odds is not None:
        yield from _odds(lottery, *lottery.odds)
    elif lottery.design == "pairs" and len(set(lottery.arms.values())) > 1:
        yield Finding(("lottery", "arms"), "E-PROTOCOL-PAIRS-ARMS")
    if lottery.design == "pairs":
        yield from _adjustments(clauses)
    for key, clause in (("pairs", lottery.pairs), ("balance", lottery.balance)):
        if clause is not None:
            yield from _covariates(clauses, clause.covariates, ("lottery", key, "covariates"))


def _keys(lottery: Lottery) -> Iterator[Finding]:
    for key, designs in OWN_KEYS.items():
        is_given = getattr(lottery, key) is not None
        if is_given and lottery.design not in designs:
            values: dict[str, Value] = {
                "key": f"lottery.{key}",
                "design": lottery.design,
                "designs": ", ".join(designs),
            }
            yield Finding(("lottery", key), "E-PROTOCOL-DESIGN-KEY", values)
        elif not is_given and lottery.design == designs[0]:
            yield Finding(("lottery",), "E-PROTOCOL-MISSING-KEY", {"key": f"lottery.{key}"})


def _odds(lottery: Lottery, chances: int, of: int) -> Iterator[Finding]:
    first, second = lottery.arms.values()
    if not 0 < chances < of:
        yield Finding(("lottery", "odds"), "E-PROTOCOL-ODDS")
    elif first * (of - chances) != second * chances:
        values: dict[str, Value] = {"places": f"{first}, {second}", "odds": f"{chances} / {of}"}
        yield Finding(("lottery", "arms"), "E-PROTOCOL-ODDS-ARMS", values)


def _adjustments(clauses: Clauses) -> Iterator[Finding]:
    """Name the promises by Lin's regression, which has as many columns as pairs have units."""
    for index, analysis in enumerate(clauses.analyses):
        if analysis.adjust == "lin" or analysis.estimator in ("lin", "wald_lin"):
            yield Finding(("analyses", index), "E-PROTOCOL-PAIRS-LIN")


def _covariates(
    clauses: Clauses, covariates: tuple[Scaled, ...], path: KeyPath
) -> Iterator[Finding]:
    variables = {variable.name: variable for variable in clauses.variables}
    names = [covariate.variable for covariate in covariates]
    for index, name in enumerate(names):
        here: KeyPath = (*path, index, "variable")
        if name not in variables:
            yield unknown_name(here, "variable", name, list(variables))
        elif name in names[:index]:
            yield Finding(here, "E-PROTOCOL-NAME-TWICE", {"name": name})
        elif not _is_number_before_the_draw(variables[name], clauses):
            yield Finding(here, "E-PROTOCOL-DRAW-COVARIATE", {"name": name})


def _is_number_before_the_draw(variable: Variable, clauses: Clauses) -> bool:
    """Say whether screening reads a variable as a number; an unknown column has its own fault."""
    if variable.month is not None or variable.extract not in (None, clauses.eligibility.extract):
        return False
    extract = clauses.extracts.get(clauses.eligibility.extract)
    if extract is None or variable.column not in extract.columns:
        return True
    return variable.age or variable.months_since or extract.columns[variable.column].type in NUMBERS

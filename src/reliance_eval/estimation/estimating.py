"""Estimating: all that was promised, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation.answered import Estimates
from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.estimator import ESTIMATORS, answer, variance_faults
from reliance_eval.estimation.evolutions.retracing import evolutions
from reliance_eval.estimation.families import adjusted
from reliance_eval.estimation.finding import Finding
from reliance_eval.estimation.joint_testing import jointly_promised
from reliance_eval.estimation.promising import Cell, check_analyses, promises
from reliance_eval.estimation.redraws.jointly import of_promises
from reliance_eval.estimation.redraws.stepping import JointRedraws
from reliance_eval.estimation.sampling import Panelled
from reliance_eval.estimation.subgroups.interacting import tested
from reliance_eval.estimation.unestimable import Unestimable
from reliance_eval.panel import Panel


def estimate(panel: Panel) -> Estimates:
    """Answer every analysis that the protocol promised.

    Blocks, clusters and probabilities come from the draw. A promise without a number, because a
    horizon is not reached or because no number exists, is answered with the reason.

    Raises
    ------
    ProtocolError
        An analysis names an estimator or a variance that does not exist, or one that
        contradicts the draw.
    """
    if faults := check_analyses(panel.protocol):
        raise ProtocolError(faults)
    cells = promises(panel.parent)
    panelled = Panelled(panel)
    _check_design(panelled, cells)
    found = {cell.promise.id: _answer(panelled, cell) for cell in cells}
    promised = [cell.promise for cell in cells]
    method = panel.protocol.clauses.inference.adjust

    def redraws(ids: Sequence[str]) -> JointRedraws | None:
        chosen = [cell for cell in cells if cell.promise.id in set(ids)]
        return of_promises(panel.parent, chosen, panelled)

    estimates = adjusted(found, promised, method, redraws)
    refused = {n: answer for n, answer in found.items() if isinstance(answer, NotEstimable)}
    by_id = {promise.id: promise for promise in promised}
    return Estimates(
        parent=panel,
        estimated=tuple(
            estimates[name].revised(promise=by_id[name]) for name in by_id if name in estimates
        ),
        not_estimable=tuple(
            refused[name].revised(promise=by_id[name]) for name in by_id if name in refused
        ),
        order=tuple(by_id),
        joint=jointly_promised(found, promised),
        dynamics=evolutions(panel, panelled),
        interactions=tested(found, cells, method=method, groups=panelled.groups),
    )


def _check_design(panelled: Panelled, cells: tuple[Cell, ...]) -> None:
    """Refuse a variance that contradicts the draw as it turned out."""
    asked = {
        (cell.promise.estimator, cell.analysis.variance, cell.analysis.convention) for cell in cells
    }
    faults = [
        fault
        for estimator, variance, convention in sorted(asked, key=str)
        for fault in variance_faults(
            variance,
            estimator=estimator,
            is_clustered=panelled.is_clustered,
            is_blocked=panelled.is_blocked,
            convention=convention,
            where="analyses",
        )
    ]
    if faults:
        raise ProtocolError(faults)


def _answer(panelled: Panelled, cell: Cell) -> Finding | NotEstimable:
    try:
        sample = panelled.sample(cell)
    except Unestimable as refusal:
        return NotEstimable(reason=refusal.reason, values=refusal.values)
    if not ESTIMATORS[cell.promise.estimator].uses_covariates:
        sample = sample.without_covariates()
    return answer(cell.promise.estimator, sample)

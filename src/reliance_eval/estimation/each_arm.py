"""One question asked of each arm; where no number exists, the answer is the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, Self, TypeVar

from reliance_eval.estimation.estimates import NotEstimable
from reliance_eval.estimation.framing import Frame
from reliance_eval.estimation.sample import REFERENCE, Sample
from reliance_eval.estimation.unestimable import Unestimable


class Named(Protocol):
    """An answer that can be told what it compared."""

    def revised(self, *, outcome: str, arm: str, reference: str) -> Self:
        """Give the same answer with the names of what was compared."""
        ...


Given = TypeVar("Given", bound=Named)


def by_arm(frame: Frame, ask: Callable[[Sample], Given]) -> tuple[Given | NotEstimable, ...]:
    """Ask about each arm of a frame against its reference.

    Parameters
    ----------
    frame : Frame
    ask : function of Sample
        Gives an answer, or raises ``Unestimable``.
    """
    found: list[Given | NotEstimable] = []
    for target in range(1, max(2, len(frame.arms))):
        arm = frame.arms[target] if target < len(frame.arms) else ""
        reference = frame.arms[REFERENCE]
        sample = replace(frame.sample, target=target)
        try:
            if frame.refused is not None:
                raise frame.refused
            given = ask(sample)
        except Unestimable as refusal:
            why = NotEstimable(
                reason=refusal.reason,
                values=refusal.values,
                n=sample.n_arm + sample.n_reference,
                n_arm=sample.n_arm,
                n_reference=sample.n_reference,
            )
            found.append(why.revised(outcome=frame.outcome, arm=arm, reference=reference))
        else:
            found.append(given.revised(outcome=frame.outcome, arm=arm, reference=reference))
    return tuple(found)

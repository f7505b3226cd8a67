"""Outcomes on another scale: never silently, for an effect on log(1 + y) is no effect in euros.

The estimand of an amount or a count is a mean in its own unit, zeros included: what a social
programme costs and gives is counted in it. The effect on log(1 + y) is another quantity, and where
some outcomes are zero it is no percentage either: it can be made as large as one likes by changing
the unit. Whoever wants it names it.

References
----------
Chen and Roth (2024), Quarterly Journal of Economics 139(2), 891-936.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reliance_eval.errors import Fault, ProtocolError
from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.framing import Frame
from reliance_eval.estimation.sample import Sample
from reliance_eval.estimation.unestimable import Unestimable

TRANSFORMS: dict[str, Callable[[Floats], Floats]] = {"log1p": np.log1p}
"""Scales by name; the words that a label must replace are nobody's default."""

NOTE = "transformed"


def transformed(sample: Sample, transform: str, label: str) -> Sample:
    """Give a sample with its outcome on another scale, and a note that names it.

    Parameters
    ----------
    sample : Sample
    transform : str
        A name of ``TRANSFORMS``.
    label : str
        What the new scale is called, or the outcome of the protocol that has a label for it.

    Raises
    ------
    Unestimable
        ``negative_values``: some outcomes have no logarithm.
    """
    known = sample.outcome[sample.observed]
    if np.any(known < 0.0):
        raise Unestimable("negative_values", n=str(int(np.sum(known < 0.0))))
    return replace(
        sample,
        outcome=TRANSFORMS[transform](sample.outcome),
        notes=(*sample.notes, NOTE),
        note_values=sample.note_values | {NOTE: label},
    )


def on_scale(frame: Frame, transform: str | None, label: str | None) -> Frame:
    """Give a frame on the scale asked for, or as it is where none is.

    Raises
    ------
    ProtocolError
        The scale is unknown, comes without a label, or a panel's outcome is on another already.
    """
    if transform is None:
        if label is not None:
            raise ProtocolError(Fault("E-ESTIMATION-LABEL-ALONE", "transform_label"))
        return frame
    if transform not in TRANSFORMS:
        values = {"name": transform, "known": ", ".join(TRANSFORMS)}
        raise ProtocolError(Fault("E-ESTIMATION-TRANSFORM", "transform", values))
    if not (label or "").strip():
        values = {"name": transform}
        raise ProtocolError(Fault("E-ESTIMATION-TRANSFORM-UNLABELLED", "transform", values))
    if NOTE in frame.sample.notes:
        raise ProtocolError(Fault("E-ESTIMATION-TRANSFORM-TWICE", "transform"))
    try:
        return replace(frame, sample=transformed(frame.sample, transform, label or ""))
    except Unestimable as refusal:
        return replace(frame, refused=refusal)

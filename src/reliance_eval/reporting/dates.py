"""The days that a reader holds against one another: registration, draw, access to the outcomes."""

from __future__ import annotations

from datetime import date

from reliance_eval.reporting.grading import Registered
from reliance_eval.reporting.section import Context


def first_draw(context: Context) -> date:
    """Give the day of the draw; of waves, the first one's."""
    days = [intake.day for intake in context.draw.intakes] if context.draw is not None else []
    return min([*days, context.protocol.clauses.lottery.day])


def first_outcomes(context: Context) -> date | None:
    """Give the day of the first delivery after the draw of a file that outcomes are read from.

    Before the follow-up, the day that the protocol announces; None where it announces none.
    """
    extracts = {item.origin.extract for item in context.protocol.clauses.read_outcomes}
    announced = [
        delivery.extracted_on
        for name in extracts
        for delivery in context.protocol.extract(name).deliveries
    ]
    panel = context.panel
    found = (
        []
        if panel is None
        else [record.extracted_on for record in panel.deliveries if record.extract in extracts]
    )
    after = [day for day in found or announced if day >= first_draw(context)]
    return min(after, default=None)


def registered(context: Context) -> Registered:
    """Say when the trial was registered, against the draw and the first outcomes."""
    registration = context.protocol.clauses.trial.registration
    if registration is None:
        return "never"
    if registration.on <= first_draw(context):
        return "before_draw"
    outcomes = first_outcomes(context)
    return "before_data" if outcomes is None or registration.on < outcomes else "after_data"

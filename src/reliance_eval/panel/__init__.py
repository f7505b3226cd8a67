"""The panel: lives followed from the draw's day, each value with the reason it is missing."""

from reliance_eval.panel.admitting import check_panel
from reliance_eval.panel.blinding import blinded
from reliance_eval.panel.followed import TAKE_UP_GROUP
from reliance_eval.panel.following import follow_up
from reliance_eval.panel.measure import MEASURES
from reliance_eval.panel.model import Panel, Status
from reliance_eval.panel.objecting import in_draw_order

__all__ = [
    "MEASURES",
    "TAKE_UP_GROUP",
    "Panel",
    "Status",
    "blinded",
    "check_panel",
    "follow_up",
    "in_draw_order",
]

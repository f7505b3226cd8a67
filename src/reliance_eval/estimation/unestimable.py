"""How a computation says that it has no answer; an estimator turns it into ``NotEstimable``."""

from __future__ import annotations


class Unestimable(Exception):  # noqa: N818
    """No number exists, for a reason that has words (``estimation.reason.<reason>``).

    Parameters
    ----------
    reason : str
        Key of the reason.
    values : str
        What the placeholders of its words stand for.
    """

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values

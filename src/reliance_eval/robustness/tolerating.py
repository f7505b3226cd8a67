"""How far apart response rates may be before what is known of the arms no longer compares them.

References
----------
What Works Clearinghouse (2020), Standards Handbook, version 4.1, table II.1: the highest
differential attrition of a sample of low attrition, by its overall attrition, under cautious
assumptions on how attrition goes with outcomes. Deke and Chiang (2017), Evaluation Review 41(2),
130-154, derive it: there a bias of at most 0.05 standard deviation is tolerated.
"""

from __future__ import annotations

CAUTIOUS = (
    *(5.7, 5.8, 5.9, 5.9, 6.0, 6.1, 6.2, 6.3, 6.3, 6.3, 6.3, 6.2, 6.2, 6.1, 6.0),
    *(5.9, 5.9, 5.8, 5.7, 5.5, 5.4, 5.3, 5.2, 5.1, 4.9, 4.8, 4.7, 4.5, 4.4, 4.3),
    *(4.1, 4.0, 3.8, 3.6, 3.5, 3.3, 3.2, 3.1, 2.9, 2.8, 2.6, 2.5, 2.3, 2.1, 2.0),
    *(1.8, 1.6, 1.5, 1.3, 1.2, 1.0, 0.9, 0.7, 0.6, 0.4, 0.3, 0.2, 0.0),
)
"""In points, for an overall attrition of 0, 1, 2... 57 %; above, none is tolerated."""


def tolerated_gap(attrition: float) -> float:
    """Give the largest gap in response rates that is tolerated, as a share.

    Parameters
    ----------
    attrition : float
        Share of all units whose outcome is missing, read to the nearest point as the table is.

    Examples
    --------
    >>> tolerated_gap(0.10), tolerated_gap(0.30), tolerated_gap(0.70)
    (0.063, 0.041, 0.0)
    """
    place = round(100 * attrition)
    return round(CAUTIOUS[place] / 100, 3) if place < len(CAUTIOUS) else 0.0

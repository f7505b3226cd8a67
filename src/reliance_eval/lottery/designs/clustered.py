"""Clustered: groups are drawn (a village, an agency, a class), and members inherit their arm.

Within blocks where the protocol names some: all members of a cluster are then in one block.
Places are counted in clusters.
"""

from __future__ import annotations

from reliance_eval.lottery.design import DESIGNS
from reliance_eval.lottery.designs.stratified import Stratified

DESIGNS.register("clustered")(Stratified())

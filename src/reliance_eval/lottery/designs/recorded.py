"""Recorded: a draw held elsewhere, replayed as its blocks, clusters and counts say it was held.

Where the recorded arms never differ within a cluster, clusters were drawn, within their blocks;
otherwise units were. ``lots_of`` tells the two apart and the rule is the stratified one, so what
is replayed keeps in every block the number of drawn units (or clusters) found in each arm.
"""

from __future__ import annotations

from reliance_eval.lottery.design import DESIGNS
from reliance_eval.lottery.designs.stratified import Stratified

DESIGNS.register("recorded")(Stratified())

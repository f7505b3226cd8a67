"""Pairs: units alike are put together before the commitment, and one of two gets the offer.

A pair is a stratum of two with one place in each arm, so its rule is the stratified one. How pairs
are formed is ``lottery.pairing``'s; it reads no ticket.
"""

from __future__ import annotations

from reliance_eval.lottery.design import DESIGNS
from reliance_eval.lottery.designs.stratified import Stratified

DESIGNS.register("pairs")(Stratified())

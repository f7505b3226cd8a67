"""Clauses on the public event that a draw's seed comes from, named before it takes place."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from reliance_eval.protocol.clause import Clause, Text, Texts

QUICKNET_GENESIS = 1_692_803_367
"""Instant of quicknet's first round, in seconds since 1970 (UTC). Source: the network's own
information, chain 52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971."""

QUICKNET_PERIOD = 3
"""Seconds between two rounds of quicknet; same source."""


class PublicEvent(Clause):
    """A future event that anybody can read, and nobody can know beforehand."""

    source: Literal["drand", "rfc3797"]
    """A round of a drand network, or the numbers of public lotteries (RFC 3797)."""
    name: Text
    at: datetime
    """The instant of the event, with its offset from UTC."""
    network: Literal["quicknet"] | None = None
    round: Annotated[int, Field(ge=1)] | None = None
    """The round of the drand network; ``at`` is the instant at which it is published."""
    sources: Texts = ()
    """The public lotteries, in the order in which their numbers are written."""


class SeedEvent(PublicEvent):
    """The event that the seed comes from, its notice, and the event that stands in for it."""

    notice_days: Annotated[int, Field(ge=0)] = 10
    """Clear days between the commitment and the event, in the calendar of Paris."""
    fallback: PublicEvent | None = None
    supersedes: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    """The number of the commitment that this lottery repeats, where one was declared void."""
    because: Text = {}
    """Why it is repeated."""

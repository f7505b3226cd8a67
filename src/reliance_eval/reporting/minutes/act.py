"""How a procès-verbal speaks: its sentences, moments, names of arms, for one copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from reliance_eval.language.catalogue import Value
from reliance_eval.lottery.notice import in_utc
from reliance_eval.protocol.appointing import PARIS
from reliance_eval.protocol.model import PublicEvent
from reliance_eval.reporting.minutes.counts import Counts
from reliance_eval.reporting.minutes.facts import Facts
from reliance_eval.reporting.minutes.paper import Piece, Sentences
from reliance_eval.reporting.wording import Voice


@dataclass(frozen=True)
class Act:
    """The facts, the voice that tells them and the counts it may print."""

    facts: Facts
    voice: Voice
    counts: Counts

    def say(self, key: str, /, **values: Value) -> str:
        """Give a sentence of the procès-verbal."""
        return self.voice.say(f"minutes.{key}", **values)

    def moment(self, at: datetime) -> str:
        """Write an instant in the time of Paris, with its universal time."""
        here = at.astimezone(PARIS)
        return self.say(
            "moment",
            day=self.day(here.date()),
            hour=str(here.hour),
            minute=f"{here.minute:02d}",
            utc=in_utc(at.astimezone(UTC)),
        )

    def day(self, on: date) -> str:
        """Write a day."""
        # A day of the month never stands alone at the end of a line.
        return self.voice.numbers.day(on).replace(" ", "\u00a0", 1)

    def value(self, event: PublicEvent) -> str:
        """Say what of the event makes the seed."""
        values: dict[str, Value] = {"sources": self.voice.listed(event.sources)}
        if event.source == "drand":
            values = {"round": event.round, "network": event.network}
        return self.say(f"notice.value_{event.source}", **values)

    def name(self, event: PublicEvent) -> str:
        """Give what a public event is called."""
        text = self.facts.draw.protocol.text(event.name, self.voice.language, event.source)
        return self.voice.label(text)

    def arm(self, name: str) -> str:
        """Give what an arm is called, to head a column."""
        text = self.voice.arm(name)
        return text[:1].upper() + text[1:]

    def withheld(self) -> tuple[Piece, ...]:
        """Explain, in the publishable copy, how its counts differ from the exact ones."""
        gate = self.counts.gate
        if not self.counts.is_public or gate.is_public:
            return ()
        values = {"least": gate.rules.threshold, "base": gate.rules.rounding}
        return (Sentences(self.say("gated", **values)),)

    @property
    def title(self) -> str:
        """The trial's title."""
        protocol = self.facts.draw.protocol
        return self.voice.label(protocol.text(protocol.clauses.trial.title, self.voice.language))

"""What a plan's chapters may read: the protocol, and what was diagnosed of it; nobody's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from reliance_eval.artefact import Artefact
from reliance_eval.power import Diagnosis
from reliance_eval.protocol import Protocol
from reliance_eval.reporting.disclosure import Gate, rules_of
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Voice


@dataclass(frozen=True, kw_only=True, eq=False)
class Intention(Artefact):
    """A protocol on the day that its plan is written."""

    act: ClassVar[str] = "plan"

    parent: Protocol
    on: date
    is_before_draw: bool
    is_declared: bool = False

    @property
    def protocol(self) -> Protocol:
        """The protocol that is planned."""
        return self.parent


@dataclass(frozen=True, eq=False)
class Planned(Context):
    """A context without data: exhibits are about the protocol's population and files to come."""

    diagnosis: Diagnosis | None = None

    @property
    def intention(self) -> Intention:
        """The plan's day, and what was done by then."""
        intention: Intention = self.latest.nearest(Intention)
        return intention

    def scope(self) -> str:
        """Say who and on which day."""
        voice, clauses = self.voice, self.protocol.clauses
        population = self.protocol.text(clauses.trial.population, voice.language)
        return voice.say(
            "report.scope.screened",
            population=population or voice.say("report.scope.title", title=self.title()),
            day=voice.numbers.day(clauses.eligibility.on),
        )

    def source(self) -> str:
        """Say that the protocol is all that was read."""
        return self.voice.say("plan.source")


def planned(intention: Intention, language: str, *, diagnosis: Diagnosis | None = None) -> Planned:
    """Give the context of a plan in one language."""
    protocol = intention.protocol
    gate = Gate(rules_of(protocol))
    return Planned(intention, Voice(protocol, language), gate, diagnosis=diagnosis)

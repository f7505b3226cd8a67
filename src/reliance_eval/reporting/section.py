"""A section: the artefact it needs, its place in the report, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reliance_eval.artefact import Artefact
from reliance_eval.eligibility import Flow
from reliance_eval.estimation import Estimates
from reliance_eval.lottery import Draw
from reliance_eval.panel import Panel
from reliance_eval.protocol import Protocol
from reliance_eval.registry import Registry
from reliance_eval.reporting.clearing import Clearance, clear
from reliance_eval.reporting.disclosure import Gate
from reliance_eval.reporting.document import Block, Caption
from reliance_eval.reporting.wording import Voice
from reliance_eval.robustness import Checks


@dataclass(frozen=True, eq=False)
class Context:
    """What a section may read and how it speaks.

    Attributes
    ----------
    latest : Artefact
        The artefact reported on; sections reach the others above it.
    voice : Voice
    gate : Gate
        The only way out for a count.
    chapters : mapping of str to str
        Titles of the sections written so far, by name: what a later one may refer to.
    """

    latest: Artefact
    voice: Voice
    gate: Gate
    chapters: dict[str, str] = field(default_factory=dict)

    @property
    def protocol(self) -> Protocol:
        """The protocol at the head of the line."""
        return self.latest.protocol

    @property
    def flow(self) -> Flow:
        """The flow, which every report has."""
        flow: Flow = self.latest.nearest(Flow)
        return flow

    @cached_property
    def draw(self) -> Draw | None:
        """The draw, if it was held."""
        draw: Draw | None = self.latest.nearest(Draw)
        return draw

    @cached_property
    def panel(self) -> Panel | None:
        """The panel, if lives were followed."""
        panel: Panel | None = self.latest.nearest(Panel)
        return panel

    @cached_property
    def estimates(self) -> Estimates | None:
        """The estimates, if they were computed."""
        estimates: Estimates | None = self.latest.nearest(Estimates)
        return estimates

    @cached_property
    def checks(self) -> Checks | None:
        """The checks, if some were run."""
        checks: Checks | None = self.latest.nearest(Checks)
        return checks

    @cached_property
    def clearance(self) -> Clearance:
        """Which estimates may be printed; asked only where there are estimates."""
        assert self.estimates is not None
        return clear(self.estimates, self.gate)

    @cached_property
    def places(self) -> dict[str, int]:
        """Units drawn by arm, in the protocol's order."""
        assert self.draw is not None
        counts = self.draw.drawn["arm"].value_counts()
        return {arm: int(counts.get(arm, 0)) for arm in self.draw.arms}

    def drawn_in(self, arm: str, subgroup: str = "") -> int:
        """Count the units drawn to an arm, in everyone or in the subgroup ``variable=level``."""
        if not subgroup:
            return self.places[arm]
        assert self.panel is not None
        variable, _, level = subgroup.partition("=")
        units = self.panel.units
        column = f"{variable}_band" if f"{variable}_band" in units else variable
        return int((units["arm"].eq(arm) & units[column].eq(level)).sum())

    def values_before(self, variable: str, arm: str) -> npt.NDArray[np.float64]:
        """Give a variable's absolute values in an arm, as known before the draw."""
        assert self.draw is not None
        if self.panel is not None:
            units = self.panel.units
        else:
            drawn = self.draw.drawn[["unit", "arm"]]
            units = drawn.merge(self.flow.eligible.drop(columns="arm", errors="ignore"), on="unit")
        values = np.abs(units.loc[units["arm"] == arm, variable].to_numpy(dtype=float))
        known: npt.NDArray[np.float64] = values[~np.isnan(values)]
        return known

    def caption(self, reading: str = "", *, notes: tuple[str, ...] = ()) -> Caption:
        """Give the words under an exhibit: its reading, and the trial's scope and source."""
        source = self.source()
        source = source if source.endswith(".") else f"{source}."
        return Caption(reading=reading, scope=self.scope(), source=source, notes=notes)

    def file_caption(self, reading: str) -> Caption:
        """Give the words under a table of files and digests, which is about nobody."""
        say = self.voice.say
        return Caption(
            reading=reading, scope=say("report.scope.files"), source=say("report.source.computed")
        )

    def scope(self) -> str:
        """Say who, where and when: the population and, once held, the draw."""
        voice, trial = self.voice, self.protocol.clauses.trial
        population = self.protocol.text(trial.population, voice.language)
        population = population or voice.say("report.scope.title", title=self.title())
        if self.draw is None:
            day = voice.numbers.day(self.protocol.clauses.eligibility.on)
            return voice.say("report.scope.screened", population=population, day=day)
        drawn = self.gate.announced(sum(self.places.values()), place="scope")
        return voice.say(
            "report.scope.drawn",
            population=population,
            day=self.days(),
            n=voice.count("scope", drawn).text,
            unit=voice.unit(),
        )

    def days(self) -> str:
        """Write the day of the draw; of waves, that of each one held."""
        assert self.draw is not None
        days = [intake.day for intake in self.draw.intakes]
        days = days or [self.protocol.clauses.lottery.day]
        *before, last = (self.voice.numbers.day(day) for day in days)
        if not before:
            return last
        return self.voice.say("report.days", before=", ".join(before), last=last)

    def source(self) -> str:
        """Name the producers of the data."""
        voice, trial = self.voice, self.protocol.clauses.trial
        sources = voice.label(self.protocol.text(trial.sources, voice.language))
        if self.flow.synthetic:
            return voice.say("report.source.synthetic", sources=sources or "–")
        return sources or voice.say("report.source.unnamed")

    def title(self) -> str:
        """Give the trial's title."""
        return self.voice.label(
            self.protocol.text(self.protocol.clauses.trial.title, self.voice.language)
        )


@dataclass(frozen=True, slots=True)
class Section:
    """A registered section.

    Attributes
    ----------
    needs : type
        It is written once this artefact exists.
    order : int
        Its place; gaps are left between neighbours for those to come.
    compose : callable
        Gives its blocks; none where it has nothing to say.
    """

    needs: type[Artefact]
    order: int
    compose: Callable[[Context], tuple[Block, ...]]


SECTIONS: Registry[Section] = Registry("section", "reliance_eval.reporting.sections")

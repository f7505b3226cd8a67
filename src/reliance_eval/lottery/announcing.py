"""What a commitment publishes: one plain text to time-stamp, and one page to print."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reliance_eval.fingerprint import of_bytes
from reliance_eval.language.catalogue import Value, languages, words
from reliance_eval.language.numbers import Numbers, typeset
from reliance_eval.lottery.notice import clear_days, in_utc, paris_day
from reliance_eval.protocol.appointing import PARIS
from reliance_eval.protocol.model import PublicEvent, Text

if TYPE_CHECKING:
    from jinja2 import Template

    from reliance_eval.lottery.commitment import Commitment

TEXT = "commitment.txt"
FORMAT = "RL1 commitment 1"
USUAL_NOTICE = 10
"""Clear days of notice that a page spells out in a word, as legal texts do."""

FEWEST_SOURCES = 3
"""Public lotteries below which a seed is too easy to try out: one draw of five balls among 49 and
one among ten has 19,068,840 outcomes, three such draws more than 10^21."""


def lines_of(commitment: Commitment) -> list[tuple[str, str]]:
    """Give what is published, as keys and values in ASCII; never a unit."""
    lottery = commitment.protocol.clauses.lottery
    lines = [
        ("format", FORMAT),
        ("trial", commitment.protocol.clauses.trial.id),
        ("committed_at", commitment.committed_at),
        ("clock", commitment.clock),
        ("design", commitment.design),
        ("arms", " ".join(commitment.arms)),
        ("places", " ".join(str(places) for places in lottery.arms.values())),
        ("drawn_in", commitment.drawn_in),
        ("protocol_sha256", commitment.protocol_digest),
        ("frame_sha256", commitment.frame_digest),
        ("odds_sha256" if commitment.odds else "quota_sha256", commitment.quota_digest),
    ]
    if commitment.bounds:
        lines.append(("covariates_sha256", commitment.covariates_digest))
        lines.append(("bounds_sha256", commitment.bounds_digest))
    lines += [
        (f"code_list_sha256 {_ascii(name)}", digest)
        for name, digest in commitment.code_list_digests.items()
    ]
    lines.append(("notice_clear_days", str(commitment.notice_days)))
    event = lottery.event
    if event is not None and event.supersedes is not None:
        lines.append(("supersedes", event.supersedes))
        lines += [(f"because_{code}", _ascii(why)) for code, why in sorted(event.because.items())]
    lines += _event_lines("event", commitment.event)
    if commitment.fallback is not None:
        lines += _event_lines("fallback", commitment.fallback)
    return lines


def text_of(commitment: Commitment) -> bytes:
    """Give ``commitment.txt``: ASCII, one ``key: value`` a line, line feed alone."""
    return "".join(f"{key}: {value}\n" for key, value in lines_of(commitment)).encode("ascii")


def _event_lines(prefix: str, event: PublicEvent) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = [(f"{prefix}_source", event.source)]
    lines += [(f"{prefix}_name_{code}", _ascii(name)) for code, name in sorted(event.name.items())]
    lines.append((f"{prefix}_at", in_utc(event.at)))
    if event.source == "drand":
        lines.append((f"{prefix}_network", event.network or ""))
        lines.append((f"{prefix}_round", str(event.round)))
    lines += [
        (f"{prefix}_draw_{number}", _ascii(source))
        for number, source in enumerate(event.sources, 1)
    ]
    return lines


def _ascii(text: str) -> str:
    """Write a text without its accents, on one line, so that every program reads the same bytes."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe"))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.encode("ascii", errors="replace").decode("ascii").split())


def write_announcement(commitment: Commitment, folder: Path) -> None:
    """Write the text and a page a language into a new folder."""
    folder.mkdir()
    (folder / TEXT).write_bytes(text_of(commitment))
    for language in languages():
        (folder / f"commitment.{language}.html").write_bytes(page_of(commitment, language))


def page_of(commitment: Commitment, language: str) -> bytes:
    """Give the page to print: one side of A4, no script, no colour needed, nothing to fetch."""
    page = _Page(commitment, language)
    return (_template().render(page.values()).strip() + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True)
class _Page:
    """The sentences of one page in one language."""

    commitment: Commitment
    language: str

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.language)

    def say(self, key: str, /, **values: Value) -> str:
        text = words(self.language).text(f"commitment.{key}", **values)
        return typeset(text, self.language)

    def text(self, texts: Text, otherwise: str = "") -> str:
        said = self.commitment.protocol.text(texts, self.language, otherwise)
        return typeset(said, self.language)

    def values(self) -> dict[str, Any]:
        commitment, protocol = self.commitment, self.commitment.protocol
        trial = protocol.clauses.trial
        fallback = commitment.fallback
        label = self.text(trial.unit_label, protocol.clauses.lottery.unit)
        synthetic = words(self.language).text("report.title.synthetic")
        return {
            "language": self.language,
            "say": self.say,
            "commitment": commitment,
            "watermark": synthetic if commitment.parent.synthetic else "",
            "title": self.text(trial.title, trial.id),
            "unit": self.say(commitment.drawn_in, unit=label),
            "design": words(self.language).text(f"report.design.{commitment.design}"),
            "places": self.places(),
            "made": self.instant(commitment.at),
            "event": self.event(commitment.event),
            "fallback": None if fallback is None else self.event(fallback),
            "notice": self.notice(),
            "superseded": self.superseded(),
            "digests": self.digests(),
            "rule": self.rule(),
            "pseudo": typeset(words(self.language).text("report.lottery.pseudo"), self.language),
            "text_digest": of_bytes(text_of(commitment)),
        }

    def places(self) -> str:
        commitment = self.commitment
        if commitment.odds:
            chances, of = next(iter(commitment.odds.values()))
            return self.say("chance", a=chances, b=of, arm=self.arm(commitment.arms[0]))
        arms = commitment.protocol.clauses.lottery.arms.items()
        said = [
            self.say("place", n=n, shown=self.numbers.integer(n), arm=self.arm(arm))
            for arm, n in arms
        ]
        return " ; ".join(said) if self.language == "fr" else "; ".join(said)

    def arm(self, name: str) -> str:
        is_reference = name == self.commitment.reference
        key = "reference" if is_reference else "offered" if name == "offered" else "named"
        return words(self.language).text(f"report.arm.{key}", name=name)

    def instant(self, instant: datetime) -> str:
        return self.say(
            "instant",
            day=self.numbers.day(paris_day(instant)),
            time=f"{instant.astimezone(PARIS):%H:%M:%S}",
            utc=in_utc(instant),
        )

    def event(self, event: PublicEvent) -> dict[str, str]:
        if event.source == "drand":
            values: dict[str, Value] = {"round": event.round, "network": event.network}
        else:
            values = {"sources": ", ".join(event.sources)}
        return {
            "name": self.text(event.name, event.source),
            "at": self.instant(event.at),
            "value": self.say(f"seed.{event.source}", **values),
        }

    def notice(self) -> str:
        days = clear_days(self.commitment.at, self.commitment.event.at)
        required = self.commitment.notice_days
        spelled = (
            self.say("seed.ten") if required == USUAL_NOTICE else self.numbers.integer(required)
        )
        return self.say("seed.clear_days", required=spelled, n=self.numbers.integer(days))

    def superseded(self) -> str:
        event = self.commitment.protocol.clauses.lottery.event
        if event is None or event.supersedes is None:
            return ""
        return self.say("superseded", id=event.supersedes, because=self.text(event.because))

    def digests(self) -> list[tuple[str, str]]:
        found = []
        for key, value in lines_of(self.commitment):
            kind, _, name = key.partition(" ")
            if kind.endswith("_sha256"):
                found.append((self.say(f"frozen.{kind}", name=name), value))
        return found

    def rule(self) -> str:
        design = self.commitment.design
        special = design in ("simple", "rerandomised")
        return self.say(f"rule.text_{design}" if special else "rule.text")


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reliance_eval.lottery", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("commitment.html.j2")

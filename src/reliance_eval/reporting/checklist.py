"""What a run answers to each item of CONSORT 2025, and in which section it stands.

An item that no answer is registered for is the authors'. No answer counts people: a sentence says
which exhibit, already through the disclosure gate, holds the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reliance_eval.protocol.clause import Text
from reliance_eval.protocol.standards.items import Item, items
from reliance_eval.reporting import protocol_said as said
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Voice

HEAD = "head"
"""The lines under the title, which every report has."""

ALWAYS = (HEAD, "provenance")
"""Places that every report has, whatever was run."""

Status: TypeAlias = Literal["run", "authors", "none", "absent", "missing"]
Told: TypeAlias = Callable[[Context], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """How an item is filled.

    Attributes
    ----------
    told : callable
        Gives the sentence; ``""`` where the protocol has nothing to say, for the authors then.
    sections : tuple of str
        Names of the sections it may stand in; the first one written is named.
    unless : callable
        Gives the reason for which the item does not apply, by its key; ``""`` where it does.
    once : str
        Another section that must be written too, before the sentence is true.
    """

    told: Told
    sections: tuple[str, ...]
    unless: Told = lambda _context: ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """An item with its answer.

    Attributes
    ----------
    item : Item
    status : {"run", "authors", "none", "absent", "missing"}
        Filled from the run, stated by the authors, not applicable, waiting for a section, or left
        to the authors.
    answer : str
    section : str
        Name of the section where it stands, or ``""``.
    """

    item: Item
    status: Status
    answer: str
    section: str = ""


def checklist(context: Context) -> tuple[Filled, ...]:
    """Give every item of CONSORT 2025, once, in its order."""
    stated = context.protocol.clauses.statements.consort
    return tuple(
        filled(context, item, stated=stated.get(item.number, {}), rule=RULES.get(item.number))
        for item in items("consort")
    )


def filled(context: Context, item: Item, *, stated: Text, rule: Rule | None) -> Filled:
    """Fill one item: by its rule, with what the authors state of it."""
    voice = context.voice
    words = voice.label(context.protocol.text(stated, voice.language))
    sentence = rule.told(context) if rule else ""
    if rule is None or not sentence:
        if words:
            return Filled(item, "authors", words)
        return Filled(item, "missing", voice.say("report.consort.missing"))
    if why := rule.unless(context):
        reason = voice.say(f"report.consort.why.{why}")
        return Filled(item, "none", voice.say("report.consort.none", why=reason))
    section = next((name for name in rule.sections if _is_written(context, name)), "")
    if not section or not _is_written(context, rule.once or section):
        absent = voice.say("report.consort.absent")
        return Filled(item, "absent", f"{absent} {words}".strip())
    return Filled(item, "run", f"{_whole(sentence)} {words}".strip(), section)


def _whole(sentence: str) -> str:
    """Give a sentence its capital and its full stop; one word or a number stays as it is."""
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence.endswith(".") or " " not in sentence else f"{sentence}."


def _is_written(context: Context, section: str) -> bool:
    return section in ALWAYS or section in context.chapters


def _departures(context: Context) -> str:
    if n := len(context.protocol.amendments):
        return context.voice.say("report.consort.told.departures", n=n)
    return context.voice.say("report.consort.told.no_departure")


def _take_up(context: Context) -> str:
    clause = context.protocol.clauses.take_up
    voice = context.voice
    label = "" if clause is None else voice.label(voice.protocol.text(clause.label, voice.language))
    if not label:
        return voice.say("report.consort.told.take_up_bare")
    return voice.say("report.consort.told.take_up", label=label)


def _no_take_up(context: Context) -> str:
    return "take_up" if context.protocol.clauses.take_up is None else ""


def _no_more(context: Context) -> str:
    clauses = context.protocol.clauses
    return "" if clauses.subgroups or clauses.dynamics else "more"


def _no_covariate(context: Context) -> str:
    clauses = context.protocol.clauses
    return "" if clauses.covariates or clauses.lottery.blocks else "covariates"


def _more(context: Context) -> str:
    voice = context.voice
    more = said.more_analyses_said(voice)
    return more or voice.say("report.consort.told.more_none")


def _reported(context: Context) -> str:
    return context.voice.say("report.consort.told.more", more=context.voice.inside(_more(context)))


def _calendar(context: Context) -> str:
    deliveries = (*context.flow.deliveries, *(context.panel.deliveries if context.panel else ()))
    calendar = said.calendar_said(context.voice)
    if not deliveries:
        return calendar
    last = max(record.extracted_on for record in deliveries)
    day = context.voice.numbers.day(last)
    return f"{calendar} {context.voice.say('report.consort.told.delivery', day=day)}"


def by_voice(sentence: Callable[[Voice], str]) -> Told:
    """Give the sentence of a protocol as an item's answer."""
    return lambda context: sentence(context.voice)


def _background(context: Context) -> str:
    said_there = context.protocol.text(context.protocol.clauses.trial.background, "en")
    return context.voice.say("report.consort.told.background") if said_there.strip() else ""


def _plain(key: str) -> Told:
    return lambda context: context.voice.say(f"report.consort.told.{key}")


RULES: dict[str, Rule] = {
    "1a": Rule(_plain("title"), (HEAD,)),
    "2": Rule(by_voice(said.registration_said), (HEAD,)),
    "3": Rule(by_voice(said.access_said), ("provenance",)),
    "6": Rule(_background, ("context",)),
    "7": Rule(by_voice(said.question_said), ("questions", "summary")),
    "9": Rule(by_voice(said.design_said), ("design", "lottery")),
    "10": Rule(_departures, ("deviations", "provenance")),
    "11": Rule(by_voice(said.settings_said), ("context", "flow")),
    "12a": Rule(by_voice(said.eligibility_said), ("flow",)),
    "13": Rule(by_voice(said.programme_said), ("context", "summary")),
    "14": Rule(by_voice(said.outcomes_said), ("definitions", "questions", "results")),
    "16a": Rule(by_voice(said.size_said), ("design", "questions", "lottery")),
    "17a": Rule(by_voice(said.sequence_said), ("lottery",)),
    "17b": Rule(by_voice(said.blocks_said), ("lottery",)),
    "18": Rule(by_voice(said.concealment_said), ("lottery",)),
    "19": Rule(by_voice(said.implementation_said), ("lottery",)),
    "21a": Rule(by_voice(said.methods_said), ("methods", "results")),
    "21b": Rule(_plain("population"), ("follow_up", "flow")),
    "21c": Rule(by_voice(said.missing_said), ("follow_up",)),
    "21d": Rule(_more, ("subgroups", "dynamics", "secondary"), unless=_no_more),
    "22a": Rule(_plain("flow"), ("flow",), once="follow_up"),
    "22b": Rule(_plain("losses"), ("follow_up",)),
    "23a": Rule(_calendar, ("design", "flow")),
    "24a": Rule(_take_up, ("take_up",), unless=_no_take_up),
    "25": Rule(_plain("baseline"), ("balance",), unless=_no_covariate),
    "26": Rule(_plain("results"), ("results",)),
    "28": Rule(_reported, ("secondary", "checks")),
    "30": Rule(_plain("limits"), ("limits",)),
}

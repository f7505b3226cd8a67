"""What a protocol decides, said in one sentence each: for a plan and for a checklist.

Only the protocol is read: nothing here counts people.
"""

from __future__ import annotations

from reliance_eval.estimation.promising import estimator_of
from reliance_eval.fingerprint import SHORT
from reliance_eval.protocol.model import Outcome, PublicEvent
from reliance_eval.reporting.wording import Voice

RECORDED = "recorded"
CHOSEN = "text:"
"""How a seed begins that the owner of the trial chose."""


def registration_said(voice: Voice) -> str:
    """Say where and when the trial was registered, and whether the draw came first."""
    clauses = voice.protocol.clauses
    registration = clauses.trial.registration
    if registration is None:
        return voice.say("said.unregistered")
    is_late = registration.on > clauses.lottery.day
    return voice.say(
        "said.registered_late" if is_late else "said.registered",
        registry=registration.registry,
        id=registration.id,
        day=voice.numbers.day(registration.on),
    )


def access_said(voice: Voice) -> str:
    """Say which file is the protocol, and what its digest begins with."""
    return voice.say("said.access", start=voice.protocol.digest[:SHORT])


def places_said(voice: Voice) -> str:
    """Give the places of each arm, as the protocol announces them."""
    lottery = voice.protocol.clauses.lottery
    return voice.listed(
        voice.say("said.places", arm=voice.arm(arm), n=voice.numbers.integer(n))
        for arm, n in lottery.arms.items()
    )


def design_said(voice: Voice) -> str:
    """Say the type of trial, its allocation and what its tests ask."""
    lottery = voice.protocol.clauses.lottery
    return voice.say(
        "said.design",
        design=voice.say(f"report.design.{lottery.design}"),
        places=places_said(voice),
    )


def eligibility_said(voice: Voice) -> str:
    """Say who may enter: every criterion, on which day."""
    eligibility = voice.protocol.clauses.eligibility
    day = voice.numbers.day(eligibility.on)
    if not eligibility.steps:
        return voice.say("said.no_criterion", day=day)
    labels = [voice.inside(voice.criterion(step.name)) for step in eligibility.steps]
    return voice.say("said.eligibility", day=day, n=len(labels), criteria=voice.listed(labels))


def settings_said(voice: Voice) -> str:
    """Say who, where and with whom, as the protocol words it."""
    trial = voice.protocol.clauses.trial
    where = voice.protocol.text(trial.context, voice.language)
    return voice.label(where or voice.protocol.text(trial.population, voice.language))


def question_said(voice: Voice) -> str:
    """Give the trial's question, as the protocol words it."""
    trial = voice.protocol.clauses.trial
    return voice.label(voice.protocol.text(trial.question, voice.language))


def programme_said(voice: Voice) -> str:
    """Give the protocol's words on what is offered, and to the reference arm."""
    trial = voice.protocol.clauses.trial
    return voice.label(voice.protocol.text(trial.programme, voice.language))


def outcomes_of(voice: Voice, role: str) -> tuple[Outcome, ...]:
    """Give the outcomes of one role, in the protocol's order."""
    return tuple(item for item in voice.protocol.clauses.outcomes if item.role == role)


def outcomes_said(voice: Voice) -> str:
    """Say how many outcomes there are, and which come first."""
    primary = [voice.outcome(item.name) for item in outcomes_of(voice, "primary")]
    others = len(outcomes_of(voice, "secondary")) + len(outcomes_of(voice, "exploratory"))
    if not primary:
        return voice.say("said.no_primary", n=others)
    said = voice.say("said.primary", n=len(primary), outcomes=voice.listed(primary))
    return f"{said} {voice.say('said.other_outcomes', n=others)}" if others else said


def size_said(voice: Voice) -> str:
    """Say how many are drawn, and which effects are worth detecting."""
    clauses = voice.protocol.clauses
    lottery = clauses.lottery
    total = lottery.size or sum(lottery.arms.values())
    is_grouped = lottery.clusters is not None and lottery.design != RECORDED
    unit = voice.say("said.clusters") if is_grouped else voice.unit()
    said = voice.say("said.size", n=voice.numbers.integer(total), unit=unit)
    smallest = [
        voice.say(
            "said.smallest_of",
            outcome=voice.outcome(name),
            effect=voice.threshold(value, voice.scale(name, ())),
        )
        for name, value in clauses.trial.smallest_effect_that_matters.items()
    ]
    if not smallest:
        return f"{said} {voice.say('said.no_smallest')}"
    return f"{said} {voice.say('said.smallest', effects=voice.listed(smallest))}"


def sequence_said(voice: Voice) -> str:
    """Say how the sequence comes about, and from which seed."""
    lottery = voice.protocol.clauses.lottery
    if lottery.design == RECORDED:
        return voice.say("said.sequence.recorded")
    if lottery.event is not None:
        return voice.say("said.sequence.public", event=event_said(voice, lottery.event))
    if any(wave.event is not None for wave in lottery.waves):
        return voice.say("said.sequence.waves")
    seeds = [wave.seed for wave in lottery.waves] or [lottery.seed]
    if any((seed or "").startswith(CHOSEN) for seed in seeds):
        return voice.say("said.sequence.chosen")
    return voice.say("said.sequence.fixed")


def event_said(voice: Voice, event: PublicEvent) -> str:
    """Name a public event and its day."""
    name = voice.label(voice.protocol.text(event.name, voice.language, event.source))
    return voice.say("said.event", name=name, day=voice.numbers.day(event.at.date()))


def blocks_said(voice: Voice) -> str:
    """Say the type of draw and the variables of its blocks."""
    lottery = voice.protocol.clauses.lottery
    known = {item.name for item in voice.protocol.clauses.variables}
    names = [voice.stratifier(name) if name in known else name for name in lottery.blocks]
    design = voice.say(f"report.design.{lottery.design}")
    if not names:
        return voice.say("said.no_blocks", design=design)
    return voice.say("said.blocks", design=design, variables=voice.listed(names))


def concealment_said(voice: Voice) -> str:
    """Say whether anybody could know the sequence before the list was fixed."""
    lottery = voice.protocol.clauses.lottery
    if lottery.design == RECORDED:
        return voice.say("said.concealment.recorded")
    is_public = lottery.event is not None or any(wave.event for wave in lottery.waves)
    return voice.say("said.concealment.public" if is_public else "said.concealment.plain")


def implementation_said(voice: Voice) -> str:
    """Say who could act on the sequence."""
    is_recorded = voice.protocol.clauses.lottery.design == RECORDED
    return voice.say(f"said.implementation.{'recorded' if is_recorded else 'rule'}")


def methods_said(voice: Voice) -> str:
    """Say which effects are estimated, and how."""
    clauses = voice.protocol.clauses
    said = dict.fromkeys(
        voice.say(
            "report.promises.analysis",
            estimand=voice.say(f"report.estimand.{item.estimand}"),
            estimator=voice.estimator(estimator_of(item)),
        )
        for item in clauses.analyses
    )
    level = voice.numbers.percent(clauses.inference.level, 0)
    return voice.say("said.methods", analyses=voice.listed(said), level=level)


def missing_said(voice: Voice) -> str:
    """Say what becomes of missing outcomes and covariates."""
    has_covariates = bool(voice.protocol.clauses.covariates)
    said = voice.say("said.missing")
    return f"{said} {voice.say('said.missing_covariates')}" if has_covariates else said


def more_analyses_said(voice: Voice) -> str:
    """Say which analyses come beside the main ones, planned or exploratory."""
    clauses = voice.protocol.clauses
    parts = []
    for status in ("pre-specified", "exploratory"):
        names = [voice.variable(s.variable) for s in clauses.subgroups if s.status == status]
        followed = [voice.outcome(d.outcome) for d in clauses.dynamics if d.status == status]
        key = status.replace("-", "_")
        if names:
            parts.append(voice.say(f"said.subgroups.{key}", variables=voice.listed(names)))
        if followed:
            parts.append(voice.say(f"said.dynamics.{key}", outcomes=voice.listed(followed)))
    return " ".join(parts)


def calendar_said(voice: Voice) -> str:
    """Say the days of screening and draw, and how long lives are followed."""
    clauses = voice.protocol.clauses
    days = [wave.day for wave in clauses.lottery.waves] or [clauses.lottery.day]
    months = [m for o in clauses.outcomes for m in o.horizons_months if o.role != "placebo"]
    horizons = ", ".join(str(month) for month in sorted(set(months)))
    *before, last = (voice.numbers.day(day) for day in days)
    drawn = voice.say("report.days", before=", ".join(before), last=last) if before else last
    return voice.say(
        "said.calendar",
        screened=voice.numbers.day(clauses.eligibility.on),
        drawn=drawn,
        horizons=horizons,
    )


def disclosure_said(voice: Voice) -> str:
    """Say which rules protect people in what is published."""
    clause = voice.protocol.clauses.disclosure
    authority = clause.authority or "–"
    return voice.say(f"report.confidentiality.{clause.profile}", authority=authority)

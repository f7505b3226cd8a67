"""What a procès-verbal says, part by part, in one language and for one copy."""

from __future__ import annotations

from reliance_eval import __version__
from reliance_eval.reporting.disclosure import Gate
from reliance_eval.reporting.document import Code
from reliance_eval.reporting.minutes import items, sitting
from reliance_eval.reporting.minutes.act import Act
from reliance_eval.reporting.minutes.counts import Counts
from reliance_eval.reporting.minutes.facts import Facts
from reliance_eval.reporting.minutes.paper import Entry, Paper, Part, Piece
from reliance_eval.reporting.wording import Voice


def compose(facts: Facts, language: str, gate: Gate, *, is_public: bool) -> Paper:
    """Give the procès-verbal of a draw.

    Parameters
    ----------
    facts : Facts
    language : str
    gate : Gate
        The only way out for the publishable copy's counts.
    is_public : bool
        The publishable copy: gated counts, opaque blocks. The other is exact and stays inside.
    """
    voice = Voice(facts.draw.protocol, language)
    act = Act(facts, voice, Counts(facts, voice, gate, is_public))
    is_synthetic = act.counts.flow.synthetic
    return Paper(
        language=language,
        title=act.say("title"),
        subtitle=act.title,
        edition=act.say(f"copy.{'public' if is_public else 'restricted'}"),
        watermark=voice.say("report.title.synthetic") if is_synthetic else "",
        identity=_identity(act),
        parts=tuple(Part(act.say(f"part.{key}"), pieces) for key, pieces in _parts(act)),
        footer=act.say("footer", version=__version__),
        page_of=act.say("page", n="{n}", all="{all}"),
    )


def _parts(act: Act) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    """Give the parts in order; a plain draw has no commitment, so nothing stands after it."""
    is_plain = act.facts.commitment is None
    return (
        ("object", sitting.purpose(act)),
        ("notice", sitting.notice(act)),
        ("present", sitting.present(act)),
        ("files", items.received(act)),
        ("eligibility_plain" if is_plain else "eligibility", items.eligibility(act)),
        *(() if is_plain else (("exclusions", items.exclusions(act)),)),
        ("places", items.places(act)),
        ("digests", items.digests(act)),
        ("cutoffs", items.cutoffs(act)),
        ("incidents", sitting.incidents(act)),
        ("conclusion", sitting.conclusion(act)),
    )


def _identity(act: Act) -> tuple[tuple[str, Entry], ...]:
    facts = act.facts
    lines: list[tuple[str, Entry]] = [
        (act.say("identity.trial"), Code(facts.draw.protocol.clauses.trial.id)),
    ]
    if facts.commitment is not None:
        lines.append((act.say("identity.commitment"), Code(facts.commitment.id)))
    lines.append((act.say("identity.held"), act.moment(facts.held_at)))
    lines.append((act.say("identity.log"), act.say("identity.line", n=facts.draw_line)))
    return tuple(lines)

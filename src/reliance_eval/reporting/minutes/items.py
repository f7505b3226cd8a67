"""The parts that list: files, eligibility, exclusions, places, digests, cut-offs."""

from __future__ import annotations

from reliance_eval.fingerprint import of_bytes
from reliance_eval.lottery import package as files
from reliance_eval.reporting.document import Code
from reliance_eval.reporting.minutes.act import Act
from reliance_eval.reporting.minutes.paper import Entry, Grid, Piece, Sentences


def received(act: Act) -> tuple[Piece, ...]:
    """List the files, and say what was done of duplicates."""
    rows = tuple(
        (
            Code(record.path),
            act.day(record.extracted_on),
            act.counts.number(record.rows, f"file.{place}"),
            Code(record.sha256),
        )
        for place, record in enumerate(act.counts.flow.deliveries)
    )
    columns = ("file", "day", "rows", "sha256")
    return (
        Grid(
            act.say("files.table"),
            tuple(act.say(f"files.column_{key}") for key in columns),
            rows,
            numeric=(2,),
        ),
        Sentences(act.say("files.duplicates")),
    )


def eligibility(act: Act) -> tuple[Piece, ...]:
    """Count who was refused, by condition."""
    columns = ("criterion", "entering", "refused", "unknown", "remaining")
    day = act.day(act.facts.draw.protocol.clauses.eligibility.on)
    pieces: list[Piece] = [Sentences(act.say("eligibility.text", day=day))]
    if rows := tuple(act.counts.steps()):
        pieces.append(
            Grid(
                act.say("eligibility.table"),
                tuple(act.say(f"eligibility.column_{key}") for key in columns),
                rows,
                numeric=(1, 2, 3, 4),
            )
        )
    return (*pieces, *act.withheld())


def exclusions(act: Act) -> tuple[Piece, ...]:
    """Count who was excluded before the event, by reason."""
    facts = act.facts
    digest = Code(of_bytes(facts.package.files[files.EXCLUSIONS]))
    after = Sentences(act.say("exclusions.after"))
    if not facts.exclusions or facts.exclusions_at is None:
        return (Sentences(act.say("exclusions.none")), after)
    reasons = zip(facts.exclusions, act.counts.reasons(), strict=True)
    rows: list[tuple[Entry, ...]] = [
        (act.voice.label(item.reason), written) for item, written in reasons
    ]
    return (
        Sentences(act.say("exclusions.text", moment=act.moment(facts.exclusions_at))),
        Grid(
            act.say("exclusions.table"),
            (act.say("exclusions.column_reason"), act.say("exclusions.column_n")),
            tuple(rows),
            numeric=(1,),
        ),
        Grid(
            act.say("exclusions.published"),
            (act.say("digests.column_of"), act.say("digests.column_sha256")),
            ((act.say("digests.X"), digest),),
        ),
        after,
    )


def places(act: Act) -> tuple[Piece, ...]:
    """Count who was drawn, by block and group."""
    draw = act.facts.draw
    heads = [act.say("places.block"), *(act.arm(arm) for arm in draw.arms)]
    heads += [act.say("places.reserve"), act.say("places.excluded")]
    table = act.counts.places()
    total = table.pop("")
    blocks = {} if len(act.counts.names) == 1 else table
    rows: list[tuple[Entry, ...]] = [(Code(name), *cells) for name, cells in blocks.items()]
    key = "text_clusters" if draw.drawn_in == "clusters" else "text"
    pieces: list[Piece] = [
        Sentences(act.say(f"places.{key}", unit=act.voice.unit())),
        Grid(
            act.say("places.table"),
            tuple(heads),
            (*rows, (act.say("places.all"), *total)),
            numeric=tuple(range(1, len(heads))),
        ),
    ]
    if draw.merged:
        pieces.append(Sentences(act.say("places.merged", n=len(draw.merged))))
    if not blocks and len(act.counts.names) > 1:
        pieces.append(Sentences(act.say("places.secret", n=len(act.counts.names))))
    return (*pieces, *act.withheld())


def digests(act: Act) -> tuple[Piece, ...]:
    """List the seed and every digest."""
    draw, contents = act.facts.draw, act.facts.package.files
    found = {
        "P": draw.protocol_digest,
        "F": draw.frame_digest,
        "odds" if draw.odds else "Q": draw.quota_digest,
    }
    if act.facts.commitment is not None:
        found["X"] = of_bytes(contents[files.EXCLUSIONS])
    if draw.bounds:
        found["covariates"] = of_bytes(contents[files.COVARIATES])
        found["bounds"] = of_bytes(contents[files.BOUNDS])
    found |= {"S": draw.seed or "", "K": draw.draw_key, "A": draw.assignment_digest}
    rows: list[tuple[Entry, ...]] = [
        (act.say(f"digests.{key}"), Code(digest)) for key, digest in found.items()
    ]
    if draw.bounds:
        rows.append((act.say("digests.attempt"), str(draw.attempts)))
    if act.facts.event is not None:
        source = act.say(f"digests.source_{act.facts.event.source}")
        rows.insert(0, (act.say("digests.source"), source))
    return (
        Sentences(act.say("digests.text")),
        Grid(
            act.say("digests.table"),
            (act.say("digests.column_of"), act.say("digests.column_sha256")),
            tuple(rows),
        ),
    )


def cutoffs(act: Act) -> tuple[Piece, ...]:
    """List the last ticket of each group, and say where the ranking is."""
    arms = act.facts.draw.arms
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (Code(block), act.arm(arms[place]), Code(ticket))
        for block, place, ticket in act.counts.cutoffs()
    )
    ranking = "public" if act.counts.is_public else "restricted"
    values = {"n": act.voice.numbers.integer(act.counts.units)} if ranking != "public" else {}
    key = "text_simple" if act.facts.draw.odds else "text"
    return (
        Sentences(act.say(f"cutoffs.{key}")),
        Grid(
            act.say("cutoffs.table"),
            tuple(act.say(f"cutoffs.column_{name}") for name in ("block", "arm", "ticket")),
            rows,
        ),
        Sentences(act.say(f"cutoffs.ranking_{ranking}", **values)),
    )

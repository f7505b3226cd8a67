"""The draw: its rule, its seed, its digests, and how anybody may hold it again."""

from __future__ import annotations

from reliance_eval.lottery import EXCLUDED, Commitment, Draw
from reliance_eval.lottery.notice import paris_day
from reliance_eval.reporting.document import (
    Block,
    Callout,
    Cell,
    Code,
    Listing,
    Number,
    Paragraph,
    Table,
)
from reliance_eval.reporting.section import SECTIONS, Context, Section

RECORDED = "recorded"

KEY = """\
cd package
printf 'RL1\\nprotocol=%s\\nframe=%s\\nquota=%s\\nseed=%s\\n' \\
  "$(sha256sum < protocol.txt | cut -c1-64)" "$(sha256sum < frame.tsv | cut -c1-64)" \\
  "$(sha256sum < {quotas} | cut -c1-64)" "$(cat seed.txt)" | sha256sum | cut -c1-64   # K
"""

ATTEMPT = """\
printf 'RL1 attempt\\n%s\\ncovariates=%s\\nbounds=%s\\n%s\\n' {draw_key} \\
  "$(sha256sum < covariates.tsv | cut -c1-64)" "$(sha256sum < bounds.tsv | cut -c1-64)" \\
  {attempt} | sha256sum | cut -c1-64   # K_j
"""

TICKETS = """\
K={ticket_key}
cut -f1 frame.tsv | while read -r u; do
  printf '%s\\t%s\\n' "$u" \\
    "$(printf 'RL1 ticket\\n%s\\n%s\\n' "$K" "$u" | sha256sum | cut -c1-64)"
done | LC_ALL=C sort > tickets.tsv
LC_ALL=C join -t "$(printf '\\t')" frame.tsv tickets.tsv | LC_ALL=C sort -k2,2 -k3,3 -k1,1"""

PLACES = """ |
  awk -F '\\t' -v OFS='\\t' '
    NR == FNR { for (i = 2; i <= NF; i++) last[$1, i] = last[$1, i - 1] + $i; n = NF; next }
    { r = ++rank[$2]; i = 2; while (i <= n && r > last[$2, i]) i++
      arm = (i > n) ? "R" : (n > 3) ? i - 1 : substr("TC", i - 1, 1)
      print $1, $2, r, arm, $3 }
  ' quota.tsv - > again.tsv
sha256sum < again.tsv | cut -c1-64   # A
"""

COMPARE = """
sha256sum < assignment.tsv | cut -c1-64   # A
"""


def lottery(context: Context) -> tuple[Block, ...]:
    """Give the rule in words, its parameters, its digests and the commands that verify it."""
    draw: Draw = context.latest.nearest(Draw)
    voice = context.voice
    day = voice.numbers.day(context.protocol.clauses.lottery.day)
    if draw.design == RECORDED:
        return (
            Callout(
                voice.say("report.lottery.recorded_title"),
                (voice.say("report.lottery.recorded"),),
                "warning",
            ),
            _rule(context, draw),
        )
    if draw.intakes:
        return (
            Paragraph(
                voice.say("report.lottery.intro", day=context.days())
                + " "
                + voice.say(f"report.lottery.rule.{draw.design}")
            ),
            Paragraph(voice.say("report.lottery.waves_intro")),
            _seed(context, draw),
            _rule(context, draw),
            _waves(context, draw),
            Paragraph(voice.say("report.lottery.waves_verify")),
            Paragraph(voice.say("report.lottery.pseudo")),
        )
    return (
        Paragraph(
            voice.say("report.lottery.intro", day=day)
            + " "
            + voice.say(f"report.lottery.rule.{draw.design}")
        ),
        _seed(context, draw),
        _rule(context, draw),
        *_chances(context, draw),
        _digests(context, draw),
        Paragraph(
            voice.say("report.lottery.verify_odds" if draw.odds else "report.lottery.verify")
        ),
        Listing(commands(draw), voice.say("report.lottery.commands")),
        Paragraph(voice.say("report.lottery.verify_command")),
        Paragraph(voice.say("report.lottery.pseudo")),
    )


def commands(draw: Draw) -> str:
    """Give the shell's commands that hold a draw again, from its package."""
    key = KEY.format(quotas="odds.tsv" if draw.odds else "quota.tsv")
    if draw.bounds:
        key += ATTEMPT.format(draw_key=draw.draw_key, attempt=draw.attempts)
    # Odds are compared with tickets, and the excluded are passed over: both are left to `verify`.
    is_ranked = not draw.odds and EXCLUDED not in set(draw.assignment["arm"])
    return key + TICKETS.format(ticket_key=draw.ticket_key) + (PLACES if is_ranked else COMPARE)


def _seed(context: Context, draw: Draw) -> Callout:
    voice = context.voice
    seeds = [intake.seed for intake in draw.intakes] or [draw.seed]
    is_chosen = any((seed or "").startswith("text:") for seed in seeds)
    key = "owner" if is_chosen else "public"
    return Callout(
        voice.say(f"report.lottery.seed_{key}_title"),
        (voice.say(f"report.lottery.seed_{key}"),),
        "warning" if key == "owner" else "information",
    )


def _rule(context: Context, draw: Draw) -> Table:
    voice, gate = context.voice, context.gate
    clause = context.protocol.clauses.lottery
    rows: list[tuple[Cell, ...]] = [
        (voice.say("report.lottery.design"), voice.say(f"report.design.{draw.design}")),
        (voice.say("report.lottery.day"), context.days()),
        (voice.say("report.lottery.unit"), voice.unit()),
    ]
    places: list[tuple[str, Number]] = []
    for arm, n in context.places.items():
        shown = gate.announced(n, place=f"lottery.{arm}")
        label = voice.say("report.lottery.places", arm=voice.arm(arm))
        places.append((label, voice.count(f"lottery#{arm}", shown)))
    rows += places
    first = places[0]
    if draw.odds:
        chances, of = clause.odds or (0, 0)
        odds = voice.say("report.lottery.odds_value", chances=chances, of=of)
        rows.append((voice.say("report.lottery.odds"), odds))
    if draw.drawn_in == "clusters" and draw.design != RECORDED:
        clusters = sum(quota.live for quota in draw.quotas)
        rows.append((voice.say("report.lottery.clusters"), voice.numbers.integer(clusters)))
    if draw.bounds:
        rows.append((voice.say("report.lottery.attempts"), voice.numbers.integer(draw.attempts)))
    blocks = len({quota.block for quota in draw.quotas})
    names = voice.listed(
        voice.stratifier(name) for name in clause.blocks if _is_variable(context, name)
    )
    if blocks > 1:
        rows.append((voice.say("report.lottery.blocks"), voice.numbers.integer(blocks)))
    if names:
        rows.append((voice.say("report.lottery.block_variables"), names))
    if draw.merged:
        rows.append((voice.say("report.lottery.merged"), voice.numbers.integer(len(draw.merged))))
    if draw.seed is not None:
        rows.append((voice.say("report.lottery.seed"), Code(draw.seed)))
    rows += _committed(context, draw)
    return Table(
        id="lottery-rule",
        title=voice.say("report.lottery.rule_table"),
        columns=(voice.say("report.column.item"), voice.say("report.column.value")),
        rows=tuple(rows),
        caption=context.caption(
            voice.say(
                "report.lottery.rule_reading", n=str(first[1].text), arm=voice.arm(draw.arms[0])
            ),
            notes=_notes(context, draw, blocks=blocks),
        ),
    )


def _committed(context: Context, draw: Draw) -> list[tuple[Cell, ...]]:
    """Give the commitment that a public draw keeps: its number, its day, its event."""
    commitment: Commitment | None = draw.nearest(Commitment)
    if commitment is None:
        return []
    voice = context.voice
    key = "committed_declared" if commitment.clock == "declared" else "committed_at"
    made = voice.say(f"report.lottery.{key}", day=voice.numbers.day(paris_day(commitment.at)))
    event = voice.say(
        "report.lottery.seed_event_value",
        name=context.protocol.text(commitment.event.name, voice.language, ""),
        day=voice.numbers.day(paris_day(commitment.event.at)),
    )
    return [
        (voice.say("report.lottery.commitment"), Code(commitment.id)),
        (voice.say("report.lottery.committed"), made),
        (voice.say("report.lottery.seed_event"), event),
    ]


def _notes(context: Context, draw: Draw, *, blocks: int) -> tuple[str, ...]:
    if context.gate.is_public or blocks < 2:
        return ()
    key = "note_blocks_recorded" if draw.design == RECORDED else "note_blocks"
    return (context.voice.say(f"report.lottery.{key}"),)


def _waves(context: Context, draw: Draw) -> Table:
    voice = context.voice
    names = ("wave", "day", "seed", "key", "assignment")
    return Table(
        id="lottery-waves",
        title=voice.say("report.lottery.waves_table"),
        columns=tuple(voice.say(f"report.lottery.waves_{name}") for name in names),
        rows=tuple(
            (
                intake.wave,
                voice.numbers.day(intake.day),
                Code(intake.seed or ""),
                Code(intake.draw_key),
                Code(intake.assignment_digest),
            )
            for intake in draw.intakes
        ),
        caption=context.caption(
            voice.say(
                "report.lottery.waves_reading",
                wave=draw.intakes[0].wave,
                day=voice.numbers.day(draw.intakes[0].day),
            )
        ),
    )


def _chances(context: Context, draw: Draw) -> tuple[Block, ...]:
    """Say that chances differ within a block where bounds and unequal arms make them."""
    if not draw.bounds or all(first == second for first, second in (q.places for q in draw.quotas)):
        return ()
    return (Paragraph(context.voice.say("report.lottery.unequal_chances")),)


def _is_variable(context: Context, name: str) -> bool:
    return any(item.name == name for item in context.protocol.clauses.variables)


def _digests(context: Context, draw: Draw) -> Table:
    voice = context.voice
    digests = {
        "K": draw.draw_key,
        "A": draw.assignment_digest,
        "P": draw.protocol_digest,
        "F": draw.frame_digest,
        "odds" if draw.odds else "Q": draw.quota_digest,
    }
    if draw.attempt_key:
        digests["K_j"] = draw.attempt_key
    return Table(
        id="lottery-digests",
        title=voice.say("report.lottery.digest_table"),
        columns=(
            voice.say("report.column.digest"),
            voice.say("report.column.of"),
            voice.say("report.column.sha256"),
        ),
        rows=tuple(
            (
                "Q" if letter == "odds" else letter,
                voice.say(f"report.lottery.digest_{letter}"),
                Code(digest),
            )
            for letter, digest in digests.items()
        ),
        caption=context.file_caption(
            voice.say("report.lottery.digest_reading", start=draw.draw_key[:12]),
        ),
    )


SECTIONS.register("lottery")(Section(needs=Draw, order=30, compose=lottery))

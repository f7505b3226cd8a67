"""The draw: its rule, its seed, its digests, and how anybody may hold it again."""

from __future__ import annotations

from reliance_eval.lottery import Draw
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

TICKETS = """\
cd package
printf 'RL1\\nprotocol=%s\\nframe=%s\\nquota=%s\\nseed=%s\\n' \\
  "$(sha256sum < protocol.txt | cut -c1-64)" "$(sha256sum < frame.tsv | cut -c1-64)" \\
  "$(sha256sum < quota.tsv | cut -c1-64)" "$(cat seed.txt)" | sha256sum | cut -c1-64   # K
K={draw_key}
cut -f1 frame.tsv | while read -r u; do
  printf '%s\\t%s\\n' "$u" \\
    "$(printf 'RL1 ticket\\n%s\\n%s\\n' "$K" "$u" | sha256sum | cut -c1-64)"
done | LC_ALL=C sort > tickets.tsv
LC_ALL=C join -t "$(printf '\\t')" frame.tsv tickets.tsv | LC_ALL=C sort -k2,2 -k3,3 -k1,1 |
  awk -F '\\t' -v OFS='\\t' '
    NR == FNR {{ for (i = 2; i <= NF; i++) last[$1, i] = last[$1, i - 1] + $i; n = NF; next }}
    {{ r = ++rank[$2]; i = 2; while (i <= n && r > last[$2, i]) i++
      arm = (i > n) ? "R" : (n > 3) ? i - 1 : substr("TC", i - 1, 1)
      print $1, $2, r, arm, $3 }}
  ' quota.tsv - > again.tsv
sha256sum < again.tsv | cut -c1-64   # A
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
    return (
        Paragraph(
            voice.say("report.lottery.intro", day=day) + " " + voice.say("report.lottery.rule")
        ),
        _seed(context, draw),
        _rule(context, draw),
        _digests(context, draw),
        Paragraph(voice.say("report.lottery.verify")),
        Listing(TICKETS.format(draw_key=draw.draw_key), voice.say("report.lottery.commands")),
        Paragraph(voice.say("report.lottery.verify_command")),
        Paragraph(voice.say("report.lottery.pseudo")),
    )


def _seed(context: Context, draw: Draw) -> Callout:
    voice = context.voice
    key = "owner" if (draw.seed or "").startswith("text:") else "public"
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
        (voice.say("report.lottery.day"), voice.numbers.day(clause.day)),
        (voice.say("report.lottery.unit"), voice.unit()),
    ]
    places: list[tuple[str, Number]] = []
    for arm, n in context.places.items():
        shown = gate.announced(n, place=f"lottery.{arm}")
        label = voice.say("report.lottery.places", arm=voice.arm(arm))
        places.append((label, voice.count(f"lottery#{arm}", shown)))
    rows += places
    first = places[0]
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


def _notes(context: Context, draw: Draw, *, blocks: int) -> tuple[str, ...]:
    if context.gate.is_public or blocks < 2:
        return ()
    key = "note_blocks_recorded" if draw.design == RECORDED else "note_blocks"
    return (context.voice.say(f"report.lottery.{key}"),)


def _is_variable(context: Context, name: str) -> bool:
    return any(item.name == name for item in context.protocol.clauses.variables)


def _digests(context: Context, draw: Draw) -> Table:
    voice = context.voice
    digests = {
        "K": draw.draw_key,
        "A": draw.assignment_digest,
        "P": draw.protocol_digest,
        "F": draw.frame_digest,
        "Q": draw.quota_digest,
    }
    return Table(
        id="lottery-digests",
        title=voice.say("report.lottery.digest_table"),
        columns=(
            voice.say("report.column.digest"),
            voice.say("report.column.of"),
            voice.say("report.column.sha256"),
        ),
        rows=tuple(
            (letter, voice.say(f"report.lottery.digest_{letter}"), Code(digest))
            for letter, digest in digests.items()
        ),
        caption=context.file_caption(
            voice.say("report.lottery.digest_reading", start=draw.draw_key[:12]),
        ),
    )


SECTIONS.register("lottery")(Section(needs=Draw, order=30, compose=lottery))

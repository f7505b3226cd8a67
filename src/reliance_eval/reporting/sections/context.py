"""Context: the programme, what was known before, where and with whom; the protocol's own words."""

from __future__ import annotations

from reliance_eval.eligibility import Flow
from reliance_eval.reporting.document import Block, Heading, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section

PARTS = ("background", "programme", "context")


def context_of(context: Context) -> tuple[Block, ...]:
    """Give what the protocol says of each part; a part it leaves out is not made up."""
    voice, trial = context.voice, context.protocol.clauses.trial
    blocks: list[Block] = []
    for part in PARTS:
        if text := context.protocol.text(getattr(trial, part), voice.language).strip():
            blocks.append(Heading(voice.say(f"structure.context.{part}")))
            blocks += [Paragraph(voice.label(piece)) for piece in text.split("\n\n")]
    return tuple(blocks)


SECTIONS.register("context")(Section(needs=Flow, order=12, compose=context_of))

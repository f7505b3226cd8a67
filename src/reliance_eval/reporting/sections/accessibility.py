"""The accessibility statement: what was tested with which tools, and what only a person can say."""

from __future__ import annotations

from reliance_eval import __version__
from reliance_eval.eligibility import Flow
from reliance_eval.reporting.document import (
    Block,
    Caption,
    Code,
    Heading,
    List,
    Paragraph,
    Table,
)
from reliance_eval.reporting.section import SECTIONS, Context, Section

TOOLS = {
    "axe": ("axe-core", "4.12.1"),
    "pdfua": ("pdfua", "0.1.3"),
    "outloud": ("outloud", "0.2.1"),
}
"""Name and version of each tool that the tests of this version run; a test holds them to that."""

LIMITS = ("persons", "wide", "contrast", "untested", "labels")


def accessibility(context: Context) -> tuple[Block, ...]:
    """Give the statement in the order of the French model; it never says that a document complies.

    What no program knows is left to the body that publishes, which states it in the protocol.
    """
    voice, protocol = context.voice, context.protocol
    stated = voice.label(protocol.text(protocol.clauses.statements.accessibility, voice.language))

    def say(key: str) -> str:
        return voice.say(f"report.accessibility.{key}", version=__version__)

    return (
        Paragraph(say("intro")),
        Heading(say("state_head")),
        Paragraph(say("state")),
        Heading(say("tests_head")),
        Paragraph(say("tests")),
        _tests(context),
        Heading(say("limits_head")),
        List(tuple(say(f"limit.{name}") for name in LIMITS)),
        Heading(say("made_head")),
        Paragraph(say("made")),
        Heading(say("contact_head")),
        Paragraph(stated or say("contact")),
        Heading(say("redress_head")),
        Paragraph(say("redress")),
    )


def _tests(context: Context) -> Table:
    voice = context.voice

    def say(key: str) -> str:
        return voice.say(f"report.accessibility.{key}", version=__version__)

    return Table(
        id="accessibility-tests",
        title=say("table"),
        columns=tuple(say(f"column.{name}") for name in ("tool", "version", "examined", "found")),
        rows=tuple(
            (Code(tool), Code(version), say(f"examined.{name}"), say(f"found.{name}"))
            for name, (tool, version) in TOOLS.items()
        ),
        caption=Caption(reading=say("reading"), scope=say("scope"), source=say("source")),
    )


SECTIONS.register("accessibility")(Section(needs=Flow, order=99, compose=accessibility))

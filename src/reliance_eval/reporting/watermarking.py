"""The words on every page of a report that holds no real result."""

from __future__ import annotations

from reliance_eval.reporting.section import Context


def watermark_of(context: Context) -> str:
    """Give the words: arms that are not the drawn ones, people who do not exist; else ``""``."""
    say = context.voice.say
    words = [say("report.title.blind")] if context.latest.is_blind else []
    words += [say("report.title.synthetic")] if context.flow.synthetic else []
    return " – ".join(words)

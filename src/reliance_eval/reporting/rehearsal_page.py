"""The page of a rehearsal: what was tried, what was found, in pictures; no unit, no exact count."""

from __future__ import annotations

from reliance_eval import __version__
from reliance_eval.eligibility import Flow
from reliance_eval.lottery.rehearsing import Rehearsal
from reliance_eval.reporting.document import (
    Block,
    Callout,
    Chapter,
    Document,
    Listing,
    Paragraph,
)
from reliance_eval.reporting.labelling import labelled
from reliance_eval.reporting.rehearsal_exhibits import Exhibits
from reliance_eval.reporting.rendering.html import html
from reliance_eval.reporting.wording import Voice


def rehearsal_page(rehearsal: Rehearsal, flow: Flow, language: str) -> bytes:
    """Give the page in one language, self-contained."""
    return html(rehearsal_document(rehearsal, flow, language))


def rehearsal_document(rehearsal: Rehearsal, flow: Flow, language: str) -> Document:
    """Give the document of a rehearsal.

    Parameters
    ----------
    rehearsal : Rehearsal
    flow : Flow
        The flow whose list was rehearsed.
    language : str
    """
    page = _Page(rehearsal, flow, Voice(flow.protocol, language))
    say = page.voice.say
    chapters = (
        Chapter("summary", say("rehearsal.section.summary"), page.summary()),
        Chapter("inclusion", say("rehearsal.section.inclusion"), page.inclusion()),
        Chapter("order", say("rehearsal.section.order"), page.order()),
        Chapter("pairs", say("rehearsal.section.pairs"), page.pairs()),
        Chapter("again", say("rehearsal.section.again"), page.again()),
    )
    return Document(
        language=language,
        title=say("rehearsal.title", title=page.title),
        subtitle=say("rehearsal.subtitle"),
        identity=page.identity(),
        watermark=say("rehearsal.watermark"),
        chapters=labelled(
            chapters, table=say("report.page.table"), figure=say("report.page.figure")
        ),
        footer=say("rehearsal.footer"),
    )


class _Page(Exhibits):
    """The chapters."""

    @property
    def title(self) -> str:
        trial = self.flow.protocol.clauses.trial
        return self.voice.label(self.flow.protocol.text(trial.title, self.voice.language))

    def identity(self) -> tuple[tuple[str, str], ...]:
        say, numbers = self.voice.say, self.voice.numbers
        key = "committed" if self.rehearsal.commitment_id else "screened"
        of = say(f"rehearsal.list.{key}", id=self.rehearsal.commitment_id)
        return (
            (say("rehearsal.list.label"), of),
            (say("report.lottery.design"), say(f"report.design.{self.rehearsal.design}")),
            (say("rehearsal.count"), numbers.integer(self.rehearsal.count)),
            (say("report.identity.software"), f"reliance-eval {__version__}"),
        )

    # ------------------------------------------------------------------ chapters

    def summary(self) -> tuple[Block, ...]:
        say, numbers = self.voice.say, self.voice.numbers
        key = "fair" if self.rehearsal.is_fair else "unfair"
        official = self.rehearsal.examinations["sha256"].count
        return (
            Callout(
                say(f"rehearsal.verdict.{key}_title"),
                (say(f"rehearsal.verdict.{key}"),),
                "result" if self.rehearsal.is_fair else "warning",
            ),
            Paragraph(
                say(
                    "rehearsal.what",
                    count=numbers.integer(self.rehearsal.count),
                    official=numbers.integer(official),
                )
            ),
            Paragraph(say("rehearsal.not_a_draw")),
            self.table(),
        )

    def inclusion(self) -> tuple[Block, ...]:
        say = self.voice.say
        return (
            Paragraph(say("rehearsal.inclusion.text", drawn=self.drawn)),
            self.deviations("inclusion", self.shown.deviations, self.shown.inclusion),
        )

    def order(self) -> tuple[Block, ...]:
        return Paragraph(self.voice.say("rehearsal.order.text")), self.ranks()

    def pairs(self) -> tuple[Block, ...]:
        say, found = self.voice.say, self.shown
        if found.pairing is None:
            return (Paragraph(say("rehearsal.pairs.none")),)
        return (
            Paragraph(say("rehearsal.pairs.text", drawn=self.drawn)),
            self.deviations("pairs", found.pair_deviations, found.pairing),
        )

    def again(self) -> tuple[Block, ...]:
        command = f"reliance-eval draw --rehearse {self.rehearsal.count}"
        say = self.voice.say
        return (
            Paragraph(say("rehearsal.again.text")),
            Listing(command, say("rehearsal.again.command")),
        )

"""The page of a diagnosis: what can be detected, what was supposed, what simulated trials did."""

from __future__ import annotations

from reliance_eval import __version__
from reliance_eval.power.diagnosis import Detectable, Diagnosis
from reliance_eval.power.exhibits import Exhibits
from reliance_eval.reporting.document import (
    Block,
    Callout,
    Chapter,
    Document,
    Listing,
    Paragraph,
)
from reliance_eval.reporting.labelling import labelled
from reliance_eval.reporting.rendering.html import html
from reliance_eval.reporting.wording import Voice


def diagnosis_page(diagnosis: Diagnosis, language: str) -> bytes:
    """Give the page in one language, self-contained."""
    return html(diagnosis_document(diagnosis, language))


def diagnosis_document(diagnosis: Diagnosis, language: str) -> Document:
    """Give the document of a diagnosis."""
    page = _Page(diagnosis, Voice(diagnosis.protocol, language))
    say = page.voice.say
    parts = {
        "summary": page.summary(),
        "detectable": page.formulas(),
        "curves": page.pictures(),
        "simulated": page.simulations(),
        "supposed": page.supposed(),
        "again": page.again(),
    }
    chapters = tuple(
        Chapter(name, say(f"power.section.{name}"), blocks)
        for name, blocks in parts.items()
        if blocks
    )
    return Document(
        language=language,
        title=say("power.title", title=page.title),
        subtitle=say("power.subtitle"),
        identity=page.identity(),
        watermark=say("power.watermark") if diagnosis.simulated else "",
        chapters=labelled(
            chapters, table=say("report.page.table"), figure=say("report.page.figure")
        ),
        footer=say("power.footer"),
    )


class _Page(Exhibits):
    """The chapters."""

    @property
    def title(self) -> str:
        trial = self.diagnosis.protocol.clauses.trial
        return self.voice.label(self.diagnosis.protocol.text(trial.title, self.voice.language))

    def identity(self) -> tuple[tuple[str, str], ...]:
        say, numbers = self.voice.say, self.voice.numbers
        lottery = self.diagnosis.protocol.clauses.lottery
        arms = [
            say("power.identity.arm", arm=self.voice.arm(name), n=numbers.integer(places))
            for name, places in lottery.arms.items()
        ]
        simulated = self.diagnosis.simulated
        done = numbers.integer(simulated.trials if simulated else 0)
        return (
            (say("report.lottery.design"), say(f"report.design.{lottery.design}")),
            (say("power.identity.places"), self.voice.listed(arms)),
            (say("power.identity.trials"), done),
            (say("report.identity.software"), f"reliance-eval {__version__}"),
        )

    # ------------------------------------------------------------------ chapters

    def summary(self) -> tuple[Block, ...]:
        say = self.voice.say
        percent = self.voice.numbers.percent(self.diagnosis.power, 0)
        lines = [self._headline(item, percent) for item in self._chosen()]
        lines = [line for line in lines if line] or [say("power.verdict.unknown")]
        blocks: list[Block] = [
            Callout(say("power.verdict.title", power=percent), tuple(lines), "result"),
            Paragraph(say("power.what", power=percent)),
        ]
        if (table := self.needed()) is not None:
            blocks += [Paragraph(say("power.needed")), table]
        return tuple(blocks)

    def _chosen(self) -> list[Detectable]:
        """Give the promises that are pictured: one a primary outcome, at its last horizon."""
        by_id = {item.promise.id: item for item in self.diagnosis.detectable}
        return [by_id[curve.promise.id] for curve in self.diagnosis.curves]

    def _headline(self, item: Detectable, percent: str) -> str:
        if item.smallest is None or item.smallest_family is None:
            return ""
        scale = self.scale(item.promise)
        values = {
            "row": self.row(item.promise),
            "smallest": self.voice.effect(item.smallest, scale, is_signed=False),
            "family": self.voice.effect(item.smallest_family, scale, is_signed=False),
            "power": percent,
        }
        key = "family" if item.family_size > 1 else "alone"
        return self.voice.say(f"power.verdict.{key}", **values)

    def formulas(self) -> tuple[Block, ...]:
        blocks: list[Block] = [Paragraph(self.voice.say("power.formulas"))]
        for estimator in self._estimators():
            items = [d for d in self.diagnosis.detectable if d.promise.estimator == estimator]
            blocks.append(self.detectable(estimator, items))
        return tuple(blocks)

    def _estimators(self) -> list[str]:
        return list(dict.fromkeys(d.promise.estimator for d in self.diagnosis.detectable))

    def pictures(self) -> tuple[Block, ...]:
        pairs = zip(self.diagnosis.curves, self._chosen(), strict=True)
        return tuple(self.curve(curve, item) for curve, item in pairs)

    def simulations(self) -> tuple[Block, ...]:
        say, simulated = self.voice.say, self.diagnosis.simulated
        if simulated is None:
            key = "impossible" if self.diagnosis.not_simulated else "none"
            return (Paragraph(say(f"power.not_simulated.{key}")),)
        numbers = self.voice.numbers
        text = say(
            "power.simulations",
            n=numbers.integer(simulated.trials),
            factor=numbers.decimal(simulated.effects, 1),
        )
        blocks: list[Block] = [Paragraph(text)]
        for estimator in self._estimators():
            items = [o for o in self.diagnosis.operating if o.promise.estimator == estimator]
            if items:
                blocks.append(self.operating(estimator, items))
        return tuple(blocks)

    def supposed(self) -> tuple[Block, ...]:
        return Paragraph(self.voice.say("power.supposed")), self.assumptions()

    def again(self) -> tuple[Block, ...]:
        say, simulated = self.voice.say, self.diagnosis.simulated
        count = simulated.trials if simulated else 0
        command = f"reliance-eval diagnose --simulate {count}"
        if simulated:
            command += f" --seed {simulated.seed}"
        return Paragraph(say("power.again")), Listing(command, say("power.command"))

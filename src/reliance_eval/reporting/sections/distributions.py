"""Distributions: where amounts, counts and scores lie in each arm, in bands of enough people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate
from reliance_eval.protocol.model import Outcome
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.disclosure import Shown
from reliance_eval.reporting.document import Block, Cell, Figure, Paragraph, Table
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.spreading.banding import Bands, Floats, banded
from reliance_eval.reporting.spreading.bars import Panel, bars
from reliance_eval.reporting.wording import Scale

KINDS = ("amount", "count", "score")
Group = tuple[int, str]
"""A horizon in months and an arm."""


@dataclass(frozen=True, eq=False)
class Spread:
    """The bands of one outcome and the shares that may be printed of them.

    Attributes
    ----------
    shown : mapping of (horizon, arm) to tuple of Shown
        One share a band.
    digits : int
        Decimals that their rounded counts deserve.
    """

    outcome: Outcome
    bands: Bands
    labels: tuple[str, ...]
    shown: dict[Group, tuple[Shown, ...]]
    digits: int

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons with a distribution, in order."""
        return tuple(dict.fromkeys(horizon for horizon, _ in self.shown))

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, the reference first."""
        return tuple(dict.fromkeys(arm for _, arm in self.shown))


def distributions(context: Context) -> tuple[Block, ...]:
    """Give one figure an outcome, and say which have none."""
    voice = context.voice
    figures: list[Block] = []
    none = []
    for outcome in context.protocol.clauses.outcomes:
        if outcome.kind not in KINDS or outcome.is_share or outcome.role == "placebo":
            continue
        groups = _groups(context, outcome)
        if not groups:
            continue
        spread = _spread(context, outcome, groups)
        if spread is None:
            none.append(voice.outcome(outcome.name))
        else:
            figures.append(_figure(context, spread))
    if not figures:
        return ()
    said = [Paragraph(voice.say("structure.distributions.intro")), *figures]
    if none:
        listed = voice.listed(none)
        said.append(Paragraph(voice.say("structure.distributions.none", outcomes=listed)))
    return tuple(said)


def _groups(context: Context, outcome: Outcome) -> dict[Group, Floats]:
    """Give the values known, by horizon and arm, where every effect may be printed."""
    assert context.estimates is not None
    panel = context.estimates.parent
    arms = panel.units.set_index("unit")["arm"]
    rows = panel.outcomes[
        (panel.outcomes["outcome"] == outcome.name) & (panel.outcomes["status"] == "observed")
    ]
    names = rows["unit"].map(arms)
    lottery = context.protocol.clauses.lottery
    ordered = (lottery.control, *(arm for arm in context.places if arm != lottery.control))
    return {
        (horizon, arm): rows.loc[
            (rows["horizon_months"] == horizon) & (names == arm), "value"
        ].to_numpy(float)
        for horizon in outcome.horizons_months
        if _is_clear(context, outcome.name, horizon)
        for arm in ordered
    }


def _is_clear(context: Context, outcome: str, horizon: int) -> bool:
    """Say whether an effect was estimated there, and none of everyone is withheld."""
    assert context.estimates is not None
    of_cell = [row for row in context.estimates.estimated if _is_about(row, outcome, horizon)]
    withheld = context.clearance.withheld
    return bool(of_cell) and not any(promise_of(row).id in withheld for row in of_cell)


def _is_about(row: Estimate, outcome: str, horizon: int) -> bool:
    promise = promise_of(row)
    is_cell = (promise.outcome, promise.horizon_months) == (outcome, horizon)
    return is_cell and promise.estimand == "itt" and not promise.subgroup


def _spread(context: Context, outcome: Outcome, groups: dict[Group, Floats]) -> Spread | None:
    gate = context.gate
    bands = banded(list(groups.values()), least=gate.least)
    if bands is None:
        return None
    shown = {
        (horizon, arm): tuple(
            gate.share(
                n / len(groups[horizon, arm]),
                numerator=n,
                n=len(groups[horizon, arm]),
                place=_place(outcome.name, horizon, arm, band),
            )
            for band, n in enumerate(counts)
        )
        for (horizon, arm), counts in zip(groups, bands.counts, strict=True)
    }
    if any(share.is_withheld for shares in shown.values() for share in shares):
        return None
    digits = gate.share_digits(len(values) for values in groups.values())
    return Spread(outcome, bands, _labels(context, outcome, bands), shown, digits)


def _place(outcome: str, horizon: int, arm: str, band: int) -> str:
    return f"distribution.{outcome}.{horizon}#{arm}.{band}"


def _labels(context: Context, outcome: Outcome, bands: Bands) -> tuple[str, ...]:
    """Name the bands: below an end, between two, at an end or above; zero by itself."""
    voice = context.voice
    scale = voice.scale(outcome.name, ())

    def write(end: float) -> str:
        return _written(context, end, scale)

    first, *_ = bands.ends
    last = bands.ends[-1]
    name = "zero" if bands.has_zero else "below"
    labels = [voice.say(f"structure.distributions.{name}", end=write(first))]
    for place, (low, high) in enumerate(zip(bands.ends[:-1], bands.ends[1:], strict=True)):
        key = "above_zero" if bands.has_zero and place == 0 else "between"
        labels.append(voice.say(f"structure.distributions.{key}", low=write(low), high=write(high)))
    key = "more_than_zero" if bands.has_zero and len(bands.ends) == 1 else "above"
    labels.append(voice.say(f"structure.distributions.{key}", end=write(last)))
    return tuple(labels)


def _written(context: Context, end: float, scale: Scale) -> str:
    """Write an end of a band: a round number, which needs no more decimals than it has."""
    numbers = context.voice.numbers
    digits = len(f"{end:.6f}".rstrip("0").partition(".")[2])
    return numbers.money(end, digits) if scale.unit == "€" else numbers.decimal(end, digits)


def _figure(context: Context, spread: Spread) -> Figure:
    voice, name = context.voice, spread.outcome.name
    identifier = f"distribution-{name}"
    label = voice.outcome(name)
    title = voice.say("structure.distributions.figure", outcome=label)
    data = _table(context, spread, title)
    reading = _reading(context, spread, data)
    alternative = _alternative(context, spread)
    panels = [
        Panel(
            voice.numbers.months(horizon),
            tuple(
                tuple(share.value or 0.0 for share in spread.shown[horizon, arm])
                for arm in spread.arms
            ),
            tuple(_texts(context, spread, horizon, arm) for arm in spread.arms),
        )
        for horizon in spread.horizons
    ]
    svg = bars(
        spread.labels,
        [voice.arm(arm) for arm in spread.arms],
        panels,
        identifier=identifier,
        title=title,
        alternative=alternative,
    )
    notes = [voice.say("structure.distributions.note_bands")]
    if not context.gate.is_public:
        notes.append(voice.say("structure.distributions.note_rounded"))
    return Figure(
        id=identifier,
        title=title,
        svg=svg,
        alternative=alternative,
        data=data,
        caption=context.caption(reading, notes=tuple(notes)),
    )


def _texts(context: Context, spread: Spread, horizon: int, arm: str) -> tuple[str, ...]:
    return tuple(
        context.voice.share("", share, digits=spread.digits).text
        for share in spread.shown[horizon, arm]
    )


def _alternative(context: Context, spread: Spread) -> str:
    """Say every bar, horizon by horizon and arm by arm."""
    voice = context.voice
    said = []
    for horizon, arm in spread.shown:
        shares = voice.listed(
            voice.say("structure.distributions.bar", name=label, n=text)
            for label, text in zip(
                spread.labels, _texts(context, spread, horizon, arm), strict=True
            )
        )
        head = voice.say("report.row_arm", row=voice.numbers.months(horizon), arm=voice.arm(arm))
        said.append(voice.say("structure.distributions.alternative", head=head, shares=shares))
    return " ".join(said)


def _table(context: Context, spread: Spread, title: str) -> Table:
    voice = context.voice
    rows: list[tuple[Cell, ...]] = []
    for band, label in enumerate(spread.labels):
        cells: Sequence[Cell] = [
            voice.share(
                _place(spread.outcome.name, horizon, arm, band),
                shares[band],
                digits=spread.digits,
            )
            for (horizon, arm), shares in spread.shown.items()
        ]
        rows.append((label, *cells))
    heads = [
        voice.say("report.row_arm", row=voice.numbers.months(horizon), arm=voice.arm(arm))
        for horizon, arm in spread.shown
    ]
    return Table(
        id=f"distribution-{spread.outcome.name}-data",
        title=title,
        columns=(voice.say("structure.distributions.band"), *heads),
        rows=tuple(rows),
        caption=context.caption(),
    )


def _reading(context: Context, spread: Spread, data: Table) -> str:
    voice, row = context.voice, data.rows[0]
    shares = [cell.text for cell in row[1 : 1 + len(spread.arms)] if not isinstance(cell, str)]
    return voice.say(
        "structure.distributions.reading",
        horizon=voice.numbers.months(spread.horizons[0]),
        band=spread.labels[0],
        shares=voice.listed(
            voice.say("structure.distributions.share", arm=voice.arm(arm), share=share)
            for arm, share in zip(spread.arms, shares, strict=True)
        ),
    )


SECTIONS.register("distributions")(Section(needs=Estimates, order=68, compose=distributions))

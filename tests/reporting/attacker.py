"""An intruder with a report, its rules and a linear programme: how tightly can a count be bounded?

The intruder knows the structure of the trial (which group is part of which), the totals announced,
the rules of the gate, and every cell printed, in every table and behind every figure. The unknowns
are the exact counts. Of each printed effect the intruder is given more than it says: the shares
behind it, to half of the last decimal printed, whatever the estimator; the share who take part, as
precisely as the two effects whose ratio it is were printed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd
from unknown_counts import System

from reliance_eval.artefact import Artefact
from reliance_eval.estimation import Estimates
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.language.numbers import rounded
from reliance_eval.panel import Panel
from reliance_eval.reporting.clearing import promise_of
from reliance_eval.reporting.disclosure import Decision, Gate, Rules, Shown, rules_of
from reliance_eval.reporting.document import Document, Number

APART = (
    r"(flow|balance\.regression|ledger|distribution"
    r"|participants\.(ledger|assessed|leaving|eligible|not_drawn|drawn))\b"
)
"""What is counted outside the arms, or of bands that are each large: attacked apart."""

HALF_A_DECIMAL = 0.0005
"""Differences of shares are printed to the tenth of a point."""


@dataclass(frozen=True)
class Printed:
    """What one or several documents print, by cell, and what the gate said of each."""

    numbers: Mapping[str, Number]
    lines: Mapping[str, Decision]

    def is_cleared(self, promise: str) -> bool:
        """Whether the numbers of a promise are printed."""
        return any(
            name.startswith(f"{promise}#") and not number.is_withheld
            for name, number in self.numbers.items()
        )


def printed_in(*reports: tuple[Document, tuple[Decision, ...]]) -> Printed:
    """Put together what documents print: of two views of a cell, the one that tells."""
    numbers: dict[str, Number] = {}
    lines: dict[str, Decision] = {}
    for document, log in reports:
        found = {line.place: line for line in log if line.table}
        for number in document.numbers():
            if number.id not in numbers or numbers[number.id].is_withheld:
                numbers[number.id] = number
                lines[number.id] = found[number.id]
    return Printed(numbers, lines)


class Attack:
    """The system of one trial, and the counts that must stay hidden in it."""

    def __init__(self, artefact: Artefact, printed: Printed) -> None:
        self.panel: Panel = artefact.nearest(Panel)
        self.protocol = artefact.protocol
        self.gate = Gate(rules_of(self.protocol))
        self.printed = printed
        self.system = System()
        estimates: Estimates = artefact.nearest(Estimates)
        rows: list[Estimate | NotEstimable] = [*estimates.estimated, *estimates.not_estimable]
        self.promises: dict[str, Promise] = {promise_of(row).id: promise_of(row) for row in rows}
        self.estimates = {promise_of(row).id: row for row in estimates.estimated}
        self._known: dict[object, list[float]] = {}
        self.hidden: set[str] = set()
        self.by_rounding: set[str] = set()
        self.shares: dict[tuple[str, str], float] = {}
        self.unread: list[str] = []
        self._arms()
        self._before()
        self._statuses()
        self._subgroups()
        self._read()
        self._told()

    @property
    def rules(self) -> Rules:
        return self.gate.rules

    def weak(self) -> dict[str, float]:
        """Give the hidden counts bounded more tightly than the profile allows, with the width."""
        # A difference of two rounded counts is protected by their rounding alone.
        found = self._under(self._small(self.by_rounding), self.rules.rounding - 1)
        for (part, whole), error in self.shares.items():
            self._share(part, whole, error)
        return found | self._under(self._sensitive(), self.rules.threshold)

    def _under(self, names: Iterable[str], least: int) -> dict[str, float]:
        self.system.close()
        widths = {name: self.system.width(name) for name in names}
        return {name: width for name, width in widths.items() if width < least}

    def _small(self, names: Iterable[str]) -> set[str]:
        return {name for name in names if 0 < self.system.true(name) < self.rules.threshold}

    def _sensitive(self) -> set[str]:
        return (self._small(self.system.places) - self.by_rounding) | self.hidden

    # ---------------------------------------------------------------- what is known of the trial

    def _arms(self) -> None:
        units = self.panel.units
        outcomes = self.panel.outcomes
        seen = outcomes[outcomes["status"] == "observed"].merge(units, on="unit")
        cells = seen["outcome"].astype(str) + "." + seen["horizon_months"].astype(str) + "."
        self._seen = seen.assign(cell=cells + seen["arm"].astype(str))
        self.arms = {arm: units[units["arm"] == arm] for arm in self.panel.parent.arms}
        for arm, rows in self.arms.items():
            self.system.add(f"drawn.{arm}", len(rows))
            if len(rows) in self.rules.announced:
                self.system.lies(f"drawn.{arm}", len(rows), len(rows))
            if "take_up" in units:
                took = int((rows["take_up"] > 0).sum())
                self.system.add(f"took.{arm}", took)
                self._part(f"took.{arm}", f"drawn.{arm}", "not")

    def _part(self, part: str, whole: str, name: str) -> str:
        """Name what a part leaves of its whole: a count like any other."""
        left = self.system.add(f"{name}.{part}", self.system.true(whole) - self.system.true(part))
        self.system.adds_up(whole, (part, left))
        return left

    def _statuses(self) -> None:
        counts = self.panel.counts()
        keys = counts["outcome"] + "." + counts["horizon_months"].astype(str) + "." + counts["arm"]
        for sample, rows in counts.groupby(keys.astype(str)):
            arm = str(rows["arm"].iloc[0])
            found = dict(zip(rows["status"], rows["n"], strict=True))
            found = {"observed": 0} | found
            parts = [self.system.add(f"{sample}.{s}", int(n)) for s, n in found.items()]
            self.system.adds_up(f"drawn.{arm}", parts)
            self._part(f"{sample}.observed", f"drawn.{arm}", "lost")
            self._sample(str(sample), self._rows(str(sample)))

    def _rows(self, sample: str) -> pd.DataFrame:
        return self._seen[self._seen["cell"] == sample]

    def _sample(self, sample: str, rows: pd.DataFrame) -> None:
        """Add the counts of one group: who says yes, who takes part, who does both."""
        system, outcome = self.system, sample.split(".", maxsplit=1)[0]
        n = f"{sample}.observed"
        system.add(n, len(rows))
        is_share = self.protocol.outcome(outcome).is_share
        yes = rows["value"].to_numpy(float) > 0
        if is_share:
            self._part(system.add(f"{sample}.yes", int(yes.sum())), n, "not")
        if "take_up" not in rows:
            return
        took = rows["take_up"].to_numpy(float) > 0
        self._part(system.add(f"{sample}.took", int(took.sum())), n, "not")
        if is_share:
            both = system.add(f"{sample}.both", int((yes & took).sum()))
            self._part(both, f"{sample}.yes", "without")
            neither = self._part(both, f"{sample}.took", "refusing")
            system.at_most({neither: 1.0, f"not.{sample}.yes": -1.0})
        if sample.count(".") == 2:
            arm = sample.split(".")[2]
            lost = self._part(f"{sample}.took", f"took.{arm}", "lost")
            system.at_most({lost: 1.0, f"lost.{n}": -1.0})
            self.by_rounding.add(lost)

    def _subgroups(self) -> None:
        for clause in self.protocol.clauses.subgroups:
            for name in clause.outcomes or [o.name for o in self.protocol.clauses.outcomes]:
                for horizon in self.protocol.outcome(name).horizons_months:
                    for arm in self.arms:
                        self._partition(f"{name}.{horizon}.{arm}", clause.variable)

    def _partition(self, sample: str, variable: str) -> None:
        arm, rows = sample.split(".")[2], self._rows(sample)
        column = f"{variable}_band" if f"{variable}_band" in rows else variable
        levels = rows[column].astype(object).where(rows[column].notna(), "none")
        parts = []
        for level in sorted({*self.protocol.variable(variable).levels, *levels.unique()}):
            parts.append(f"{sample}.{variable}={level}")
            self._sample(parts[-1], rows[levels == level])
            if (before := f"before.{arm}.{variable}={level}") in self.system.places:
                self.by_rounding.add(self._part(f"{parts[-1]}.observed", before, "lost"))
        for kind in ("observed", "yes", "took", "both"):
            if f"{sample}.{kind}" in self.system.places:
                self.system.adds_up(f"{sample}.{kind}", [f"{part}.{kind}" for part in parts])

    def _before(self) -> None:
        """Add the levels of the variables known before the draw, and who has no value."""
        for arm, rows in self.arms.items():
            for variable in self.protocol.clauses.variables:
                column = variable.name
                column = f"{column}_band" if f"{column}_band" in rows else column
                if column not in rows or rows[column].dtype.kind in "fi":
                    continue
                levels = rows[column].astype(object).where(rows[column].notna(), "none")
                parts = [
                    self.system.add(f"before.{arm}.{variable.name}={level}", int(n))
                    for level, n in levels.value_counts().items()
                ]
                self.system.adds_up(f"drawn.{arm}", parts)

    # ---------------------------------------------------------------- what is printed

    def _read(self) -> None:
        """Read each printed count, or say that it is not understood."""
        for name, number in self.printed.numbers.items():
            line = self.printed.lines[name]
            if number.is_withheld or line.outcome == "cleared":
                continue
            meant = self._meant(name.replace("#", "."))
            if meant is None:
                self.unread.append(name)
            elif meant:
                count, whole = meant
                self._interval(number, line, count, whole)

    def _meant(self, name: str) -> tuple[str, str] | tuple[()] | None:
        """Give the unknown that a cell shows and the whole it is part of; () for what is told."""
        arms = "|".join(map(re.escape, self.arms))
        patterns = {
            rf"(?:lottery|take_up|population\.randomised)\.({arms})(?:\.n)?": "drawn.{0}",
            rf"(?:take_up\.({arms})\.(?:took|share)|population\.received_offer\.({arms}))": (
                "took.{0}"
            ),
            rf"follow_up\.(.+)\.(\d+)\.({arms})\.(\w+)": "{0}.{1}.{2}.{3}",
            rf"population\.(\w+)\.(\d+)\.({arms})": "{0}.{1}.{2}.observed",
            rf"participants\.allocated\.({arms})": "drawn.{0}",
            rf"participants\.received\.({arms})": "took.{0}",
            rf"participants\.not_received\.({arms})": "not.took.{0}",
            rf"participants\.(\w+)\.(\d+)\.(\w+)\.({arms})": "{0}.{1}.{3}.{2}",
            rf"response\.(\w+)\.(\d+)\.({arms})\.share": "{0}.{1}.{2}.observed",
        }
        for pattern, count in patterns.items():
            if found := re.fullmatch(pattern, name):
                known = count.format(*(group for group in found.groups() if group))
                arm = next(a for a in self.arms if f".{a}" in known)
                return (known, f"drawn.{arm}") if known in self.system.places else ()
        if found := re.fullmatch(rf"balance\.(\w+)\.(\w*)\.(\w+)\.({arms})\.(arm|reference)", name):
            return self._of_balance(*found.groups())
        left_out = rf"participants\.analysed\.(\w+)\.(\d+)\.left_out\.({arms})"
        if found := re.fullmatch(left_out, name):
            outcome, horizon, arm = found.groups()
            analysed = self._of_promise(self._first(outcome, int(horizon), arm), arm)
            left = f"left.{analysed[0]}" if analysed else ""
            return (left, "") if left in self.system.places else ()
        if found := re.fullmatch(rf"participants\.analysed\.(\w+)\.(\d+)\.({arms})", name):
            outcome, horizon, arm = found.groups()
            return self._of_promise(self._first(outcome, int(horizon), arm), arm)
        if found := re.fullmatch(rf"(.+)\.n_({arms})", name):
            return self._of_promise(*found.groups())
        is_level = re.fullmatch(r".+\.(mean_reference|mean_arm)", name)
        return () if is_level or re.match(APART, name) else None

    def _first(self, outcome: str, horizon: int, arm: str) -> str:
        """Name the first effect of the offer printed for everyone of a cell."""
        return next(
            p.id
            for p in self.promises.values()
            if (p.outcome, p.horizon_months, p.estimand) == (outcome, horizon, "itt")
            and not p.subgroup
            and arm in (p.arm, p.reference)
            and p.id in self.estimates
        )

    def _of_balance(
        self, variable: str, level: str, measure: str, arm: str, side: str
    ) -> tuple[str, str] | tuple[()]:
        arm = arm if side == "arm" else str(self.protocol.clauses.lottery.control)
        name = f"before.{arm}.{variable}={'none' if measure == 'missing' else level}"
        return (name, f"drawn.{arm}") if name in self.system.places else ()

    def _of_promise(self, name: str, arm: str) -> tuple[str, str] | None:
        promise = self.promises.get(name)
        if promise is None:
            return None
        row, whole = self.estimates[name], "" if promise.subgroup else f"drawn.{arm}"
        known = f"{self._sample_of(promise, arm)}.observed"
        n = row.n_arm if arm == promise.arm else row.n_reference
        if n == self.system.true(known):
            return known, whole
        # Some whose outcome is known were left out: how many is a count like any other.
        analysed = self.system.add(f"{promise.estimator}.{known}", n)
        self._part(analysed, known, "left")
        return analysed, known

    def _sample_of(self, promise: Promise, arm: str) -> str:
        sample = f"{promise.outcome}.{promise.horizon_months}.{arm}"
        return f"{sample}.{promise.subgroup}" if promise.subgroup else sample

    def _interval(self, number: Number, line: Decision, count: str, whole: str) -> None:
        """Keep the counts that the gate would have printed so."""
        assert number.value is not None
        if line.outcome == "exact":
            found = [number.value]
        elif whole and self.system.true(whole) in self.rules.announced:
            found = self._alike(number, line, int(self.system.true(whole)))
        elif line.outcome == "at_least":
            found = [number.value, math.inf]
        else:
            base = self.rules.rounding
            is_least = number.value == self.gate.least
            low = self.rules.threshold if is_least else number.value - base / 2
            # What a part leaves may not read as small: the part is then printed lower.
            found = [low, number.value + base]
        self.system.lies(count, min(found), max(found))

    def _alike(self, number: Number, line: Decision, whole: int) -> list[float]:
        key = (number.value, number.text.endswith("%"), line.outcome, whole)
        if key not in self._known:
            self._known[key] = list(self._same(number, line, whole)) or [0, whole]
        return self._known[key]

    def _same(self, number: Number, line: Decision, whole: int) -> Iterator[int]:
        is_share = number.text.endswith("%")
        for n in range(whole + 1):
            gate = replace(self.gate, log=[])
            shown: tuple[Shown, ...]
            if is_share:
                shown = (gate.share(n / whole, numerator=n, n=whole, place=""),)
            else:
                shown = (gate.part(n, of=whole, place=""), gate.count(n, place=""))
            for one in shown:
                value = one.value
                if value is not None and is_share:
                    value = rounded(100 * value, gate.share_digits([whole]))
                if value == number.value and one.mark == line.outcome:
                    yield n

    def _told(self) -> None:
        """Give the shares behind each printed effect; hide the counts behind the others."""
        told: set[str] = set()
        for promise in self.promises.values():
            is_printed = self.printed.is_cleared(promise.id)
            for arm in (promise.arm, promise.reference):
                sample = self._sample_of(promise, arm)
                for kind in self._kinds(promise):
                    name = f"{sample}.{kind}"
                    if not self._is_some(name):
                        continue
                    if is_printed:
                        told |= {name, f"not.{name}"}
                        key = (name, f"{sample}.observed")
                        error = self._ratio(promise) if kind == "took" else HALF_A_DECIMAL
                        self.shares[key] = min(error, self.shares.get(key, 1.0))
                    elif promise.subgroup:
                        self.hidden |= {x for x in (name, f"not.{name}") if self._is_some(x)}
        # What one estimand withholds, another of the same people may tell.
        self.hidden -= told

    def _kinds(self, promise: Promise) -> tuple[str, ...]:
        """Give the numerators that an effect tells."""
        if promise.estimand != "late":
            return ("yes",)
        mean = self.printed.numbers.get(f"{promise.id}#untreated_complier_mean")
        tells_both = mean is not None and not mean.is_withheld
        return ("yes", "took", "both") if tells_both else ("yes", "took")

    def _is_some(self, name: str) -> bool:
        return name in self.system.places and self.system.true(name) > 0

    def _ratio(self, late: Promise) -> float:
        """Give how precisely the two effects, as printed, tell the share who take part."""
        ends = [self._relative(f"{late.id}#estimate")]
        ends += [
            self._relative(f"{p.id}#estimate")
            for p in self.promises.values()
            if (p.outcome, p.horizon_months, p.arm) == (late.outcome, late.horizon_months, late.arm)
            and (p.estimand, p.subgroup) == ("itt", late.subgroup)
        ][:1]
        return sum(ends) if len(ends) == 2 else 1.0

    def _relative(self, name: str) -> float:
        """Give half of the last decimal of a printed number, as a share of it."""
        number = self.printed.numbers.get(name)
        if number is None or not number.value:
            return 1.0
        decimals = re.search(r"[.,](\d+)", number.text)
        half = 0.5 * 10.0 ** -(len(decimals.group(1)) if decimals else 0)
        return half / abs(number.value)

    def _share(self, part: str, whole: str, error: float) -> None:
        n = self.system.true(whole)
        share = self.system.true(part) / n if n else 0.0
        self.system.at_most({part: 1.0, whole: -(share + error)})
        self.system.at_most({part: -1.0, whole: share - error})

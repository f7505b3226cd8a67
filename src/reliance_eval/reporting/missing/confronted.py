"""A finding on missing outcomes on its way to the page."""

from __future__ import annotations

from dataclasses import dataclass

from reliance_eval.reporting.findings import scale_of
from reliance_eval.reporting.section import Context
from reliance_eval.reporting.wording import Scale
from reliance_eval.robustness.check import Check


@dataclass(frozen=True, eq=False)
class Confronted:
    """One finding of the check on its way to the page."""

    context: Context
    check: Check

    @property
    def outcome(self) -> str:
        """The outcome it is about."""
        return self.check.subject.split(".")[0]

    @property
    def horizon(self) -> int:
        """Its horizon, in months."""
        return int(self.check.subject.split(".")[1])

    @property
    def arm(self) -> str:
        """The arm compared."""
        _, _, *arm = self.check.subject.split(".", 2)
        others = [one for one in self.context.places if one != self.reference]
        return arm[0] if arm else others[0]

    @property
    def reference(self) -> str:
        """The arm it is compared with."""
        return self.context.protocol.clauses.lottery.control

    @property
    def head(self) -> str:
        """The head of its row."""
        voice = self.context.voice
        label = voice.cell_label(self.outcome, self.horizon)
        if len(self.context.places) > 2:
            return voice.say("report.row_arm", row=label, arm=voice.arm(self.arm))
        return label

    @property
    def scale(self) -> Scale:
        """How its effects are written."""
        return scale_of(self.context, self.check)

    @property
    def answers(self) -> dict[str, tuple[float, float, float, float]]:
        """Bounds and interval by method."""
        found = {str(row[0]): _ends(row) for row in self.check.rows if row[1] is None}
        low, high = found["lee"][2:]
        return {**found, "lee_interval": (low, high, low, high)}

    @property
    def path(self) -> dict[float, tuple[float, float, float, float]]:
        """Bounds and interval by share of the missing that may be anything."""
        return {float(row[1]): _ends(row) for row in self.check.rows if row[1] is not None}

    @property
    def broken(self) -> float | None:
        """Share at which the conclusion falls; None where there is none to fall, or never."""
        share = self.check.values.get("portion")
        return float(share) if isinstance(share, (int, float)) and share > 0.0 else None


def _ends(row: tuple[str | int | float | None, ...]) -> tuple[float, float, float, float]:
    low, high, conf_low, conf_high = (float(end) for end in row[2:] if end is not None)
    return low, high, conf_low, conf_high

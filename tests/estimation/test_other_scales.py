"""Amounts with many zeros: the estimand stays in euros, and log(1 + y) has to be asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import OUTCOME, clauses, panel

from reliance_eval.errors import ProtocolError
from reliance_eval.estimation import Estimate, NotEstimable, estimate, itt
from reliance_eval.panel import Panel
from reliance_eval.protocol.consistency import inconsistencies

LABEL = "log of one plus earnings"


def earnings(seed: int = 1, *, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    z = rng.permutation(np.arange(n) % 2)
    zero = rng.random(n) < 0.7 - 0.1 * z
    return pd.DataFrame({"z": z, "y": np.where(zero, 0.0, np.exp(6 + rng.normal(size=n)))})


def test_an_amount_is_compared_in_its_own_unit_zeros_included() -> None:
    frame = earnings()
    found = itt(frame, outcome="y", offer="z")
    means = frame.groupby("z")["y"].mean()
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(means[1] - means[0], rel=1e-12)
    assert "transformed" not in found.notes


@pytest.mark.parametrize("label", [None, "", "  "])
def test_another_scale_without_a_label_is_refused_with_the_reason(label: str | None) -> None:
    with pytest.raises(ProtocolError) as refusal:
        itt(earnings(), outcome="y", offer="z", transform="log1p", transform_label=label)
    assert [fault.code for fault in refusal.value.faults] == ["E-ESTIMATION-TRANSFORM-UNLABELLED"]
    assert "no percentage" in str(refusal.value)


def test_with_a_label_the_effect_is_on_that_scale_and_says_so() -> None:
    frame = earnings()
    found = itt(frame, outcome="y", offer="z", transform="log1p", transform_label=LABEL)
    own = itt(frame.assign(y=np.log1p(frame["y"])), outcome="y", offer="z")
    assert isinstance(found, Estimate)
    assert isinstance(own, Estimate)
    assert found.estimate == own.estimate
    assert found.note_values["transformed"] == LABEL
    # Why it is no percentage: in cents the same effect is another number (Chen and Roth 2024).
    cents = itt(
        frame.assign(y=100 * frame["y"]),
        outcome="y",
        offer="z",
        transform="log1p",
        transform_label=LABEL,
    )
    assert isinstance(cents, Estimate)
    assert cents.estimate > 1.2 * found.estimate


def test_a_negative_amount_has_no_such_scale() -> None:
    frame = earnings().assign(y=lambda f: f["y"] - 5)
    found = itt(frame, outcome="y", offer="z", transform="log1p", transform_label=LABEL)
    assert isinstance(found, NotEstimable)
    assert found.reason == "negative_values"
    assert "negative" in found.text("en")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"transform": "sqrt", "transform_label": LABEL}, "E-ESTIMATION-TRANSFORM"),
        ({"transform_label": LABEL}, "E-ESTIMATION-LABEL-ALONE"),
    ],
)
def test_what_cannot_be_asked_is_said(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        itt(earnings(), outcome="y", offer="z", **asked)
    assert [fault.code for fault in refusal.value.faults] == [code]


class TestInAProtocol:
    """The outcome's clause names the scale and what it is called."""

    def amounts(self, **changes: Any) -> Panel:
        outcome = OUTCOME | {"name": "employed", "kind": "amount"} | changes
        given = panel(protocol=clauses(outcomes=[outcome]))
        values = np.where(given.outcomes["value"] > 0, 1000.0, 0.0)
        return replace(given, outcomes=given.outcomes.assign(value=values))

    def findings(self, **changes: Any) -> list[str]:
        outcome = OUTCOME | {"name": "employed", "kind": "amount"} | changes
        found = inconsistencies(clauses(outcomes=[outcome]), Path(), {})
        return [one.code for one in found if "TRANSFORM" in one.code]

    def test_a_scale_without_its_label_is_a_fault_of_the_protocol(self) -> None:
        assert self.findings(transform="log1p") == ["E-PROTOCOL-TRANSFORM-UNLABELLED"]
        assert self.findings(transform="log1p", transform_label={"en": LABEL}) == []
        alone = self.findings(transform_label={"en": LABEL})
        assert alone == ["E-PROTOCOL-TRANSFORM-LABEL-ALONE"]
        binary = self.findings(transform="log1p", transform_label={"en": LABEL}, kind="binary")
        assert binary == ["E-PROTOCOL-TRANSFORM-KIND"]

    def test_the_estimate_is_on_the_labelled_scale(self) -> None:
        plain = estimate(self.amounts()).estimated[0]
        logged = estimate(self.amounts(transform="log1p", transform_label={"en": LABEL})).estimated[
            0
        ]
        assert logged.estimate == pytest.approx(plain.estimate * np.log1p(1000) / 1000)
        assert logged.note_values["transformed"] == "employed"
        assert plain.promise is not None
        assert logged.promise is not None
        assert logged.promise.specification != plain.promise.specification

    def test_the_label_takes_the_place_of_the_outcomes_own(self) -> None:
        given = self.amounts(transform="log1p", transform_label={"en": LABEL})
        assert given.protocol.outcome_label("employed", "en") == LABEL

    def test_a_panel_on_another_scale_is_not_put_on_it_twice(self) -> None:
        given = self.amounts(transform="log1p", transform_label={"en": LABEL})
        with pytest.raises(ProtocolError) as refusal:
            itt(
                given,
                outcome="employed",
                horizon_months=3,
                transform="log1p",
                transform_label=LABEL,
            )
        codes = [fault.code for fault in refusal.value.faults]
        assert codes == ["E-ESTIMATION-TRANSFORM-TWICE"]

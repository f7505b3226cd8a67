"""Effects excluded by the interval, in the outcome's unit, in data and in words."""

from __future__ import annotations

import pytest
from made_up_trials import golden, trial

from reliance_eval.estimation import Estimate, Excluded, itt, late
from reliance_eval.estimation.excluding import excluded_by

BOTH = excluded_by([(-0.021, 0.034)], level=0.95, unit="points")
RAYS = excluded_by([(None, -1.0), (2.5, None)], level=0.9)


def test_an_interval_excludes_what_lies_on_both_sides() -> None:
    found = itt(golden(), outcome="y", offer="z")
    assert isinstance(found, Estimate)
    excluded = found.excluded()
    assert excluded.intervals == ((None, found.conf_low), (found.conf_high, None))
    assert excluded.level == found.level
    assert found.conf_high is not None
    assert excluded.holds(found.conf_high + 1e-9)
    assert not excluded.holds(found.conf_high)
    assert not excluded.holds(found.estimate)


def test_a_late_excludes_what_its_set_leaves_out() -> None:
    # A draw whose set is not one interval: two rays exclude the middle alone.
    for seed in range(60):
        frame = trial(seed, n=40)
        found = late(
            frame.assign(d=frame["d"] * (frame["x"] > 1)), outcome="y", offer="z", take_up="d"
        )
        if isinstance(found, Estimate) and len(found.anderson_rubin) == 2:
            break
    else:
        pytest.fail("no seed gives two rays")
    ((_, low), (high, _)) = found.anderson_rubin
    assert found.excluded().intervals == ((low, high),)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(None, None)], ()),
        ([(None, 2.0)], ((2.0, None),)),
        ([(1.0, None)], ((None, 1.0),)),
        ([(None, -1.0), (2.0, None)], ((-1.0, 2.0),)),
    ],
)
def test_every_shape_has_its_complement(given: list[tuple[float, float]], expected: object) -> None:
    assert excluded_by(given, level=0.95).intervals == expected


def test_words_are_in_the_outcomes_unit() -> None:
    assert BOTH.text() == (
        "At the 95% level the data exclude effects below −2.10\u00a0points "
        "and above +3.40\u00a0points."
    )
    assert BOTH.text("fr") == (
        "Au niveau de 95\u202f%, les données excluent les effets inférieurs à −2,10\u00a0points "
        "et supérieurs à +3,40\u00a0points."
    )
    euros = excluded_by([(-120.0, 45.0)], level=0.95, unit="€")
    assert "below −€120 and above +€45" in euros.text()
    assert "inférieurs à −120\u202f€" in euros.text("fr").replace("\u00a0", "\u202f")
    months = excluded_by([(-0.5, 1.25)], level=0.95, unit="months")
    assert "above +1.25\u00a0months" in months.text()
    assert "between −1.00 and +2.50" in RAYS.text()
    assert excluded_by([(None, None)], level=0.95).text().endswith("exclude no effect.")


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [
        (-0.02, 0.03, "in either direction"),
        (-0.20, 0.03, "Rises of 10\u00a0points or more"),
        (-0.02, 0.30, "Falls of 10\u00a0points or more"),
        (-0.20, 0.30, "excluded in neither direction"),
        # A large effect: what matters is not excluded upwards, for the interval lies beyond it.
        (0.15, 0.30, "Falls of 10\u00a0points or more"),
    ],
)
def test_the_smallest_effect_that_matters_is_answered(low: float, high: float, key: str) -> None:
    found = excluded_by([(low, high)], level=0.95, unit="points")
    assert key in found.text(smallest=0.10)
    assert found.text("fr", smallest=0.10) != found.text("fr")


def test_an_end_on_the_smallest_effect_does_not_exclude_it() -> None:
    assert not excluded_by([(-0.1, 0.1)], level=0.95).rules_out(0.1, direction="rise")
    assert excluded_by([(-0.1, 0.0999)], level=0.95).rules_out(0.1, direction="rise")


def test_the_simultaneous_interval_excludes_less() -> None:
    found = itt(golden(), outcome="y", offer="z")
    assert isinstance(found, Estimate)
    wide = found.revised(
        p_adjusted=0.9, conf_low_adjusted=-99.0, conf_high_adjusted=99.0, adjustment="max-t"
    )
    assert wide.excluded(simultaneous=True).intervals == ((None, -99.0), (99.0, None))
    assert wide.excluded() == found.excluded() == found.excluded(simultaneous=True)
    assert isinstance(wide.excluded(), Excluded)
    assert "(all of the family at once)" in wide.excluded(simultaneous=True).text()
    assert "famille" not in wide.excluded().text("fr")


def test_a_simultaneous_set_without_ends_excludes_nothing() -> None:
    found = late(golden(), outcome="y", offer="z", take_up="d")
    assert isinstance(found, Estimate)
    assert found.excluded().intervals
    whole = found.revised(p_adjusted=0.9, adjustment="bonferroni")
    assert whole.excluded(simultaneous=True).intervals == ()
    # Holm's p has no interval: the ordinary one stands.
    stepped = found.revised(p_adjusted=0.9, adjustment="holm")
    assert stepped.excluded(simultaneous=True) == found.excluded()

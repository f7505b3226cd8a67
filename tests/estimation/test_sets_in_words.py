"""Every shape of a confidence set reads as a sentence, in every language."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_trials import trial

import reliance_eval as rl
from reliance_eval.estimation import Estimate
from reliance_eval.estimation.estimates import Interval
from reliance_eval.estimation.phrasing import set_in_words
from reliance_eval.language.catalogue import languages

# What kind of answer comes is for each test to say.
itt: Any = rl.itt
late: Any = rl.late

SHAPES: dict[str, tuple[Interval, ...]] = {
    "interval": ((-1.5, 2.0),),
    "at_least": ((0.0213, None),),
    "at_most": ((None, 12345.6),),
    "two_rays": ((None, -1.5), (2.0, None)),
    "whole_line": ((None, None),),
}


def test_each_shape_says_what_is_excluded() -> None:
    said = {shape: set_in_words(found, level=0.95) for shape, found in SHAPES.items()}
    assert "from −1.50 to 2.00, and exclude all others" in said["interval"]
    assert "0.0213 or more, and exclude all below" in said["at_least"]
    assert "12,346 or less, and exclude all above" in said["at_most"]
    assert "−1.50 or less and every effect of 2.00 or more" in said["two_rays"]
    assert "only those between" in said["two_rays"]
    assert "they exclude none" in said["whole_line"]


def test_french_has_its_own_signs_and_spaces() -> None:
    said = {
        shape: set_in_words(found, level=0.95, language="fr") for shape, found in SHAPES.items()
    }
    assert "de −1,50 à 2,00" in said["interval"]
    assert "95\u202f%" in said["interval"]
    assert "12\u202f346" in said["at_most"]
    assert len(set(said.values())) == len(SHAPES)


@pytest.mark.parametrize("language", languages())
def test_an_estimate_says_its_own_set(language: str) -> None:
    data = trial(61, n=300)
    keys: dict[str, Any] = {"outcome": "y", "offer": "z", "blocks": "block", "level": 0.9}
    effect, offer = late(data, take_up="d", **keys), itt(data, **keys)
    assert isinstance(effect, Estimate)
    assert isinstance(offer, Estimate)
    expected = set_in_words(effect.anderson_rubin, level=0.9, language=language)
    assert effect.set_in_words(language) == expected
    ends = ((offer.conf_low, offer.conf_high),)
    assert offer.set_in_words(language) == set_in_words(ends, level=0.9, language=language)
    assert "90" in offer.set_in_words(language)


def test_a_weak_offer_reads_as_rays_or_as_the_whole_line() -> None:
    shapes = set()
    for seed in range(60):
        data = trial(seed, n=80, effect=8.0 * (seed % 2))
        weak = data.assign(d=data["d"].where(data.index % 6 == 0, 0))
        found = late(weak, outcome="y", offer="z", take_up="d")
        if isinstance(found, Estimate):
            shapes.add((len(found.anderson_rubin), None in found.anderson_rubin[0]))
            assert found.set_in_words("en").endswith(".")
    assert {(1, False), (2, True), (1, True)} <= shapes


def test_ends_that_are_close_are_told_apart() -> None:
    said = set_in_words(((100.25, 100.75),), level=0.95)
    assert "100.250 to 100.750" in said
    assert "from 0 to 0" in set_in_words(((0.0, 0.0),), level=0.95)
    assert "99.9%" in set_in_words(((0.0, 1.0),), level=0.999)

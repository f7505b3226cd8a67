"""The block-weighted difference in means under whichever variance is asked for."""

from __future__ import annotations

from reliance_eval.estimation.arrays import Floats
from reliance_eval.estimation.blockwise import blocked_effects, is_nested
from reliance_eval.estimation.effects import Effects
from reliance_eval.estimation.rare_events import is_rare, with_made_up_units
from reliance_eval.estimation.regressing import regression_effects
from reliance_eval.estimation.sample import Sample


def unadjusted_effects(sample: Sample, outcomes: Floats) -> Effects:
    """Give block-weighted differences of m outcomes.

    The regression of an outcome on the offer interacted with centred block indicators has the
    block-weighted difference as its coefficient: a named variance moves the spread alone.

    Parameters
    ----------
    sample : Sample
    outcomes : array (n, m)
    """
    if sample.convention:
        # Of the packages' variances only CR2 has a closed form by cell.
        is_by_cell = sample.reading.variance == "CR2" and is_nested(sample)
    elif sample.is_clustered:
        is_by_cell = sample.variance in (None, "CR2") and is_nested(sample)
    else:
        is_by_cell = sample.variance in (None, "neyman", "blocked", "pairs")
    if is_by_cell:
        return blocked_effects(sample, outcomes)
    return regression_effects(sample.without_covariates(), outcomes, form="interacted")


def guarded_effects(sample: Sample, outcomes: Floats) -> Effects:
    """Give the same effects, with a test and an interval that hold where the outcome is rare.

    A variance asked for by name is followed to the letter.

    Parameters
    ----------
    sample : Sample
    outcomes : array (n, m)
        The first is the sample's outcome.
    """
    effects = unadjusted_effects(sample, outcomes)
    is_default = sample.variance is None and not sample.convention
    if is_default and is_rare(sample, effects.rows):
        return with_made_up_units(sample, effects)
    return effects

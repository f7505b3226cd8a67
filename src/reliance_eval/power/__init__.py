"""Power: which effects a trial can detect, by formula and by simulated trials."""

from reliance_eval.power.detecting import Sizes, Spread, smallest_effect, units_needed
from reliance_eval.power.diagnosing import diagnose
from reliance_eval.power.diagnosis import Diagnosis

__all__ = ["Diagnosis", "Sizes", "Spread", "diagnose", "smallest_effect", "units_needed"]

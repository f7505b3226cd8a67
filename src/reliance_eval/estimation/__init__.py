"""Effects: what the offer did, as promised, with its uncertainty in words."""

from reliance_eval.estimation.adjusting import adjust_p_values
from reliance_eval.estimation.answered import Estimates
from reliance_eval.estimation.arms_together import JointTest
from reliance_eval.estimation.cohering import coherent_table
from reliance_eval.estimation.comparing import itt
from reliance_eval.estimation.compliance.abadie import kappa
from reliance_eval.estimation.compliance.comparing_naively import naive_comparisons
from reliance_eval.estimation.compliance.complier_profile import Compliers
from reliance_eval.estimation.compliance.complier_spread import ComplierDistributions
from reliance_eval.estimation.compliance.distributing import complier_distributions
from reliance_eval.estimation.compliance.first_stages import FirstStage
from reliance_eval.estimation.compliance.naive_table import NaiveComparisons
from reliance_eval.estimation.compliance.profiling import compliers
from reliance_eval.estimation.compliance.taking_up import first_stage
from reliance_eval.estimation.complying import late
from reliance_eval.estimation.correcting import Family, family
from reliance_eval.estimation.estimates import Estimate, NotEstimable, Promise
from reliance_eval.estimation.estimating import estimate
from reliance_eval.estimation.estimator import ESTIMATORS
from reliance_eval.estimation.evolutions.evolution import Dynamics
from reliance_eval.estimation.evolutions.evolving import dynamics
from reliance_eval.estimation.excluding import Excluded
from reliance_eval.estimation.indexing import Index, index
from reliance_eval.estimation.joint_testing import joint_test
from reliance_eval.estimation.peers import CONVENTIONS
from reliance_eval.estimation.promising import check_analyses
from reliance_eval.estimation.quantile_shifting import quantile_effects
from reliance_eval.estimation.shifted_quantiles import QuantileEffects
from reliance_eval.estimation.subgroups.interactions import Interaction
from reliance_eval.estimation.subgroups.subgrouping import SubgroupEffects, subgroup_effects
from reliance_eval.estimation.survival.lifetimes import Survival
from reliance_eval.estimation.survival.outlasting import time_to_event
from reliance_eval.estimation.variance import VARIANCES

__all__ = [
    "CONVENTIONS",
    "ESTIMATORS",
    "VARIANCES",
    "ComplierDistributions",
    "Compliers",
    "Dynamics",
    "Estimate",
    "Estimates",
    "Excluded",
    "Family",
    "FirstStage",
    "Index",
    "Interaction",
    "JointTest",
    "NaiveComparisons",
    "NotEstimable",
    "Promise",
    "QuantileEffects",
    "SubgroupEffects",
    "Survival",
    "adjust_p_values",
    "check_analyses",
    "coherent_table",
    "complier_distributions",
    "compliers",
    "dynamics",
    "estimate",
    "family",
    "first_stage",
    "index",
    "itt",
    "joint_test",
    "kappa",
    "late",
    "naive_comparisons",
    "quantile_effects",
    "subgroup_effects",
    "time_to_event",
]

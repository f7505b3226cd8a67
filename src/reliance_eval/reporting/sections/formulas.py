"""The formulas of the methods in use, as plain text that every writer can set."""

from __future__ import annotations

from reliance_eval.lottery import Draw
from reliance_eval.reporting.document import Block, Heading, Listing, Paragraph
from reliance_eval.reporting.section import SECTIONS, Context, Section
from reliance_eval.reporting.sections.methods import estimators_promised

BLOCKED = "ITT = Σ_b w_b (ȳ_b1 − ȳ_b0)        w_b = m_b / Σ_b m_b"
BLOCKED_VARIANCE = "V(ITT) = Σ_b w_b² (s²_b1 / n_b1 + s²_b0 / n_b0)"
LIN = "y_i = Σ_b (α_b0 + τ_b z_i) [i ∈ b] + (x_i − x̄)′β + z_i (x_i − x̄)′γ + e_i\nITT = Σ_b w_b τ_b"
ADDITIVE = "y_i = τ z_i + Σ_b α_b [i ∈ b] + x_i′β + e_i\nITT = τ"
HC2 = "V = (X′X)⁻¹ [Σ_i x_i x_i′ e_i² / (1 − h_i)] (X′X)⁻¹        h_i = x_i′ (X′X)⁻¹ x_i"
CR2 = "V = (X′X)⁻¹ [Σ_g X_g′ A_g e_g e_g′ A_g X_g] (X′X)⁻¹        A_g = (I − H_gg)^(−1/2)"
WALD = "LATE = ITT(y) / ITT(d)\nV(LATE) = V(ITT(y − LATE·d)) / ITT(d)²"
TWO_STAGE = """\
d_i = π z_i + Σ_b δ_b [i ∈ b] + x_i′ρ + u_i
y_i = λ d̂_i + Σ_b α_b [i ∈ b] + x_i′β + e_i
LATE = λ"""
SET = "{ λ : |ITT(y − λd)| ≤ c · √V(ITT(y − λd)) }"
COMPLIERS = "E[y(0) | c] = (E[y(1−d) | z=0] − E[y(1−d) | z=1]) / ITT(d)"
LOGIT = """\
P(z, x_i) = 1 / (1 + exp(−(τ z + Σ_b α_b [i ∈ b] + x_i′β)))
ITT = (1 / n) Σ_i [P(1, x_i) − P(0, x_i)]"""
MAX_T = "p_k = P( max_j |T_j| ≥ |t_k| )        (T_1, …, T_J) ~ t(0, R)"
REDRAWS = "p = (1 + #{ |t*| ≥ |t| }) / (1 + R)"
DETECTABLE = "c · √V + z_(power) · √V"

OF_ESTIMATOR = {
    "blocked": ("blocked", (BLOCKED, BLOCKED_VARIANCE)),
    "risk_difference": ("blocked", (BLOCKED, BLOCKED_VARIANCE)),
    "lin": ("lin", (LIN,)),
    "ancova": ("ancova", (ADDITIVE,)),
    "logit": ("logit", (LOGIT,)),
    "wald": ("wald", (WALD,)),
    "wald_lin": ("wald", (WALD,)),
    "two_stage": ("two_stage", (TWO_STAGE,)),
    "ancova_2sls": ("two_stage", (TWO_STAGE,)),
    "fixed_effects_2sls": ("two_stage", (TWO_STAGE,)),
}
"""What each estimator's formula is called, and its lines."""

OF_VARIANCE = {"HC2": HC2, "CR2": CR2}


def formulas(context: Context) -> tuple[Block, ...]:
    """Give the formulas of what the protocol promises, and what their letters stand for."""
    voice = context.voice
    blocks: list[Block] = [Paragraph(voice.say("structure.formulas.letters"))]
    for name, lines in _chosen(context).items():
        title = voice.say(f"structure.formulas.{name}")
        blocks += [Heading(title), Listing("\n".join(lines), title)]
    blocks.append(Paragraph(voice.say("structure.formulas.sources")))
    return tuple(blocks)


def _chosen(context: Context) -> dict[str, tuple[str, ...]]:
    promised = estimators_promised(context)
    chosen = dict(OF_ESTIMATOR[name] for name in promised if name in OF_ESTIMATOR)
    found = () if context.estimates is None else context.estimates.estimated
    for name in dict.fromkeys(row.variance for row in found):
        if name in OF_VARIANCE:
            chosen[name] = (OF_VARIANCE[name],)
    if any(item.estimand == "late" for item in context.protocol.clauses.analyses):
        chosen |= {"set": (SET,), "compliers": (COMPLIERS,)}
    if context.protocol.clauses.inference.adjust == "max-t":
        chosen["max_t"] = (MAX_T,)
    chosen["redraws"] = (REDRAWS,)
    if context.protocol.clauses.trial.smallest_effect_that_matters:
        chosen["detectable"] = (DETECTABLE,)
    return chosen


SECTIONS.register("formulas")(Section(needs=Draw, order=94, compose=formulas))

"""Reliance, Grand Nancy: made-up households whose moments are those published for the trial.

H24 is Heim (2024), *Welfare-to-what?*, chapter 2; its tables are quoted by name and page. What
says *assumed* is published nowhere: a plausible value, chosen so that each block has enough people
or each published mean is met.
"""

from reliance_eval.simulation.world import (
    WORLDS,
    Course,
    Losses,
    Population,
    Survey,
    Uptake,
    World,
)

# The 20 communes of the Métropole (H24 p.12, note 11). Weights assumed: the order of magnitude of
# their populations, in thousands.
GRAND_NANCY = {
    "54025": 1.5,
    "54165": 0.6,
    "54184": 9.0,
    "54197": 2.3,
    "54257": 5.6,
    "54265": 2.0,
    "54274": 9.3,
    "54300": 6.3,
    "54304": 14.7,
    "54328": 6.0,
    "54339": 8.2,
    "54357": 9.7,
    "54395": 104.0,
    "54439": 5.0,
    "54482": 9.8,
    "54495": 4.0,
    "54498": 4.8,
    "54526": 8.8,
    "54547": 30.0,
    "54578": 14.2,
}

# Other communes of Meurthe-et-Moselle, weights assumed.
ELSEWHERE = {
    "54099": 5.4,
    "54159": 9.6,
    "54215": 6.6,
    "54263": 6.4,
    "54273": 8.3,
    "54318": 5.9,
    "54323": 14.6,
    "54329": 18.7,
    "54397": 6.8,
    "54430": 4.8,
    "54431": 14.5,
    "54483": 7.4,
    "54528": 15.6,
    "54580": 9.7,
}

POPULATION = Population(
    # Assumed: together they leave about 3.4 % of households eligible, some 2,000 of 60,000; the
    # trial exhausted a pool of about 2,000 households in five cohorts (H24 p.14, 17).
    fails={
        "lone_parent": 0.70,
        "grand_nancy": 0.50,
        "not_student": 0.08,
        "rsa_two_years": 0.64,
        "under_50": 0.25,
    },
    unknown={
        "lone_parent": 0.006,
        "grand_nancy": 0.004,
        "not_student": 0.006,
        "rsa_two_years": 0.008,
        "under_50": 0.005,
    },
    inside=GRAND_NANCY,
    outside=ELSEWHERE,
    age_mean=36.3,  # gives 36.1 once truncated: 36.04 and 36.14, H24 Table B.6 p.59
    age_sd=7.0,  # assumed
    age_range=(20.5, 50.0),
    older=(50.0, 70.0),
    # The seniority cells of the blocks are H24 p.18; their shares are assumed.
    seniority={(24, 60): 0.45, (60, 120): 0.35, (120, 240): 0.20},
    # 328 participants had 672 children, 2.05 each (H24 p.44); here 1.98.
    children={1: 0.42, 2: 0.33, 3: 0.14, 4: 0.07, 5: 0.04},
    job_seekers=0.60,  # assumed
    # 21 % unfavourable on average (H24 p.18); the rest of the split is assumed.
    caseworker={"favourable": 0.57, "reserved": 0.20, "unfavourable": 0.21, "unknown": 0.02},
    families={"couple": 0.42, "single": 0.58},  # assumed
    # 1 + 0.2 for a lone parent (H24 Table B.4 p.57); a child 0.3, or 0.5 from 14 on: with a mean
    # of 1.98 children this gives 1.97 units, income 1,394.7 over 708.6 (Table B.6 p.59).
    scale_base=1.2,
    scale_per_child=0.389,
)

# The half-years of H24's tables; month 36 is past their window: the 2025 revision (B25) finds no
# effect to 36 months.
PERIODS = ((-7, -1), (0, 6), (6, 12), (12, 18), (18, 24), (24, 30), (36, 37))

COURSE = Course(
    periods=PERIODS,
    employed=(0.085, 0.113, 0.164, 0.203, 0.235, 0.260, 0.280),  # H24 Table C.7 p.64; 36: assumed
    # "Compliers' Y(0)", H24 Table C.7 p.64; 36: assumed
    employed_takers=(0.099, 0.120, 0.208, 0.261, 0.341, 0.365, 0.380),
    income_per_unit=(709.7, 704.6, 727.3, 727.3, 740.0, 755.2, 765.0),  # Table 2 p.35; 36: assumed
    # Table C.8 p.71; the first from the baseline, Table B.6 p.59; 36: assumed
    transfers=(1297.7, 1242.3, 1202.4, 1167.4, 1155.9, 1128.9, 1110.0),
    # Averages over children are the LATE with covariates of Table C.7 p.64: -0.039, -0.093, -0.032,
    # -0.052, -0.036, then none. By children (H24 p.42, figures only): about -17 points with one
    # child at the programme's end, about +10 with three or more; the split in between is assumed.
    effect_employed={
        1: (-0.070, -0.170, -0.120, -0.130, -0.105, -0.050),
        2: (-0.025, -0.060, -0.030, -0.060, -0.050, 0.000),
        3: (-0.005, -0.007, 0.110, 0.090, 0.100, 0.084),
    },
    # Averages are the LATE with covariates of Table 2 p.35: -41.3, -76.4, -47.9, -33.3, -30.9, then
    # none; with one child about -150 euros in the lock-in (H24 p.42); the rest assumed.
    effect_income_per_unit={
        1: (-80.0, -150.0, -95.0, -70.0, -65.0, -20.0),
        2: (-25.0, -50.0, -35.0, -30.0, -28.0, 0.0),
        3: (2.0, 12.0, 14.0, 24.0, 22.0, 33.6),
    },
    effect_transfers=(6.3, 46.2, 51.9, 88.2, 104.4, 60.0),  # Table C.8 p.71; 36: assumed
    employed_by_seniority=(1.1, 1.0, 0.775),  # assumed; averages to 1 with the shares above
    employed_job_seeker=0.20,  # assumed
    persistence=0.93,  # assumed: spells of work of several months
    stability=0.35,  # assumed
    pay_median=900.0,  # assumed: mostly part-time work (H24 p.43)
    pay_spread=0.45,  # assumed
    pay_jitter=0.10,  # assumed
    # Assumed, so that poverty falls from 0.97 to 0.90 as in Table C.9 p.73.
    income_per_job=440.0,
    income_sd=120.0,
    income_jitter=80.0,
    transfers_per_job=-250.0,  # assumed: the RSA and the activity bonus taper off with earnings
    transfers_sd=150.0,  # assumed
    transfers_jitter=60.0,  # assumed
)

NANCY = WORLDS.register("nancy")(
    World(
        population=POPULATION,
        course=COURSE,
        # 0.386 over five cohorts, no control participant (H24 Table 1 p.21, p.20-21); 8 points more
        # among registered job seekers (p.22). The 2018 cohort was recruited from February to June
        # (Figure A.11 p.52): four months.
        # Three counsellors, one an association (H24 p.13-14); who was sent to whom is not public.
        uptake=Uptake(
            share=0.386,
            job_seeker_gap=0.08,
            days=(10, 120),
            counsellors=("conseil-1", "conseil-2", "conseil-3"),
        ),
        # 4.1 % of files lost, complete data in 92 % of the months after the draw, no differential
        # attrition but a small early bump (H24 p.53-56 and Figure B.13). The regressions keep 97 %
        # of household-months for transfers and 96 % for income (H24 Tables 2 and C.8): files are
        # lost early, and a quarter without a declaration rarely lacks the income too.
        losses=Losses(
            file_lost=0.041,
            lost_within=36,
            lost_early=1.6,
            irregular=0.20,  # assumed
            no_declaration=0.055,
            no_income=0.20,
            offered_relief=0.25,
        ),
        # The survey of the real trial is not published. 4.6 out of 10 at the start: well-being in
        # Miriam's questionnaire (SPP IS, 2022-23), a programme of the same kind. Spread, stability,
        # answers and a passing effect are assumed; nothing lasts.
        survey=Survey(
            mean=4.6,
            sd=2.1,
            stability=0.5,
            response=0.70,
            effect={0: 0.0, 3: 0.3, 12: 0.2, 36: 0.0},
            days_before=(1, 40),
        ),
    )
)

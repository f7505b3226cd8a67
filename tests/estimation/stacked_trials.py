"""Small made-up trials followed month by month, one row a unit and month."""

from __future__ import annotations

import numpy as np
import pandas as pd


def followed(
    seed: int = 1,
    *,
    n: int = 90,
    blocks: int = 4,
    months: range = range(-3, 7),
    missing: float = 0.0,
    effect: float = 0.4,
    tie: float = 0.8,
) -> pd.DataFrame:
    """A blocked trial with one-sided take-up; ``tie`` is what a person's months share."""
    rng = np.random.default_rng(seed)
    block = np.sort(rng.integers(0, blocks, n))
    offer = np.zeros(n, dtype=int)
    for code in range(blocks):
        rows = np.flatnonzero(block == code)
        offer[rng.permutation(rows)[: (len(rows) + 1) // 2]] = 1
    taken = offer * (rng.random(n) < 0.6)
    x, w = rng.normal(size=n), rng.integers(0, 2, n)
    width = len(months)
    own = tie * rng.normal(size=(n, 1)) + rng.normal(size=(n, width))
    month = np.array(months)
    after = effect * (month >= 0) * (1 + 0.1 * month)
    y = own + block[:, None] * 0.5 + 0.4 * x[:, None] + taken[:, None] * after
    frame = pd.DataFrame(
        {
            "id": np.repeat([f"p{i:04}" for i in range(n)], width),
            "month": np.tile(month, n),
            "y": y.ravel(),
        }
    )
    for name, values in {"b": block, "z": offer, "d": taken, "x": x, "w": w}.items():
        frame[name] = np.repeat(values, width)
    frame.loc[rng.random(len(frame)) < missing, "y"] = np.nan
    return frame

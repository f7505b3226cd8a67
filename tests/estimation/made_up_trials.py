"""Small trials made by formula or by a seed, as frames and as samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reliance_eval.estimation.sample import Sample


def golden() -> pd.DataFrame:
    """Fixture G1 of the reliability page: integer formulas, the same in any language."""
    i = np.arange(1, 61)
    household = (i + 1) // 2
    z = ((37 * i) % 61 % 2 == 0).astype(int)
    zc = ((17 * household) % 31 % 2 == 0).astype(int)
    d = np.where(i**2 % 5 != 0, z, 0)
    x = (29 * i % 47) / 10
    b = ((13 * i**2 + 7 * i) % 97) / 10
    return pd.DataFrame(
        {
            "s": i % 3,
            "hh": household,
            "z": z,
            "zc": zc,
            "d": d,
            "x": x,
            "y": b + 1.5 * d + 0.3 * x,
            "yc": b + (11 * household % 23) / 5 + zc,
        }
    )


def trial(seed: int, *, n: int = 120, blocks: int = 3, effect: float = 1.0) -> pd.DataFrame:
    """A blocked trial with unequal shares, unequal probabilities and partial take-up."""
    rng = np.random.default_rng(seed)
    block = np.sort(rng.integers(0, blocks, n))
    offer = np.zeros(n, dtype=int)
    for code in range(blocks):
        rows = np.flatnonzero(block == code)
        offer[rng.permutation(rows)[: max(2, int(len(rows) * (0.3 + 0.2 * code / blocks)))]] = 1
    x, w = rng.normal(size=n), rng.normal(size=n)
    taken = (offer == 1) & (rng.random(n) < 0.7) | (offer == 0) & (rng.random(n) < 0.1)
    noise = rng.normal(size=n) * (1 + offer)
    y = effect * taken + block + 0.5 * x + noise
    frame = pd.DataFrame({"block": block, "z": offer, "d": taken.astype(int), "x": x, "w": w})
    return frame.assign(y=y)


def sample(frame: pd.DataFrame, **changes: Any) -> Sample:
    """Give a frame of ``trial`` as an estimator receives it."""
    size = int(frame["block"].max()) + 1
    values: dict[str, Any] = {
        "outcome": frame["y"].to_numpy(float),
        "arms": frame["z"].to_numpy(np.int64),
        "take_up": frame["d"].to_numpy(float),
        "blocks": frame["block"].to_numpy(np.int64),
        "block_names": tuple(f"b{code}" for code in range(size)),
        "shares": np.bincount(frame["block"], minlength=size) / len(frame),
        "clusters": np.arange(len(frame)),
        "groups": len(frame),
        "covariates": frame[["x", "w"]].to_numpy(float),
        "covariate_names": ("x", "w"),
        "note_values": {},
    }
    return Sample(**(values | changes))

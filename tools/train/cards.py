"""The payments that models are trained on, as tools/simulator writes them."""

import numpy as np
import pandas as pd

# The order is the models'; features.yaml lists the same.
FEATURES = ["amount", "weekend", "night"]
FEATURES += [f"customer_{fact}_{days}d" for days in (1, 7, 30) for fact in ("count", "mean_amount")]
FEATURES += [f"terminal_{fact}_{days}d" for days in (1, 7, 30) for fact in ("count", "risk")]


def read(path: str) -> pd.DataFrame:
    return pd.read_csv(path, parse_dates=["event_time"])


def inputs(cards: pd.DataFrame) -> np.ndarray:
    """The models' inputs, rounded to the float32 that a served model gets."""
    # A terminal without payments has no known risk: the handbook trains on 0, and features.yaml says `missing: 0`.
    filled = cards.fillna({"terminal_risk_30d": 0})
    return filled[FEATURES].to_numpy(np.float32).astype(np.float64)

"""Payments as their events tell them, with the probabilities that training gives them: the export must agree."""

import numpy as np
import pandas as pd

from cards import FEATURES

GOLDEN_ROWS = 40


def golden(test: pd.DataFrame, scores: np.ndarray, hard: pd.DataFrame, hard_scores: np.ndarray) -> dict:
    """Chooses some of the tested payments and takes all of the hard ones."""
    ascending = np.argsort(scores, kind="stable")
    ranked = scores[ascending]
    # Evenly over the scores, and evenly over the payments, which crowd near 0.
    even_scores = np.searchsorted(ranked, np.linspace(ranked[0], ranked[-1], GOLDEN_ROWS // 2))
    even_payments = np.linspace(0, len(ranked) - 1, GOLDEN_ROWS // 2).astype(int)
    chosen = ascending[np.unique(np.concatenate([even_scores, even_payments]))]
    # And one of an unknown terminal, which must score like a risk of 0; late in this world every terminal is known.
    harmless = ascending[test.iloc[ascending]["terminal_risk_30d"].to_numpy() == 0]
    unknown = harmless[len(harmless) // 2]
    payments = pd.concat([test.iloc[chosen], hard, test.iloc[[unknown]]])
    rows = payments[FEATURES].astype({"weekend": bool, "night": bool}).to_numpy(object).tolist()
    rows[-1][FEATURES.index("terminal_risk_30d")] = None
    expected = np.concatenate([scores[chosen], hard_scores, scores[[unknown]]])
    return {"features": FEATURES, "rows": rows, "outputs": {"score": expected.tolist()}}

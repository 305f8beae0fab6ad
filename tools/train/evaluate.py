"""The handbook's three measures, and its split into days of training, of waiting for feedback, and of testing."""

import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

TRAINING_FROM = pd.Timestamp("2018-07-25", tz="UTC")
TRAINING_DAYS = 7
FEEDBACK_DELAY_DAYS = 7
TEST_DAYS = 7
CARDS_CHECKED_PER_DAY = 100


def split(cards: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gives training and test rows. A customer is left out of a test day once a fraud on them is known by then."""
    day = (cards["event_time"] - TRAINING_FROM).dt.days
    training = cards[(day >= 0) & (day < TRAINING_DAYS)]
    known = set(training.loc[training["fraud"] == 1, "customer_id"])
    tests = []
    for test_day in range(TEST_DAYS):
        reported = cards[(day == TRAINING_DAYS + test_day - 1) & (cards["fraud"] == 1)]
        known |= set(reported["customer_id"])
        today = cards[day == TRAINING_DAYS + FEEDBACK_DELAY_DAYS + test_day]
        tests.append(today[~today["customer_id"].isin(known)])
    return training, pd.concat(tests)


def measures(test: pd.DataFrame, scores) -> dict[str, float]:
    return {
        "auc": float(roc_auc_score(test["fraud"], scores)),
        "average_precision": float(average_precision_score(test["fraud"], scores)),
        "card_precision_100": card_precision(test.assign(score=scores)),
    }


def card_precision(scored: pd.DataFrame) -> float:
    """Share of compromised cards among the most suspicious ones of each day; a card found is not looked at again."""
    found: set[str] = set()
    precisions = []
    for _, today in scored.groupby(scored["event_time"].dt.date):
        cards = today[~today["customer_id"].isin(found)].groupby("customer_id")[["score", "fraud"]].max()
        suspicious = cards.nlargest(CARDS_CHECKED_PER_DAY, "score")
        compromised = suspicious.index[suspicious["fraud"] == 1]
        precisions.append(len(compromised) / CARDS_CHECKED_PER_DAY)
        found |= set(compromised)
    return sum(precisions) / len(precisions)

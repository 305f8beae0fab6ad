"""Writes the handbook's own card payments as tools/simulator writes those of its worlds: CSV on standard output.

Usage: python handbook.py FOLDER
FOLDER is a clone of https://github.com/Fraud-Detection-Handbook/simulated-data-transformed. Its files are pickles, which can run code
when they are read: clone it from there and nowhere else.
"""

import sys
from pathlib import Path

import pandas as pd

from cards import FEATURES

DAYS = pd.date_range("2018-07-25", "2018-08-14")


def column(feature: str) -> str:
    """The handbook's name of a feature, such as CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW for customer_mean_amount_7d."""
    simple = {"amount": "TX_AMOUNT", "weekend": "TX_DURING_WEEKEND", "night": "TX_DURING_NIGHT"}
    if feature in simple:
        return simple[feature]
    who, *fact, window = feature.split("_")
    facts = {"count": "NB_TX", "mean_amount": "AVG_AMOUNT", "risk": "RISK"}
    return f"{who.upper()}_ID_{facts['_'.join(fact)]}_{window.removesuffix('d')}DAY_WINDOW"


def main(folder: Path) -> None:
    payments = pd.concat(pd.read_pickle(folder / "data" / f"{day:%Y-%m-%d}.pkl") for day in DAYS)
    cards = pd.DataFrame(
        {
            "transaction_id": payments["TRANSACTION_ID"].map("P{:09d}".format),
            "event_time": payments["TX_DATETIME"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "customer_id": payments["CUSTOMER_ID"].astype(int).map("C{:05d}".format),
            "terminal_id": payments["TERMINAL_ID"].astype(int).map("T{:05d}".format),
            **{feature: payments[column(feature)] for feature in FEATURES},
            "fraud": payments["TX_FRAUD"],
        }
    )
    cards.to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

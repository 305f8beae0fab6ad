"""Measures both kinds of models on several worlds, each trained and tested on its own weeks, to say what a seed makes of the figures.

Usage: python spread.py CARDS.csv...
"""

import sys

import numpy as np

from cards import inputs, read
from evaluate import measures, split
from train import PUBLISHED, VERSIONS


def main(paths: list[str]) -> None:
    found = {kind: [] for kind in VERSIONS.values()}
    for path in paths:
        training, test = split(read(path))
        for kind, all_measures in found.items():
            model = kind.fit(inputs(training), training["fraud"].to_numpy())
            all_measures.append(measures(test, kind.scores(model, inputs(test))))
    for kind, all_measures in found.items():
        print(f"\n{kind.FACTS['algorithm']}, {len(paths)} worlds")
        print(f"{'':20}{'mean':>8}{'deviation':>11}{'least':>8}{'most':>8}{'published':>11} ({kind.PUBLISHED_AS})")
        for name, published in zip(all_measures[0], PUBLISHED[kind.PUBLISHED_AS].values(), strict=True):
            values = np.array([one[name] for one in all_measures])
            print(f"{name:20}{values.mean():8.3f}", end="")
            print(f"{values.std(ddof=1):11.3f}{values.min():8.3f}{values.max():8.3f}{published:11.3f}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:])

"""Trains the demo's models on simulated card payments and exports them to ONNX.

Usage: python train.py CARDS.csv OUT
CARDS.csv comes from tools/simulator; README.md has the commands. Written to the folders OUT/1.0.0 (logistic regression) and OUT/2.0.0
(LightGBM): model.onnx, golden-rows.json (payments with the probabilities that the trained model itself gives them) and training.yaml
(facts for the model's card).
"""

import json
import sys
from pathlib import Path

import boosted
import logistic
from cards import inputs, read
from evaluate import measures, split
from golden import golden

VERSIONS = {"1.0.0": logistic, "2.0.0": boosted}
PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text())["models"]


def train(kind, training, test, out: Path) -> None:
    model = kind.fit(inputs(training), training["fraud"].to_numpy())
    scores = kind.scores(model, inputs(test))
    found = measures(test, scores)

    print(f"\n{kind.FACTS['algorithm']:44}{'here':>8}{'published':>12} ({kind.PUBLISHED_AS})")
    for (name, value), published in zip(found.items(), PUBLISHED[kind.PUBLISHED_AS].values(), strict=True):
        print(f"{name:44}{value:8.3f}{published:12.3f}")

    out.mkdir(parents=True, exist_ok=True)
    kind.export(model, out / "model.onnx")
    rows = golden(test, scores, *kind.hard_cases(model, test))
    (out / "golden-rows.json").write_text(json.dumps(rows) + "\n")
    facts = {
        **kind.FACTS,
        "data": "card payments of tools/simulator, a world by the public rules of the Fraud Detection Handbook",
        "trained_on": "2018-07-25 to 2018-07-31",
        "tested_on": "2018-08-08 to 2018-08-14",
        "rows": len(training),
        **{name: round(value, 3) for name, value in found.items()},
        **kind.MADE_WITH,
    }
    (out / "training.yaml").write_text("".join(f"{name}: {value}\n" for name, value in facts.items()))


def main(cards_path: str, out: Path) -> None:
    training, test = split(read(cards_path))
    print(f"trained on {len(training)} payments, {training['fraud'].sum()} of them frauds; tested on {len(test)}")
    for version, kind in VERSIONS.items():
        train(kind, training, test, out / version)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))

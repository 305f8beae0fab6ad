"""Trains the demo's logistic regression on simulated card payments and exports it to ONNX.

Usage: python train.py CARDS.csv OUT
CARDS.csv comes from tools/simulator; README.md has the commands. Written to the folder OUT: model.onnx, golden-rows.json (payments
with the probabilities that scikit-learn itself gives them) and training.yaml (facts for the model's card).
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import skl2onnx
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from evaluate import measures, split

# The order is the model's; tools/train/features.yaml lists the same.
FEATURES = ["amount", "weekend", "night"]
FEATURES += [f"customer_{fact}_{days}d" for days in (1, 7, 30) for fact in ("count", "mean_amount")]
FEATURES += [f"terminal_{fact}_{days}d" for days in (1, 7, 30) for fact in ("count", "risk")]

# What the handbook publishes for logistic regression on its own draw of this world.
PUBLISHED = {"auc": 0.871, "average_precision": 0.606, "card_precision_100": 0.291}

GOLDEN_ROWS = 40
OPSETS = {"": 17, "ai.onnx.ml": 1}


def read(path: str) -> pd.DataFrame:
    return pd.read_csv(path, parse_dates=["event_time"])


def inputs(cards: pd.DataFrame) -> np.ndarray:
    """The model's inputs, rounded to the float32 that a served model gets."""
    # A terminal without payments has no known risk: the handbook trains on 0, and features.yaml says `missing: 0`.
    filled = cards.fillna({"terminal_risk_30d": 0})
    return filled[FEATURES].to_numpy(np.float32).astype(np.float64)


def export(model, path: Path) -> None:
    proto = to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        options={id(model): {"zipmap": False}, id(model[-1]): {"zipmap": False, "raw_scores": True}},
        target_opset=OPSETS,
    )
    append_logistic(proto.graph)
    # skl2onnx names the default domain once per step of the pipeline; once is enough.
    opsets = {opset.domain: opset.version for opset in proto.opset_import}
    del proto.opset_import[:]
    proto.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items())
    onnx.checker.check_model(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def append_logistic(graph: onnx.GraphProto) -> None:
    """Turns raw scores s into probabilities 1 / (1 + exp(-s)) by plain operators.

    ONNX Runtime's own logistic (of LinearClassifier, and of Sigmoid) is right to 1e-7 absolutely: most payments score around
    0.001, where that is too coarse for a relative tolerance of 1e-5, and the faintest would score 0.
    """
    probabilities = graph.output[1].name
    for node in graph.node:
        node.output[:] = ["raw_scores" if name == probabilities else name for name in node.output]
    graph.initializer.append(onnx.numpy_helper.from_array(np.array([1], np.float32), "one"))
    graph.node.extend(
        [
            onnx.helper.make_node("Neg", ["raw_scores"], ["negated"]),
            onnx.helper.make_node("Exp", ["negated"], ["odds_against"]),
            onnx.helper.make_node("Add", ["odds_against", "one"], ["one_plus_odds"]),
            onnx.helper.make_node("Reciprocal", ["one_plus_odds"], [probabilities]),
        ]
    )


def golden(model, test: pd.DataFrame) -> dict:
    """Payments as their events tell them, with the probability scikit-learn itself gives each: the export must agree."""
    scores = model.predict_proba(inputs(test))[:, 1]
    ascending = np.argsort(scores, kind="stable")
    ranked = scores[ascending]
    # Evenly over the scores, and evenly over the payments, which crowd near 0.
    even_scores = np.searchsorted(ranked, np.linspace(ranked[0], ranked[-1], GOLDEN_ROWS // 2))
    even_payments = np.linspace(0, len(ranked) - 1, GOLDEN_ROWS // 2).astype(int)
    chosen = ascending[np.unique(np.concatenate([even_scores, even_payments]))]
    # And one of an unknown terminal, which must score like a risk of 0; late in this world every terminal is known.
    harmless = ascending[test.iloc[ascending]["terminal_risk_30d"].to_numpy() == 0]
    chosen = np.append(chosen, harmless[len(harmless) // 2])
    rows = test.iloc[chosen][FEATURES].astype({"weekend": bool, "night": bool}).to_numpy(object).tolist()
    rows[-1][FEATURES.index("terminal_risk_30d")] = None
    return {"features": FEATURES, "rows": rows, "outputs": {"score": scores[chosen].tolist()}}


def main(cards_path: str, out: Path) -> None:
    training, test = split(read(cards_path))
    model = make_pipeline(StandardScaler(), LogisticRegression(random_state=0))
    model.fit(inputs(training), training["fraud"])
    found = measures(test, model.predict_proba(inputs(test))[:, 1])

    print(f"trained on {len(training)} payments, {training['fraud'].sum()} of them frauds; tested on {len(test)}")
    print(f"{'':20}{'here':>8}{'published':>12}")
    for name, value in found.items():
        print(f"{name:20}{value:8.3f}{PUBLISHED[name]:12.3f}")

    out.mkdir(parents=True, exist_ok=True)
    export(model, out / "model.onnx")
    (out / "golden-rows.json").write_text(json.dumps(golden(model, test)) + "\n")
    facts = {
        "algorithm": "StandardScaler and LogisticRegression of scikit-learn",
        "data": "card payments of tools/simulator, a world by the public rules of the Fraud Detection Handbook",
        "trained_on": "2018-07-25 to 2018-07-31",
        "tested_on": "2018-08-08 to 2018-08-14",
        "rows": len(training),
        **{name: round(value, 3) for name, value in found.items()},
        "scikit_learn": sklearn.__version__,
        "skl2onnx": skl2onnx.__version__,
    }
    (out / "training.yaml").write_text("".join(f"{name}: {value}\n" for name, value in facts.items()))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))

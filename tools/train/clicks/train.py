"""Trains the click-intent model on simulated clicks of a web shop and exports it to ONNX.

Usage: python train.py CLICKS.csv OUT
CLICKS.csv comes from tools/simulator/clicks; tools/train/README.md has the commands. Written to the folder OUT: model.onnx,
golden-rows.json (clicks with the probabilities that scikit-learn itself gives them) and training.yaml (facts for the model's card).

The order of the columns, what stands in for missing values and which categories there are is read from features.yaml, which is
also what serving goes by.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import skl2onnx
import sklearn
import yaml
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from threadpoolctl import threadpool_limits

RULES = yaml.safe_load((Path(__file__).parent / "features.yaml").read_text())
FEATURES = [rule if isinstance(rule, dict) else {"name": rule} for rule in RULES]
NAMES = [feature["name"] for feature in FEATURES]
TEXTS = [feature["name"] for feature in FEATURES if "categories" in feature]
NUMBERS = [name for name in NAMES if name not in TEXTS]
INTENTS = ["browse", "compare", "buy"]

TRAINING_FROM = pd.Timestamp("2018-05-01", tz="UTC")
TEST_FROM = pd.Timestamp("2018-06-01", tz="UTC")
GOLDEN_ROWS = 40
OPSETS = {"": 17, "ai.onnx.ml": 3}


def read(path: str) -> pd.DataFrame:
    texts = {name: str for name in TEXTS}
    return pd.read_csv(path, parse_dates=["simulated_time"], dtype=texts, keep_default_na=False, na_values=[""])


def split(clicks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows; a session belongs as a whole to the side on which it begins."""
    begins = clicks.groupby("session_id")["simulated_time"].transform("min")
    return clicks[(begins >= TRAINING_FROM) & (begins < TEST_FROM)], clicks[begins >= TEST_FROM]


def inputs(clicks: pd.DataFrame) -> pd.DataFrame:
    """The model's inputs, as features.yaml fills them, rounded to the float32 that a served model gets."""
    columns = {}
    for feature in FEATURES:
        name, missing = feature["name"], feature.get("missing", "reject")
        column = clicks[name]
        if missing == "reject" and column.isna().any():
            raise ValueError(f"{name} is missing somewhere; features.yaml says no such click is scored")
        if missing not in ("reject", "nan"):
            column = column.fillna(missing)
        if name in TEXTS:
            columns[name] = column.where(column.isin(feature["categories"]), feature.get("unknown"))
        else:
            columns[name] = column.astype(np.float32).astype(np.float64)
    return pd.DataFrame(columns)


def make_model() -> Pipeline:
    categories = [feature["categories"] for feature in FEATURES if "categories" in feature]
    encode = ColumnTransformer(
        [("texts", OneHotEncoder(categories=categories, sparse_output=False), TEXTS), ("numbers", "passthrough", NUMBERS)]
    )
    trees = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, min_samples_leaf=200, learning_rate=0.12, early_stopping=False, random_state=0
    )
    return Pipeline([("encode", encode), ("trees", trees)])


def export(model: Pipeline, path: Path) -> None:
    types = [(name, (StringTensorType if name in TEXTS else FloatTensorType)([None, 1])) for name in NAMES]
    proto = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}}, target_opset=OPSETS)
    # skl2onnx names them in the order of a set, which is another in every process.
    proto.opset_import.sort(key=lambda opset: opset.domain)
    onnx.checker.check_model(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def probabilities(model: Pipeline, clicks: pd.DataFrame) -> np.ndarray:
    """Per click, one column per intent in the order of INTENTS, which is also that of the exported tensor."""
    return model.predict_proba(inputs(clicks))


def measures(clicks: pd.DataFrame, found: np.ndarray) -> dict[str, float]:
    truth = clicks["label"]
    return {
        "accuracy": float(accuracy_score(truth, found.argmax(axis=1))),
        "log_loss": float(log_loss(truth, found)),
        "macro_auc": float(roc_auc_score(truth, found, multi_class="ovr", average="macro")),
    }


def golden(test: pd.DataFrame, found: np.ndarray) -> dict:
    """Clicks as their events tell them, evenly over the probability of each intent, and one of a country that is not known."""
    chosen = [np.flatnonzero(~test["country"].isin(FEATURES[NAMES.index("country")]["categories"]))[0]]
    for intent in range(len(INTENTS)):
        ascending = np.argsort(found[:, intent], kind="stable")
        chosen += ascending[np.linspace(0, len(ascending) - 1, GOLDEN_ROWS // len(INTENTS)).astype(int)].tolist()
    rows = [
        {name: told(value) for name, value in row.items()}
        for row in test.iloc[chosen][NAMES].astype({"app": bool}).to_dict("records")
    ]
    browse, compare, buy = found[chosen].T.tolist()
    return {"rows": rows, "outputs": {"score": buy, "browse": browse, "compare": compare}}


def told(value):
    """As an event has it: null for what is missing."""
    return None if pd.isna(value) else value


def main(clicks_path: str, out: Path) -> None:
    clicks = read(clicks_path)
    # Labels in the order of INTENTS, not of the alphabet, so that the columns of the tensor are in it too.
    clicks["label"] = clicks["intent"].map(INTENTS.index)
    training, test = split(clicks)
    # Threads would add up in an order of their own; one gives the same bytes every time.
    with threadpool_limits(1):
        model = make_model().fit(inputs(training), training["label"])
    found = probabilities(model, test)
    measured = measures(test, found)
    shares = np.bincount(training["label"]) / len(training)
    guessed = measures(test, np.tile(shares, (len(test), 1)))

    print(f"trained on {len(training)} clicks of {training['session_id'].nunique()} sessions")
    print(f"tested on {len(test)} clicks of {test['session_id'].nunique()} other sessions")
    print(f"{'':12}{'model':>8}{'shares alone':>14}")
    for name, value in measured.items():
        print(f"{name:12}{value:8.3f}{guessed[name]:14.3f}")

    out.mkdir(parents=True, exist_ok=True)
    export(model, out / "model.onnx")
    (out / "golden-rows.json").write_text(json.dumps(golden(test, found)) + "\n")
    facts = {
        "algorithm": "OneHotEncoder and HistGradientBoostingClassifier of scikit-learn",
        "data": "clicks of tools/simulator/clicks, a made-up web shop (seed 0)",
        "classes": ", ".join(INTENTS),
        "trained_on": "sessions of 2018-05-01 to 2018-05-31",
        "tested_on": "sessions of 2018-06-01 to 2018-06-14",
        "rows": len(training),
        **{name: round(value, 3) for name, value in measured.items()},
        "scikit_learn": sklearn.__version__,
        "skl2onnx": skl2onnx.__version__,
    }
    (out / "training.yaml").write_text(yaml.safe_dump(facts, sort_keys=False))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))

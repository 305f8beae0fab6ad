"""The gradient-boosted trees of LightGBM, card-fraud 2.0.0: what stands beside the handbook's XGBoost."""

import re
from pathlib import Path

import lightgbm
import numpy as np
import onnxmltools
import pandas as pd
from onnxmltools.convert.common.data_types import FloatTensorType

from cards import FEATURES, inputs
from export import append_logistic, write

PUBLISHED_AS = "XGBoost"
FACTS = {"algorithm": "gradient-boosted trees of LightGBM"}
MADE_WITH = {"lightgbm": lightgbm.__version__, "onnxmltools": onnxmltools.__version__}

# The newest that onnxmltools writes.
OPSET = 15

HARD_CASES = 10
TREES = 100
PARAMETERS = {
    "objective": "binary",
    # Chosen on worlds of other seeds (21 and 22): LightGBM's defaults learn the week of training too well.
    "learning_rate": 0.05,
    "num_leaves": 15,
    "lambda_l2": 10,
    # The same trees on every machine, whatever its cores.
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


def fit(rows: np.ndarray, fraud: np.ndarray) -> lightgbm.Booster:
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(rows, fraud), TREES)


def scores(model: lightgbm.Booster, rows: np.ndarray) -> np.ndarray:
    return model.predict(rows)


def hard_cases(model: lightgbm.Booster, test: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Tested payments moved just above a threshold that rounding to the nearest float32 would carry over them.

    Of all such thresholds, those where the other side of the split scores most differently.
    """
    splits = model.trees_to_dataframe().dropna(subset="threshold").drop_duplicates(["split_feature", "threshold"])
    nearest = splits["threshold"].to_numpy(np.float32).astype(np.float64)
    splits = splits.assign(above=nearest)[nearest > splits["threshold"]]
    columns = splits["split_feature"].str.removeprefix("Column_").astype(int).to_numpy()
    rows = np.arange(len(splits))
    payments = test.iloc[np.linspace(0, len(test) - 1, len(splits)).astype(int)][FEATURES].astype(np.float64)
    above = inputs(payments)
    above[rows, columns] = splits["above"]
    other_side = above.copy()
    other_side[rows, columns] = splits["threshold"]
    change = np.abs(scores(model, above) - scores(model, other_side))
    hardest = np.argsort(-change, kind="stable")[:HARD_CASES]
    return pd.DataFrame(above[hardest], columns=FEATURES), scores(model, above[hardest])


def export(model: lightgbm.Booster, path: Path) -> None:
    proto = onnxmltools.convert_lightgbm(
        for_float32(model),
        # Without a name it gets a random one, and the file other bytes each time.
        name="card-fraud",
        initial_types=[("features", FloatTensorType([None, model.num_feature()]))],
        target_opset=OPSET,
    )
    append_logistic(proto.graph, 0, "probability")
    write(proto, path)


def for_float32(model: lightgbm.Booster) -> lightgbm.Booster:
    """The same trees, as a sum of raw scores, with thresholds that a float32 holds.

    LightGBM's thresholds are float64 and ONNX's float32. onnxmltools rounds them to the nearest: one that is rounded up may pass a
    value that LightGBM sends the other way, and a payment near it gets another leaf. Rounded down, to the greatest float32 that is not
    above it, `value <= threshold` is the same for every float32 value.
    """

    def rounded_down(line: re.Match) -> str:
        thresholds = [float32_at_or_below(float(threshold)) for threshold in line[1].split()]
        return f"threshold={' '.join(map(repr, thresholds))}"

    text = re.sub(r"^threshold=(.*)$", rounded_down, model.model_to_string(), flags=re.MULTILINE)
    # As a regression it is exported without LightGBM's logistic, which ours replaces.
    text = text.replace("objective=binary sigmoid:1", "objective=regression")
    text = text.replace("[objective: binary]", "[objective: regression]")
    # The sizes of the trees' texts are those before rounding; without them LightGBM reads the trees one after the other.
    text = re.sub(r"^tree_sizes=.*$\n", "", text, flags=re.MULTILINE)
    return lightgbm.Booster(model_str=text)


def float32_at_or_below(value: float) -> float:
    nearest = np.float32(value)
    # As float64: numpy would compare a float32 with a float by rounding that to a float32 too.
    return float(nearest if np.float64(nearest) <= np.float64(value) else np.nextafter(nearest, np.float32(-np.inf)))

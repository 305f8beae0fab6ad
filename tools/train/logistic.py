"""The logistic regression, card-fraud 1.0.0: what the handbook begins with."""

from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import skl2onnx
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from export import OPSETS, append_logistic, write

PUBLISHED_AS = "logistic regression"
FACTS = {"algorithm": "StandardScaler and LogisticRegression of scikit-learn"}
MADE_WITH = {"scikit_learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__}


def fit(rows: np.ndarray, fraud: np.ndarray) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(random_state=0)).fit(rows, fraud)


def scores(model: Pipeline, rows: np.ndarray) -> np.ndarray:
    return model.predict_proba(rows)[:, 1]


def hard_cases(model: Pipeline, test: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """None: a smooth model has no edges at which rounding could tell."""
    return test.head(0), np.empty(0)


def export(model: Pipeline, path: Path) -> None:
    proto = to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, model.n_features_in_]))],
        options={id(model): {"zipmap": False}, id(model[-1]): {"zipmap": False, "raw_scores": True}},
        target_opset=OPSETS,
    )
    append_logistic(proto.graph, 1, "probabilities")
    # skl2onnx names the default domain once per step of the pipeline, in the order of a set: once is enough, and in one order.
    opsets = {opset.domain: opset.version for opset in proto.opset_import}
    del proto.opset_import[:]
    proto.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in sorted(opsets.items(), reverse=True))
    write(proto, path)

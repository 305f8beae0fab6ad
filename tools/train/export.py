"""What both models' exports to ONNX share."""

from pathlib import Path

import numpy as np
import onnx

OPSETS = {"": 17, "ai.onnx.ml": 1}


def append_logistic(graph: onnx.GraphProto, output: int, name: str) -> None:
    """Turns the raw scores s of an output into 1 / (1 + exp(-s)) by plain operators, and gives that output its name.

    ONNX Runtime's own logistic (of LinearClassifier and the tree ensembles, and of Sigmoid) is right to 1e-7 absolutely: most payments
    score around 0.001, where that is too coarse for a relative tolerance of 1e-5, and the faintest would score 0.
    """
    raw = graph.output[output].name
    for node in graph.node:
        node.output[:] = ["raw_scores" if made == raw else made for made in node.output]
    graph.output[output].name = name
    graph.initializer.append(onnx.numpy_helper.from_array(np.array([1], np.float32), "one"))
    graph.node.extend(
        [
            onnx.helper.make_node("Neg", ["raw_scores"], ["negated"]),
            onnx.helper.make_node("Exp", ["negated"], ["odds_against"]),
            onnx.helper.make_node("Add", ["odds_against", "one"], ["one_plus_odds"]),
            onnx.helper.make_node("Reciprocal", ["one_plus_odds"], [name]),
        ]
    )


def write(proto: onnx.ModelProto, path: Path) -> None:
    onnx.checker.check_model(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))

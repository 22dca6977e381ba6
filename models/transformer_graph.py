"""A BERT encoder as an ONNX graph: in float32, or with its matrix products in int8 by scales measured beforehand.

Weights are quantised column by column (Q8BERT, Zafrir et al., 2019). What goes into a product has one scale, so that a
text's numbers do not depend on the texts beside it; before that its channels are divided by what each may reach, which
moves their outliers into the weights (SmoothQuant, Xiao et al., 2023).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.inference import OUTPUT

OPSET, IR_VERSION = 20, 9
LEVELS = 127
MASKED = -1e4

Array = NDArray[Any]
Attribute = int | float | list[int]


def quantise(weight: Array, axis: int) -> tuple[Array, Array]:
    """int8 values and float32 scales of a float matrix, symmetric, one scale per index of the other axis."""
    scale = np.abs(weight).max(axis=axis) / LEVELS
    scale[scale == 0] = 1.0
    values = np.clip(np.round(weight / np.expand_dims(scale, axis)), -LEVELS, LEVELS)
    return values.astype(np.int8), scale.astype(np.float32)


def build_graph(
    tensors: Mapping[str, Array], heads: int, scales: Mapping[str, Array] | None = None, *, probes: bool = False
) -> bytes:
    """The serialised model. Inputs ids, types, positions (b, s) int64 and mask (b, s) float32.

    Its output is logits (b, n) where there is a `head`, else the mean of the last states at unit length (b, d).
    `tensors` are named as by `models.bert_tensors`; `scales` has `NAME.range` (2,) and `NAME.smooth` (in,) for every
    product, as `models.training.calibrate` measured them; without, all is float32. `probes` adds an output for what
    goes into each product, under the product's name.
    """
    graph = _Graph(tensors, scales, probes=probes)
    hidden = tensors["places"].shape[1]
    state = _embedded(graph)
    mask = graph.apply("Unsqueeze", "mask", graph.constant(np.array([1, 2])))
    mask = graph.apply(
        "Mul", graph.apply("Sub", graph.constant(np.float32(1)), mask), graph.constant(np.float32(MASKED))
    )
    layer = 0
    while f"layers.{layer}.up.weight" in tensors:
        state = _layer(graph, f"layers.{layer}", state, mask, heads, hidden)
        layer += 1
    mean = _mean(graph, state)
    if "head.weight" in tensors:
        found = graph.apply("Gemm", mean, graph.weight("head.weight"), graph.weight("head.bias"))
        return graph.serialised(found, tensors["head.bias"].shape[0])
    length = graph.apply("ReduceL2", mean, graph.constant(np.array([1])), keepdims=1)
    return graph.serialised(graph.apply("Div", mean, length), hidden)


class _Graph:
    """Nodes and constants under construction; every method returns the name of what it added."""

    def __init__(self, tensors: Mapping[str, Array], scales: Mapping[str, Array] | None, *, probes: bool) -> None:
        self._tensors = tensors
        self._scales = scales
        self._probes: list[str] | None = [] if probes else None
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def constant(self, value: Array | np.generic, name: str = "") -> str:
        name = name or f"constant_{len(self._constants)}"
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def weight(self, name: str) -> str:
        value = self._tensors[name]
        return self.constant(value if value.dtype == np.int8 else value.astype(np.float32), name)

    def apply(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        return self.split(operator, 1, *inputs, **attributes)[0]

    def split(self, operator: str, count: int, *inputs: str, **attributes: Attribute) -> list[str]:
        outputs = [f"value_{len(self._nodes)}_{number}" for number in range(count)]
        self._add(operator, list(inputs), outputs, attributes)
        return outputs

    def norm(self, name: str, state: str) -> str:
        gain, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.apply("LayerNormalization", state, gain, shift, axis=-1, epsilon=1e-12)

    def linear(self, name: str, state: str) -> str:
        if self._probes is not None:
            self._add("Identity", [state], [name], {})
            self._probes.append(name)
        weight = _floats(self._tensors, name)
        if self._scales is None:
            right = self.constant(weight, f"{name}.float")
        else:
            smooth, (low, high) = self._scales[f"{name}.smooth"], self._scales[f"{name}.range"].tolist()
            state = self.apply("Mul", state, self.constant(1 / smooth, f"{name}.smooth"))
            state = self._rounded(name, state, low, high)
            right = self._dequantised(name, *quantise(weight * smooth[:, None], axis=0))
        return self.apply("Add", self.apply("MatMul", state, right), self.weight(f"{name}.bias"))

    def serialised(self, output: str, width: int) -> bytes:
        self._add("Identity", [output], [OUTPUT], {})
        shape = ["batch", "length"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "types", "positions")
        ]
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, shape))
        outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", width])]
        outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self._probes or ()]
        graph = helper.make_graph(self._nodes, "transformer", inputs, outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        found: bytes = model.SerializeToString()
        return found

    def _rounded(self, name: str, state: str, low: float, high: float) -> str:
        scale = (high - low) / (2 * LEVELS + 1)
        zero = np.uint8(np.clip(round(-low / scale), 0, 2 * LEVELS + 1))
        shared = self.constant(np.float32(scale), f"{name}.step"), self.constant(zero, f"{name}.zero")
        return self.apply("DequantizeLinear", self.apply("QuantizeLinear", state, *shared), *shared)

    def _dequantised(self, name: str, values: Array, scale: Array) -> str:
        zeros = self.constant(np.zeros(len(scale), np.int8), f"{name}.zeros")
        parts = self.constant(values, f"{name}.weight"), self.constant(scale, f"{name}.scale"), zeros
        return self.apply("DequantizeLinear", *parts, axis=1)

    def _add(self, operator: str, inputs: list[str], outputs: list[str], attributes: Mapping[str, Attribute]) -> None:
        node = helper.make_node(operator, inputs, outputs)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)


def _floats(tensors: Mapping[str, Array], name: str) -> Array:
    weight = tensors[f"{name}.weight"]
    if weight.dtype != np.int8:
        return weight.astype(np.float32)
    found: Array = weight.astype(np.float32) * tensors[f"{name}.scale"].astype(np.float32)
    return found


def _embedded(graph: _Graph) -> str:
    values = graph.apply("Cast", graph.apply("Gather", graph.weight("words"), "ids"), to=TensorProto.FLOAT)
    scales = graph.apply(
        "Unsqueeze", graph.apply("Gather", graph.weight("words.scale"), "ids"), graph.constant(np.array([2]))
    )
    words = graph.apply("Mul", values, scales)
    places = graph.apply("Gather", graph.weight("places"), "positions")
    sides = graph.apply("Gather", graph.weight("sides"), "types")
    return graph.norm("embeddings.norm", graph.apply("Add", graph.apply("Add", words, places), sides))


def _layer(graph: _Graph, name: str, state: str, mask: str, heads: int, hidden: int) -> str:
    apart, together = graph.constant(np.array([0, 0, heads, hidden // heads])), graph.constant(np.array([0, 0, hidden]))
    parts = graph.split("Split", 3, graph.linear(f"{name}.query_key_value", state), axis=-1, num_outputs=3)
    query, key, value = (graph.apply("Reshape", part, apart) for part in parts)
    query, value = (graph.apply("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
    scores = graph.apply("MatMul", query, graph.apply("Transpose", key, perm=[0, 2, 3, 1]))
    scores = graph.apply("Mul", scores, graph.constant(np.float32((hidden // heads) ** -0.5)))
    shares = graph.apply("Softmax", graph.apply("Add", scores, mask), axis=-1)
    context = graph.apply("Transpose", graph.apply("MatMul", shares, value), perm=[0, 2, 1, 3])
    context = graph.linear(f"{name}.output", graph.apply("Reshape", context, together))
    state = graph.norm(f"{name}.attention_norm", graph.apply("Add", state, context))
    wide = graph.apply("Gelu", graph.linear(f"{name}.up", state))
    return graph.norm(f"{name}.output_norm", graph.apply("Add", state, graph.linear(f"{name}.down", wide)))


def _mean(graph: _Graph, state: str) -> str:
    weights = graph.apply("Unsqueeze", "mask", graph.constant(np.array([2])))
    axis = graph.constant(np.array([1]))
    total = graph.apply("ReduceSum", graph.apply("Mul", state, weights), axis, keepdims=0)
    return graph.apply("Div", total, graph.apply("ReduceSum", "mask", axis, keepdims=1))

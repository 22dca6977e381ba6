"""A BERT encoder with a linear head as an ONNX graph whose matrix products are done in int8.

Activations are quantised row by row as they come (one scale per token), weights column by column beforehand. A pair's
scores therefore do not depend on the pairs beside it, which one scale per batch would not give. After Q8BERT (Zafrir et
al., 2019) for the weights and LLM.int8 (Dettmers et al., 2022, section 3) for the row-wise activations.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 20, 9
LEVELS = 127
# The kernels take unsigned activations; the offset is taken out again inside the product.
ZERO_POINT = 128
MASKED = -1e4

Array = NDArray[Any]
Attribute = int | float | list[int]


def quantise(weight: Array, axis: int) -> tuple[Array, Array]:
    """int8 values and float32 scales of a float matrix, symmetric, one scale per index of the other axis."""
    scale = np.abs(weight).max(axis=axis) / LEVELS
    scale[scale == 0] = 1.0
    values = np.clip(np.round(weight / np.expand_dims(scale, axis)), -LEVELS, LEVELS)
    return values.astype(np.int8), scale.astype(np.float32)


def build_graph(tensors: Mapping[str, Array], heads: int) -> bytes:
    """The serialised model. Inputs ids, types, positions (b, s) int64 and mask (b, s) float32; output logits (b, n).

    `tensors` are those that `models.training.pack` wrote: `words`, `words.scale`, `places`, `sides`,
    `embeddings.norm.*`, `layers.N.{query_key_value,output,up,down}.{weight,scale,bias}`,
    `layers.N.{attention,output}_norm.*`, `head.*`; weights are (in, out).
    """
    graph = _Graph(tensors)
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
    logits = graph.apply("Gemm", _mean(graph, state), graph.weight("head.weight"), graph.weight("head.bias"))
    return graph.serialised(logits, tensors["head.bias"].shape[0])


class _Graph:
    """Nodes and constants under construction; every method returns the name of what it added."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._tensors = tensors
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
        node = helper.make_node(operator, list(inputs), outputs)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)
        return outputs

    def norm(self, name: str, state: str) -> str:
        gain, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.apply("LayerNormalization", state, gain, shift, axis=-1, epsilon=1e-12)

    def linear(self, name: str, state: str) -> str:
        largest = self.apply("ReduceMax", self.apply("Abs", state), self.constant(np.array([-1])), keepdims=1)
        largest = self.apply("Max", largest, self.constant(np.float32(1e-8)))
        scale = self.apply("Mul", largest, self.constant(np.float32(1 / LEVELS)))
        level = self.apply("Round", self.apply("Div", state, scale))
        level = self.apply("Add", level, self.constant(np.float32(ZERO_POINT)))
        product = self.apply(
            "MatMulInteger",
            self.apply("Cast", level, to=TensorProto.UINT8),
            self.weight(f"{name}.weight"),
            self.constant(np.uint8(ZERO_POINT)),
        )
        product = self.apply("Mul", self.apply("Cast", product, to=TensorProto.FLOAT), scale)
        return self.apply("Add", self.apply("Mul", product, self.weight(f"{name}.scale")), self.weight(f"{name}.bias"))

    def serialised(self, output: str, width: int) -> bytes:
        shape = ["batch", "length"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "types", "positions")
        ]
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, shape))
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", width])]
        graph = helper.make_graph(self._nodes, "cross_encoder", inputs, outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        found: bytes = model.SerializeToString()
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

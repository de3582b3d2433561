"""The models of a bundle as ONNX graphs in int8, built from their weights without torch.

The graph reads one text at a time: no padding, no mask, scales that depend on no other text. BERT and
RoBERTa share one architecture (Devlin et al. 2019, Liu et al. 2019), which is spelled out here in the
operators that ONNX Runtime runs fastest on a CPU: docs/decisions/0009 has the measurements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.units import N_FEATURES

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]
_OPSET, _IR = 20, 10
# Kernels without VNNI add two products of an unsigned and a signed byte in 16 bits: 255 · 128 still fits.
_PAIR = 128
_SMOOTH = 0.5  # how much of an input channel's range moves into its weights (Xiao et al. 2023)


@dataclass(slots=True)
class GraphBuilder:
    """Nodes and weights put together one by one.

    With `ranges`, the largest magnitude of every channel of a linear layer's input by the layer's name,
    layers become int8; without, they stay fp32 and `inputs` tells where to measure.
    """

    weights: Weights
    ranges: Mapping[str, Floats] | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    _nodes: list[onnx.NodeProto] = field(default_factory=list)
    _constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant once; returns its name."""
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> list[str]:
        """Add a node; returns the names of its outputs."""
        names = [f"{op}_{len(self._nodes)}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; returns its name."""
        return self.node(op, *inputs, **attributes)[0]

    def integers(self, *values: int) -> str:
        """Add a constant of integers."""
        return self.constant("i_" + "_".join(map(str, values)), np.array(values, np.int64))

    def plain(self, x: str, name: str) -> str:
        """A linear layer in fp32: x (…, in) → (…, out)."""
        weight = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.add("Add", self.add("MatMul", x, weight), bias)

    def linear(self, x: str, name: str, weight: Floats, bias: Floats, smooth: float | None) -> str:
        """A linear layer of the encoder, `weight` (out, in), in int8 where ranges are known.

        `smooth` None leaves the input as it is, 0 damps only its largest channel to the size of the
        next one, anything else is the exponent of SmoothQuant (Xiao et al. 2023).
        """
        self.inputs[name] = x
        if self.ranges is None:
            product = self.add("MatMul", x, self.constant(f"{name}.w", weight.T))
            return self.add("Add", product, self.constant(f"{name}.b", bias))
        if smooth is not None:
            divisor = smoothing(self.ranges[name], weight, smooth)
            weight = weight * divisor
            x = self.add("Mul", x, self.constant(f"{name}.d", 1 / divisor))
        quantized, scale = quantize(weight)
        return self.add(
            "DynamicQuantizeMatMul",
            x,
            self.constant(f"{name}.w", quantized.T),
            self.constant(f"{name}.s", scale),
            self.constant(f"{name}.z", np.zeros(len(scale), np.int8)),
            self.constant(f"{name}.b", bias),
            domain="com.microsoft",
        )

    def norm(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation."""
        gain = self.constant(f"{name}.weight", self.weights[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.add("LayerNormalization", x, gain, bias, axis=-1, epsilon=epsilon)

    def model(self, inputs: Mapping[str, tuple[int, list[Any]]], outputs: Mapping[str, str]) -> bytes:
        """The finished model, with named outputs for the values given, as bytes."""
        nodes = self._nodes + [helper.make_node("Identity", [x], [name]) for name, x in outputs.items()]
        graph = helper.make_graph(
            nodes,
            "mujaz",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        proto = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="mujaz")
        return bytes(proto.SerializeToString(deterministic=True))


def smoothing(ranges: Floats, weight: Floats, exponent: float) -> Floats:
    """What to divide every input channel by, (in,): a few channels are tens of times as large as the rest."""
    ranges = np.maximum(ranges, 1e-3)
    if exponent == 0:
        return np.asarray(np.maximum(1, ranges / np.sort(ranges)[-2]), np.float32)
    columns = np.maximum(np.abs(weight).max(0), 1e-5)
    divisor = ranges**exponent / columns ** (1 - exponent)
    return np.asarray(divisor / np.exp(np.log(divisor).mean()), np.float32)


def quantize(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Symmetric int8 weights (out, in) and the scale of every output channel, (out,).

    Scales are as fine as they can be while no two neighbouring products overflow 16 bits: results are
    the same on every processor, and finer than the seven bits that are usual against overflow.
    """
    padded = np.pad(weight, ((0, 0), (0, weight.shape[1] % 2)))
    pairs = [np.maximum(sign * padded, 0) for sign in (1, -1)]  # only equal signs add up
    largest = np.max([(pair[:, ::2] + pair[:, 1::2]).max(1) for pair in pairs], axis=0)
    scale = np.maximum(largest / (_PAIR - 1), np.abs(weight).max(1) / 127)  # - 1: two roundings up
    scale = np.maximum(scale, 1e-12).astype(np.float32)
    return np.round(weight / scale[:, None]).astype(np.int8), scale


def encoder(graph: GraphBuilder, config: Mapping[str, Any], words: str) -> str:
    """The encoder's last states, (T, H), from its word embeddings `words`, (T, H)."""
    weights, epsilon = graph.weights, config["layer_norm_eps"]
    first = config["pad_token_id"] + 1 if config["model_type"] != "bert" else 0  # as RoBERTa counts
    positions = weights["embeddings.position_embeddings.weight"][first:]
    positions = positions + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.add("Shape", words, end=1)
    place = graph.add("Slice", graph.constant("positions", positions), graph.integers(0), length)
    x = graph.norm(graph.add("Add", words, place), "embeddings.LayerNorm", epsilon)
    for number in range(config["num_hidden_layers"]):
        x = _layer(graph, config, f"encoder.layer.{number}", x)
    return x


def _layer(graph: GraphBuilder, config: Mapping[str, Any], layer: str, x: str) -> str:
    heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]
    attended = _attention(graph, f"{layer}.attention", heads, x)
    x = graph.norm(graph.add("Add", attended, x), f"{layer}.attention.output.LayerNorm", epsilon)
    wide = _linear(graph, f"{layer}.intermediate.dense", x, _SMOOTH)
    # a single neuron a layer reaches 60, the others 4: damp it, or all of them lose their small values
    narrow = _linear(graph, f"{layer}.output.dense", graph.add("Gelu", wide), 0.0)
    return graph.norm(graph.add("Add", narrow, x), f"{layer}.output.LayerNorm", epsilon)


def _linear(graph: GraphBuilder, name: str, x: str, smooth: float | None) -> str:
    return graph.linear(x, name, graph.weights[f"{name}.weight"], graph.weights[f"{name}.bias"], smooth)


def _attention(graph: GraphBuilder, name: str, heads: int, x: str) -> str:
    """Self-attention with one product for query, key and value; x (T, H) → (T, H)."""
    parts = [f"{name}.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([graph.weights[f"{part}.weight"] for part in parts])  # (3H, H)
    bias = np.concatenate([graph.weights[f"{part}.bias"] for part in parts])
    hidden = weight.shape[1]
    scale = np.float32(1 / np.sqrt(hidden // heads))
    weight[:hidden] *= scale
    bias[:hidden] *= scale
    joined = graph.linear(x, f"{name}.self", weight, bias, _SMOOTH)
    split = graph.add("Reshape", joined, graph.integers(0, 3 * heads, hidden // heads))
    by_head = graph.add("Transpose", split, perm=[1, 0, 2])  # (3 · heads, T, H / heads)
    query, key, value = graph.node("Split", by_head, outputs=3, axis=0, num_outputs=3)
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 2, 1]))
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    merged = graph.add("Transpose", mixed, perm=[1, 0, 2])
    return _linear(
        graph, f"{name}.output.dense", graph.add("Reshape", merged, graph.integers(0, hidden)), None
    )


def head(graph: GraphBuilder, task: str, hidden: str) -> dict[str, str]:
    """The outputs of a task's head over the states (T, H), as in `models.heads` for one text."""
    whole = graph.add("ReduceMean", hidden, graph.integers(0), keepdims=0)  # (H,)
    if task == "embedding":
        return {"embedding": whole}
    if task == "summary":
        return {"logits": _salience(graph, hidden, whole)}
    outputs = {"logits": graph.plain(whole, "head")}
    if task == "stance":
        outputs |= {name: graph.plain(hidden, name) for name in ("holder", "evidence")}
        if "opposite.weight" in graph.weights:
            outputs["opposite"] = graph.add("Squeeze", graph.plain(hidden, "opposite"), graph.integers(1))
    return outputs


def _salience(graph: GraphBuilder, hidden: str, whole: str) -> str:
    count = graph.add("Squeeze", graph.add("Shape", "features", end=1))
    zero, one = (graph.constant(f"scalar{i}", np.array(i, np.int64)) for i in (0, 1))
    units = graph.add("Unsqueeze", graph.add("Range", zero, count, one), graph.integers(1))  # (U, 1)
    member = graph.add("Cast", graph.add("Equal", "unit_ids", units), to=TensorProto.FLOAT)  # (U, T)
    sizes = graph.add("ReduceSum", member, graph.integers(1), keepdims=1)
    sizes = graph.add("Max", sizes, graph.constant("one", np.ones(1, np.float32)))
    unit = graph.add("Div", graph.add("MatMul", member, hidden), sizes)  # (U, H)
    joined = graph.add("Concat", unit, graph.add("Mul", unit, whole), "features", axis=-1)
    scores = graph.plain(graph.add("Gelu", graph.plain(joined, "head.0")), "head.3")  # (U, 1)
    return graph.add("Squeeze", scores, graph.integers(1))


def build(
    task: str,
    weights: Weights,
    config: Mapping[str, Any],
    ranges: Mapping[str, Floats] | None = None,
    *,
    measured: bool = False,
) -> tuple[bytes, Sequence[str]]:
    """The model of a task in int8, or, without `ranges`, in fp32.

    Inputs are `words` (T, H), and `unit_ids` (T,) and `features` (U, F) of the summary model. A
    `measured` model also gives the inputs of its layers, as outputs under the layers' names, which are
    returned beside it.
    """
    graph = GraphBuilder(weights, ranges)
    outputs = head(graph, task, encoder(graph, config, "words"))
    inputs: dict[str, tuple[int, list[Any]]] = {"words": (TensorProto.FLOAT, ["T", config["hidden_size"]])}
    if task == "summary":
        inputs |= {"unit_ids": (TensorProto.INT64, ["T"]), "features": (TensorProto.FLOAT, ["U", N_FEATURES])}
    layers = dict(graph.inputs) if measured else {}
    return graph.model(inputs, outputs | layers), list(layers)

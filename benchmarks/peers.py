"""What Mujaz is measured against, on the same weights."""

import platform
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import PreTrainedModel, pipeline
from transformers.modeling_outputs import SequenceClassifierOutput

from models.bundle import DEFAULT_BUNDLE, read_manifest
from models.encoder import load_encoder, load_tokenizer, merge_adapter
from models.heads import TopicModel
from models.onnx_backend import cache_folder, cached
from models.torch_backend import load_head

BATCH = 32
Peer = Callable[[Sequence[str]], object]


class _Classifier(PreTrainedModel):
    """The topic model in the form that a transformers pipeline takes."""

    def __init__(self, model: TopicModel) -> None:
        super().__init__(model.encoder.config)
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: object) -> Any:
        return SequenceClassifierOutput(logits=self.model(input_ids, attention_mask)["logits"])


def hugging_face(threads: int) -> tuple[Peer, Peer]:
    """`pipeline("text-classification", batch_size=32)` in fp32: in the file's order, and sorted by length."""
    torch.set_num_threads(threads)
    info = read_manifest(DEFAULT_BUNDLE).tasks["topic"]
    encoder = load_encoder(DEFAULT_BUNDLE / info.encoder)
    encoder.config.id2label = dict(enumerate(info.labels))
    merge_adapter(encoder, DEFAULT_BUNDLE / "topic")
    model = TopicModel(encoder, len(info.labels))
    load_head(model, DEFAULT_BUNDLE / "topic")
    tokenizer = load_tokenizer(DEFAULT_BUNDLE / info.encoder)
    tokenizer.model_max_length = info.max_length
    classify = pipeline(
        "text-classification", model=_Classifier(model).eval(), tokenizer=tokenizer, batch_size=BATCH
    )

    def in_order(texts: Sequence[str]) -> object:
        return classify(list(texts), truncation=True)

    return in_order, lambda texts: in_order(sorted(texts, key=len))


def sentence_transformers(threads: int) -> Peer:
    """What sentence-transformers' int8 ONNX backend does, with the libraries it stands on.

    It exports through optimum, which does not work with transformers 5: here torch.onnx exports the
    encoder and `quantize_dynamic` makes it int8 with the settings of optimum's preset for this
    processor. Then its loop: sorted by length, batches of 32, mean pooling, unit vectors.
    """
    info = read_manifest(DEFAULT_BUNDLE)
    name = f"peer-{info.sha256[:16]}-torch{torch.__version__.split('+')[0]}-{_preset()}.bin"
    data = cached(cache_folder() / "benchmarks" / name, _export)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    tokenizer = load_tokenizer(DEFAULT_BUNDLE / next(iter(info.encoders)))

    def encode(texts: Sequence[str]) -> object:
        ordered = sorted(texts, key=len, reverse=True)
        vectors = []
        for start in range(0, len(ordered), BATCH):
            batch = tokenizer(
                ordered[start : start + BATCH],
                padding=True,
                truncation=True,
                max_length=256,
                return_tensors="np",
            )
            mask = batch["attention_mask"].astype(np.int64)
            (hidden,) = session.run(None, {"input_ids": batch["input_ids"], "attention_mask": mask})
            pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            vectors.append(pooled / np.linalg.norm(pooled, axis=1, keepdims=True))
        return np.concatenate(vectors)

    return encode


def _preset() -> str:
    """Optimum's names: signed weights where the processor has VNNI, unsigned ones on AVX2."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else platform.processor()
    return "avx512_vnni" if "vnni" in flags else "avx2"


def _export() -> bytes:
    encoder = load_encoder(DEFAULT_BUNDLE / next(iter(read_manifest(DEFAULT_BUNDLE).encoders))).eval()
    ids = torch.ones(2, 16, dtype=torch.int64)
    batch, length = torch.export.Dim("batch", min=1, max=512), torch.export.Dim("length", min=2, max=512)
    axes = {0: batch, 1: length}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            encoder,
            (),
            kwargs={"input_ids": ids, "attention_mask": ids},
            dynamo=True,
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            opset_version=20,
            verbose=False,
        )
        assert program is not None
        path, quantized = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        program.save(str(path), external_data=False)
        proto = onnx.load(str(path))
        del proto.graph.value_info[:]  # it stumbles over its own
        onnx.save(proto, str(path))
        kind = QuantType.QInt8 if _preset() == "avx512_vnni" else QuantType.QUInt8
        quantize_dynamic(str(path), str(quantized), per_channel=True, weight_type=kind)
        return quantized.read_bytes()


def gemm_rate(kind: str) -> Callable[[int], float]:
    """A product of the encoder's widest layer, 512 tokens; called, it gives its operations."""
    tokens, inner, outer = 512, 384, 1536
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(inner, outer)).astype(np.float32)
    x: Any = rng.normal(size=(tokens, inner)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    types = TensorProto.FLOAT, TensorProto.FLOAT
    if kind == "int8":
        weight, x = rng.integers(-64, 64, weight.shape, np.int8), rng.integers(0, 255, x.shape, np.uint8)
        node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
        types = TensorProto.UINT8, TensorProto.INT32
    graph = helper.make_graph(
        [node],
        "gemm",
        [helper.make_tensor_value_info("x", types[0], [None, inner])],
        [helper.make_tensor_value_info("y", types[1], [None, outer])],
        [numpy_helper.from_array(weight, "w")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def run(repeats: int) -> float:
        for _ in range(repeats):
            session.run(None, {"x": x})
        return 2.0 * repeats * tokens * inner * outer

    return run

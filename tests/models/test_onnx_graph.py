"""Int8 weights: exact on every processor, no coarser than they have to be."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.onnx_graph import GraphBuilder, quantize, smoothing

WEIGHTS = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.floats(-100, 100, width=32),
)


@given(WEIGHTS)
def test_neighbouring_products_never_overflow_sixteen_bits(weight: np.ndarray) -> None:
    """What kernels without VNNI would cut off silently, and otherwise than kernels with it."""
    quantized, scale = quantize(weight)
    assert quantized.dtype == np.int8 and scale.shape == (len(weight),)
    padded = np.pad(quantized.astype(np.int64), ((0, 0), (0, weight.shape[1] % 2)))
    for sign in (1, -1):
        same = np.maximum(sign * padded, 0)
        assert (255 * (same[:, ::2] + same[:, 1::2])).max() <= 32767
    assert np.abs(quantized * scale[:, None] - weight).max() <= scale.max() / 2 + 1e-4


def test_scales_are_finer_than_seven_bits_would_be() -> None:
    weight = np.random.default_rng(0).normal(size=(64, 384)).astype(np.float32)
    _, scale = quantize(weight)
    assert (scale / (np.abs(weight).max(1) / 63)).mean() < 0.7


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.booleans())
def test_the_int8_layer_is_what_its_integers_say(length: int, outlier: bool) -> None:
    """The runtime's kernel on this processor loses nothing to overflow, whatever its instructions."""
    rng = np.random.default_rng(length)
    weight = rng.normal(size=(24, 32)).astype(np.float32)
    x = rng.normal(size=(length, 32)).astype(np.float32)
    x[0, 3] = 40.0 if outlier else 1.0
    graph = GraphBuilder({}, {"layer": np.abs(x).max(0)})
    y = graph.linear("x", "layer", weight, np.zeros(24, np.float32), None)
    data = graph.model({"x": (onnx.TensorProto.FLOAT, ["T", 32])}, {"y": y})
    (found,) = _session(data).run(None, {"x": x})
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    step = (high - low) / 255
    zero = np.round(-low / step)
    bytes_ = np.clip(np.round(x / step) + zero, 0, 255)
    quantized, scale = quantize(weight)
    wanted = (bytes_ - zero) @ quantized.T.astype(np.float64) * step * scale
    assert np.abs(found - wanted).max() <= 2.01 * step * np.abs(weight).max() + 1e-3


def _session(data: bytes) -> "object":
    from models.onnx_backend import _session as session

    return session(data)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 0.7])
def test_smoothing_shrinks_what_sticks_out(exponent: float) -> None:
    ranges = np.array([1.0, 1.5, 60.0, 2.0], np.float32)
    divisor = smoothing(ranges, np.ones((3, 4), np.float32), exponent)
    smoothed = ranges / divisor
    assert smoothed.max() / smoothed.min() < 60 / 1.0
    assert divisor.argmax() == 2
    if exponent == 0:
        assert divisor.tolist() == [1, 1, 30, 1] and smoothed.max() == 2


def test_smoothing_of_a_dead_channel_is_finite() -> None:
    for exponent in (0.0, 0.5):
        divisor = smoothing(np.zeros(4, np.float32), np.zeros((3, 4), np.float32), exponent)
        assert np.isfinite(divisor).all() and (divisor > 0).all()

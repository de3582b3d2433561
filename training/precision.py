"""Which number format a step is fastest in on this machine, measured."""

import time
from collections.abc import Callable

import torch

_ROWS = 128  # tokens; few, since formats that the CPU emulates are a hundred times slower
_LEAST_WIDTH = 256  # narrower products measure the call more than the arithmetic


def choose_dtype(wanted: str, width: int) -> str:
    """Decide "auto": bf16 on a GPU that has it, and on a CPU where a matrix product is much faster in it.

    A quarter, for the encoder's `width`: what else a step does is not faster.
    """
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    width = max(width, _LEAST_WIDTH)
    return "bf16" if gemm_rate(torch.bfloat16, width) > 1.25 * gemm_rate(torch.float32, width) else "fp32"


def gemm_rate(dtype: torch.dtype, width: int, rows: int = _ROWS) -> float:
    """GFLOP/s of the product (rows, width) · (width, 4 width) on the CPU, the best of a few."""
    left = torch.ones(rows, width, dtype=dtype)
    right = torch.ones(width, 4 * width, dtype=dtype)
    return 2 * rows * width * 4 * width / _best_time(lambda: left @ right) / 1e9


def _best_time(action: Callable[[], object], at_most: float = 0.2) -> float:
    """The shortest of up to five runs; formats that the CPU emulates are stopped after the first."""
    action()
    best, started = float("inf"), time.perf_counter()
    for _ in range(5):
        before = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - before)
        if time.perf_counter() - started > at_most:
            break
    return best

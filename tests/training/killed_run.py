"""A training run that is killed: by itself, with SIGKILL, at the n-th flush to disk or after some time.

Runs in children of a fork server that has imported torch once (see test_checkpoints.py).
"""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import torch

import training.calibration
from tests.tiny import train_tiny

SETTINGS: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 4,
    "checkpoint_steps": 1,
    "unrelated_ratio": 0.5,
    "dtype": "fp32",
}


def run(
    rows: Path, base: Path, out: Path, *, flushes: int | None = None, seconds: float | None = None
) -> None:
    """Train the stance task, or go on with it, until the end or the kill."""
    if flushes is not None:
        _die_at_flush(flushes)
    if seconds is not None:
        threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    train_here(rows, base, out)
    os._exit(0)  # do not wait for the timer


def train_here(rows: Path, base: Path, out: Path) -> None:
    """Train with dropout, unrelated pairs made anew in each epoch, and a checkpoint after every update."""
    torch.set_num_threads(1)
    training.calibration._HOLDER_BIASES = training.calibration._EVIDENCE_BIASES = (0.0,)  # not the slow grid
    train_tiny("stance", rows, out, base, resume=True, **SETTINGS)


def _die_at_flush(number: int) -> None:
    """Every file of a checkpoint, its mark, its folder and its new name are flushed one by one."""
    left, flush = number, os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        flush(descriptor)

    os.fsync = fsync

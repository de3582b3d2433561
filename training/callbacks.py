"""What happens beside the loop: checkpoints between epochs, early stopping, signals, progress."""

import math
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from torch import distributed
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from arabic.errors import InputError

SELECTION = "eval_selection"
_SECONDS_A_LINE = 30.0


def evaluations(log_history: Sequence[dict[str, Any]]) -> list[float]:
    """The dev figures that the best epoch is chosen by, in order."""
    return [entry[SELECTION] for entry in log_history if SELECTION in entry]


def stops_early(log_history: Sequence[dict[str, Any]], patience: int) -> bool:
    """Whether the last `patience` evaluations (0: never) brought nothing better than one before them."""
    scores = evaluations(log_history)
    return bool(patience and scores) and len(scores) - 1 - scores.index(max(scores)) >= patience


class Stopping(TrainerCallback):
    """Stops after `patience` evaluations without a better one, and where the loss is no number any more.

    transformers' own callback counts in a variable; this one looks at the log, which a resumed run has.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the log after each evaluation."""
        if stops_early(state.log_history, self._patience):
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Look at the loss."""
        if logs and not math.isfinite(logs.get("loss", 0.0)):
            raise InputError(
                f"the loss is no number any more after update {state.global_step}; lower learning_rate"
            )


class RunInterrupted(Exception):
    """The run was asked to stop and did; a checkpoint is there. The message says how to go on."""


class Interruption:
    """Whether somebody asked the run to stop: SIGTERM, or Ctrl-C once (twice stops at once)."""

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen to the signals; only a process's main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            signal.signal(number, self._request)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = True


class Saving(TrainerCallback):
    """Asks for checkpoints, for an evaluation after every epoch, and for the end when interrupted."""

    def __init__(self, steps: int, updates_per_epoch: int, interruption: Interruption) -> None:
        self._steps = steps
        self._updates_per_epoch = updates_per_epoch
        self._interruption = interruption

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Decide after each update; all processes decide the same."""
        if state.global_step % self._updates_per_epoch == 0:
            control.should_evaluate = control.should_save = True
        if state.global_step % self._steps == 0:
            control.should_save = True
        if self._asked():
            self._interruption.requested = True
            control.should_save = control.should_training_stop = True

    def _asked(self) -> bool:
        if not distributed.is_initialized():
            return self._interruption.requested
        flag = torch.tensor(int(self._interruption.requested))
        if distributed.get_backend() == "nccl":
            flag = flag.cuda()
        distributed.all_reduce(flag, distributed.ReduceOp.MAX)
        return bool(flag.item())


class ProgressReport(TrainerCallback):
    """Loss, tokens a second and the time left: a bar on a terminal, elsewhere a line every half minute."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._loss = ""
        self._selection = ""
        self._started = self._shown = 0.0
        self._first_step = self._first_tokens = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock; a resumed run counts from where it goes on."""
        self._started = self._shown = time.monotonic()
        self._first_step, self._first_tokens = state.global_step, int(state.num_input_tokens_seen)
        if state.is_world_process_zero and self._console.is_terminal:
            columns = (
                TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
                BarColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._task = self._progress.add_task("", total=state.max_steps, completed=state.global_step)
            self._progress.start()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember the latest loss and dev figure."""
        if logs and "loss" in logs:
            self._loss = f"loss {logs['loss']:.4f}"
        if logs and SELECTION in logs:
            self._selection = f"dev {logs[SELECTION]:.4f}"
            self._show(state, now=True)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Move the bar, or write a line when it is time."""
        self._show(state, now=False)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()

    def _show(self, state: TrainerState, *, now: bool) -> None:
        if not state.is_world_process_zero:
            return
        if self._progress is not None:
            words = self._words(state, time.monotonic())
            self._progress.update(self._task, completed=state.global_step, description=words)
        elif now or time.monotonic() - self._shown >= _SECONDS_A_LINE:
            self._shown = time.monotonic()
            left = (state.max_steps - state.global_step) * self._seconds_a_step(state, self._shown)
            self._console.print(
                f"step {state.global_step}/{state.max_steps}  {self._words(state, self._shown)}"
                f"  {left / 60:.1f} min left",
                highlight=False,
            )

    def _words(self, state: TrainerState, at: float) -> str:
        tokens = int(state.num_input_tokens_seen) - self._first_tokens
        rate = f"{tokens / max(at - self._started, 1e-9):,.0f} tokens/s"
        return "  ".join(part for part in (self._loss, self._selection, rate) if part)

    def _seconds_a_step(self, state: TrainerState, at: float) -> float:
        return (at - self._started) / max(state.global_step - self._first_step, 1)

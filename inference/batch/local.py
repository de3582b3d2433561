"""Workers as processes of this machine."""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from inference.batch.pool import Died, Event
from inference.batch.worker import Job, Loader, Sample, Task, failure, load_checked, work
from inference.results import ModelInfo

_SPAWN = multiprocessing.get_context("spawn")  # fork would copy threads' locks, and torch's state


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    ready: bool = False
    task: Task | Sample | None = None


class LocalPool:
    """A process a worker, spoken to through a pipe, so that the death of one is the death of one."""

    def __init__(self, load: Loader, job: Job, processes: int, model: ModelInfo) -> None:
        """Start the processes; each must load the bundle `model`."""
        self._load = load
        self._job = job
        self._model = model
        self._workers = [self._start() for _ in range(processes)]

    def _start(self) -> _Worker:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=_serve, args=(theirs, self._load, self._job, self._model), daemon=True
        )
        process.start()
        theirs.close()  # so that the pipe ends when the worker does
        return _Worker(process, ours)

    @property
    def idle(self) -> int:
        """Workers that wait for a task."""
        return sum(worker.ready and worker.task is None for worker in self._workers)

    @property
    def busy(self) -> int:
        """Workers that are at a task."""
        return sum(worker.task is not None for worker in self._workers)

    def submit(self, task: Task | Sample) -> None:
        """Give a task to an idle worker."""
        worker = next(worker for worker in self._workers if worker.ready and worker.task is None)
        worker.task = task
        try:
            worker.connection.send(task)
        except OSError:
            pass  # it is dead, which `wait` will find

    def wait(self, timeout: float) -> list[Event]:
        """What has happened, as soon as something has, at the latest after `timeout` seconds."""
        ready = wait([worker.connection for worker in self._workers], timeout)
        events = []
        for number, worker in enumerate(self._workers):
            if worker.connection in ready and (event := self._receive(number, worker)) is not None:
                events.append(event)
        return events

    def _receive(self, number: int, worker: _Worker) -> Event | None:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            worker.connection.close()
            self._workers[number] = self._start()
            return Died(worker.task, _how(worker.process.exitcode), loading=not worker.ready)
        if message is None:
            worker.ready = True
            return None
        worker.task = None
        event: Event = message
        return event

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _serve(connection: Connection, load: Loader, job: Job, model: ModelInfo) -> None:
    """A worker's life: load, say so with None, then an outcome for every task."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the driver decides
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        analyzer = load_checked(load, job, model)
        connection.send(None)
        while True:
            connection.send(work(analyzer, connection.recv(), job))
    except (EOFError, BrokenPipeError):
        pass  # the driver is gone
    except Exception as error:
        connection.send(failure(error))


def _die_with_parent() -> None:
    """Leave as soon as the driver is gone, in the middle of a shard too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

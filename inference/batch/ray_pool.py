"""Workers as actors of a Ray cluster: only the placing is Ray's, the work is `worker.work` as everywhere."""

import logging
import signal
from dataclasses import dataclass
from typing import Any

from arabic.errors import InputError
from inference.batch.pool import Died, Event, Workers
from inference.batch.worker import (
    BatchAnalyzer,
    Failed,
    Job,
    Loader,
    Outcome,
    Sample,
    Task,
    failure,
    load_checked,
    work,
)
from inference.results import ModelInfo


class _Actor:
    """An analyser on some node of the cluster."""

    def __init__(self, load: Loader, job: Job, model: ModelInfo) -> None:
        self._load, self._job, self._model = load, job, model
        self._analyzer: BatchAnalyzer | None = None

    def load(self) -> Failed | None:
        """Load the models; None when that went well."""
        try:
            self._analyzer = load_checked(self._load, self._job, self._model)
        except Exception as error:
            return failure(error)
        return None

    def work(self, task: Task | Sample) -> Outcome:
        """Do a task."""
        assert self._analyzer is not None
        return work(self._analyzer, task, self._job)


@dataclass(slots=True)
class _Worker:
    actor: Any
    ready: bool = False
    task: Task | Sample | None = None


class RayPool:
    """An actor a worker. Actors end with the driver; one that dies is replaced by a new one."""

    def __init__(
        self, load: Loader, job: Job, workers: Workers | None, model: ModelInfo, address: str | None
    ) -> None:
        """Connect to the cluster at `address` (None: start one on this machine) and place the actors.

        `workers` None takes an actor for every `job.threads` CPUs of the cluster. Raises `InputError`.
        """
        self._ray = _connect(address, workers)
        cpus = int(self._ray.cluster_resources().get("CPU", 1))
        count = workers.processes if workers else max(cpus // job.threads, 1)
        if count * job.threads > cpus:
            self.close()
            raise InputError(
                f"{count} workers of {job.threads} threads need {count * job.threads} CPUs, the cluster has "
                f"{cpus}; give fewer with --workers"
            )
        self._place = (load, job, model)
        self._waiting: dict[Any, _Worker] = {}
        self._workers = [self._start() for _ in range(count)]

    def _start(self) -> _Worker:
        load, job, model = self._place
        options = {"num_cpus": job.threads, "max_restarts": 0, "max_task_retries": 0}
        actor = self._ray.remote(_Actor).options(**options).remote(load, job, model)
        worker = _Worker(actor)
        self._waiting[actor.load.remote()] = worker
        return worker

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._workers)

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
        self._waiting[worker.actor.work.remote(task)] = worker

    def wait(self, timeout: float) -> list[Event]:
        """What has happened, as soon as something has, at the latest after `timeout` seconds."""
        ready, _ = self._ray.wait(list(self._waiting), timeout=timeout)
        return [event for reference in ready if (event := self._receive(reference)) is not None]

    def _receive(self, reference: Any) -> Event | None:
        worker = self._waiting.pop(reference)
        try:
            outcome: Outcome | None = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._workers[self._workers.index(worker)] = self._start()
            return Died(worker.task, str(error).strip().splitlines()[0], loading=not worker.ready)
        if not worker.ready:
            worker.ready = outcome is None
            return outcome
        worker.task = None
        return outcome

    def close(self) -> None:
        """End all workers at once."""
        self._ray.shutdown()


def _connect(address: str | None, workers: Workers | None) -> Any:
    try:
        import ray
    except ImportError:
        raise InputError("--engine ray needs Ray: pip install 'mujaz[ray]'") from None
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        ray.init(
            address=address or "local",
            num_cpus=None if address or workers is None else workers.processes * workers.threads,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"no Ray cluster at {address or 'this machine'} ({reason}); see docs/batch.md"
        ) from None
    finally:
        for number, handler in handlers.items():  # Ray puts its own in place, which end the process
            signal.signal(number, handler)
    return ray

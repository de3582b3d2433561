"""What Prometheus is told. One registry for each service, so that two of them in one process do not mix."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counts and times of requests and batches."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "mujaz_requests", "Requests by route and status.", ["route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "mujaz_request_seconds",
            "Time to answer a request.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_work = Gauge(
            "mujaz_requests_in_work", "Requests in work or waiting.", registry=self._registry
        )
        self.batch_items = Histogram(
            "mujaz_batch_items",
            "Texts or pairs that one run of a model had.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Write the exposition format, version 0.0.4."""
        return generate_latest(self._registry)

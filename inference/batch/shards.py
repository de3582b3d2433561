"""Rows cut into shards: the unit of work, of output files, and of what is lost when something dies."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from inference.batch.rows import Row

MAX_SHARD_BYTES = 16_000_000
"""The text a shard holds at most, unless a single row is larger: what bounds memory."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows `start` to `start + len(rows)` of the input, and a hash of them."""

    index: int
    start: int
    rows: tuple[Row, ...]

    @property
    def sha256(self) -> str:
        """A hash of the rows as they were read."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(json.dumps([asdict(row)], sort_keys=True).encode())
        return digest.hexdigest()


def cut(rows: Iterable[Row], size: int, max_bytes: int = MAX_SHARD_BYTES) -> Iterator[Shard]:
    """Cut rows into shards of `size`, or fewer where their text would be over `max_bytes`."""
    index = start = held = 0
    batch: list[Row] = []
    for row in rows:
        weight = _weight(row)
        if batch and (len(batch) == size or held + weight > max_bytes):
            yield Shard(index, start, tuple(batch))
            index, start, held = index + 1, start + len(batch), 0
            batch.clear()
        batch.append(row)
        held += weight
    if batch:
        yield Shard(index, start, tuple(batch))


def _weight(row: Row) -> int:
    return len(row.text) + sum(len(str(value)) for value in row.kept.values())

"""Which shard is next, and whether in the end all of them are there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from arabic.errors import InputError
from inference.batch.folder import Journal
from inference.batch.progress import Reporter
from inference.batch.readers import Position
from inference.batch.shards import Shard
from inference.batch.stop import Stop, Stopped
from inference.batch.worker import Task


@dataclass(slots=True)
class Feed:
    """The shards that are to be done, read as they are asked for; counts those of the whole input.

    `done_bytes` are the bytes of the input whose shards are done.
    """

    _shards: Iterator[Shard]
    _journal: Journal
    _reporter: Reporter
    _position: Position
    rows: int = 0
    shards: int = 0
    done_bytes: int = 0
    exhausted: bool = False
    _read: int = 0
    _sizes: dict[int, int] = field(default_factory=dict)

    def next(self, waiting: list[Task], stop: Stop) -> Task | None:
        """A task whose worker died, or the next shard that is not done; None when there is none.

        Raises `InputError` where a shard that is done was made of other rows than the input has now.
        """
        if waiting:
            return waiting.pop()
        try:
            with stop.interruptible():
                return self._next()
        except Stopped:
            return None

    def _next(self) -> Task | None:
        for shard in self._shards:
            self.rows += len(shard.rows)
            self.shards += 1
            size, self._read = self._position.bytes - self._read, self._position.bytes
            receipt = self._journal.done.get(shard.index)
            if receipt is None:
                self._sizes[shard.index] = size
                return Task(shard)
            if (receipt.start, receipt.input_sha256) != (shard.start, shard.sha256):
                raise InputError(
                    f"rows {receipt.start} to {receipt.start + receipt.rows - 1} of the input are not those "
                    f"that {receipt.file} was made of; give the input as it was, or --restart"
                )
            self.done_bytes += size
            self._reporter.skipped(receipt, self.done_bytes)
            self._reporter.tick(self.done_bytes)
        self.exhausted = True
        return None

    def finish(self, index: int) -> None:
        """Count a shard's bytes as done."""
        self.done_bytes += self._sizes.pop(index)


def reconcile(journal: Journal, feed: Feed) -> None:
    """Check that the files are all the shards of the input, and no other. Raises `InputError`."""
    receipts = [journal.done[index] for index in sorted(journal.done)]
    rows = sum(receipt.rows for receipt in receipts)
    if len(receipts) != feed.shards or rows != feed.rows:
        raise InputError(
            f"the counts do not reconcile: the input has {feed.rows} rows in {feed.shards} shards, "
            f"{rows} rows in {len(receipts)} shards were answered; give --restart"
        )
    if damaged := [receipt.file for receipt in receipts if not journal.holds(receipt)]:
        raise InputError(f"{len(damaged)} files were changed or removed ({damaged[0]}); give --resume")
    journal.check_no_other()

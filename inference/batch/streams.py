"""From bytes on a disk to lines: decompressed, cut, and none too long to hold."""

import gzip
import io
from typing import IO, Any, cast

from inference.batch.rows import MAX_ROW_BYTES

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BUFFER = 1 << 18


class RowTooLargeError(Exception):
    """A line is longer than a row may be; it has been passed over."""


def unpack(stream: IO[bytes]) -> IO[bytes]:
    """Decompress gzip and Zstandard, known by their first bytes; anything else stays as it is."""
    reader = (
        stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
    )
    start = reader.peek(4)[:4]
    if start.startswith(_GZIP):
        return cast(IO[bytes], gzip.GzipFile(fileobj=reader))
    if start == _ZSTD:
        import pyarrow

        return io.BufferedReader(pyarrow.CompressedInputStream(_Borrowed(reader), "zstd"), _BUFFER)
    return reader


class _Borrowed(io.RawIOBase):
    """A stream that may be closed without the one below: Arrow closes what it has read to the end."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.readinto(buffer)


class Lines:
    """The lines of a stream, each without its end, with the number of the one read last.

    Raises `RowTooLargeError` for a line of more than `MAX_ROW_BYTES`, and goes on with the next.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self.number = 0

    @property
    def place(self) -> str:
        """File and number of the line read last."""
        return f"{self._name}:{self.number}"

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> bytes:
        self.number += 1
        line = self._stream.readline(MAX_ROW_BYTES + 2)
        if not line:
            self.number -= 1
            raise StopIteration
        if self.number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > MAX_ROW_BYTES and not line.endswith(b"\n"):
            while (rest := self._stream.readline(_BUFFER)) and not rest.endswith(b"\n"):
                pass
            raise RowTooLargeError
        return line

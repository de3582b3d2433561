"""Rows of a Parquet file, one decoded at a time.

A small file can unpack to any size. So single rows are decoded (a dictionary value of megabytes, repeated
in every row, is held once or twice, never for a whole batch), a file whose rows would be too large by its own
account is refused before, and a row's size is looked at before it is made Python text.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from inference.batch.rows import MAX_ROW_BYTES, Columns, Row, bad_row, to_row, too_large_message

_BUFFER = 1 << 18


def read_parquet(stream: IO[bytes], name: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a file; damage gives an error row for the rest of it."""
    import pyarrow
    from pyarrow import parquet

    done, known = 0, 0
    try:
        file = parquet.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=False)
        known = file.metadata.num_rows
        if columns.text not in file.schema_arrow.names:
            has = ", ".join(map(repr, file.schema_arrow.names[:10]))
            message = f"no column {columns.text!r}; it has {has}; see --text-column"
            yield bad_row(f"{name}:1", "missing_column", message)
            return
        wanted = [column for column in columns.wanted if column in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            if _too_large(file.metadata.row_group(group), wanted):
                message = (
                    f"row group {group} has values {too_large_message()}; rows from here on are left out"
                )
                yield bad_row(f"{name}:{done + 1}", "too_large", message)
                return
            batches = file.iter_batches(1, row_groups=[group], columns=wanted, use_threads=False)
            for batch in batches:
                done += 1
                yield _row(batch, columns, f"{name}:{done}")
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the data
        lost = f"{known - done:,} rows from here on are lost" if known else "it cannot be read"
        reason = " ".join(str(error).split())[:200]
        yield bad_row(f"{name}:{done + 1}", "damaged_file", f"the file is damaged, {lost} ({reason})")


def _too_large(group: Any, wanted: list[str]) -> bool:
    """Whether the values of a column are on average larger than a row may be, by the file's own account."""
    chunks = [group.column(i) for i in range(group.num_columns)]
    return any(
        chunk.total_uncompressed_size > MAX_ROW_BYTES * max(chunk.num_values, 1) + _BUFFER
        for chunk in chunks
        if chunk.path_in_schema.split(".")[0] in wanted
    )


def _row(batch: Any, columns: Columns, place: str) -> Row:
    if batch.nbytes > MAX_ROW_BYTES:
        return bad_row(place, "too_large", too_large_message())
    try:
        record: Mapping[str, object] = {
            column: _text(batch.column(i)[0].as_py()) for i, column in enumerate(batch.schema.names)
        }
    except UnicodeDecodeError as error:
        return bad_row(place, "invalid_utf8", f"not UTF-8 at byte {error.start}")
    return to_row(record, columns, place)


def _text(value: object) -> object:
    return value.decode("utf-8") if isinstance(value, bytes) else value

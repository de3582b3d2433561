"""Texts to token windows, windows to padded batches: nothing is cut off, long inputs get several windows."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Forward = Callable[[Arrays], Arrays]
"""A backend: named input arrays (B, …) in, named output arrays (B, …) out."""

STRIDE = 64
MAX_BATCH_TOKENS = 4096
_TITLE_WORDS, _TITLE_TOKENS = 32, 64


@dataclass(frozen=True, slots=True)
class Window:
    """A run of tokens of one input.

    `offsets` (T, 2) are character offsets into the input's text, (0, 0) for tokens outside it
    (specials, the first sequence of a pair).
    """

    item: int
    input_ids: NDArray[np.int64]
    offsets: NDArray[np.int64]


def windows(
    tokenizer: Any,
    texts: Sequence[str],
    firsts: Sequence[str] | None = None,
    *,
    max_length: int,
) -> list[Window]:
    """Tokenize texts, or pairs of a short first sequence and a text, into windows of `max_length` tokens.

    A text that does not fit continues in further windows, `STRIDE` tokens of overlap between them.
    A first sequence is cut at half of `max_length`, so that there is room for the text.
    """
    inputs: list[Any] = list(texts)
    if firsts is not None:
        inputs = list(zip(shorten(tokenizer, firsts, max_length // 2), texts, strict=True))
    sequence = 0 if firsts is None else 1
    encodings = _untruncated(tokenizer).encode_batch(inputs)
    return [
        window
        for item, encoding in enumerate(encodings)
        for window in _cut(item, encoding, sequence, max_length)
    ]


def _untruncated(tokenizer: Any) -> Any:
    """The Rust tokenizer: what it cut, where a caller of transformers has set so, would be lost."""
    backend = tokenizer.backend_tokenizer
    if backend.truncation is not None:
        backend.no_truncation()
    return backend


def _cut(item: int, encoding: Any, sequence: int, max_length: int) -> Iterator[Window]:
    """Windows over the tokens of one sequence, each with all the tokens before and after that sequence."""
    inside = np.array([s == sequence for s in encoding.sequence_ids], bool)
    ids = np.array(encoding.ids, np.int64)
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
    offsets[~inside] = 0
    first = int(inside.argmax()) if inside.any() else len(ids)
    last = first + int(inside.sum())
    room = max(max_length - len(ids) + last - first, 1)
    step = max(room - min(STRIDE, max_length // 4), 1)
    around = np.arange(len(ids))
    for start in range(first, max(last - room, first) + step, step):
        stop = min(start + room, last)
        kept = np.concatenate([around[:first], around[start:stop], around[last:]])
        yield Window(item, ids[kept], offsets[kept])
        if stop == last:
            return


def shorten(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> list[str]:
    """Cut texts after `max_tokens` tokens; shorter ones stay as they are."""
    encodings = _untruncated(tokenizer).encode_batch(list(texts), add_special_tokens=False)
    return [
        text if len(encoding) <= max_tokens else text[: encoding.offsets[max_tokens - 1][1]]
        for text, encoding in zip(texts, encodings, strict=True)
    ]


def unit_windows(
    tokenizer: Any,
    title: str,
    units: Sequence[str],
    max_length: int,
) -> list[list[int]]:
    """Group neighbouring units so that each group fits into `max_length` tokens with the title."""
    if not units:
        return []
    backend = _untruncated(tokenizer)
    title_tokens = min(_TITLE_TOKENS, max_length // 2)
    room = max_length - min(len(backend.encode(title)), title_tokens) - 4
    lengths = [len(encoding) for encoding in backend.encode_batch(list(units), add_special_tokens=False)]
    groups: list[list[int]] = [[]]
    used = 0
    for i, length in enumerate(lengths):
        if groups[-1] and used + length > room:
            groups.append([])
            used = 0
        groups[-1].append(i)
        used += length
    return groups


def encode_units(
    tokenizer: Any,
    title: str,
    units: Sequence[str],
    max_length: int,
) -> Arrays:
    """Tokens of a title and the units after it; `unit_ids` (T,) tells each token's unit, -1 for none."""
    starts = np.cumsum([0] + [len(unit) + 1 for unit in units])
    short_title = " ".join(title.split()[:_TITLE_WORDS])
    short_title = shorten(tokenizer, [short_title], min(_TITLE_TOKENS, max_length // 2))[0]
    window = next(_cut(0, _untruncated(tokenizer).encode(short_title, " ".join(units)), 1, max_length))
    # by the end of a token: many tokenizers count the space before a word as its own
    unit_ids = np.searchsorted(starts, window.offsets[:, 1], side="right") - 1
    unit_ids[window.offsets[:, 1] <= window.offsets[:, 0]] = -1
    return {"input_ids": window.input_ids, "unit_ids": unit_ids.astype(np.int64)}


def batches(lengths: Sequence[int], max_tokens: int = MAX_BATCH_TOKENS) -> Iterator[list[int]]:
    """Group indices by length, longest first, so that a padded batch holds at most `max_tokens` tokens."""
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batch: list[int] = []
    for index in order:
        if batch and lengths[batch[0]] * (len(batch) + 1) > max_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def pad(rows: Sequence[NDArray[Any]], value: float) -> NDArray[Any]:
    """Stack arrays of different first dimension into one, (B, longest, …), filled up with `value`."""
    longest = max(len(row) for row in rows)
    padded = np.full((len(rows), longest, *rows[0].shape[1:]), value, dtype=rows[0].dtype)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded


def run(
    forward: Forward,
    inputs: Sequence[Arrays],
    pad_values: dict[str, float],
    *,
    max_tokens: int = MAX_BATCH_TOKENS,
    threads: int = 1,
) -> list[Arrays]:
    """Run `forward` over unpadded inputs, batched by length; results come back in the inputs' order.

    Every input has `input_ids` (T,); an `attention_mask` is added. Outputs keep their padding. Equal
    inputs are computed once. `threads` batches are computed at a time.
    """
    keys = [tuple(value.tobytes() for value in arrays.values()) for arrays in inputs]
    unique = dict(zip(keys, inputs, strict=True))
    names, rows = list(unique), list(unique.values())
    results: dict[tuple[bytes, ...], Arrays] = {}

    def compute(indices: Sequence[int]) -> Arrays:
        batch = [rows[i] for i in indices]
        arrays = {name: pad([row[name] for row in batch], pad_values[name]) for name in batch[0]}
        arrays["attention_mask"] = pad([np.ones(len(row["input_ids"]), np.int64) for row in batch], 0)
        return forward(arrays)

    groups = list(batches([len(row["input_ids"]) for row in rows], max_tokens))
    with ThreadPoolExecutor(threads) as pool:
        computed = pool.map(compute, groups) if threads > 1 else map(compute, groups)
        for indices, outputs in zip(groups, computed, strict=True):
            for row, i in enumerate(indices):
                results[names[i]] = {name: value[row] for name, value in outputs.items()}
    return [results[key] for key in keys]

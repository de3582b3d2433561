"""Texts to token windows, windows to padded batches: nothing is cut off, long inputs get several windows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Forward = Callable[[Arrays], Arrays]
"""A backend: named input arrays (B, …) in, named output arrays (B, …) out."""

STRIDE = 64
MAX_BATCH_TOKENS = 4096


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
    """
    pair = firsts is not None
    encoded = tokenizer(
        list(firsts) if firsts is not None else list(texts),
        list(texts) if pair else None,
        truncation="only_second" if pair else True,
        max_length=max_length,
        stride=min(STRIDE, max_length // 4),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_token_type_ids=False,
        return_attention_mask=False,
    )
    sequence = 1 if pair else 0
    result = []
    for number, item in enumerate(encoded["overflow_to_sample_mapping"]):
        inside = np.array([s == sequence for s in encoded.sequence_ids(number)])
        offsets = np.asarray(encoded["offset_mapping"][number], dtype=np.int64).reshape(-1, 2)
        offsets[~inside] = 0
        result.append(Window(item, np.asarray(encoded["input_ids"][number], dtype=np.int64), offsets))
    return result


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


def run(forward: Forward, inputs: Sequence[Arrays], pad_values: dict[str, float]) -> list[Arrays]:
    """Run `forward` over unpadded inputs, batched by length; results come back in the inputs' order.

    Every input has `input_ids` (T,); an `attention_mask` is added. Outputs keep their padding.
    """
    results: list[Arrays | None] = [None] * len(inputs)
    for batch in batches([len(x["input_ids"]) for x in inputs]):
        arrays = {name: pad([inputs[i][name] for i in batch], pad_values[name]) for name in inputs[batch[0]]}
        arrays["attention_mask"] = pad([np.ones(len(inputs[i]["input_ids"]), np.int64) for i in batch], 0)
        outputs = forward(arrays)
        for row, i in enumerate(batch):
            results[i] = {name: value[row] for name, value in outputs.items()}
    return [result for result in results if result is not None]

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
    if not texts:
        return []
    pair = firsts is not None
    encoded = tokenizer(
        shorten(tokenizer, firsts, max_length // 2) if firsts is not None else list(texts),
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


def shorten(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> list[str]:
    """Cut texts after `max_tokens` tokens; shorter ones stay as they are."""
    encoded = tokenizer(
        list(texts),
        add_special_tokens=False,
        truncation=True,
        max_length=max_tokens + 1,
        return_offsets_mapping=True,
    )
    return [
        text if len(offsets) <= max_tokens else text[: offsets[max_tokens - 1][1]]
        for text, offsets in zip(texts, encoded["offset_mapping"], strict=True)
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
    title_tokens = min(_TITLE_TOKENS, max_length // 2)
    room = max_length - len(tokenizer(title, truncation=True, max_length=title_tokens)["input_ids"]) - 4
    lengths = [len(ids) for ids in tokenizer(list(units), add_special_tokens=False)["input_ids"]]
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
    encoded = tokenizer(
        short_title,
        " ".join(units),
        truncation="only_second",
        max_length=max_length,
        return_offsets_mapping=True,
        return_token_type_ids=False,
    )
    inside = np.array([s == 1 for s in encoded.sequence_ids(0)])
    offsets = np.asarray(encoded["offset_mapping"], dtype=np.int64)
    # by the end of a token: many tokenizers count the space before a word as its own
    unit_ids = np.searchsorted(starts, offsets[:, 1], side="right") - 1
    unit_ids[~inside | (offsets[:, 1] <= offsets[:, 0])] = -1
    return {"input_ids": np.asarray(encoded["input_ids"], np.int64), "unit_ids": unit_ids.astype(np.int64)}


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

    Every input has `input_ids` (T,); an `attention_mask` is added. Outputs keep their padding. Equal
    inputs are computed once.
    """
    keys = [tuple(value.tobytes() for value in arrays.values()) for arrays in inputs]
    unique = dict(zip(keys, inputs, strict=True))
    results: dict[tuple[bytes, ...], Arrays] = {}
    names = list(unique)
    for indices in batches([len(arrays["input_ids"]) for arrays in unique.values()]):
        batch = [unique[names[i]] for i in indices]
        arrays = {name: pad([row[name] for row in batch], pad_values[name]) for name in batch[0]}
        arrays["attention_mask"] = pad([np.ones(len(row["input_ids"]), np.int64) for row in batch], 0)
        outputs = forward(arrays)
        for row, i in enumerate(indices):
            results[names[i]] = {name: value[row] for name, value in outputs.items()}
    return [results[key] for key in keys]

"""Rows to token features: what the Trainer feeds the models."""

import random
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray

from arabic.errors import InputError
from arabic.normalize import Normalization, Normalized, normalize
from arabic.spelling import reader
from models.label_sets import load_labels
from models.stance import under_heading
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS, POLARITIES
from models.units import stems, unit_features
from models.windows import Window, encode_units, pad, unit_windows, windows
from training.config import TrainConfig
from training.data import StanceLabel, SummaryRow, TopicRow
from training.pairs import LOOSE, OPPOSITE, Pair, shared_words

IGNORE = -100
_WORD = re.compile(r"\w+")
_TOKEN_LABELS = ("holder_labels", "evidence_labels", "opposite_labels", "unit_labels")
_PADDING = {"unit_ids": -1} | dict.fromkeys(_TOKEN_LABELS, IGNORE)


def topic_features(
    rows: Sequence[TopicRow],
    tokenizer: Any,
    normalization: Normalization,
    config: TrainConfig,
    labels: Sequence[str] | None = None,
) -> Dataset:
    """Token ids and a distribution over the topics (None: ours); a long text gives several rows."""
    ids = list(labels or load_labels("topic").ids)
    read = reader(normalization, config.respell)
    texts = [read(row.text).text for row in rows]
    features = []
    for window in windows(tokenizer, texts, max_length=config.max_length):
        row = rows[window.item]
        target = np.zeros(len(ids), np.float32)
        second = config.second_label_weight if row.second else 0.0
        given = (row.label, 1 - second), (row.second or row.label, second)
        for label, share in row.probabilities or given:
            target[ids.index(label)] += share
        features.append({"input_ids": window.input_ids, "labels": target, "length": len(window.input_ids)})
    return Dataset.from_list(features)


def stance_features(
    pairs: Sequence[Pair],
    tokenizer: Any,
    normalization: Normalization,
    config: TrainConfig,
    labels: Sequence[str] | None = None,
    seed: int = 0,
) -> Dataset:
    """Token ids of (target, paragraph), the pair's label distribution, and tags for every token.

    Labels and tags say how somebody stands on what his words name; `opposite_labels`, whether that is
    the target's opposite. With labels that are not ours there are no tags: they carry our polarities. Of
    the pairs that `config.mask_words` draws (by `seed`) some words are masked. Raises `InputError` where
    the tokenizer has no token for that.
    """
    ids = list(labels or load_labels("stance").ids)
    polar = set(POLARITIES) <= set(ids)
    read = reader(normalization, config.respell)
    texts = [read(pair.text) for pair in pairs]
    targets = [read(under_heading(p.target, p.heading)).text or " " for p in pairs]
    masked = _words_to_mask(pairs, tokenizer, config.mask_words, random.Random(seed))
    features = []
    for window in windows(tokenizer, [t.text for t in texts], targets, max_length=config.max_length):
        pair = pairs[window.item]
        hidden = tokens_of_words(window, texts[window.item].text, masked.get(window.item, frozenset()))
        records = pair.named if polar and not pair.probabilities else ()
        target = np.zeros(len(ids), np.float32)
        labels_named = {record.stance for record in records} or pair.labels
        shares = dict(pair.probabilities) or dict.fromkeys(labels_named, 1 / len(labels_named))
        for label, share in shares.items():
            target[ids.index(label)] = share
        features.append(
            {
                "input_ids": np.where(hidden, tokenizer.mask_token_id, window.input_ids)
                if hidden.any()
                else window.input_ids,
                "labels": target,
                "holder_labels": tag_tokens(window, texts[window.item], records, "holder", HOLDER_TAGS),
                "evidence_labels": tag_tokens(window, texts[window.item], records, "evidence", EVIDENCE_TAGS),
                "opposite_labels": opposite_tokens(window, texts[window.item], records),
                "length": len(window.input_ids),
            }
        )
    return Dataset.from_list(features)


def _words_to_mask(
    pairs: Sequence[Pair], tokenizer: Any, share: float, rng: random.Random
) -> dict[int, frozenset[str]]:
    """The words to mask in some pairs: those the paragraph has from its target, else two of its own.

    Annotators take targets from the paragraph, so that shared words give away what is related; an
    analyst's words may be others. Unrelated pairs lose words too, or the mask would tell.
    """
    if not share:
        return {}
    if tokenizer.mask_token_id is None:
        raise InputError("mask_words needs a tokenizer with a mask token; set it to 0")
    found = {}
    for i, pair in enumerate(pairs):
        if rng.random() < share:
            words = [w for w in stems(normalize(pair.text, LOOSE).text) if len(w) > 2]
            found[i] = shared_words(pair) or frozenset(rng.sample(words, min(2, len(words))))
    return found


def tokens_of_words(window: Window, text: str, words: frozenset[str]) -> NDArray[np.bool_]:
    """Which tokens of a window, (T,), belong to one of `words`, loosely spelt and without the article."""
    offsets = window.offsets
    chosen = np.zeros(len(offsets), np.bool_)
    for match in _WORD.finditer(text) if words else ():
        if words.intersection(stems(normalize(match[0], LOOSE).text)):
            chosen |= (offsets[:, 0] < match.end()) & (offsets[:, 1] > match.start())
    return chosen


def tag_tokens(
    window: Window, text: Normalized, records: Sequence[StanceLabel], field: str, tags: Sequence[str]
) -> list[int]:
    """The tag of every token of a window, `IGNORE` for tokens outside the text."""
    offsets = window.offsets
    inside = offsets[:, 1] > offsets[:, 0]
    result = np.where(inside, 0, IGNORE)
    if not records:  # spans are only decoded where a pair is related: learn them there
        result[:] = IGNORE
    for record in records:
        span = getattr(record, field)
        if span is None:
            continue
        start, end = text.from_source(*span)
        covered = np.flatnonzero(inside & (offsets[:, 0] < end) & (offsets[:, 1] > start))
        if len(covered) and not result[covered].any():
            result[covered] = tags.index(f"I-{record.stance}")
            begin = f"B-{record.stance}"
            if begin in tags:
                result[covered[0]] = tags.index(begin)
    return [int(tag) for tag in result]


def opposite_tokens(window: Window, text: Normalized, records: Sequence[StanceLabel]) -> NDArray[np.float32]:
    """For every token, (T,), 1 where the target's opposite is named, `IGNORE` where nobody takes a side.

    Tokens of no holder or evidence have the mean of the records.
    """
    sides = [record for record in records if record.stance in OPPOSITE]
    if not sides:
        return np.full(len(window.offsets), IGNORE, np.float32)
    result = np.full(len(window.offsets), np.mean([record.opposite for record in sides]), np.float32)
    for record in sides:
        for span in filter(None, (record.evidence, record.holder)):
            start, end = text.from_source(*span)
            covered = (window.offsets[:, 0] < end) & (window.offsets[:, 1] > start)
            result[covered] = float(record.opposite)
    return result


def summary_features(
    rows: Sequence[SummaryRow],
    tokenizer: Any,
    normalization: Normalization,
    config: TrainConfig,
) -> Dataset:
    """Token ids of an article, each token's unit, the units' features and their salience targets."""
    features = []
    for row in rows:
        title = normalize(row.title, normalization).text
        units = [normalize(unit, normalization).text or " " for unit in row.units]
        table = unit_features(title, units)
        labels = np.zeros(len(units), np.float32)
        labels[list(row.important)] = config.important_target
        labels[list(row.key)] = 1.0
        for members in unit_windows(tokenizer, title, units, config.max_length):
            encoded = encode_units(tokenizer, title, [units[m] for m in members], config.max_length)
            features.append(
                {
                    **encoded,
                    "features": table[members],
                    "unit_labels": labels[members],
                    "length": len(encoded["input_ids"]),
                }
            )
    return Dataset.from_list(features)


def collate(pad_token_id: int, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Pad rows to the longest of the batch and add the attention mask."""
    batch: dict[str, torch.Tensor] = {}
    for name in rows[0]:
        if name == "length":
            continue
        arrays = [np.asarray(row[name]) for row in rows]
        if arrays[0].dtype == np.float64:
            arrays = [array.astype(np.float32) for array in arrays]
        value = pad_token_id if name == "input_ids" else _PADDING.get(name, 0)
        batch[name] = torch.from_numpy(pad(arrays, value))
    lengths = [len(row["input_ids"]) for row in rows]
    longest = max(lengths)
    batch["attention_mask"] = torch.tensor([[int(i < n) for i in range(longest)] for n in lengths])
    return batch

"""Cutting a base encoder's vocabulary down to a corpus, with proof that nothing else has changed.

A multilingual encoder spends most of its weights on the embeddings of pieces that Arabic news never
uses. Kept are the pieces that the corpus uses, special and added tokens, pieces without letters
(digits, punctuation, symbols), single Arabic and Latin letters, and the likeliest Latin pieces.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cosine_similarity
from transformers import PreTrainedTokenizerFast

from arabic.errors import InputError
from arabic.normalize import Normalization, normalize
from models.bundle import LAYOUT, encoder_info
from models.encoder import load_encoder, load_tokenizer, mean_pool
from models.errors import BundleError
from models.vocabulary import choose_pieces, cut_tokenizer, read_pieces

MIN_COSINE = 0.9999
MAX_NEW_UNKNOWN = 0.001
"""By how much the share of unknown tokens in the corpus may grow."""
_BATCH_LINES = 1000
_EMBEDDED_LINES = 100
_EMBEDDED_TOKENS = 128


@dataclass(frozen=True, slots=True)
class TrimReport:
    """What was cut, and what the check found; shares are between 0 and 1.

    `unchanged` is the share of the corpus's lines that are still cut into the same pieces;
    `unchanged_unseen` estimates it for lines outside the corpus, by leaving out each line in turn;
    `unknown_before` and `unknown_after` are shares of the corpus's tokens; `cosine` is the lowest
    similarity of an old and a new mean-pooled embedding, over the first hundred unchanged lines.
    """

    pieces_before: int
    pieces_after: int
    lines: int
    unchanged: float
    unchanged_unseen: float
    unknown_before: float
    unknown_after: float
    cosine: float


@dataclass(slots=True)
class _Tally:
    """How the corpus is cut before and after; `sample` are the first lines that are cut alike."""

    lines: int = 0
    tokens: int = 0
    unchanged: int = 0
    unchanged_unseen: int = 0
    unknown_before: int = 0
    unknown_after: int = 0
    sample: tuple[str, ...] = ()


def trim_vocabulary(
    base: str | Path,
    corpus_files: Sequence[Path],
    out: Path,
    *,
    keep_latin: int = 4000,
    min_count: int = 1,
    revision: str | None = None,
) -> TrimReport:
    """Write `base`, a folder or hub id, to the new folder `out` in fp16 with a smaller vocabulary.

    The corpus is UTF-8 text, one passage a line, and is normalised as the models' input is by default.
    Kept are the pieces that stand in it at least `min_count` times, and `keep_latin` Latin pieces
    (more if the corpus has more). Nothing is written unless the model as saved passes the check.

    Raises:
        InputError: the corpus is empty or cannot be read, or `out` is in use.
        BundleError: the base cannot be loaded or its tokenizer trimmed, or the check failed.

    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; name a new folder, or remove this one")
    tokenizer = load_tokenizer(base, revision=revision)
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    spec = json.loads(backend.to_str())
    pieces = len(read_pieces(spec))
    counts = _count(backend, corpus_files)
    kept = choose_pieces(spec, counts, keep_latin=keep_latin, min_count=min_count)
    regardless = set(choose_pieces(spec, Counter(), keep_latin=keep_latin, min_count=min_count))
    encoder = load_encoder(base, revision=revision)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as folder:
        staged = Path(folder) / LAYOUT.encoder
        _save_tokenizer(tokenizer, cut_tokenizer(spec, kept), staged)
        tally = _Tally()
        for line, old_ids, new_ids in _segmentations(tokenizer, load_tokenizer(staged), kept, corpus_files):
            _add(tally, line, old_ids, new_ids, tokenizer.unk_token_id)
            spare = Counter(old_ids)
            tally.unchanged_unseen += all(
                i in regardless or counts[i] - n >= min_count for i, n in spare.items()
            )
        _check_unknown(tally)
        before = _embed(encoder, tokenizer, tally.sample)
        _save_encoder(encoder, kept, staged)
        after = _embed(load_encoder(staged), load_tokenizer(staged), tally.sample)
        cosine = float(cosine_similarity(before, after).min())
        if not cosine >= MIN_COSINE:  # NaN fails too
            raise BundleError(f"{base}: embeddings changed (cosine {cosine:.4f}, expected {MIN_COSINE}); not saved")
        _write_origin(base, revision, encoder, (pieces, len(kept)), staged)
        if out.exists():
            out.rmdir()
        staged.replace(out)
    n = tally.lines

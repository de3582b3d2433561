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
from models.vocabulary import Spec, choose_pieces, cut_tokenizer, read_pieces

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


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which pieces are kept, by their old ids, and why: those of `regardless` whatever the corpus has."""

    counts: Counter[int]
    min_count: int
    kept: list[int]
    regardless: frozenset[int]

    def would_keep(self, line: Sequence[int]) -> bool:
        """Whether every piece of a line would be kept if the corpus did not have this line."""
        own = Counter(line)
        return all(i in self.regardless or self.counts[i] - n >= self.min_count for i, n in own.items())


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
        BundleError: the base cannot be loaded, its tokenizer is of an unknown kind, or the check failed.

    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; name a new folder, or remove this one")
    tokenizer = load_tokenizer(base, revision=revision)
    encoder = load_encoder(base, revision=revision)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    pieces = len(read_pieces(spec))
    choice = _choose(spec, tokenizer.backend_tokenizer, corpus_files, keep_latin, min_count)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as folder:
        staged = Path(folder) / LAYOUT.encoder
        _save_tokenizer(tokenizer, cut_tokenizer(spec, choice.kept), staged)
        sums, sample = _compare_tokenizers(tokenizer, load_tokenizer(staged), choice, corpus_files)
        before = _embed(encoder, tokenizer, sample)
        _save_encoder(encoder, choice.kept, staged)
        cosine = _lowest_cosine(before, _embed(load_encoder(staged), load_tokenizer(staged), sample))
        commit = getattr(encoder.config, "_commit_hash", None)  # of a hub model
        _write_origin(base, revision or commit or "", pieces, len(choice.kept), staged)
        if out.exists():
            out.rmdir()
        staged.replace(out)
    return TrimReport(
        pieces_before=pieces,
        pieces_after=len(choice.kept),
        lines=sums["lines"],
        unchanged=sums["unchanged"] / sums["lines"],
        unchanged_unseen=sums["unchanged_unseen"] / sums["lines"],
        unknown_before=sums["unknown_before"] / sums["tokens_before"],
        unknown_after=sums["unknown_after"] / sums["tokens_after"],
        cosine=cosine,
    )


def _choose(
    spec: Spec, backend: Tokenizer, corpus_files: Sequence[Path], keep_latin: int, min_count: int
) -> _Choice:
    counts: Counter[int] = Counter()
    for lines in _batches(corpus_files):
        for encoding in backend.encode_batch(lines):
            counts.update(encoding.ids)
    if not counts:
        raise InputError("the corpus has no text; give UTF-8 text files, one passage a line")
    kept = choose_pieces(spec, counts, keep_latin=keep_latin, min_count=min_count)
    regardless = choose_pieces(spec, Counter(), keep_latin=keep_latin, min_count=min_count)
    return _Choice(counts, min_count, kept, frozenset(regardless))


def _batches(corpus_files: Sequence[Path]) -> Iterator[list[str]]:
    """Yield the corpus's lines as the models see them, without empty ones, many at a time."""
    for path in corpus_files:
        try:
            with path.open(encoding="utf-8") as file:
                while raw := list(islice(file, _BATCH_LINES)):
                    lines = [normalize(line, Normalization()).text for line in raw]
                    yield [line for line in lines if line]
        except OSError as error:
            raise InputError(f"{path}: the corpus could not be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: expected UTF-8 text ({error.reason}); convert the file") from error


def _save_tokenizer(tokenizer: Any, spec: Spec, folder: Path) -> None:
    specials = {name: t for name, t in tokenizer.special_tokens_map.items() if isinstance(t, str)}
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(json.dumps(spec)),
        model_max_length=tokenizer.model_max_length,
        model_input_names=tokenizer.model_input_names,
        **specials,
    ).save_pretrained(folder)


def _compare_tokenizers(
    tokenizer: Any,
    trimmed: Any,
    choice: _Choice,
    corpus_files: Sequence[Path],
) -> tuple[Counter[str], list[str]]:
    """Count over the corpus what `TrimReport` tells, and return the first lines that are cut alike.

    Raises `BundleError` if a line whose pieces are all kept is cut differently, if too many tokens
    became unknown, or if no line is left unchanged.
    """
    old, new = tokenizer.backend_tokenizer, trimmed.backend_tokenizer
    kept = set(choice.kept)
    names = [new.id_to_token(i) for i in range(len(choice.kept))]
    if names != [old.id_to_token(i) for i in choice.kept]:
        raise BundleError(
            "the trimmed tokenizer numbers its pieces otherwise than expected; this base cannot be trimmed"
        )
    sums: Counter[str] = Counter()
    sample: list[str] = []
    for lines in _batches(corpus_files):
        for line, a, b in zip(lines, old.encode_batch(lines), new.encode_batch(lines), strict=True):
            same = a.ids == [choice.kept[i] for i in b.ids]
            if not same and kept.issuperset(a.ids):
                raise BundleError(
                    f"the trimmed tokenizer cuts {line[:60]!r} differently; this base cannot be trimmed"
                )
            if same and len(sample) < _EMBEDDED_LINES:
                sample.append(line)
            sums.update(
                lines=1,
                unchanged=same,
                unchanged_unseen=choice.would_keep(a.ids),
                unknown_before=a.ids.count(tokenizer.unk_token_id),
                unknown_after=b.ids.count(trimmed.unk_token_id),
                tokens_before=len(a.ids),
                tokens_after=len(b.ids),
            )
    unknown = sums["unknown_after"] / sums["tokens_after"]
    if unknown > sums["unknown_before"] / sums["tokens_before"] + MAX_NEW_UNKNOWN:
        raise BundleError(f"{unknown:.2%} of the corpus's tokens became unknown; lower min_count")
    if not sample:
        raise BundleError("no line of the corpus is cut as before; lower min_count, or give shorter lines")
    return sums, sample


def _save_encoder(encoder: Any, kept: list[int], folder: Path) -> None:
    """Write the encoder in fp16 with the rows `kept` of its word embeddings."""
    weight = encoder.get_input_embeddings().weight.data  # (V, H)
    if encoder.config.is_encoder_decoder or kept[-1] >= len(weight):
        raise BundleError("expected an encoder with an embedding for every piece; take another base")
    rows = torch.nn.Embedding(len(kept), weight.shape[1], _weight=weight[torch.tensor(kept)])
    encoder.set_input_embeddings(rows)
    new_ids = {old: new for new, old in enumerate(kept)}
    for name, value in encoder.config.to_dict().items():
        if name.endswith("_token_id") and isinstance(value, int):
            setattr(encoder.config, name, new_ids.get(value))
    encoder.config.vocab_size = len(kept)
    encoder.half().save_pretrained(folder)


def _embed(encoder: Any, tokenizer: Any, lines: Sequence[str]) -> torch.Tensor:
    """Mean-pooled embeddings of the lines' first tokens, (N, H)."""
    vectors = []
    with torch.inference_mode():
        for line in lines:
            inputs = tokenizer(
                line,
                truncation=True,
                max_length=_EMBEDDED_TOKENS,
                return_tensors="pt",
                return_token_type_ids=False,
            )
            vectors.append(mean_pool(encoder(**inputs).last_hidden_state, inputs["attention_mask"]))
    return torch.cat(vectors)


def _lowest_cosine(before: torch.Tensor, after: torch.Tensor) -> float:
    """Compare row by row, (N, H) each. Raises `BundleError` below `MIN_COSINE`."""
    lowest = float(cosine_similarity(before, after).min())
    if not lowest >= MIN_COSINE:  # NaN, where fp16 overflows, fails too
        raise BundleError(
            f"the trimmed model gives other embeddings: cosine {lowest:.4f}, expected {MIN_COSINE} or more; "
            "this base cannot be trimmed"
        )
    return lowest


def _write_origin(base: str | Path, revision: str, before: int, after: int, folder: Path) -> None:
    origin = encoder_info(base, revision, Normalization())
    cut = f"vocabulary cut from {before:,} to {after:,} pieces"
    revision = f"{origin.revision}; {cut}" if origin.revision else cut
    fields = {"base": origin.base, "revision": revision, "licence": origin.licence}
    text = json.dumps(fields, ensure_ascii=False, indent=1) + "\n"
    (folder / LAYOUT.origin).write_text(text, encoding="utf-8")

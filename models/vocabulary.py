"""A tokenizer's `tokenizer.json` with fewer pieces: which to keep, and the file without the others.

Unigram (XLM-R, E5), WordPiece (BERT, AraBERT) and BPE (RoBERTa, byte level too) are known.
A text all of whose pieces are kept is cut as before: the best of all segmentations, the longest
match and the first merge stay what they were when only others go.
"""

import copy
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import Any

from tokenizers import decoders

from models.errors import BundleError

Spec = dict[str, Any]
"""The content of a `tokenizer.json`."""

_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+")
_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_BYTE = re.compile("<0x[0-9A-F]{2}>")


def read_pieces(spec: Spec) -> dict[int, str]:
    """Every piece of the vocabulary by its id, added tokens too. Raises `BundleError` for an unknown kind."""
    model = spec["model"]
    if model["type"] == "Unigram":
        pieces = {i: piece for i, (piece, _) in enumerate(model["vocab"])}
    elif model["type"] in ("WordPiece", "BPE"):
        pieces = {i: piece for piece, i in model["vocab"].items()}
    else:
        raise BundleError(
            f"a tokenizer of the kind {model['type']} cannot be trimmed; expected Unigram, WordPiece or BPE"
        )
    if model["type"] == "BPE" and (model["continuing_subword_prefix"] or model["end_of_word_suffix"]):
        raise BundleError(
            "a BPE tokenizer with prefixed or suffixed pieces cannot be trimmed; take another base"
        )
    return pieces | {token["id"]: token["content"] for token in spec["added_tokens"]}


def choose_pieces(spec: Spec, counts: Counter[int], *, keep_latin: int, min_count: int) -> list[int]:
    """Choose the ids to keep, ascending, for a corpus in which the piece `i` stands `counts[i]` times.

    Latin pieces are ranked by their count, then by their score (Unigram) or their place in the
    vocabulary, which follows frequency. Raises `BundleError` for an unknown kind of tokenizer.
    """
    pieces, model = read_pieces(spec), spec["model"]
    kept = {token["id"] for token in spec["added_tokens"]}
    kept |= {i for i, piece in pieces.items() if piece == model.get("unk_token") or i == model.get("unk_id")}
    kept |= {i for i in pieces if counts[i] >= min_count}
    surfaces = {i: _surface(spec, piece) for i, piece in pieces.items()}
    kept |= {i for i, piece in pieces.items() if _is_basic(piece, surfaces[i])}
    if _is_byte_level(spec):
        kept |= {i for i, piece in pieces.items() if len(piece) == 1}  # a letter each for the 256 bytes
    scores = [score for _, score in model["vocab"]] if model["type"] == "Unigram" else None
    latin = [i for i, surface in surfaces.items() if _LATIN.fullmatch(surface)]
    latin.sort(key=lambda i: (-counts[i], -scores[i] if scores and i < len(scores) else i))
    kept.update(latin[:keep_latin])
    if model["type"] == "BPE":
        kept |= _on_the_way(model, [pieces[i] for i in kept])
    return sorted(kept)


def cut_tokenizer(spec: Spec, kept: list[int]) -> Spec:
    """Copy a `tokenizer.json` with the pieces `kept` only, numbered in their order."""
    new_ids = {old: new for new, old in enumerate(kept)}
    cut = copy.deepcopy(spec)
    model = cut["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [model["vocab"][i] for i in kept if i < len(model["vocab"])]
        if model["unk_id"] is not None:
            model["unk_id"] = new_ids[model["unk_id"]]
    else:
        model["vocab"] = {piece: new_ids[i] for piece, i in model["vocab"].items() if i in new_ids}
    if model["type"] == "BPE":
        known = model["vocab"].keys()
        model["merges"] = [[a, b] for a, b in model["merges"] if known >= {a, b, a + b}]
    for token in cut["added_tokens"]:
        token["id"] = new_ids[token["id"]]
    _renumber(cut["post_processor"], new_ids)
    return cut


def _is_byte_level(spec: Spec) -> bool:
    steps = spec["pre_tokenizer"] or {}
    return any(step["type"] == "ByteLevel" for step in steps.get("pretokenizers", [steps]) if step)


def _surface(spec: Spec, piece: str) -> str:
    """Give a piece as it looks in a text, without the marks of word beginnings and continuations."""
    if _is_byte_level(spec):
        return str(decoders.ByteLevel().decode([piece])).strip()
    return piece.removeprefix(spec["model"].get("continuing_subword_prefix") or "").lstrip("▁")


def _is_basic(piece: str, surface: str) -> bool:
    """Whether the piece is one Arabic or Latin letter, or has no letters, or stands for a raw byte."""
    if len(surface) <= 1 and _LETTER.match(surface):
        return True
    if "\ufffd" in surface:  # part of a character, in a byte-level vocabulary
        return False
    return bool(_BYTE.fullmatch(piece)) or all(unicodedata.category(c)[0] in "NPSZ" for c in surface)


def _on_the_way(model: Spec, pieces: list[str]) -> set[int]:
    """Find the ids of what BPE makes on its way from characters to each of the pieces."""
    ranks = {(a, b): rank for rank, (a, b) in enumerate(model["merges"])}
    made = set()
    for piece in pieces:
        symbols = list(piece)
        made.update(symbols)
        while len(symbols) > 1:
            rank, at = min((ranks.get(pair, len(ranks)), i) for i, pair in enumerate(pairwise(symbols)))
            if rank == len(ranks):
                break
            symbols[at : at + 2] = ["".join(symbols[at : at + 2])]
            made.add(symbols[at])
    return {model["vocab"][symbol] for symbol in made if symbol in model["vocab"]}


def _renumber(processor: Spec | None, new_ids: dict[int, int]) -> None:
    """Renumber the special tokens that a post-processor (or each of a sequence of them) puts in."""
    for step in (processor or {}).get("processors", [processor or {}]):
        for token in step.get("special_tokens", {}).values():  # TemplateProcessing
            token["ids"] = [new_ids[i] for i in token["ids"]]
        for name in ("sep", "cls"):  # BertProcessing, RobertaProcessing
            if name in step:
                step[name][1] = new_ids[step[name][1]]

"""Summaries written by a seq2seq model (BART, T5 and their kin)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from arabic.normalize import Normalization, normalize
from arabic.sentences import sentences
from models.bundle import TaskInfo

_BATCH = 4


@dataclass(frozen=True, slots=True)
class Summarizer:
    """Writes summaries. What it writes may be wrong: check it against the article."""

    tokenizer: Any
    model: Any
    normalization: Normalization
    info: TaskInfo

    def summarize(self, titles: Sequence[str], texts: Sequence[str], words: int = 60) -> list[str]:
        """Write a summary of at most `words` whitespace words for every article.

        The model reads the first `max_length` tokens of an article, its title before its text.
        """
        sources = [source(title, text, self.normalization) for title, text in zip(titles, texts, strict=True)]
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]))  # less padding in a batch
        written = [""] * len(sources)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            for i, text in zip(batch, self._generate([sources[i] for i in batch]), strict=True):
                written[i] = within(text, words)
        return written

    def _generate(self, texts: Sequence[str]) -> list[str]:
        inputs = self.tokenizer(
            list(texts), truncation=True, max_length=self.info.max_length, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            tokens = self.model.generate(
                input_ids=inputs["input_ids"].to(self.model.device),
                attention_mask=inputs["attention_mask"].to(self.model.device),
                max_new_tokens=int(self.info.decoding["max_new_tokens"]),
                num_beams=int(self.info.decoding["beams"]),
                no_repeat_ngram_size=3,
                do_sample=False,
            )
        decoded: list[str] = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(text.split()) for text in decoded]


def source(title: str, text: str, normalization: Normalization) -> str:
    """What the model reads of an article: the title, a line break, the text."""
    parts = [normalize(part, normalization).text for part in (title, text) if part.strip()]
    return "\n".join(parts) or " "


def within(text: str, words: int) -> str:
    """Cut a text to a word budget: after its last whole sentence that fits, else after the last word."""
    kept, used = "", 0
    for sentence in sentences(text):
        used += len(sentence.text.split())
        if used > words:
            break
        kept = text[: sentence.end]
    return kept or " ".join(text.split()[:words])

"""Metrics: libraries' where they hold for Arabic; spans, units and ROUGE's tokenizer are our own."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from arabic.normalize import Normalization, normalize
from arabic.support import claims

BINS = 15
Offsets = tuple[int, int]
_WORDS = re.compile(r"\S+")


def f1(right: float, found: float, gold: float) -> float:
    """The harmonic mean of precision and recall; 1 where there was nothing to find and nothing found."""
    return 2 * right / (found + gold) if found + gold else 1.0


def words_in(text: str, span: Offsets) -> set[int]:
    """The starts of the whitespace words that a span touches."""
    return {m.start() for m in _WORDS.finditer(text) if m.start() < span[1] and m.end() > span[0]}


@dataclass(slots=True)
class SpanCounts:
    """Micro-averaged span F1, exact and by whitespace words."""

    exact: float = 0
    found: float = 0
    gold: float = 0
    exact_words: float = 0
    found_words: float = 0
    gold_words: float = 0

    def add(self, text: str, gold: Collection[Offsets], found: Collection[Offsets]) -> None:
        """Count one text's spans."""
        self.exact += len(set(gold) & set(found))
        self.found += len(found)
        self.gold += len(gold)
        gold_words = set().union(*(words_in(text, span) for span in gold))
        found_words = set().union(*(words_in(text, span) for span in found))
        self.exact_words += len(gold_words & found_words)
        self.found_words += len(found_words)
        self.gold_words += len(gold_words)

    @property
    def exact_f1(self) -> float:
        """F1 of spans whose two ends are right."""
        return f1(self.exact, self.found, self.gold)

    @property
    def token_f1(self) -> float:
        """F1 of the words inside spans."""
        return f1(self.exact_words, self.found_words, self.gold_words)


def classification(gold: Sequence[str], predicted: Sequence[str]) -> dict[str, Any]:
    """Accuracy, macro-F1 over the labels that occur in gold or prediction, and a row a label."""
    labels = sorted({*gold, *predicted})
    precision, recall, f1, support = precision_recall_fscore_support(
        gold, predicted, labels=labels, zero_division=0.0
    )
    return {
        "accuracy": float(accuracy_score(gold, predicted)),
        "macro_f1": float(f1.mean()),
        "per_class": {
            label: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
    }


def expected_calibration_error(probabilities: NDArray[np.float32], correct: NDArray[np.bool_]) -> float:
    """ECE of the likeliest class over 15 equal-width bins. probabilities (N, C), correct (N,)."""
    confidence = probabilities.max(1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = 0.0
    for b in range(BINS):
        members = bins == b
        if members.any():
            error += members.mean() * abs(confidence[members].mean() - correct[members].mean())
    return float(error)


def reliability(probabilities: NDArray[np.float32], correct: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Mean confidence against the share of right answers in each of ECE's bins that has rows."""
    confidence = probabilities.max(1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(correct[bins == b].mean()),
            "n": int((bins == b).sum()),
        }
        for b in np.unique(bins)
    ]


def risk_coverage(probabilities: NDArray[np.float32], correct: NDArray[np.bool_]) -> list[dict[str, float]]:
    """The share of wrong answers among the surest 5 %, 10 %, … of the rows, and the confidence there."""
    order = np.argsort(-probabilities.max(1), kind="stable")
    confidence = probabilities.max(1)[order]
    risk = 1 - np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    kept = np.unique(np.ceil(np.arange(1, 21) / 20 * len(order)).astype(int)) - 1
    return [
        {
            "coverage": float((i + 1) / len(order)),
            "risk": float(risk[i]),
            "threshold": float(confidence[i]),
        }
        for i in kept
    ]


def area_under_risk(probabilities: NDArray[np.float32], correct: NDArray[np.bool_]) -> float:
    """The area under the risk-coverage curve (AURC): the mean risk over all coverages; lower is better."""
    order = np.argsort(-probabilities.max(1), kind="stable")
    return float((1 - np.cumsum(correct[order]) / np.arange(1, len(order) + 1)).mean())


def unit_f1(chosen: Collection[int], key: Collection[int]) -> float:
    """F1 of the chosen units against the key units of one article."""
    return f1(len(set(chosen) & set(key)), len(set(chosen)), len(set(key)))


class ArabicTokenizer:
    r"""The tokenizer that every ROUGE figure of ours names: "mujaz-words".

    The text is normalised (default options, and أإآ→ا, ى→ي, ة→ه), lower-cased and split into runs of
    `\w`. No stemming, no stop words. rouge-score's own tokenizer drops every letter outside ASCII.
    """

    options = Normalization(alef=True, ya=True, ta_marbuta=True)

    def tokenize(self, text: str) -> list[str]:
        """Split a text into words."""
        return re.findall(r"\w+", normalize(text, self.options).text.lower())


def rouge_each(predictions: Sequence[str], references: Sequence[str]) -> dict[str, list[float]]:
    """ROUGE-1, -2 and -L F1 (Lin 2004) of every pair, with `ArabicTokenizer`."""
    names = ("rouge1", "rouge2", "rougeL")
    scorer = RougeScorer(list(names), tokenizer=ArabicTokenizer())
    scores = [scorer.score(r, p) for p, r in zip(predictions, references, strict=True)]
    return {name: [score[name].fmeasure for score in scores] for name in names}


def rouge(predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Mean ROUGE-1, -2 and -L F1 over pairs."""
    each = rouge_each(predictions, references)
    return {name: sum(values) / max(len(values), 1) for name, values in each.items()}


def chrf(predictions: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """Compute chrF (Popović 2015) of the corpus by sacrebleu, between 0 and 1, of the texts as they are."""
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF()
    score = metric.corpus_score(list(predictions), [list(references)]).score / 100
    return {"chrf": float(score), "chrf_signature": str(metric.get_signature())}


def unsupported(summaries: Sequence[str], articles: Sequence[str]) -> dict[str, Any]:
    """The share of the summaries' numbers, names and quotations that their articles do not have.

    None where the summaries have none; see `arabic.support`.
    """
    found = [claim for s, a in zip(summaries, articles, strict=True) for claim in claims(s, a)]
    figures: dict[str, Any] = {}
    for kind in ("number", "name", "quotation"):
        supported = [claim.supported for claim in found if claim.kind == kind]
        figures[f"unsupported_{kind}_rate"] = 1 - sum(supported) / len(supported) if supported else None
        figures[f"n_{kind}s"] = len(supported)
    return figures

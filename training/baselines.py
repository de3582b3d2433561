"""What a model must beat: `python -m training.baselines topic|stance|summary --train FILE --dev FILE`.

TF-IDF with a linear SVM for the classifiers; lead-60-words, LexRank and TextRank (sumy, a development
dependency) for summaries.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC

from arabic.normalize import Normalization, normalize
from models.selection import BASE_WORDS, lead_units
from training.data import SummaryRow, read_stance, read_summary, read_topic
from training.evaluate import evaluation_pairs
from training.metrics import ArabicTokenizer, classification, rouge, unit_f1
from training.pairs import Pair, all_pairs

_SPELLING = Normalization(alef=True, ya=True, ta_marbuta=True)
_PAIR_SEED = 13


def svm() -> Any:
    """Word 1-2-grams and character 3-5-grams, TF-IDF, linear SVM with balanced classes."""
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True, min_df=2)),
            (
                "characters",
                TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2),
            ),
        ]
    )
    return make_pipeline(features, LinearSVC(class_weight="balanced"))


def topic_baseline(train: Path, dev: Path) -> dict[str, Any]:
    """The SVM on paragraphs."""
    known, unknown = read_topic(train).rows, read_topic(dev).rows
    model = svm().fit([clean(row.text) for row in known], [row.label for row in known])
    predicted = model.predict([clean(row.text) for row in unknown])
    either = [p in (row.label, row.second) for p, row in zip(predicted, unknown, strict=True)]
    figures = classification([row.label for row in unknown], [str(p) for p in predicted])
    return {"svm": {"n": len(unknown), **figures, "first_or_second_accuracy": float(np.mean(either))}}


def stance_baseline(train: Path, dev: Path) -> dict[str, Any]:
    """The SVM on target and paragraph side by side, over the pairs that models are judged on."""
    known = [
        p
        for p in all_pairs(read_stance(train).rows, ratio=1.0, hard=0.5, seed=_PAIR_SEED)
        if len(p.labels) == 1
    ]
    unknown = [p for p in evaluation_pairs(read_stance(dev).rows) if len(p.labels) == 1]
    model = svm().fit([_joined(p) for p in known], [next(iter(p.labels)) for p in known])
    predicted = [str(p) for p in model.predict([_joined(p) for p in unknown])]
    return {"svm": {"n": len(unknown), **classification([next(iter(p.labels)) for p in unknown], predicted)}}


def summary_baseline(dev: Path) -> dict[str, Any]:
    """Lead, LexRank and TextRank at the word budget, on the same units."""
    rows = read_summary(dev).rows
    methods: dict[str, Callable[[SummaryRow], list[int]]] = {
        "lead60": lambda row: lead_units(row.units),
        "lexrank": lambda row: _ranked(row, "lex_rank"),
        "textrank": lambda row: _ranked(row, "text_rank"),
    }
    figures = {}
    for name, choose in methods.items():
        chosen = [choose(row) for row in rows]
        extracts = [" ".join(row.units[i] for i in picked) for row, picked in zip(rows, chosen, strict=True)]
        overlap = [unit_f1(picked, row.key) for row, picked in zip(rows, chosen, strict=True)]
        scores = rouge(extracts, [row.summary for row in rows])
        figures[name] = {"n": len(rows), "unit_overlap": float(np.mean(overlap)), **scores}
    return figures


def clean(text: str) -> str:
    """The text in the loosest spelling, as the SVM sees it."""
    return normalize(text, _SPELLING).text


def _joined(pair: Pair) -> str:
    return f"{clean(pair.target)} ||| {clean(pair.text)}"


def _ranked(row: SummaryRow, method: str) -> list[int]:
    """The units in the order of their rank, as many as fit into the budget, back in reading order."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer

    class Tokenizer:
        def to_words(self, text: str) -> tuple[str, ...]:
            return tuple(ArabicTokenizer().tokenize(text))

    sentences = [Sentence(unit, Tokenizer()) for unit in row.units]
    document = ObjectDocumentModel([Paragraph(sentences)])
    summarizer = LexRankSummarizer() if method == "lex_rank" else TextRankSummarizer()
    rates: dict[int, int] = {}
    for size in range(1, len(sentences) + 1):  # sumy gives sets of a size, not ranks: grow the set
        for sentence in summarizer(document, size):
            rates.setdefault(id(sentence), size)
    order = sorted(range(len(sentences)), key=lambda i: (rates.get(id(sentences[i]), len(sentences)), i))
    return fill(order, [len(unit.split()) for unit in row.units])


def fill(order: Sequence[int], lengths: Sequence[int]) -> list[int]:
    """Take units in this order while they fit into the word budget; back in reading order."""
    chosen: list[int] = []
    for i in order:
        if not chosen or sum(lengths[j] for j in chosen) + lengths[i] <= BASE_WORDS:
            chosen.append(i)
    return sorted(chosen)


def main() -> None:
    """Print the baselines of a task as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["topic", "stance", "summary"])
    parser.add_argument("--train", type=Path, help="labelled rows to fit on (topic, stance)")
    parser.add_argument("--dev", type=Path, required=True, help="labelled rows to judge on")
    options = parser.parse_args()
    if options.task == "summary":
        figures = summary_baseline(options.dev)
    else:
        baseline = topic_baseline if options.task == "topic" else stance_baseline
        figures = baseline(options.train, options.dev)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""How good a bundle is on labelled data: the figures of `mujaz evaluate`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, average_precision_score, precision_recall_fscore_support

from arabic.errors import InputError
from models.decoding import POLARITIES, StanceDecoding, StanceRecord
from models.load import OpenBundle
from models.predict import PairOutput, SaliencePredictor, StancePredictor, TopicPredictor, softmax
from models.selection import BASE_WORDS, lead_units, select_units
from training.data import UNRELATED, StanceRow, SummaryRow, TopicRow, read_stance, read_summary, read_topic
from training.metrics import SpanCounts, expected_calibration_error, rouge, unit_f1, words_in
from training.pairs import Pair, all_pairs

EVALUATION_SEED = 2026
_LABELS = (*POLARITIES, UNRELATED)


def evaluate(task: str, bundle: Path, data: Path) -> dict[str, Any]:
    """Evaluate one task of a bundle on a file of labelled rows.

    Raises `InputError` for bad data and `BundleError` for a bad bundle.
    """
    if task == "topic":
        topics = read_topic(data).rows
        return evaluate_topic(OpenBundle.open(bundle).topic(), topics)
    if task == "stance":
        stances = read_stance(data).rows
        return evaluate_stance(OpenBundle.open(bundle).stance(), stances)
    articles = read_summary(data).rows
    return evaluate_summary(OpenBundle.open(bundle).summary(), articles)


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


def evaluate_topic(predictor: TopicPredictor, rows: Sequence[TopicRow]) -> dict[str, Any]:
    """Topic figures; `first_or_second_accuracy` also counts a paragraph's second label as right."""
    probabilities = predictor.predict([row.text for row in rows])
    predicted = [predictor.info.labels[i] for i in probabilities.argmax(1)]
    gold = [row.label for row in rows]
    correct = np.array([p == g for p, g in zip(predicted, gold, strict=True)])
    either = [p in (row.label, row.second) for p, row in zip(predicted, rows, strict=True)]
    kept = probabilities.max(1) >= predictor.info.threshold
    return {
        "n": len(rows),
        **classification(gold, predicted),
        "first_or_second_accuracy": float(np.mean(either)),
        "ece": expected_calibration_error(probabilities, correct),
        "answered": float(kept.mean()),
        "answered_accuracy": float(correct[kept].mean()) if kept.any() else None,
    }


def evaluate_stance(predictor: StancePredictor, rows: Sequence[StanceRow]) -> dict[str, Any]:
    """Stance figures over (target, paragraph) pairs, see `stance_figures`.

    Without `unrelated` pairs in the data they are made, as many as there are records, half of them
    hard, always the same ones.
    """
    pairs = evaluation_pairs(rows)
    outputs = predictor.outputs([p.target for p in pairs], [p.text for p in pairs])
    return stance_figures(predictor, pairs, outputs, predictor.decoding)


def evaluation_pairs(rows: Sequence[StanceRow]) -> list[Pair]:
    """The pairs that stance is evaluated on. Raises `InputError` where there are none with one label."""
    pairs = all_pairs(rows, ratio=1.0, hard=0.5, seed=EVALUATION_SEED)
    if not any(len(pair.labels) == 1 for pair in pairs):
        raise InputError("no stance to evaluate on; the rows need targets that holders agree on")
    return pairs


def stance_figures(
    predictor: StancePredictor, pairs: Sequence[Pair], outputs: Sequence[PairOutput], options: StanceDecoding
) -> dict[str, Any]:
    """Figures of the model's outputs on pairs.

    Pairs on which holders disagree have no single label: they are left out of the pair figures
    (`n_mixed` counts them) and stay in the span figures. Span figures are end to end: spans count
    only where the pair was not taken for unrelated, and on unrelated pairs every span found is
    wrong. Tokens are whitespace words.
    """
    probabilities = softmax(np.stack([o.logits for o in outputs]) / predictor.info.temperature)
    single = [i for i, pair in enumerate(pairs) if len(pair.labels) == 1]
    gold = [next(iter(pairs[i].labels)) for i in single]
    predicted = [_LABELS[i] for i in probabilities[single].argmax(1)]
    table = classification(gold, predicted)
    correct = np.array([p == g for p, g in zip(predicted, gold, strict=True)])
    sides = [table["per_class"].get(side, {"f1": 0.0})["f1"] for side in ("favor", "against")]
    return {
        "n": len(single),
        "n_mixed": len(pairs) - len(single),
        **table,
        "favor_against_f1": float(np.mean(sides)),
        "ece": expected_calibration_error(probabilities[single], correct),
        **_span_figures(pairs, [predictor.records(o.decode(options), options) for o in outputs]),
    }


def _span_figures(pairs: Sequence[Pair], records: Sequence[Sequence[StanceRecord]]) -> dict[str, Any]:
    holder, evidence, polar = SpanCounts(), SpanCounts(), SpanCounts()
    right = matched = 0
    for pair, found in zip(pairs, records, strict=True):
        text = pair.text
        holder.add(text, {r.holder for r in pair.records if r.holder}, {r.holder for r in found if r.holder})
        evidence.add(
            text, {r.evidence for r in pair.records if r.evidence}, {r.evidence for r in found if r.evidence}
        )
        for polarity in POLARITIES:
            polar.add(
                text,
                {r.holder for r in pair.records if r.holder and r.stance == polarity},
                {r.holder for r in found if r.holder and r.label == polarity},
            )
        for record in pair.records:
            if record.holder is None:
                continue
            words = words_in(text, record.holder)
            other = next((r for r in found if r.holder and words & words_in(text, r.holder)), None)
            matched += other is not None
            right += other is not None and other.label == record.stance
    return {
        "holder_token_f1": holder.token_f1,
        "holder_exact_f1": holder.exact_f1,
        "holder_with_polarity_token_f1": polar.token_f1,
        "holder_polarity_accuracy": right / matched if matched else None,
        "evidence_token_f1": evidence.token_f1,
        "evidence_exact_f1": evidence.exact_f1,
    }


def evaluate_summary(predictor: SaliencePredictor, rows: Sequence[SummaryRow]) -> dict[str, Any]:
    """Summary figures at 60 words, means over articles.

    `unit_overlap` is the F1 of the chosen units against the key units; `accuracy`, `macro_f1` and
    `per_class` judge every unit as key or not; `ece` compares salience with being key.
    """
    salience = predictor.predict([row.title for row in rows], [row.units for row in rows])
    chosen = [select_units(row.units, s) for row, s in zip(rows, salience, strict=True)]
    lead = [lead_units(row.units) for row in rows]
    gold = [("key" if i in row.key else "other") for row in rows for i in range(len(row.units))]
    predicted = [
        ("key" if i in picked else "other")
        for row, picked in zip(rows, chosen, strict=True)
        for i in range(len(row.units))
    ]
    flat = np.concatenate(salience)
    two = np.stack([1 - flat, flat], axis=1)
    right = (flat >= 0.5) == np.array([g == "key" for g in gold])
    extracts = [" ".join(row.units[i] for i in picked) for row, picked in zip(rows, chosen, strict=True)]
    leads = [" ".join(row.units[i] for i in picked) for row, picked in zip(rows, lead, strict=True)]
    references = [row.summary for row in rows]
    return {
        "n": len(rows),
        "words": BASE_WORDS,
        **classification(gold, predicted),
        "ece": expected_calibration_error(two, right),
        "average_precision": float(average_precision_score([g == "key" for g in gold], flat)),
        "unit_overlap": float(np.mean([unit_f1(c, row.key) for c, row in zip(chosen, rows, strict=True)])),
        "lead60_unit_overlap": float(
            np.mean([unit_f1(c, row.key) for c, row in zip(lead, rows, strict=True)])
        ),
        **rouge(extracts, references),
        **{f"lead60_{name}": value for name, value in rouge(leads, references).items()},
    }

"""How good summaries are: units chosen by salience, or texts that a model wrote."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from models.generate import Summarizer
from models.predict import Floats, SaliencePredictor
from models.selection import BASE_WORDS, lead_units, select_units
from training.bootstrap import intervals, mean_statistic
from training.data import SummaryRow
from training.data_rows import source
from training.metrics import (
    chrf,
    classification,
    expected_calibration_error,
    rouge,
    rouge_each,
    unit_f1,
    unsupported,
)
from training.slices import by, length_name

Scores = dict[str, NDArray[np.float64]]


def evaluate_summary(predictor: SaliencePredictor, rows: Sequence[SummaryRow]) -> dict[str, Any]:
    """Summary figures at 60 words, means over articles.

    `unit_overlap` is the F1 of the chosen units against the key units; `accuracy`, `macro_f1` and
    `per_class` judge every unit as key or not; `ece` compares salience with being key. Without key units in
    the rows only the figures against the written summaries are given.
    """
    salience = predictor.predict([row.title for row in rows], [row.units for row in rows])
    return extract_figures(rows, salience, choose(rows, salience))


def choose(rows: Sequence[SummaryRow], salience: Sequence[Floats]) -> list[list[int]]:
    """The units that make each article's summary of 60 words."""
    return [select_units(row.units, s) for row, s in zip(rows, salience, strict=True)]


def extract_figures(
    rows: Sequence[SummaryRow], salience: Sequence[Floats], chosen: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """The figures of `evaluate_summary` for units that were chosen by salience."""
    lead = [lead_units(row.units) for row in rows]
    references = [row.summary for row in rows]
    figures: dict[str, Any] = {"n": len(rows), "words": BASE_WORDS}
    if any(row.key for row in rows):
        figures |= _unit_figures(rows, salience, chosen)
        figures["lead60_unit_overlap"] = _overlap(lead, rows)
    lead_rouge = rouge(extracts(rows, lead), references)
    return {
        **figures,
        **rouge(extracts(rows, chosen), references),
        **{f"lead60_{name}": value for name, value in lead_rouge.items()},
    }


def extracts(rows: Sequence[SummaryRow], chosen: Sequence[Sequence[int]]) -> list[str]:
    """The chosen units of every article as one text."""
    return [" ".join(row.units[i] for i in picked) for row, picked in zip(rows, chosen, strict=True)]


def generated_figures(rows: Sequence[SummaryRow], summaries: Sequence[str]) -> dict[str, Any]:
    """Figures of written summaries: ROUGE, chrF, what the articles do not support."""
    references = [row.summary for row in rows]
    words = [len(summary.split()) for summary in summaries]
    return {
        "n": len(rows),
        "words_mean": float(np.mean(words)),
        "rouge_tokenizer": "mujaz-words",
        **rouge(summaries, references),
        **chrf(summaries, references),
        **unsupported(summaries, [article_text(row) for row in rows]),
    }


def article_text(row: SummaryRow) -> str:
    """The title and the units of an article as one text."""
    return " ".join([row.title, *row.units]).strip()


def full_extract_figures(predictor: SaliencePredictor, rows: Sequence[SummaryRow]) -> dict[str, Any]:
    """All figures of summaries made of units, with intervals and slices."""
    salience = predictor.predict([row.title for row in rows], [row.units for row in rows])
    chosen = choose(rows, salience)
    summaries = extracts(rows, chosen)
    return {
        **generated_figures(rows, summaries),
        **extract_figures(rows, salience, chosen),
        **summary_details(rows, summaries, chosen),
    }


def full_written_figures(summarizer: Summarizer, rows: Sequence[SummaryRow]) -> dict[str, Any]:
    """All figures of summaries that a model writes, with intervals and slices."""
    texts = [" ".join(row.units) for row in rows]
    summaries = summarizer.summarize([row.title for row in rows], texts, BASE_WORDS)
    lead_rouge = rouge(extracts(rows, [lead_units(row.units) for row in rows]), [row.summary for row in rows])
    return {
        "words": BASE_WORDS,
        **generated_figures(rows, summaries),
        **{f"lead60_{name}": value for name, value in lead_rouge.items()},
        **summary_details(rows, summaries, None),
    }


def summary_details(
    rows: Sequence[SummaryRow], summaries: Sequence[str], chosen: Sequence[Sequence[int]] | None
) -> dict[str, Any]:
    """Intervals and slices of the means over articles."""
    scores = summary_scores(rows, summaries, chosen)

    def figures(part: NDArray[np.int64]) -> dict[str, Any]:
        return {name: float(values[part].mean()) for name, values in scores.items()}

    return {
        "intervals": intervals([row.id.split("#")[0] for row in rows], mean_statistic(scores)),
        "slices": {
            "source": by([source(row.id) for row in rows], figures),
            "length": by([length_name(article_text(row)) for row in rows], figures),
        },
    }


def summary_scores(
    rows: Sequence[SummaryRow], summaries: Sequence[str], chosen: Sequence[Sequence[int]] | None
) -> Scores:
    """Every article's own ROUGE and, of chosen units, their overlap with the key units."""
    scores = {
        name: np.asarray(each) for name, each in rouge_each(summaries, [r.summary for r in rows]).items()
    }
    if chosen is not None and any(row.key for row in rows):
        overlap = [unit_f1(picked, row.key) for picked, row in zip(chosen, rows, strict=True)]
        scores["unit_overlap"] = np.asarray(overlap)
    return scores


def _unit_figures(
    rows: Sequence[SummaryRow], salience: Sequence[Floats], chosen: Sequence[Sequence[int]]
) -> dict[str, Any]:
    units = [
        (row, picked, i) for row, picked in zip(rows, chosen, strict=True) for i in range(len(row.units))
    ]
    gold = ["key" if i in row.key else "other" for row, _, i in units]
    predicted = ["key" if i in picked else "other" for _, picked, i in units]
    flat = np.concatenate(salience)
    is_key = np.array([name == "key" for name in gold])
    two = np.stack([1 - flat, flat], axis=1)
    return {
        **classification(gold, predicted),
        "ece": expected_calibration_error(two, (flat >= 0.5) == is_key),
        "average_precision": float(average_precision_score(is_key, flat)),
        "unit_overlap": _overlap(chosen, rows),
    }


def _overlap(chosen: Sequence[Sequence[int]], rows: Sequence[SummaryRow]) -> float:
    return float(np.mean([unit_f1(picked, row.key) for picked, row in zip(chosen, rows, strict=True)]))

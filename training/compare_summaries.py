"""Two summarizers on the same articles, units chosen or texts written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.load import OpenBundle
from models.selection import BASE_WORDS
from training.data import Columns, SummaryRow, read_summary
from training.evaluate_summary import choose, extracts, summary_scores
from training.metrics import rouge_each
from training.paired import paired_means
from training.pool import read_articles


def compare_summaries(
    a: OpenBundle, b: OpenBundle, data: Path, *, labelled: bool, columns: Columns | None
) -> dict[str, Any]:
    """Compare the summaries of two bundles; `agreement` is the mean ROUGE-L of one against the other."""
    rows = list(read_summary(data, columns=columns).rows) if labelled else read_articles(data, columns)
    found_a, found_b = summarize(a, rows), summarize(b, rows)
    shared = np.array(rouge_each([text for text, _ in found_a], [text for text, _ in found_b])["rougeL"])
    same = np.array([x == y for (x, _), (y, _) in zip(found_a, found_b, strict=True)], bool)
    result: dict[str, Any] = {
        "n": len(rows),
        "agreement": float(shared.mean()),
        "identical": float(same.mean()),
    }
    scores: list[Mapping[str, NDArray[np.float64]]] = [{}, {}]
    if labelled:
        scores = [_scores(rows, found) for found in (found_a, found_b)]
        common = scores[0].keys() & scores[1].keys()  # a model that writes has no unit_overlap
        columns_a, columns_b = ({name: s[name] for name in sorted(common)} for s in scores)
        result["figures"] = paired_means([row.id for row in rows], columns_a, columns_b)
    result["rows"] = [
        {
            "id": rows[i].id,
            "agreement": float(shared[i]),
            **({"gold": rows[i].summary} if rows[i].summary else {}),
            "a": {"summary": found_a[i][0], **{name: float(v[i]) for name, v in scores[0].items()}},
            "b": {"summary": found_b[i][0], **{name: float(v[i]) for name, v in scores[1].items()}},
        }
        for i in np.argsort(shared, kind="stable")
    ]
    return result


Summaries = list[tuple[str, list[int] | None]]
"""Every article's summary, with the units that make it where they were chosen."""


def summarize(bundle: OpenBundle, rows: Sequence[SummaryRow]) -> Summaries:
    """Summaries of 60 words by the bundle's model, whichever kind it is."""
    titles = [row.title for row in rows]
    if bundle.info.tasks["summary"].kind == "abstractive":
        texts = [" ".join(row.units) for row in rows]
        return [(text, None) for text in bundle.summarizer().summarize(titles, texts, BASE_WORDS)]
    chosen = choose(rows, bundle.summary().predict(titles, [row.units for row in rows]))
    return list(zip(extracts(rows, chosen), chosen, strict=True))


def _scores(rows: Sequence[SummaryRow], found: Summaries) -> dict[str, NDArray[np.float64]]:
    units = [picked for _, picked in found if picked is not None]
    return summary_scores(rows, [text for text, _ in found], units if len(units) == len(rows) else None)

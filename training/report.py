"""An evaluation as one self-contained HTML page, its figures as PNG and SVG, its numbers as JSON."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from arabic.errors import InputError
from training.figures import arabic_names, figures, save

MEANINGS = {
    "accuracy": "share of right labels",
    "macro_f1": "mean F1 of the labels, each counting the same",
    "favor_against_f1": "mean F1 of favor and against",
    "first_or_second_accuracy": "the annotators' second topic counts as right too",
    "ece": "gap between confidence and share of right answers",
    "aurc": "mean risk over all coverages; lower is better",
    "answered": "share of rows above the bundle's threshold",
    "answered_accuracy": "share of right labels among them",
    "holder_token_f1": "words of the holder",
    "holder_exact_f1": "holders with both ends right",
    "holder_with_polarity_token_f1": "words of the holder, of the right side only",
    "holder_polarity_accuracy": "share of found holders on the right side",
    "evidence_token_f1": "words of the evidence",
    "evidence_exact_f1": "pieces of evidence with both ends right",
    "unit_overlap": "F1 of the chosen units against the key units",
    "lead60_unit_overlap": "the same of the article's first 60 words",
    "average_precision": "key units ranked by salience",
    "rouge1": "words shared with the written summary (tokenizer mujaz-words)",
    "rouge2": "pairs of words shared with it",
    "rougeL": "longest common run of words",
    "lead60_rouge1": "the article's first 60 words",
    "lead60_rouge2": "the article's first 60 words",
    "lead60_rougeL": "the article's first 60 words",
    "chrf": "characters shared with the written summary (sacrebleu)",
    "words_mean": "words of a summary",
    "unsupported_number_rate": "share of the numbers that the article does not have",
    "unsupported_name_rate": "share of the names that the article does not have",
    "unsupported_quotation_rate": "share of the quotations that the article does not have",
}
"""The figures that are one number, in the order of the report, and what each is."""
_CAPTIONS = {
    "confusion": "Annotated against predicted labels, counts; the colour is the share of the row",
    "per-class": "F1 of every label with its 95 % interval, and its rows",
    "reliability": "Reliability: confidence against the share of right answers",
    "risk-coverage": "Risk-coverage: wrong answers among the surest rows",
}


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A figure that is one number, as it is shown."""

    name: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True, slots=True)
class _Picture:
    source: str
    alt: str


def write_report(evaluation: Mapping[str, Any], folder: Path) -> Path:
    """Write `report.html`, `evaluation.json` and the figures into a folder; returns the page's path.

    The page needs no network and no script. Raises `InputError` where the folder cannot be written.
    """
    drawn = figures(evaluation)
    page = to_html(evaluation, drawn)
    try:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        for name, figure in drawn.items():
            save(figure, folder / "figures" / f"{name}.png", format="png", dpi=130)
            save(figure, folder / "figures" / f"{name}.svg", format="svg")
        numbers = json.dumps(evaluation, ensure_ascii=False, indent=1)
        (folder / "evaluation.json").write_text(numbers + "\n", encoding="utf-8")
        path = folder / "report.html"
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}); name another folder") from error
    return path


def to_html(evaluation: Mapping[str, Any], drawn: Mapping[str, Figure]) -> str:
    """The page, with its figures inside."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    main = [_picture(name, figure) for name, figure in drawn.items() if not name.startswith("by-")]
    parts = [_picture(name, figure) for name, figure in drawn.items() if name.startswith("by-")]
    defaults = dict.fromkeys(("n_mixed", "per_class", "leave_one_target_out"))
    return environment.get_template("report.html").render(
        evaluation={**defaults, **evaluation},
        rows=headline_rows(evaluation),
        names=arabic_names(evaluation["task"]),
        groups=[("Where it is right and how sure it is", main), ("On parts of the data", parts)],
    )


def headline_rows(evaluation: Mapping[str, Any]) -> list[HeadlineRow]:
    """The figures that are one number, with their intervals."""
    intervals = evaluation.get("intervals", {})
    return [
        HeadlineRow(name, shown(evaluation[name]), _interval(intervals.get(name)), meaning)
        for name, meaning in MEANINGS.items()
        if evaluation.get(name) is not None
    ]


def shown(value: Any) -> str:
    """A number for reading."""
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _interval(bounds: Any) -> str:
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}" if bounds else ""


def _picture(name: str, figure: Figure) -> _Picture:
    buffer = BytesIO()
    save(figure, buffer, format="svg")
    code = base64.b64encode(buffer.getvalue()).decode("ascii")
    caption = _CAPTIONS.get(name, f"By {name.removeprefix('by-')}")
    return _Picture(f"data:image/svg+xml;base64,{code}", caption)

"""The figures of an evaluation report. Matplotlib joins and orders Arabic letters itself from 3.11 on."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.label_sets import load_labels

_BLUE, _ORANGE, _GREY = "#17607d", "#c2571a", "#9aa7a2"
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib and has Arabic letters
    "font.size": 9,
    "svg.hashsalt": "mujaz",
    "text.parse_math": False,  # a $ in a target is no mathematics
}
_LONGEST = 42
_MOST_BARS = 25


def figures(evaluation: Mapping[str, Any]) -> dict[str, Figure]:
    """The figures that the evaluation has numbers for, by file name."""
    names = arabic_names(evaluation["task"])
    drawn: dict[str, Figure] = {}
    with rc_context(_STYLE):
        if "confusion" in evaluation:
            drawn["confusion"] = _confusion(evaluation, names)
            drawn["per-class"] = _per_class(evaluation, names)
            drawn["reliability"] = _draw(_reliability, evaluation)
            drawn["risk-coverage"] = _draw(_risk_coverage, evaluation)
        metric = "accuracy" if "confusion" in evaluation else "rougeL"
        for kind, parts in evaluation.get("slices", {}).items():
            drawn[f"by-{kind}"] = _slice_bars(kind, parts, metric)
    return drawn


def arabic_names(task: str) -> dict[str, str]:
    """The Arabic names of our labels; labels of another set stand for themselves."""
    return {} if task == "summary" else {label.id: label.ar for label in load_labels(task).labels}


def save(figure: Figure, path: Any, **options: Any) -> None:
    """Write a figure; the same numbers give the same file."""
    with rc_context(_STYLE):
        metadata = {"Date": None} if options.get("format") == "svg" else None
        figure.savefig(path, bbox_inches="tight", metadata=metadata, **options)


def _draw(draw: Callable[[Axes, Mapping[str, Any]], None], evaluation: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(4.6, 4.0))
    draw(figure.subplots(), evaluation)
    return figure


def _confusion(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    counts = np.array(evaluation["confusion"], float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    labels = [names.get(label, label) for label in evaluation["labels"]]
    size = 2.2 + 0.42 * len(labels)
    figure = Figure(figsize=(size + 1, size))
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), [_short(label) for label in labels], rotation=60, ha="right")
    axes.set_yticks(range(len(labels)), [_short(label) for label in labels])
    axes.set_xlabel("predicted")
    axes.set_ylabel("annotated")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour)
    return figure


def _per_class(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    table = evaluation["per_class"]
    labels = [label for label in evaluation["labels"] if label in table]
    values = [table[label]["f1"] for label in labels]
    bounds = [
        evaluation["intervals"].get(f"f1:{label}", [v, v]) for label, v in zip(labels, values, strict=True)
    ]
    shown = [f"{_short(names.get(label, label))} ({table[label]['support']})" for label in labels]
    return _bars(shown, values, bounds, "F1, 95 % interval")


def _slice_bars(kind: str, parts: Mapping[str, Any], metric: str) -> Figure:
    found = [(key, part) for key, part in parts.items() if part.get(metric) is not None][:_MOST_BARS]
    shown = [f"{_short(key)} ({part['n']})" for key, part in found]
    return _bars(shown, [part[metric] for _, part in found], None, f"{metric} by {kind}")


def _bars(names: list[str], values: list[float], bounds: list[list[float]] | None, title: str) -> Figure:
    figure = Figure(figsize=(6.4, 0.9 + 0.28 * len(names)))
    axes = figure.subplots()
    places = np.arange(len(names))
    axes.barh(places, values, color=_BLUE)
    if bounds:
        low, high = np.array(bounds).T
        spread = np.maximum([values - low, high - values], 0)
        axes.errorbar(values, places, xerr=spread, fmt="none", ecolor=_ORANGE, capsize=2)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(title)
    axes.grid(axis="x", color=_GREY, alpha=0.4)
    axes.set_axisbelow(True)
    return figure


def _reliability(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    bins = evaluation["reliability"]
    confidence, accuracy = [b["confidence"] for b in bins], [b["accuracy"] for b in bins]
    sizes = [12 + 300 * b["n"] / evaluation["n"] for b in bins]
    axes.plot([0, 1], [0, 1], "--", color=_GREY)
    axes.plot(confidence, accuracy, color=_BLUE, alpha=0.6)
    axes.scatter(confidence, accuracy, s=sizes, color=_BLUE, zorder=3)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence (points: rows of a bin)")
    axes.set_ylabel("share of right answers")
    axes.set_title(f"ECE {evaluation['ece']:.3f}")


def _risk_coverage(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    curve = evaluation["risk_coverage"]
    axes.plot([p["coverage"] for p in curve], [p["risk"] for p in curve], marker="o", ms=3, color=_BLUE)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, None)
    axes.set_xlabel("coverage: share of rows answered, the surest first")
    axes.set_ylabel("risk: share of wrong answers among them")
    axes.set_title(f"area under the curve {evaluation['aurc']:.3f}")


def _short(text: str) -> str:
    """One line that fits beside a bar."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

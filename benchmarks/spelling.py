"""How far labels hang on spelling: `python -m benchmarks.spelling --topic dev.jsonl --stance dev.jsonl`.

Paragraphs are respelled as `benchmarks.respelling` says, each way alone and all together; targets stay as
they are given. A label that the bundle gives to the new spelling and not to the old one has changed. Where
the model reads the two alike it is not asked again.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from arabic.normalize import Normalized
from benchmarks.respelling import RESPELLINGS, respell
from models.bundle import DEFAULT_BUNDLE
from models.load import OpenBundle
from models.predict import TopicPredictor
from models.stance import StancePredictor
from training.data import TopicRow, read_stance, read_topic
from training.evaluate import evaluation_pairs
from training.pairs import Pair

SEED = 2026
BAR = 0.02
"""The share of labels that may change."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text that gets a label; `target` only with stance, `gold` None where holders disagree."""

    text: str
    gold: str | None
    target: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one respelling did to the labels of one kind of items."""

    labels: str
    respelling: str
    items: int
    respelled: int
    """Texts that the respelling touched."""
    reached: int
    """Those whose model input is another one: normalisation did not level the two."""
    changed: int
    """Labels that changed."""
    accuracy_before: float
    accuracy_after: float

    @property
    def of_respelled(self) -> float:
        """The share of labels that changed among the respelled."""
        return self.changed / max(self.respelled, 1)

    @property
    def of_all(self) -> float:
        """The share of labels that changed among all."""
        return self.changed / max(self.items, 1)


Answer = Callable[[Sequence[Item], Sequence[str]], list[str]]
"""The labels of items whose texts are spelled as the second argument has them."""
Read = Callable[[str], Normalized]
"""How the model reads a text."""


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure how many labels change with harmless spelling.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--topic", type=Path, required=True, help="labelled topic rows")
    parser.add_argument("--stance", type=Path, required=True, help="labelled stance rows")
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE)
    options = parser.parse_args()
    figures = measure(OpenBundle.open(options.bundle, "auto"), options.topic, options.stance)
    if options.json:
        print(json.dumps([as_json(figure) for figure in figures], ensure_ascii=False))
    else:
        Console().print(_table(figures))


def measure(bundle: OpenBundle, topic: Path, stance: Path) -> list[Figure]:
    """The figures of topics, of stances on annotated pairs and on unrelated ones."""
    topics, stances = bundle.topic(), bundle.stance()
    rows = read_topic(topic, labels=topics.info.labels).rows
    pairs = evaluation_pairs(read_stance(stance, labels=stances.info.labels).rows, polar=stances.polar)
    related, unrelated = ([p for p in pairs if bool(p.records) is kind] for kind in (True, False))
    ask_topic, ask_stance = topic_answer(topics), stance_answer(stances)
    return [
        *compare("topic", _topic_items(rows), ask_topic, topics.read),
        *compare("stance, annotated", _stance_items(related, stances), ask_stance, stances.read),
        *compare("stance, unrelated", _stance_items(unrelated, stances), ask_stance, stances.read),
    ]


def compare(labels: str, items: Sequence[Item], answer: Answer, read: Read) -> list[Figure]:
    """A figure for every respelling, none where there are no items."""
    if not items:
        return []
    before = answer(items, [item.text for item in items])
    figures = []
    for kind in RESPELLINGS:
        texts = [respell(item.text, kind, SEED) for item in items]
        reached = [
            i
            for i, item in enumerate(items)
            if texts[i] != item.text and read(texts[i]).text != read(item.text).text
        ]
        after = list(before)
        if reached:
            asked = answer([items[i] for i in reached], [texts[i] for i in reached])
            for i, label in zip(reached, asked, strict=True):
                after[i] = label
        figures.append(
            Figure(
                labels=labels,
                respelling=kind,
                items=len(items),
                respelled=sum(text != item.text for text, item in zip(texts, items, strict=True)),
                reached=len(reached),
                changed=sum(old != new for old, new in zip(before, after, strict=True)),
                accuracy_before=_accuracy(items, before),
                accuracy_after=_accuracy(items, after),
            )
        )
    return figures


def topic_answer(predictor: TopicPredictor) -> Answer:
    """Ask for topics."""

    def answer(items: Sequence[Item], texts: Sequence[str]) -> list[str]:
        return [predictor.info.labels[i] for i in predictor.logits(texts).argmax(1)]

    return answer


def stance_answer(predictor: StancePredictor) -> Answer:
    """Ask for the stances of (target, paragraph) pairs."""

    def answer(items: Sequence[Item], texts: Sequence[str]) -> list[str]:
        found = predictor.probabilities([item.target for item in items], texts)
        return [predictor.info.labels[i] for i in found.argmax(1)]

    return answer


def _topic_items(rows: Iterable[TopicRow]) -> list[Item]:
    return [Item(row.text, row.label) for row in rows]


def _stance_items(pairs: Iterable[Pair], predictor: StancePredictor) -> list[Item]:
    return [
        Item(
            pair.text,
            next(iter(pair.labels)) if len(pair.labels) == 1 else None,
            predictor.ask(pair.target, pair.heading),
        )
        for pair in pairs
    ]


def _accuracy(items: Sequence[Item], labels: Sequence[str]) -> float:
    judged = [item.gold == label for item, label in zip(items, labels, strict=True) if item.gold is not None]
    return float(np.mean(judged)) if judged else float("nan")


def as_json(figure: Figure) -> dict[str, Any]:
    """A figure with its shares."""
    return {**asdict(figure), "of_respelled": figure.of_respelled, "of_all": figure.of_all}


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(
        "labels",
        "respelling",
        "respelled",
        "reached the model",
        "changed",
        "of respelled",
        "of all",
        "accuracy",
    )
    for figure in figures:
        verdict = "" if figure.of_all <= BAR else f" > {BAR:.0%}"
        table.add_row(
            figure.labels,
            figure.respelling,
            f"{figure.respelled}/{figure.items}",
            str(figure.reached),
            str(figure.changed),
            f"{figure.of_respelled:.1%}",
            f"{figure.of_all:.1%}{verdict}",
            f"{figure.accuracy_before:.3f} → {figure.accuracy_after:.3f}",
        )
    return table


if __name__ == "__main__":
    main()

"""A classifier's answers on the rows of a data set, in one shape for topic and stance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.predict import Floats, TopicModel, softmax
from models.stance import PairOutput, StancePredictor
from training.data import StanceRow, TopicRow
from training.data_rows import document, source
from training.pairs import Pair

UNKNOWN = ""
"""The gold label of a row that has none."""


@dataclass(frozen=True, slots=True)
class Item:
    """What a label was given to: a paragraph, or a target and a paragraph.

    `names` says whether the words of who takes a side name the "target" or its "opposite".
    """

    id: str
    text: str
    target: str = ""
    names: str = ""

    @property
    def document(self) -> str:
        """The article it is from."""
        return document(self.id)

    @property
    def source(self) -> str:
        """Where the article is from."""
        return source(self.id)


@dataclass(frozen=True, slots=True)
class Answers:
    """Gold labels and calibrated probabilities, (N, n_labels), of the items."""

    items: tuple[Item, ...]
    gold: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: Floats

    @property
    def predicted(self) -> list[str]:
        """The likeliest label of every item."""
        return [self.labels[i] for i in self.probabilities.argmax(1)]

    @property
    def confidence(self) -> Floats:
        """The probability of the likeliest label, (N,)."""
        return np.asarray(self.probabilities.max(1), dtype=np.float32)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Which answers are right, (N,)."""
        return np.array([p == g for p, g in zip(self.predicted, self.gold, strict=True)], dtype=bool)

    @property
    def documents(self) -> list[str]:
        """The document of every item."""
        return [item.document for item in self.items]


def topic_answers(predictor: TopicModel, rows: Sequence[TopicRow]) -> Answers:
    """Classify paragraphs."""
    probabilities = predictor.predict([row.text for row in rows])
    items = tuple(Item(row.id, row.text) for row in rows)
    return Answers(items, tuple(row.label for row in rows), predictor.labels.ids, probabilities)


def pair_answers(
    predictor: StancePredictor,
    pairs: Sequence[Pair],
    outputs: Sequence[PairOutput],
    rows: Sequence[StanceRow],
) -> Answers:
    """The labels of the pairs that have a single one: where holders disagree there is none to judge by."""
    ids = {row.text: row.id for row in rows}
    single = [i for i, pair in enumerate(pairs) if len(pair.labels) == 1]
    labels = predictor.info.labels
    logits = np.stack([outputs[i].logits for i in single]) if single else np.zeros((0, len(labels)))
    return Answers(
        tuple(
            Item(ids.get(pairs[i].text, ""), pairs[i].text, pairs[i].target, pairs[i].names) for i in single
        ),
        tuple(next(iter(pairs[i].labels)) for i in single),
        labels,
        softmax(logits / predictor.info.temperature),
    )

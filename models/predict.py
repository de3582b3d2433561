"""Predictors: texts in, calibrated probabilities and spans out.

A predictor does not know which backend runs its model: it has a `Forward`, arrays in, arrays out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arabic.normalize import Normalization, Normalized, normalize
from arabic.spelling import reader
from models.bundle import TaskInfo
from models.label_sets import LabelSet, named_labels
from models.surface import surface_features
from models.trees import Trees
from models.units import unit_features
from models.windows import (
    MAX_BATCH_TOKENS,
    Arrays,
    Forward,
    Window,
    encode_units,
    run,
    unit_windows,
    windows,
)

Floats = NDArray[np.float32]
_EMBEDDED_TOKENS = 512


def softmax(logits: NDArray[Any]) -> Floats:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Backend:
    """What every predictor runs on: a tokenizer, a model behind a `Forward`, the text normalisation.

    A batch holds at most `batch_tokens` tokens, or one input; `threads` batches run at a time.
    """

    tokenizer: Any
    forward: Forward
    normalization: Normalization
    batch_tokens: int = MAX_BATCH_TOKENS
    threads: int = 1

    def run(self, inputs: Sequence[Arrays]) -> list[Arrays]:
        """Run the model over unpadded inputs, in the inputs' order."""
        padding = {"input_ids": self.tokenizer.pad_token_id, "unit_ids": -1, "features": 0.0}
        return run(self.forward, inputs, padding, max_tokens=self.batch_tokens, threads=self.threads)

    def run_windows(self, cut: Sequence[Window]) -> list[Arrays]:
        """Run the model over windows."""
        return self.run([{"input_ids": window.input_ids} for window in cut])

    def clean(self, text: str) -> str:
        """The text as the model sees it; a text of which nothing is left stays one space."""
        return normalize(text, self.normalization).text or " "

    def reader(self, info: TaskInfo) -> Callable[[str], Normalized]:
        """How a task's model reads a text; one whose bundle says so reads it respelled."""
        return reader(self.normalization, bool(info.config.get("respell")))


class TopicModel(Protocol):
    """What an analysis and an evaluation need of a model of topics, trained or zero-shot."""

    @property
    def labels(self) -> LabelSet:
        """The labels in the order of the outputs."""
        ...

    @property
    def threshold(self) -> float:
        """The probability below which an answer is marked as abstained."""
        ...

    def predict(self, texts: Sequence[str]) -> Floats:
        """Probabilities, (N, n_labels)."""
        ...


@dataclass(frozen=True, slots=True)
class TopicPredictor:
    """The topic of a paragraph."""

    backend: Backend
    info: TaskInfo
    read: Callable[[str], Normalized] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", self.backend.reader(self.info))

    @property
    def labels(self) -> LabelSet:
        """The labels in the order of the outputs, with their names."""
        return named_labels("topic", self.info.labels)

    @property
    def threshold(self) -> float:
        """The probability below which an answer is marked as abstained."""
        return self.info.threshold

    def logits(self, texts: Sequence[str]) -> Floats:
        """Uncalibrated logits, (N, n_labels): the mean over a text's windows weighted by their tokens."""
        if not texts:
            return np.zeros((0, len(self.info.labels)), np.float32)
        cut = windows(
            self.backend.tokenizer, [self.read(t).text or " " for t in texts], max_length=self.info.max_length
        )
        sums = np.zeros((len(texts), len(self.info.labels)), np.float32)
        weights = np.zeros((len(texts), 1), np.float32)
        for window, output in zip(cut, self.backend.run_windows(cut), strict=True):
            sums[window.item] += output["logits"] * len(window.input_ids)
            weights[window.item] += len(window.input_ids)
        return sums / weights

    def predict(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, (N, n_labels)."""
        return softmax(self.logits(texts) / self.info.temperature)


@dataclass(frozen=True, slots=True)
class SaliencePredictor:
    """How much each unit of an article belongs into its summary.

    The salience is the probability of being key: 1 / (1 + exp(-(logit / temperature + weight * trees +
    bias))), where `trees` are the log-odds of boosted trees over the units' surface, if the bundle has any;
    their weight and the bias are decoding options (Platt 1999).
    """

    backend: Backend
    info: TaskInfo
    trees: Trees | None = None

    def predict(self, titles: Sequence[str], articles: Sequence[Sequence[str]]) -> list[Floats]:
        """Salience of every unit of every article, each (U,), between 0 and 1."""
        inputs: list[Arrays] = []
        places: list[tuple[int, list[int]]] = []
        surface: list[NDArray[np.float64]] = []
        for item, (title, units) in enumerate(zip(titles, articles, strict=True)):
            clean_units = [self.backend.clean(unit) for unit in units]
            clean_title = self.backend.clean(title) if title else ""
            features = unit_features(clean_title, clean_units)
            surface.append(self._surface(clean_title, clean_units))
            for members in unit_windows(
                self.backend.tokenizer, clean_title, clean_units, self.info.max_length
            ):
                encoded = encode_units(
                    self.backend.tokenizer,
                    clean_title,
                    [clean_units[m] for m in members],
                    self.info.max_length,
                )
                inputs.append({**encoded, "features": features[members]})
                places.append((item, members))
        scores = [np.zeros(len(units), np.float32) for units in articles]
        for (item, members), output in zip(places, self.backend.run(inputs), strict=True):
            logits = output["logits"][: len(members)] / self.info.temperature
            shifted = logits + surface[item][members] + self.info.decoding.get("bias", 0.0)
            scores[item][members] = (1 + np.tanh(shifted / 2)) / 2  # the logistic function, without overflow
        return scores

    def _surface(self, title: str, units: Sequence[str]) -> NDArray[np.float64]:
        """What the trees add to the logit of every unit, (U,)."""
        weight = self.info.decoding.get("trees", 0.0)
        if self.trees is None or not weight:
            return np.zeros(len(units))
        return weight * self.trees.log_odds(surface_features(title, units))


@dataclass(frozen=True, slots=True)
class Embedder:
    """Sentence embeddings of the bundle's encoder before any fine-tuning (mean pooling)."""

    backend: Backend

    def embed(self, texts: Sequence[str], prefix: str = "query: ") -> Floats:
        """Unit vectors, (N, H), of the first 512 tokens of each text; (0, 0) of none.

        E5 encoders were trained with "query: " and "passage: " prefixes.
        """
        if not texts:
            return np.zeros((0, 0), np.float32)
        cut = windows(
            self.backend.tokenizer,
            [prefix + self.backend.clean(t) for t in texts],
            max_length=min(_EMBEDDED_TOKENS, self.backend.tokenizer.model_max_length),
        )
        first = {window.item: number for number, window in reversed(list(enumerate(cut)))}
        outputs = self.backend.run_windows([cut[first[i]] for i in range(len(texts))])
        vectors = np.stack([output["embedding"] for output in outputs]).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

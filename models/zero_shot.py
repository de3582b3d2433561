"""Topics of any label set without training: a paragraph beside the descriptions of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import BundleError
from models.label_sets import LabelSet
from models.predict import Embedder, Floats, softmax

# Chosen on the 1,866 rows of `topic_iptc` train with the encoder that ships (docs/experiments.md).
PROMPTS = ("موضوع هذا النص هو {ar}", "هذا الخبر في {ar}", "{definition}")
TEMPERATURE = 0.0048
_NEWS = Path(__file__).parent / "calibration.txt"


@dataclass(frozen=True, slots=True)
class ZeroShotTopics:
    """The topic of a paragraph by the description it is nearest to, beyond what any news is near to it.

    `descriptions` (n_labels, H) are unit vectors, `usual` (n_labels,) their similarity with news of all
    kinds: short and general words are near to every text, and would be the topic of most. It never
    abstains: from which probability on an answer can be trusted depends on the label set.
    """

    embedder: Embedder
    labels: LabelSet
    descriptions: Floats
    usual: Floats
    threshold: float = 0.0

    @classmethod
    def of(cls, embedder: Embedder, labels: LabelSet) -> "ZeroShotTopics":
        """Embed a label set: the mean of its prompts for every label.

        Raises `BundleError` for fewer than two labels, which leave nothing to choose.
        """
        if len(labels.ids) < 2:
            raise BundleError(f"the label set {labels.name!r} has {len(labels.ids)} label; give two or more")
        vectors = [
            embedder.embed([prompt.format(ar=one.ar, definition=one.definition) for one in labels.labels])
            for prompt in PROMPTS
        ]
        mean = np.mean(vectors, axis=0)
        descriptions = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        news = embedder.embed(_NEWS.read_text(encoding="utf-8").split("\n\n")).mean(0)
        return cls(embedder, labels, descriptions, descriptions @ news)

    def predict(self, texts: Sequence[str]) -> Floats:
        """Probabilities, (N, n_labels), from the first 512 tokens of each text."""
        if not texts:
            return np.zeros((0, len(self.labels.ids)), np.float32)
        similarity = self.embedder.embed(texts) @ self.descriptions.T
        return softmax((similarity - self.usual) / TEMPERATURE)

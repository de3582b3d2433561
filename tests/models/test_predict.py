"""Predictors: one answer per input, the same alone and in a batch, offsets into the text as given."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.decoding import StanceDecoding
from models.load import OpenBundle
from models.predict import Embedder, SaliencePredictor, TopicPredictor, softmax
from models.stance import StancePredictor
from models.windows import Arrays
from tests.tiny import AGAINST, ECONOMY, FAVOR, HEALTH, NEUTRAL, SPORT

LONG = " ".join([SPORT, HEALTH, AGAINST, ECONOMY] * 5)
TEXTS = [SPORT, LONG, "", "قال.", HEALTH, FAVOR, "؟" * 40, NEUTRAL]
TARGETS = ["مشروع الجسر", "مشروع الميناء", "قانون المياه", "الجسر", "", "الشركة " * 60, "x", "السوق"]
DECORATED = "وقالت  «نَقابَةُ الصّيّــادينَ»  إنّ المشروع مرفوض"  # vowel signs, tatweel, two spaces
ALL_TAGGED = StanceDecoding(holder_bias=-50, evidence_bias=-50)


@pytest.fixture(scope="module")
def opened(tiny_bundle: Path) -> OpenBundle:
    """The tiny bundle."""
    return OpenBundle.open(tiny_bundle)


@pytest.fixture(scope="module")
def topic(opened: OpenBundle) -> TopicPredictor:
    """Its topic predictor."""
    return opened.topic()


@pytest.fixture(scope="module")
def stance(opened: OpenBundle) -> StancePredictor:
    """Its stance predictor."""
    return opened.stance()


@pytest.fixture(scope="module")
def salience(opened: OpenBundle) -> SaliencePredictor:
    """Its salience predictor."""
    return opened.summary()


@pytest.fixture(scope="module")
def embedder(opened: OpenBundle) -> Embedder:
    """Its embedder."""
    return opened.embedder()


def close(left: Any, right: Any) -> None:
    """Two arrays are the same but for rounding."""
    np.testing.assert_allclose(left, right, atol=1e-5, rtol=0)


def test_softmax_sums_to_one_and_does_not_overflow() -> None:
    rows = softmax(np.asarray([[1e4, 0.0, -1e4], [1.0, 1.0, 1.0]]))
    close(rows, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_no_input_gives_no_output(
    topic: TopicPredictor, stance: StancePredictor, salience: SaliencePredictor
) -> None:
    assert topic.predict([]).shape == topic.logits([]).shape == (0, 17)
    assert stance.predict([], []) == []
    assert stance.outputs([], []) == []
    assert salience.predict([], []) == []
    assert [scores.shape for scores in salience.predict([""], [[]])] == [(0,)]


def test_topics_are_the_same_alone_and_in_a_batch_and_in_any_order(topic: TopicPredictor) -> None:
    together = topic.predict(TEXTS)
    assert together.shape == (len(TEXTS), 17)
    close(together, np.concatenate([topic.predict([text]) for text in TEXTS]))
    close(together, topic.predict(TEXTS[::-1])[::-1])
    close(together.sum(1), 1)


def test_the_end_of_a_long_text_counts(topic: TopicPredictor) -> None:
    """What stands past `max_length` is not cut off."""
    other = LONG.removesuffix(ECONOMY) + SPORT
    assert np.abs(topic.logits([LONG]) - topic.logits([other])).max() > 1e-4


def test_a_long_text_is_the_mean_of_its_windows_by_their_tokens(topic: TopicPredictor) -> None:
    def forward(arrays: Arrays) -> Arrays:
        lengths = arrays["attention_mask"].sum(1)
        seen.extend(lengths.tolist())
        return {"logits": np.repeat(lengths[:, None], 17, 1).astype(np.float32)}

    seen: list[int] = []
    logits = replace(topic, backend=replace(topic.backend, forward=forward)).logits([LONG])
    assert len(set(seen)) > 1
    close(logits, np.full((1, 17), sum(n * n for n in seen) / sum(seen)))


def test_temperature_changes_the_confidence_and_not_the_answer(topic: TopicPredictor) -> None:
    flat = replace(topic, info=replace(topic.info, temperature=10.0))
    sharp = replace(topic, info=replace(topic.info, temperature=0.1))
    assert (flat.predict(TEXTS).argmax(1) == sharp.predict(TEXTS).argmax(1)).all()
    assert (flat.predict(TEXTS).max(1) < sharp.predict(TEXTS).max(1)).all()


def test_spelling_that_the_bundle_levels_does_not_matter(topic: TopicPredictor) -> None:
    close(topic.logits(["المـــدينة  الجديدة"]), topic.logits(["المدينة الجديدة"]))


def test_every_unit_has_a_salience(salience: SaliencePredictor) -> None:
    """Also with no title, more units than fit into a window, units longer than one, and empty ones."""
    articles = [
        [FAVOR],
        [FAVOR, HEALTH, AGAINST, SPORT] * 8,
        [LONG, "قال.", LONG],
        [],
        ["", " ", "؟"],
    ]
    titles = ["", "الجسر الجديد", "", "عنوان", "كلمة " * 100]
    scores = salience.predict(titles, articles)
    assert [s.shape for s in scores] == [(len(units),) for units in articles]
    for values in scores:
        assert ((values > 0) & (values < 1)).all()


def test_salience_is_the_same_alone_and_in_a_batch_and_in_any_order(salience: SaliencePredictor) -> None:
    articles = [[FAVOR, HEALTH], [FAVOR, HEALTH, AGAINST, SPORT] * 8, [SPORT], [LONG, FAVOR]]
    titles = ["الجسر", "", "الفريق", "الميناء"]
    together = salience.predict(titles, articles)
    turned = salience.predict(titles[::-1], articles[::-1])[::-1]
    for i, scores in enumerate(together):
        close(scores, salience.predict([titles[i]], [articles[i]])[0])
        close(scores, turned[i])


def test_units_keep_their_own_features_in_every_window(salience: SaliencePredictor) -> None:
    """A unit's place is its place in the article, not in the window."""

    def forward(arrays: Arrays) -> Arrays:
        windows.append(len(arrays["features"]))
        return {"logits": arrays["features"][..., 0]}  # the place, from 0 to 1

    windows: list[int] = []
    units = [FAVOR, HEALTH, AGAINST, SPORT] * 8
    warm = replace(salience.info, temperature=1.0, decoding={})
    placed = SaliencePredictor(replace(salience.backend, forward=forward), warm)
    (scores,) = placed.predict([""], [units])
    assert sum(windows) > 1
    close(scores, 1 / (1 + np.exp(-np.linspace(0, 1, len(units)))))


def test_the_words_of_the_last_unit_count(salience: SaliencePredictor) -> None:
    """Units past the first window are read, not scored by their place alone."""
    units = [FAVOR, HEALTH, AGAINST, SPORT] * 8
    changed = [*units[:-1], ECONOMY]
    scores, other = salience.predict(["", ""], [units, changed])
    assert abs(scores[-1] - other[-1]) > 1e-6
    close(scores[:8], other[:8])


def test_embeddings_are_unit_vectors_the_same_alone_and_in_a_batch(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 32) and vectors.dtype == np.float32
    close(np.linalg.norm(vectors, axis=1), 1)
    close(vectors, np.concatenate([embedder.embed([text]) for text in TEXTS]))
    close(vectors, embedder.embed(TEXTS[::-1])[::-1])


def test_the_prefix_is_a_part_of_what_is_embedded(embedder: Embedder) -> None:
    assert np.abs(embedder.embed([SPORT]) - embedder.embed([SPORT], prefix="المدينة ")).max() > 1e-4


def test_with_respell_a_text_is_read_in_its_commonest_spelling(topic: TopicPredictor) -> None:
    other = ECONOMY.replace("إن", "ان")
    common = ECONOMY.replace("إن", "أن")
    respelling = replace(topic, info=replace(topic.info, config={**topic.info.config, "respell": True}))
    assert respelling.read(other).text == respelling.read(ECONOMY).text == common
    close(respelling.predict([other]), topic.predict([common]))
    assert topic.read(other).text == other
    assert np.abs(topic.logits([other]) - topic.logits([ECONOMY])).max() > 1e-5

"""Topics by description: any label set, no training, the same answer alone and in a batch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import DEFAULT_BUNDLE
from models.errors import BundleError
from models.label_sets import Label, LabelSet, load_labels, read_labels
from models.load import OpenBundle
from models.predict import Embedder
from models.zero_shot import ZeroShotTopics
from tests.tiny import AGAINST, ECONOMY, HEALTH, SPORT

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "topics.yaml"
TEXTS = [SPORT, "", HEALTH, "قال.", AGAINST * 20, ECONOMY]
OBVIOUS = {
    "politics": "يصوت البرلمان غدا على الثقة بحكومة رئيس الوزراء الجديد بعد خلاف طويل بين الأحزاب.",
    "economy": "رفع البنك المركزي سعر الفائدة نصف نقطة لكبح التضخم، وتراجعت أسهم الشركات في البورصة.",
    "security_justice": "حكمت محكمة الجنايات بالسجن عشر سنوات على متهم بسرقة مصرف بعد أن قبضت عليه الشرطة.",
    "sport": "سجل المهاجم هدفين في الشوط الثاني وقاد فريقه إلى نهائي كأس الدوري أمام جمهور كبير.",
    "culture": "افتتح معرض الكتاب بأمسية شعرية، ويعرض المسرح الوطني على هامشه مسرحية عن رواية مشهورة.",
    "health": "نصح الأطباء مرضى السكري بفحص الدم بانتظام وتناول الدواء في مواعيده لتجنب المضاعفات.",
    "science_technology": "طور باحثون خوارزمية للذكاء الاصطناعي تحلل صور التلسكوب الفضائي وتكتشف كواكب.",
}


@pytest.fixture(scope="module")
def embedder(tiny_bundle: Path) -> Embedder:
    """The tiny bundle's encoder."""
    return OpenBundle.open(tiny_bundle).embedder()


@pytest.fixture(scope="module")
def zero_shot(embedder: Embedder) -> ZeroShotTopics:
    """The sample's topics on the tiny encoder."""
    return ZeroShotTopics.of(embedder, read_labels(SAMPLE))


def test_probabilities_of_every_label_for_every_text(zero_shot: ZeroShotTopics) -> None:
    found = zero_shot.predict(TEXTS)
    assert found.shape == (len(TEXTS), 8) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert zero_shot.predict([]).shape == (0, 8)


def test_the_same_alone_and_in_a_batch_and_in_any_order(zero_shot: ZeroShotTopics) -> None:
    together = zero_shot.predict(TEXTS)
    turned = zero_shot.predict(TEXTS[::-1])[::-1]
    alone = np.concatenate([zero_shot.predict([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    np.testing.assert_allclose(together, turned, atol=1e-3)


def test_the_order_of_the_labels_changes_the_order_of_the_answers_only(embedder: Embedder) -> None:
    labels = read_labels(SAMPLE)
    turned = replace(labels, labels=labels.labels[::-1])
    there = ZeroShotTopics.of(embedder, labels).predict(TEXTS)
    back = ZeroShotTopics.of(embedder, turned).predict(TEXTS)
    np.testing.assert_allclose(there, back[:, ::-1], atol=1e-3)


def test_a_text_that_says_what_a_label_says_gets_that_label(embedder: Embedder) -> None:
    """Holds for any encoder: nothing is nearer to a description than its own words."""
    labels = LabelSet("own", "s", (Label("a", "", "رياضة", "", SPORT), Label("b", "", "صحة", "", HEALTH)))
    found = ZeroShotTopics.of(embedder, labels).predict([SPORT, HEALTH])
    assert found.argmax(1).tolist() == [0, 1]


def test_one_label_is_refused(embedder: Embedder) -> None:
    labels = load_labels("topic")
    with pytest.raises(BundleError, match="'topic' has 1 label; give two or more"):
        ZeroShotTopics.of(embedder, replace(labels, labels=labels.labels[:1]))


def test_braces_in_a_label_are_words_like_others(embedder: Embedder) -> None:
    labels = LabelSet("own", "s", tuple(Label(i, "", f"{{ar}} {i}", i, "{0} {") for i in "ab"))
    assert ZeroShotTopics.of(embedder, labels).predict([SPORT]).shape == (1, 2)


def test_the_encoder_that_ships_finds_obvious_topics() -> None:
    predictor = ZeroShotTopics.of(OpenBundle.open(DEFAULT_BUNDLE).embedder(), read_labels(SAMPLE))
    found = [predictor.labels.ids[i] for i in predictor.predict(list(OBVIOUS.values())).argmax(1)]
    assert found == list(OBVIOUS)

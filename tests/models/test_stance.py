"""The stance predictor: what it answers does not depend on company, and spans are in the text as given."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.decoding import StanceDecoding
from models.load import OpenBundle
from models.predict import Backend
from models.stance import PairPrediction, StancePredictor
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.windows import Arrays
from tests.tiny import AGAINST, ECONOMY, FAVOR, HEALTH, NEUTRAL, SPORT

LONG = " ".join([SPORT, HEALTH, AGAINST, ECONOMY] * 5)
TEXTS = [SPORT, LONG, "", "قال.", HEALTH, FAVOR, "؟" * 40, NEUTRAL]
TARGETS = ["مشروع الجسر", "مشروع الميناء", "قانون المياه", "الجسر", "", "الشركة " * 60, "x", "السوق"]
DECORATED = "وقالت  «نَقابَةُ الصّيّــادينَ»  إنّ المشروع مرفوض"  # vowel signs, tatweel, two spaces
ALL_TAGGED = StanceDecoding(holder_bias=-50, evidence_bias=-50)
ALL_CHOSEN = StanceDecoding(chosen_holders=True, holder_bias=-50, evidence_bias=-50)


@pytest.fixture(scope="module")
def opened(tiny_bundle: Path) -> OpenBundle:
    """The tiny bundle."""
    return OpenBundle.open(tiny_bundle)


@pytest.fixture(scope="module")
def stance(opened: OpenBundle) -> StancePredictor:
    """Its stance predictor."""
    return opened.stance()


def close(left: Any, right: Any) -> None:
    """Two arrays are the same but for rounding."""
    np.testing.assert_allclose(left, right, atol=1e-5, rtol=0)


def tagging(words: Sequence[str], backend: Backend, unrelated: bool = False, tags: bool = False) -> Backend:
    """A backend that finds exactly `words` (normalised), as holders and as evidence against the target.

    It chooses holders or, with `tags`, tags them.
    """
    wanted = [
        backend.tokenizer.backend_tokenizer.encode(word, add_special_tokens=False).ids for word in words
    ]

    def forward(arrays: Arrays) -> Arrays:
        ids = arrays["input_ids"]
        holder = np.zeros((*ids.shape, len(HOLDER_TAGS)), np.float32)
        evidence = np.zeros((*ids.shape, len(EVIDENCE_TAGS)), np.float32)
        holder[..., 0] = evidence[..., 0] = 9
        holder[:, 0, 1:] = 9  # nobody, where nothing else is chosen
        begin, inside = HOLDER_TAGS.index("B-against"), HOLDER_TAGS.index("I-against")
        for row, tokens in enumerate(ids.tolist()):
            for word in wanted:
                for at in range(len(tokens) - len(word) + 1):
                    if tokens[at : at + len(word)] == word:
                        if tags:
                            holder[row, at : at + len(word), inside] = 19
                        else:
                            holder[row, at, begin] = holder[row, at + len(word) - 1, inside] = 19
                        evidence[row, at : at + len(word), EVIDENCE_TAGS.index("I-against")] = 19
        logits = np.tile(np.asarray([0, 5, 0, 9 if unrelated else 0], np.float32), (len(ids), 1))
        return {"logits": logits, "holder": holder, "evidence": evidence}

    return replace(backend, forward=forward)


def naming_the_opposite(backend: Backend, words: str) -> Backend:
    """A backend that says of `words`, and of the pair as a whole, that they name the target's opposite."""
    wanted = set(backend.tokenizer.backend_tokenizer.encode(words, add_special_tokens=False).ids)

    def forward(arrays: Arrays) -> Arrays:
        opposite = np.where(np.isin(arrays["input_ids"], list(wanted)), 9, -9).astype(np.float32)
        opposite[:, 0] = 5000
        return {**backend.forward(arrays), "opposite": opposite}

    return replace(backend, forward=forward)


def test_where_the_opposite_is_named_sides_turn(stance: StancePredictor) -> None:
    """The pair by all its tokens, a party by its own: of two holders against the words one turns."""
    text = "رفضت نقابة الصيادين المشروع، ورفضه اتحاد المزارعين."
    found = tagging(["نقابة الصيادين", "اتحاد المزارعين"], stance.backend)
    (plain,) = replace(stance, backend=found).outputs(["المشروع"], [text])
    (turned,) = replace(stance, backend=naming_the_opposite(found, "نقابة الصيادين")).outputs(
        ["المشروع"], [text]
    )
    assert plain.logits.argmax() == 1 and turned.logits.argmax() == 0
    sides = [int(np.argmax(span.polarity)) for span in turned.decode(stance.decoding).holders]
    assert sides == [0, 1]
    assert [int(np.argmax(span.polarity)) for span in plain.decode(stance.decoding).holders] == [1, 1]


def test_pairs_are_the_same_alone_and_in_a_batch_and_in_any_order(stance: StancePredictor) -> None:
    together = stance.outputs(TARGETS, TEXTS)
    alone = [stance.outputs([target], [text])[0] for target, text in zip(TARGETS, TEXTS, strict=True)]
    turned = stance.outputs(TARGETS[::-1], TEXTS[::-1])[::-1]
    for other in (alone, turned):
        for left, right in zip(together, other, strict=True):
            close(left.logits, right.logits)
            for options in (ALL_TAGGED, ALL_CHOSEN):
                decoded = left.decode(options), right.decode(options)
                assert [s.start for s in decoded[0].evidence] == [s.start for s in decoded[1].evidence]
                for mine, theirs in zip(decoded[0].holders, decoded[1].holders, strict=True):
                    assert (mine.start, mine.end) == (theirs.start, theirs.end)
                    close(mine.polarity, theirs.polarity)


def test_predicted_records_are_the_same_alone_and_in_a_batch(stance: StancePredictor) -> None:
    pairs = [("مشروع الجسر", FAVOR), ("مشروع الميناء", AGAINST), ("قانون المياه", NEUTRAL), ("x", LONG)]
    together = stance.predict(*zip(*pairs, strict=True))
    for (target, text), records in zip(pairs, together, strict=True):
        (alone,) = stance.predict([target], [text])
        assert [(r.holder, r.label, r.evidence) for r in records] == [
            (r.holder, r.label, r.evidence) for r in alone
        ]
        close([r.probability for r in records], [r.probability for r in alone])


@pytest.mark.parametrize("options", [ALL_TAGGED, ALL_CHOSEN])
@pytest.mark.parametrize("text", [*TEXTS, DECORATED, f" {DECORATED} \n {DECORATED}", "ﻻ بأس\u200f"])
def test_spans_lie_inside_the_paragraph_as_given(
    stance: StancePredictor, text: str, options: StanceDecoding
) -> None:
    (output,) = stance.outputs(["مشروع الجسر"], [text])
    pair = output.decode(options)
    if any(char.isalpha() for char in text):
        assert pair.holders and pair.evidence
    for span in (*pair.holders, *pair.evidence):
        assert 0 <= span.start < span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece == piece.strip(" \n«»،.")


def test_offsets_are_into_the_text_as_written(stance: StancePredictor) -> None:
    """Vowel signs, tatweel, double spaces and quotation marks are not in what the model reads."""
    found = replace(stance, backend=tagging(["نقابة الصيادين"], stance.backend))
    text = DECORATED.replace("«", "").replace("»", "")
    (records,) = found.predict(["المشروع"], [text])
    (record,) = records
    for span in (record.holder, record.evidence):
        assert span is not None
        assert text[slice(*span)] == "نَقابَةُ الصّيّــادينَ"
    assert record.label == "against"


def test_spans_past_the_first_window_are_found_where_they_stand(stance: StancePredictor) -> None:
    found = replace(stance, backend=tagging(["نقابة الصيادين"], stance.backend))
    text = LONG.replace(AGAINST, HEALTH) + " " + DECORATED.replace("«", "").replace("»", "")
    (output,) = found.outputs(["المشروع"], [text])
    assert len(output.tokens) > 1
    (span,) = output.decode(found.decoding).holders
    assert text[span.start : span.end] == "نَقابَةُ الصّيّــادينَ"


def test_a_span_in_the_overlap_of_two_windows_is_found_once(stance: StancePredictor) -> None:
    found = replace(stance, backend=tagging(["نقابة الصيادين"], stance.backend))
    text = "نقابة الصيادين. " * 40
    (output,) = found.outputs(["المشروع"], [text])
    assert len(output.tokens) > 1
    decoded = output.decode(found.decoding)
    assert [text[s.start : s.end] for s in decoded.evidence] == ["نقابة الصيادين"] * 40
    assert sorted({s.start for s in decoded.evidence}) == [s.start for s in decoded.evidence]
    assert [(s.start, s.end) for s in decoded.holders] == [(0, 14)]  # one party, where it is named first


def test_a_bundle_from_before_0_5_is_read_by_its_tags(stance: StancePredictor) -> None:
    old = replace(stance, info=replace(stance.info, decoding={"further_holder": 0.8}))
    found = replace(old, backend=tagging(["نقابة الصيادين"], stance.backend, tags=True))
    text = "رفضت نقابة الصيادين المشروع."
    ((record,),) = found.predict(["المشروع"], [text])
    assert record.holder and text[slice(*record.holder)] == "نقابة الصيادين"


def test_a_long_paragraph_is_asked_in_passages(stance: StancePredictor) -> None:
    """Each with a label and holders of its own, in the text as given; short ones stay whole."""
    found = replace(stance, backend=tagging(["نقابة الصيادين"], stance.backend))
    asked: list[str] = []

    def forward(arrays: Arrays) -> Arrays:
        output = tagging(["نقابة الصيادين"], stance.backend).forward(arrays)
        asked.extend(stance.backend.tokenizer.backend_tokenizer.decode(row) for row in arrays["input_ids"])
        against = np.asarray(["نقابة الصيادين" in text for text in asked[-len(output["logits"]) :]])
        return {**output, "logits": np.where(against[:, None], [0, 5, 0, 0], [0, 0, 0, 5]).astype(np.float32)}

    said = "قالت نقابة الصيادين إن المشروع مرفوض."
    text = f"{SPORT} {HEALTH} {said} {ECONOMY} {HEALTH}"
    both = replace(found, backend=replace(found.backend, forward=forward))
    for most, pieces in ((len(text.split()), 1), (20, 4)):
        asked.clear()
        decoding = {**both.info.decoding, "passage_words": most}
        cut = replace(both, info=replace(both.info, decoding=decoding))
        (records,) = cut.predict(["المشروع"], [text])
        assert len(asked) >= pieces
        assert [text[slice(*r.holder)] for r in records if r.holder] == ["نقابة الصيادين"]
    assert max(len(text.split()) for text in asked) < 40


def test_an_unrelated_pair_has_no_records(stance: StancePredictor) -> None:
    found = replace(stance, backend=tagging(["نقابة الصيادين"], stance.backend, unrelated=True))
    assert found.predict(["المشروع"], [AGAINST]) == [[]]


def test_a_paragraph_is_likelier_about_what_its_article_is_surely_about(stance: StancePredictor) -> None:
    """Only within an article and a target, and only where one paragraph is sure."""
    sure, torn = np.float32([3, 0, 0, 0]), np.float32([1, 0, 0, 1.9])
    pairs = [PairPrediction(logits, (), ()) for logits in (sure, torn, torn, torn, sure)]
    plain = replace(stance, info=replace(stance.info, temperature=1.0, decoding={"article_related": 1.0}))

    def related(articles: list[str]) -> list[bool]:
        return [bool(plain.records(pair)) for pair in plain._in_articles(pairs, articles)]

    assert related(["a", "a", "b", "b", "c"]) == [True, True, False, False, True]
    assert related(["a", "b", "c", "d", "e"]) == [True, False, False, False, True]
    never = replace(plain, info=replace(plain.info, decoding={"article_related": 1.0, "article_sure": 0.97}))
    assert not any(never.records(pair) for pair in never._in_articles(pairs[:2], "aa")[1:])


def test_predict_passes_the_articles_on(stance: StancePredictor) -> None:
    """A bonus that turns everything makes all paragraphs of the article about the target."""
    options = {"article_related": 99.0, "article_sure": 0.0}
    eager = replace(stance, info=replace(stance.info, decoding=options))
    found = replace(eager, backend=tagging(["نقابة الصيادين"], eager.backend, unrelated=True))
    assert found.predict(["x", "x", "y"], [AGAINST, FAVOR, FAVOR]) == [[], [], []]
    first, second, alone = found.predict(["x", "x", "y"], [AGAINST, FAVOR, FAVOR], ["x", "x", "y"])
    assert first and second and not alone


def test_with_respell_target_and_paragraph_are_read_as_most_spell(stance: StancePredictor) -> None:
    """And without it neither is; spans stay in the text as given."""
    respelling = replace(stance, info=replace(stance.info, config={**stance.info.config, "respell": True}))
    text, target = ECONOMY.replace("إن", "أن"), "قالت أن السوق"
    other, asked = text.replace("أن", "ان"), target.replace("أن", "ان")
    (plain,) = stance.outputs([target], [text])
    (read,) = respelling.outputs([asked], [other])
    close(read.logits, plain.logits)
    assert read.paragraph.text == text
    found = read.decode(ALL_TAGGED)
    assert [(s.start, s.end) for s in found.evidence] == [
        (s.start, s.end) for s in plain.decode(ALL_TAGGED).evidence
    ]
    for targets, texts in (([asked], [text]), ([target], [other])):
        assert np.abs(stance.outputs(targets, texts)[0].logits - plain.logits).max() > 1e-5

"""Many texts together give what each gives alone, on a bundle small enough for a test."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arabic.errors import InputError
from inference.analyzer import Analyzer
from inference.documents import Request
from inference.results import Analysis
from models.windows import Arrays
from tests.tiny import AGAINST, ECONOMY, FAVOR, HEALTH, NEUTRAL, SPORT

ARTICLE = f"خلاف على الجسر\n\n{FAVOR}.\n\n{AGAINST}.\n\n{NEUTRAL}."
LONG = "\n\n".join(f"{text} {i}." for i in range(4) for text in (SPORT, HEALTH, ECONOMY, AGAINST))
REQUESTS = (
    Request("a", ARTICLE, ("مشروع الجسر", "مشروع الميناء")),
    Request("b", FAVOR, ("مشروع الجسر",), unit="paragraph"),
    Request("c", ""),
    Request("d", LONG),
    Request("e", ARTICLE, ()),
    Request("f", ARTICLE, ("",)),
    Request("g", f"{FAVOR} " * 20, ("مشروع الجسر",), unit="paragraph"),
    Request("h", "no Arabic"),
    Request("a", ARTICLE, ("مشروع الجسر", "مشروع الميناء")),
)


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Analyzer:
    """An analyser over the tiny bundle."""
    return find_stances(Analyzer.load(tiny_bundle, backend="torch"))


def find_stances(analyzer: Analyzer) -> Analyzer:
    """The tiny model calls every pair unrelated; forbid it that, so that there are stances to compare."""
    if analyzer.stance is None:
        return analyzer
    backend = analyzer.stance.backend

    def forward(arrays: Arrays) -> Arrays:
        outputs = backend.forward(arrays)
        return {**outputs, "logits": outputs["logits"] - np.float32([0, 0, 0, 100])}

    stance = replace(analyzer.stance, backend=replace(backend, forward=forward))
    return replace(analyzer, stance=stance)


def assert_same(left: Analysis | InputError, right: Analysis | InputError) -> None:
    """Two answers are the same but for rounding."""
    if isinstance(left, InputError) or isinstance(right, InputError):
        assert str(left) == str(right)
    else:
        _assert_same(json.loads(left.to_json()), json.loads(right.to_json()))


def _assert_same(left: Any, right: Any) -> None:
    if isinstance(left, float):
        assert left == pytest.approx(right, abs=1e-5)
    elif isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left:
            _assert_same(left[key], right[key])
    elif isinstance(left, list):
        assert len(left) == len(right)
        for mine, theirs in zip(left, right, strict=True):
            _assert_same(mine, theirs)
    else:
        assert left == right


def analyses(answers: Sequence[Analysis | InputError]) -> list[Analysis]:
    return [answer for answer in answers if isinstance(answer, Analysis)]


def test_batch_and_single_are_the_same_in_any_order(tiny: Analyzer) -> None:
    together = tiny.analyze_many(REQUESTS)
    assert len(together) == len(REQUESTS)
    turned = tiny.analyze_many(REQUESTS[::-1])[::-1]
    for request, answer, other in zip(REQUESTS, together, turned, strict=True):
        assert_same(answer, tiny.analyze_many([request])[0])
        assert_same(answer, other)
    assert any(analysis.stances for analysis in analyses(together))


def test_one_article_is_many_of_one(tiny: Analyzer) -> None:
    (answer,) = tiny.analyze_many([Request("x", ARTICLE)], words=12)
    assert_same(answer, tiny.analyze(ARTICLE, words=12))


def test_a_bad_request_is_answered_in_its_place(tiny: Analyzer) -> None:
    """An input error never takes the others with it."""
    found = [isinstance(answer, InputError) for answer in tiny.analyze_many(REQUESTS)]
    assert found == [request.id in "cfh" for request in REQUESTS]
    assert tiny.analyze_many([]) == []
    with pytest.raises(InputError, match="words"):
        tiny.analyze_many(REQUESTS, words=0)


def test_the_steps_are_the_whole(tiny: Analyzer) -> None:
    """A service may send topics on before it looks for stances."""
    request = REQUESTS[0]
    analysis = tiny.read(request)
    assert analysis.topics == analysis.stances == analysis.summary == ()
    assert all(paragraph.topic is None for paragraph in analysis.paragraphs)
    (analysis,) = tiny.topics([analysis])
    assert all(paragraph.topic for paragraph in analysis.paragraphs) and not analysis.stances
    (analysis,) = tiny.stances([analysis], [request.targets])
    (analysis,) = tiny.summaries([analysis])
    assert_same(analysis, tiny.analyze_many([request])[0])


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_tasks_left_out_are_empty_and_the_others_unchanged(
    tiny: Analyzer, tiny_bundle: Path, task: str
) -> None:
    some = find_stances(Analyzer.load(tiny_bundle, tasks=[task], backend="torch"))  # type: ignore[list-item]
    for found, whole in zip(
        analyses(some.analyze_many(REQUESTS)), analyses(tiny.analyze_many(REQUESTS)), strict=True
    ):
        if task != "topic":
            assert not found.topics and all(p.topic is None for p in found.paragraphs)
            found = replace(found, topics=whole.topics, paragraphs=whole.paragraphs)
        if task != "stance":
            assert not found.stances
            found = replace(found, stances=whole.stances)
        if task != "summary":
            assert not found.summary
            found = replace(found, summary=whole.summary, headline=whole.headline)
        assert_same(found, whole)


def test_duplicate_paragraphs_and_pairs_are_computed_once(tiny: Analyzer) -> None:
    assert tiny.topic and tiny.stance
    rows: list[int] = []

    def counting(predictor: Any) -> Any:
        def forward(arrays: Arrays) -> Arrays:
            rows.append(len(arrays["input_ids"]))
            outputs: Arrays = predictor.backend.forward(arrays)
            return outputs

        return replace(predictor, backend=replace(predictor.backend, forward=forward))

    counted = replace(tiny, topic=counting(tiny.topic), stance=counting(tiny.stance), salience=None)
    requests = [Request(str(i), FAVOR, ("مشروع الجسر",), unit="paragraph") for i in range(5)]
    answers = analyses(counted.analyze_many(requests))
    assert sum(rows) == 2  # one for the topic, one for the stance
    assert len(answers) == 5 and len(set(answers)) == 1

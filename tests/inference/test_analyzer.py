"""The main job on the bundle that ships: laws that hold for every article, and the input's edges."""

import json
from pathlib import Path

import pytest

from arabic.errors import InputError
from arabic.parse import parse_article
from inference.analyzer import Analyzer
from inference.results import Analysis, json_schema
from models.label_sets import load_labels

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.txt"))


def assert_offsets(analysis: Analysis) -> None:
    """Check `text[start:end] == piece` for every piece of an analysis."""
    text = analysis.article.text
    pieces = [*analysis.paragraphs, *analysis.summary, analysis.headline]
    pieces += [s.holder for s in analysis.stances] + [s.evidence for s in analysis.stances]
    for piece in pieces:
        if piece is not None:
            assert text[piece.start : piece.end] == piece.text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_obey_the_contract(analyzer: Analyzer, path: Path) -> None:
    """Offsets, indices, probabilities and the word budget hold on whole articles."""
    analysis = analyzer.analyze(path.read_text(encoding="utf-8"), words=60)
    assert_offsets(analysis)
    assert len(analysis.paragraphs) == len(list(analysis.article.paragraphs()))
    assert sum(len(sentence.text.split()) for sentence in analysis.summary) <= 60
    assert 1 <= len({stance.target for stance in analysis.stances} | {""}) <= 6
    assert sum(share.share for share in analysis.topics) == pytest.approx(1)
    for sentence in analysis.summary:
        paragraph = analysis.paragraphs[sentence.paragraph]
        assert paragraph.start <= sentence.start < sentence.end <= paragraph.end
    for stance in analysis.stances:
        assert stance.proposed
        assert 0 <= stance.probability <= 1
        assert 0 <= stance.paragraph < len(analysis.paragraphs)
    for paragraph in analysis.paragraphs:
        assert paragraph.topic.id in load_labels("topic").ids
        assert paragraph.topic.second.probability <= paragraph.topic.probability


def test_json_has_the_documented_keys(analyzer: Analyzer) -> None:
    """The JSON contract of the command line."""
    analysis = analyzer.analyze(SAMPLES[1].read_text(encoding="utf-8"), targets=["السد"])
    data = json.loads(analysis.to_json())
    assert list(data) == ["article", "topics", "paragraphs", "stances", "summary", "headline", "model"]
    assert set(data) == set(json_schema()["properties"])
    assert set(data["paragraphs"][0]["topic"]) == {"id", "ar", "en", "probability", "second", "abstained"}
    assert all(stance["target"] == "السد" and not stance["proposed"] for stance in data["stances"])


def test_same_input_same_output(analyzer: Analyzer) -> None:
    """Nothing in an analysis is random."""
    text = SAMPLES[0].read_text(encoding="utf-8")
    assert analyzer.analyze(text).to_json() == analyzer.analyze(text).to_json()


def test_text_and_parsed_article_give_the_same(analyzer: Analyzer) -> None:
    """A caller who parses first gets what a caller with a string gets."""
    text = SAMPLES[0].read_text(encoding="utf-8")
    assert analyzer.analyze(parse_article(text)) == analyzer.analyze(text)


def test_long_paragraph_is_windowed_not_cut(analyzer: Analyzer) -> None:
    """A stance in the last words of a paragraph far beyond 512 tokens is still found."""
    filler = "وتناول البيان تفاصيل فنية كثيرة عن سير الأعمال في الموقع خلال الأشهر الماضية، " * 60
    text = filler + "ورفضت نقابة الصيادين بشدة مشروع توسعة الميناء."
    analysis = analyzer.analyze(text, targets=["توسعة الميناء"])
    assert_offsets(analysis)
    assert any(stance.evidence and stance.evidence.start > len(filler) - 40 for stance in analysis.stances)


def test_lone_surrogates_keep_offsets(analyzer: Analyzer) -> None:
    """They are replaced one for one and reported."""
    analysis = analyzer.analyze(
        "رفضت النقابة \ud800 مشروع الميناء الجديد في المدينة.", targets=["مشروع \udfff الميناء"]
    )
    assert_offsets(analysis)
    assert "control_characters" in analysis.article.warnings
    json.loads(analysis.to_json())


@pytest.mark.parametrize("targets", [[""], ["  "], ["كلمة " * 30], ["ا" * 500]])
def test_bad_targets_are_refused(analyzer: Analyzer, targets: list[str]) -> None:
    with pytest.raises(InputError, match="target"):
        analyzer.analyze(SAMPLES[0].read_text(encoding="utf-8"), targets=targets)


def test_no_targets_means_no_stances(analyzer: Analyzer) -> None:
    """An empty list is the caller's wish, not a request for proposals."""
    assert analyzer.analyze(SAMPLES[0].read_text(encoding="utf-8"), targets=[]).stances == ()


def test_table_alone_is_an_error(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="paragraph"):
        analyzer.analyze("السنة | الناتج\n---|---\n2023 | 10\n2024 | 12\n")


@pytest.mark.shared
def test_shared_article(analyzer: Analyzer, shared: Path) -> None:
    """Egypt and Hamas for a truce, Israel and somebody else on two sides of disarmament."""
    text = (shared / "samples" / "ceasefire.txt").read_text(encoding="utf-8")
    targets = ["وقف إطلاق النار", "نزع سلاح حماس"]
    analysis = analyzer.analyze(text, targets=targets)
    assert_offsets(analysis)
    found = {
        (stance.target, stance.holder.text if stance.holder else "", stance.stance, stance.paragraph)
        for stance in analysis.stances
    }
    truce = {holder for target, holder, label, _ in found if (target, label) == (targets[0], "favor")}
    assert any("مصر" in holder for holder in truce)
    assert truce & {"حماس", "الحركة", "حركة حماس"}  # it accepts one on conditions
    sides = {(holder, label, place) for target, holder, label, place in found if target == targets[1]}
    (place,) = {place for holder, label, place in sides if (holder, label) == ("إسرائيل", "favor")}
    assert any(label == "against" for _, label, where in sides if where == place)

"""Fixtures that several test packages use."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arabic.article import Article, List, Paragraph, Row, Section, Table
from arabic.spans import Span
from inference.results import (
    Analysis,
    Headline,
    ModelInfo,
    ParagraphResult,
    Stance,
    StanceLabel,
    SummarySentence,
    Topic,
    TopicLabel,
    TopicShare,
)
from tests.tiny import ROWS, make_base, train_tiny, write_rows

if TYPE_CHECKING:
    from inference.analyzer import Analyzer

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("MUJAZ_CACHE", str(ROOT / ".pytest_cache" / "mujaz"))  # not the user's own

TEXT = """خطة الترام تقسم مجلس المدينة

قال رئيس البلدية سالم حداد إن مشروع الترام "ضرورة لا تحتمل التأجيل"، بينما رفضت نقابة سائقي الحافلات المشروع.

كلفة المشروع

وأيدت غرفة التجارة المشروع بشرط ألا ترتفع الرسوم على المحال، ورأت أن الكلفة معقولة.

- تبدأ الأشغال في الربيع المقبل.
- يمتد الخط 14 كيلومترا.

المرحلة | الكلفة
الأولى | 90 مليون دينار
الثانية | 60 مليون دينار
"""
POLITICS = TopicLabel("politics_government", "سياسة وحكم", "politics and government", 0.11)
ECONOMY = TopicLabel("economy_business_finance", "اقتصاد وأعمال ومال", "economy, business and finance", 0.62)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Find the project's shared data, beside the checkout on the makers' machines only."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip("needs ../shared, which only the makers' machines have")
    return path


@pytest.fixture(scope="session")
def analyzer() -> "Analyzer":
    """Load the analyser with the bundle that ships, once for all tests."""
    from inference.analyzer import Analyzer

    return Analyzer.load(threads=2)


def span(words: str, text: str = TEXT) -> Span:
    """Find the first place in `text` where `words` stand."""
    start = text.index(words)
    return Span(words, start, start + len(words))


def _stance(
    target: str, label: StanceLabel, holder: str | None, evidence: str | None, paragraph: int
) -> Stance:
    return Stance(
        target=target,
        proposed=target != "مشروع الترام",
        holder=span(holder) if holder else None,
        stance=label,
        conditional=evidence is not None and "بشرط" in evidence,
        probability=0.934,
        paragraph=paragraph,
        evidence=span(evidence) if evidence else None,
    )


@pytest.fixture
def analysis() -> Analysis:
    """Make an analysis by hand: headings, a list, a table, overlapping spans, every kind of stance."""
    lines = TEXT.splitlines()
    first, second = span(lines[2]), span(lines[6])
    items = (span("تبدأ الأشغال في الربيع المقبل."), span("يمتد الخط 14 كيلومترا."))
    rows = tuple(Row(*(span(cell) for cell in line.split(" | "))) for line in lines[11:14])
    table = Table(Span.of(TEXT, rows[0].label.start, len(TEXT)), rows[0], rows[1:])
    bullets = List(Span.of(TEXT, items[0].start - 2, items[1].end), items)
    article = Article(
        text=TEXT,
        format="text",
        title=span(lines[0]),
        sections=(
            Section(None, (Paragraph(first),)),
            Section(span(lines[4]), (Paragraph(second), bullets, table)),
        ),
    )
    paragraphs = tuple(
        ParagraphResult(
            piece.text,
            piece.start,
            piece.end,
            Topic(ECONOMY.id, ECONOMY.ar, ECONOMY.en, ECONOMY.probability, POLITICS, abstained=number == 2),
        )
        for number, piece in enumerate([first, second, *items])
    )
    tram, cost = "مشروع الترام", "الكلفة"
    sentence = span(lines[2].split("، ")[0])
    return Analysis(
        article=article,
        topics=(
            TopicShare(ECONOMY.id, ECONOMY.ar, ECONOMY.en, 0.68),
            TopicShare(POLITICS.id, POLITICS.ar, POLITICS.en, 0.32),
        ),
        paragraphs=paragraphs,
        stances=(
            _stance(tram, "favor", "رئيس البلدية سالم حداد", 'مشروع الترام "ضرورة لا تحتمل التأجيل"', 0),
            _stance(tram, "against", "نقابة سائقي الحافلات", "رفضت نقابة سائقي الحافلات المشروع", 0),
            _stance(tram, "favor", "غرفة التجارة", "أيدت غرفة التجارة المشروع بشرط ألا ترتفع الرسوم", 1),
            _stance(cost, "against", "غرفة التجارة", "بشرط ألا ترتفع الرسوم على المحال", 1),
            _stance(cost, "favor", "غرفة التجارة", "الكلفة معقولة", 1),
            _stance(cost, "neutral", None, None, 3),
        ),
        summary=(
            SummarySentence(sentence.text, sentence.start, sentence.end, 0),
            SummarySentence(items[1].text, items[1].start, items[1].end, 3),
        ),
        headline=Headline(lines[0], 0, len(lines[0]), "title"),
        model=ModelInfo("mujaz-default", "1.0", "0123456789abcdef" * 4),
    )


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer encoder with random weights and a tokenizer of its own."""
    return make_base(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture(scope="session")
def tiny_rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Labelled rows for every task, one JSONL file each."""
    folder = tmp_path_factory.mktemp("rows")
    return {task: write_rows(folder / f"{task}.jsonl", rows) for task, rows in ROWS.items()}


@pytest.fixture(scope="session")
def tiny_bundle(
    tmp_path_factory: pytest.TempPathFactory, tiny_base: Path, tiny_rows: dict[str, Path]
) -> Path:
    """A bundle with all three tasks, really trained, on a model small enough for a test."""
    from models.merge import merge_bundles

    folder = tmp_path_factory.mktemp("bundles")
    parts = [train_tiny(task, tiny_rows[task], folder / task, tiny_base) for task in tiny_rows]
    merge_bundles(parts, folder / "merged", name="tiny", version="1")
    return folder / "merged"

"""The terminal view: readable in a pipe, harmless in a terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from arabic.article import Article, Paragraph, Section
from arabic.spans import Span
from inference.console import render
from inference.results import Analysis


def shown(analysis: Analysis, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    render(analysis, Console(file=stream, force_terminal=terminal, width=100))
    return stream.getvalue()


def test_a_pipe_gets_plain_unwrapped_lines(analysis: Analysis) -> None:
    """No escape codes and no wrapping, so that `grep` finds whole sentences."""
    text = shown(analysis)
    assert "\x1b" not in text
    assert f"{analysis.summary[0].text} [1]\n" in text
    assert "  نقابة سائقي الحافلات | − معارض | 93% | «رفضت نقابة سائقي الحافلات المشروع» [1]\n" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_all_parts_are_there(analysis: Analysis, terminal: bool) -> None:
    """Headline, headings, every paragraph's topic, list, table, stances and the model."""
    text = shown(analysis, terminal=terminal)
    for words in ("خطة الترام تقسم مجلس المدينة", "كلفة المشروع", "[4]", "اقتصاد وأعمال ومال 62%", "بشرط"):
        assert words in text
    for words in ("الثانية | 60 مليون دينار", "الكلفة (مقترح)", "الكاتب أو غير مسمّى", "mujaz-default 1.0"):
        assert words in text
    assert "غير محسوم (اقتصاد وأعمال ومال 62%)" in text


def test_paragraphs_without_topics_are_shown(analysis: Analysis) -> None:
    paragraphs = tuple(replace(paragraph, topic=None) for paragraph in analysis.paragraphs)
    text = shown(replace(analysis, topics=(), paragraphs=paragraphs))
    assert f"[4] {analysis.paragraphs[3].text}" in text and "اقتصاد" not in text


def test_an_article_cannot_steer_the_terminal(analysis: Analysis) -> None:
    """Escape codes, direction overrides and rich markup in the text come out as visible text."""
    words = "نص \x1b[2J \u202eمقلوب [red]أحمر[/red] :smile:"
    span = Span(words, 0, len(words))
    hostile = replace(
        analysis,
        article=Article(words, "text", span, (Section(span, (Paragraph(span),)),)),
        stances=(replace(analysis.stances[0], target=words, holder=span, evidence=span),),
        summary=(replace(analysis.summary[0], text=words),),
    )
    text = shown(hostile)
    assert "\x1b" not in text and "\u202e" not in text
    assert text.count("نص [U+001B][2J [U+202E]مقلوب [red]أحمر[/red] :smile:") == 6


def test_nothing_found_is_said(analysis: Analysis) -> None:
    """An article without stances or summary is told so, not shown an empty table."""
    text = shown(replace(analysis, stances=(), summary=(), topics=()))
    assert "لم يُعثر على مواقف" in text and "لا خلاصة" in text


def test_warnings_are_told(analysis: Analysis) -> None:
    """A text too short to trust is marked as such."""
    assert "أقصر من 20 كلمة" in shown(
        replace(analysis, article=replace(analysis.article, warnings=("short",)))
    )

"""The demo page: the same analysis, shown safely."""

import asyncio
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

import app
from arabic.errors import InputError
from inference.results import Analysis


class FakeAnalyzer:
    """Answers with one analysis, or refuses empty text as the real one does."""

    def __init__(self, answer: Analysis) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def analyze(self, text: str, *, targets: list[str] | None = None, words: int = 60) -> Analysis:
        """Answer, or refuse."""
        self.asked = {"text": text, "targets": targets, "words": words}
        if not text:
            raise InputError("'<input>' is empty")
        return self.answer


@pytest.fixture
def fake(analysis: Analysis) -> FakeAnalyzer:
    """Make an analyser that needs no models."""
    return FakeAnalyzer(analysis)


@pytest.fixture
def page(fake: FakeAnalyzer) -> gr.Blocks:
    """Build the page over the fake; in a loop, since without one Gradio makes two and leaves them open."""

    async def build() -> gr.Blocks:
        return app.build(fake)  # type: ignore[arg-type]

    return asyncio.run(build())


@pytest.fixture
def analyze(page: gr.Blocks) -> Callable[..., app.Outputs]:
    """Find what the button and the API call."""
    (function,) = [function.fn for function in page.fns.values() if function.api_name == "analyze"]
    assert function is not None
    return function


def test_analysis_fills_the_page(analyze: Callable[..., app.Outputs], analysis: Analysis) -> None:
    """Summary with paragraph numbers, stances with evidence, a topic for every paragraph."""
    summary, marked, stances, topics = analyze("نص", "", 60)
    assert summary.splitlines()[1] == "يمتد الخط 14 كيلومترا. [4]"
    assert "".join(piece for piece, _ in marked) == analysis.article.text
    assert ("رفضت نقابة سائقي الحافلات المشروع", "معارض") in marked
    assert stances[1][:3] == ["نقابة سائقي الحافلات", "− معارض", "مشروع الترام"]
    assert len(stances) == len(analysis.stances) and len(topics) == len(analysis.paragraphs)


def test_targets_are_read_line_by_line(analyze: Callable[..., app.Outputs], fake: FakeAnalyzer) -> None:
    """Blank lines are no targets; none at all means: propose some."""
    analyze("نص", " الترام \n\nالكلفة\n", 45.0)
    assert fake.asked == {"text": "نص", "targets": ["الترام", "الكلفة"], "words": 45}
    analyze("نص", " \n", 60)
    assert fake.asked["targets"] is None


def test_refused_input_is_one_escaped_line(analyze: Callable[..., app.Outputs]) -> None:
    """Gradio renders HTML in its error box, so the message must be escaped."""
    with pytest.raises(gr.Error) as refused:
        analyze("", "", 60)
    assert "&lt;input&gt;" in refused.value.message
    assert not refused.value.print_exception


def test_too_many_targets_are_refused(analyze: Callable[..., app.Outputs], fake: FakeAnalyzer) -> None:
    """One visitor cannot ask for a thousand passes over the text."""
    with pytest.raises(gr.Error):
        analyze("نص", "\n".join(map(str, range(1000))), 60)
    assert not fake.asked


def test_nothing_on_the_page_renders_html(page: gr.Blocks) -> None:
    """User text goes only into components that show it as text."""
    outputs = {type(output) for function in page.fns.values() for output in function.outputs}
    assert outputs == {gr.Textbox, gr.HighlightedText, gr.Dataframe}
    assert all(block.datatype == "str" for block in page.blocks.values() if isinstance(block, gr.Dataframe))


def test_queue_is_bounded_and_nothing_is_reported_home(page: gr.Blocks) -> None:
    """A flood of visitors is turned away, and Gradio's analytics stay off."""
    assert page._queue.max_size == 32
    assert page.analytics_enabled is False


def test_only_the_analysis_is_an_api(page: gr.Blocks) -> None:
    """`/analyze` is the stable name; helpers of the page are not offered."""
    public = [f.api_name for f in page.fns.values() if f.api_visibility == "public"]
    assert public == ["analyze"]


def test_samples_are_read_by_name_only(page: gr.Blocks) -> None:
    """A name that is not on the list reads no file."""
    (read,) = [function.fn for function in page.fns.values() if function.api_name != "analyze"]
    assert read is not None
    assert read("../README") == "" and read(None) == ""
    assert read("diplomacy").strip()

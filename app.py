"""A small demo page: paste an article, see its analysis. `mujaz demo` and `python app.py` start it."""

import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import gradio as gr

from arabic.checks import describe
from arabic.errors import InputError
from inference.display import (
    ABSTAINED,
    PROPOSED,
    STANCES,
    holder_name,
    one_line,
    percent,
    stance_name,
    visible,
)
from inference.results import Analysis, StanceLabel
from models.errors import BundleError

if TYPE_CHECKING:
    from inference.analyzer import Analyzer

SAMPLES = Path(__file__).parent / "samples"
MAX_TARGETS = 10
COLORS: dict[StanceLabel, str] = {"favor": "#0a8f6a", "against": "#c8452b", "neutral": "#6a7690"}
CSS = """
.gradio-container { direction: rtl; max-width: 72rem !important; margin-inline: auto !important; }
.gradio-container textarea, .gradio-container .textfield { line-height: 1.9; }
.rtl-table :is(table, tr, th, [role="row"], [role="gridcell"], span) { direction: rtl; text-align: right; }
.rtl-table .virtual-row { left: auto !important; right: 0; }
"""
FONT = ["Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", "Tahoma", "system-ui", "sans-serif"]

Rows = list[list[str]]
Marked = list[tuple[str, str | None]]
Outputs = tuple[str, Marked, Rows, Rows]


def build(analyzer: "Analyzer") -> gr.Blocks:
    """Lay out the page over an analyser."""
    page: gr.Blocks = gr.Blocks(title="موجز", analytics_enabled=False)
    with page:
        gr.Markdown("# موجز\nمن يقف أين، وعلى أي كلمات: ألصق خبرًا عربيًّا ثم اضغط «حلّل».", rtl=True)
        with gr.Row():
            with gr.Column(scale=3):
                text = gr.Textbox(label="النص", lines=12, max_lines=24, rtl=True)
            with gr.Column(scale=2):
                samples = {path.stem: path for path in sorted(SAMPLES.glob("*.txt"))}
                sample = gr.Dropdown(list(samples), value=None, label="أو اختر مثالًا", visible=bool(samples))
                targets = gr.Textbox(
                    label="القضايا، كل واحدة في سطر",
                    placeholder="اتركها فارغة لتُقترح من النص",
                    lines=3,
                    rtl=True,
                )
                words = gr.Slider(20, 200, value=60, step=5, label="كلمات الخلاصة")
                button = gr.Button("حلّل", variant="primary")
        summary = gr.Textbox(label="الخلاصة، ورقم فقرة كل جملة", lines=3, rtl=True, interactive=False)
        colors = {STANCES[label]: color for label, color in COLORS.items()}
        marked = gr.HighlightedText(label="الشواهد في النص", color_map=colors, show_legend=True, rtl=True)
        stances = gr.Dataframe(
            headers=["صاحب الموقف", "الموقف", "القضية", "الشاهد", "الفقرة", "الاحتمال"],
            label="المواقف",
            column_widths=["20%", "16%", "20%", "28%", "7%", "9%"],
            datatype="str",
            interactive=False,
            wrap=True,
            elem_classes="rtl-table",
        )
        topics = gr.Dataframe(
            headers=["الفقرة", "الموضوع", "الاحتمال", "أولها"],
            label="موضوع كل فقرة",
            column_widths=["8%", "27%", "10%", "55%"],
            datatype="str",
            interactive=False,
            wrap=True,
            elem_classes="rtl-table",
        )
        sample.change(_sample_reader(samples), sample, text, api_visibility="private", queue=False)
        button.click(
            _analysis(analyzer),
            [text, targets, words],
            [summary, marked, stances, topics],
            api_name="analyze",
        )
    page.queue(max_size=32, default_concurrency_limit=1)
    return page


def _sample_reader(samples: dict[str, Path]) -> Callable[[str | None], str]:
    def read(name: str | None) -> str:
        return samples[name].read_text(encoding="utf-8") if name in samples else ""

    return read


def _analysis(analyzer: "Analyzer") -> Callable[[str, str, float], Outputs]:
    def analyze(text: str, targets: str, words: float) -> Outputs:
        wanted = [line.strip() for line in (targets or "").splitlines() if line.strip()]
        if len(wanted) > MAX_TARGETS:
            raise gr.Error(f"القضايا كثيرة: {len(wanted)}، والحد {MAX_TARGETS}.", print_exception=False)
        try:
            analysis = analyzer.analyze(text or "", targets=wanted or None, words=int(words))
        except InputError as error:
            raise gr.Error(escape(visible(str(error))), print_exception=False) from error
        for code in analysis.article.warnings:
            gr.Warning(describe(code, "ar"))
        return _summary(analysis), _marked(analysis), _stances(analysis), _topics(analysis)

    return analyze


def _summary(analysis: Analysis) -> str:
    return "\n".join(f"{one_line(s.text)} [{s.paragraph + 1}]" for s in analysis.summary)


def _marked(analysis: Analysis) -> Marked:
    """Cut the text into evidence and the rest; where evidence overlaps, the first one is shown."""
    text, pieces, position = analysis.article.text, [], 0
    found = [(stance.evidence, STANCES[stance.stance]) for stance in analysis.stances if stance.evidence]
    for span, label in sorted(found, key=lambda pair: pair[0].start):
        if span.start >= position:
            pieces += [(text[position : span.start], None), (span.text, label)]
            position = span.end
    pieces.append((text[position:], None))
    return [(visible(piece), label) for piece, label in pieces if piece]


def _stances(analysis: Analysis) -> Rows:
    return [
        [
            holder_name(stance),
            stance_name(stance),
            one_line(stance.target) + (f" ({PROPOSED})" if stance.proposed else ""),
            one_line(stance.evidence.text) if stance.evidence else "",
            str(stance.paragraph + 1),
            percent(stance.probability),
        ]
        for stance in analysis.stances
    ]


def _topics(analysis: Analysis) -> Rows:
    return [
        [
            str(number),
            f"{ABSTAINED} ({paragraph.topic.ar})" if paragraph.topic.abstained else paragraph.topic.ar,
            percent(paragraph.topic.probability),
            shorten(one_line(paragraph.text), width=80, placeholder=" …"),
        ]
        for number, paragraph in enumerate(analysis.paragraphs, start=1)
        if paragraph.topic
    ]


def main(port: int | None = None) -> None:
    """Load the models that ship and serve the page on this machine, until interrupted.

    Raises `BundleError`, and `InputError` where the port is taken.
    """
    from inference.analyzer import Analyzer

    page = build(Analyzer.load())
    try:
        page.launch(
            server_port=port,
            share=False,
            max_file_size="2mb",
            theme=gr.themes.Soft(font=FONT, font_mono=FONT),
            css=CSS,
            footer_links=["api"],
        )
    except OSError as error:
        raise InputError(
            f"port {port or 'from 7860 on'} cannot be used; give another one ({error})"
        ) from error


if __name__ == "__main__":
    try:
        main()
    except (BundleError, InputError) as error:
        sys.exit(f"mujaz: {error}")

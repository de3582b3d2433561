"""Analyse: one article, its parts shown as they are ready, corrections taken where something is wrong."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import gradio as gr

from inference.report import to_html
from models.selection import BASE_WORDS
from serving.desk import (
    ANALYSIS,
    SAMPLES,
    Desk,
    language,
    read_and_remove,
    readable_errors,
    refuse,
    to_json,
    translate,
)
from serving.settings import MAX_TARGETS, MAX_WORDS, MIN_WORDS
from serving.uploads import SUFFIXES

WORKING = "(...given) => { window.mujaz.working('desk'); return given; }"
SHOW = "(data) => window.mujaz.show('desk', data)"
FAILED = "() => window.mujaz.failed('desk')"
STOPPED = "() => window.mujaz.failed('desk', 'stopped')"


def add(desk: Desk) -> None:
    """Lay out the tab."""
    t = translate
    with gr.Row(elem_classes="inputs"):
        with gr.Column(scale=3):
            text = gr.Textbox(
                label=t("text"), placeholder=t("text_hint"), lines=12, max_lines=14, rtl=True, elem_id="text"
            )
        with gr.Column(scale=2):
            targets = gr.Dropdown(
                [], multiselect=True, allow_custom_value=True, max_choices=MAX_TARGETS,
                label=t("targets"), info=t("targets_info"), elem_id="targets",
            )  # fmt: skip
            words = gr.Number(BASE_WORDS, label=t("words"), step=5, precision=0)
            upload = gr.UploadButton(
                t("upload"),  # type: ignore[arg-type]  # Gradio translates every label, but forgot this type
                file_types=list(SUFFIXES),
                size="md",
                elem_id="upload",
            )
            with gr.Accordion(t("sample"), open=False, elem_id="samples"):
                samples = [
                    (path.read_text(encoding="utf-8"), gr.Button(_title(path), size="sm"))
                    for path in sorted(SAMPLES.glob("*.txt"))
                ]
            with gr.Row():
                button = gr.Button(t("analyse"), variant="primary", elem_id="analyse")
                stop = gr.Button(t("stop"), elem_id="stop")
    gr.HTML('<p id="desk-status" role="status"></p>', apply_default_css=False)
    with gr.Row():
        save_json = gr.Button(t("download_json"), size="sm", elem_id="save-json")
        save_html = gr.Button(t("download_html"), size="sm", elem_id="save-html")
    data = gr.Textbox(visible="hidden", elem_id="desk-data", label="JSON")
    report = gr.Textbox(visible="hidden", label="HTML")
    gr.HTML(
        f'<div id="desk" class="desk" data-corrections="{"yes" if desk.corrections else "no"}"></div>',
        apply_default_css=False,
    )

    async def analyze(
        text: str, targets: list[str] | None, words: float | None, request: gr.Request
    ) -> AsyncIterator[str]:
        """Analyse an Arabic news article: topic of every paragraph, stances with evidence, summary.

        Args:
            text: the article, plain text, Markdown or HTML.
            targets: what stances are looked for on; empty: at most five are proposed from the article.
            words: word budget of the summary.
            request: filled in by Gradio.

        Returns:
            The JSON of `mujaz analyze --json`.

        """
        spoken = language(request)
        with readable_errors(spoken):
            if not text or not text.strip():
                raise refuse(spoken, "empty")
            if re.fullmatch(r"\s*(https?://|www\.)\S+\s*", text):
                raise refuse(spoken, "address")
            if words is None or not MIN_WORDS <= words <= MAX_WORDS:
                raise refuse(spoken, "wrong_words", MIN_WORDS, MAX_WORDS)
            async for analysis, parts in desk.analyses(text, targets, int(words)):
                yield to_json(analysis, parts)

    async def read(path: str, request: gr.Request) -> str:
        with readable_errors(language(request)):
            return await read_and_remove(path)

    def write_report(data: str, request: gr.Request) -> str:
        with readable_errors(language(request)):
            return to_html(ANALYSIS.validate_json(data)) if data else ""

    event = button.click(
        analyze, [text, targets, words], data, js=WORKING, api_name="analyze", concurrency_limit=8
    )
    event.failure(None, js=FAILED, api_visibility="private")
    stop.click(None, js=STOPPED, cancels=[event], api_visibility="private")
    # Parts are shown as they change; the last change of a quick burst may be lost, the end is not.
    data.change(None, data, js=SHOW, api_visibility="private")
    event.success(None, data, js=SHOW, api_visibility="private")
    upload.upload(read, upload, text, api_visibility="private", concurrency_limit=2)
    for sample, chosen in samples:
        chosen.click(None, None, text, js=f"() => {json.dumps(sample)}", api_visibility="private")
    save_json.click(None, data, js="(data) => window.mujaz.save(data, 'json')", api_visibility="private")
    save_html.click(write_report, data, report, api_visibility="private").then(
        None, report, js="(page) => window.mujaz.save(page, 'html')", api_visibility="private"
    )
    if desk.corrections:
        _add_correcting(desk)


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[0]


def _add_correcting(desk: Desk) -> None:
    corrections = desk.corrections
    assert corrections is not None
    outbox = gr.Textbox(visible="hidden", elem_id="outbox", label="correction")
    answer = gr.Textbox(visible="hidden", label="answer")

    async def correct(correction: str, request: gr.Request) -> str:
        """Save a correction of a topic or a stance.

        Args:
            correction: a JSON object, see docs/serving.md.
            request: filled in by Gradio.

        Returns:
            The correction's number.

        """
        with readable_errors(language(request)):
            return await corrections.append(correction)

    saved = outbox.change(correct, outbox, answer, api_name="correct", concurrency_limit=4)
    saved.success(None, answer, js="(n) => window.mujaz.corrected(n)", api_visibility="private")
    saved.failure(None, js="() => window.mujaz.corrected(null)", api_visibility="private")

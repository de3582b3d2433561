"""Models: what the bundles at hand are, and two of them side by side on one text."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from models.bundle import TASKS, Task
from models.label_sets import named_labels
from serving.desk import Desk, language, readable_errors, refuse, translate
from serving.tabs.compare import BUDGET
from serving.words import WORDS

WORKING = "(...given) => { window.mujaz.working('models'); return given; }"
FAILED = "() => window.mujaz.failed('models')"
DESCRIBE = "(info) => window.mujaz.describe('bundle-info', info)"


def add(desk: Desk) -> gr.Textbox:
    """Lay out the tab; gives the box whose JSON `DESCRIBE` shows when the tab is opened."""
    t = translate
    names = desk.bundles.names
    gr.Markdown(t("models_intro"), elem_classes="intro")
    with gr.Row():
        bundle = gr.Dropdown(names, value=names[0], label=t("bundle"), elem_id="bundle")
        other = gr.Dropdown(names, value=names[-1], label=t("other_bundle"))
    with gr.Row():
        with gr.Column(scale=3):
            text = gr.Textbox(label=t("text"), lines=5, max_lines=12, rtl=True, elem_id="models-text")
        with gr.Column(scale=2):
            button = gr.Button(t("compare"), variant="primary", elem_id="models-button")
    gr.HTML('<p id="models-status" role="status"></p>', apply_default_css=False)
    data = gr.Textbox(visible="hidden", label="JSON")
    gr.HTML('<div id="models" class="desk"></div>', apply_default_css=False)
    info = gr.Textbox(_info(desk, names[0]), visible="hidden", label="JSON")
    gr.HTML('<div id="bundle-info" class="desk"></div>', apply_default_css=False)
    with gr.Accordion(t("card"), open=False):
        card = gr.Markdown(desk.bundles.card(names[0]), elem_classes="ltr", elem_id="card")

    def describe(bundle: str, request: gr.Request) -> tuple[str, str]:
        with readable_errors(language(request)):
            return _info(desk, bundle), desk.bundles.card(bundle)

    async def compare_models(text: str, bundle: str, other_bundle: str, request: gr.Request) -> str:
        """Analyse one article with two bundles.

        Args:
            text: the article.
            bundle: the name of a bundle of the Models tab.
            other_bundle: the name of another one.
            request: filled in by Gradio.

        Returns:
            A JSON list of {outlet, date, analysis}; `outlet` is the bundle's name.

        """
        spoken = language(request)
        with readable_errors(spoken):
            if not text or not text.strip():
                raise refuse(spoken, "empty")
            columns: list[dict[str, Any]] = []
            targets = None
            for name in (bundle, other_bundle):
                analysis = await desk.analysis(text, targets, BUDGET, await desk.bundles.service(name))
                targets = targets or list(dict.fromkeys(stance.target for stance in analysis.stances)) or None
                columns.append({"outlet": name, "date": "", "analysis": json.loads(analysis.to_json())})
            return json.dumps(columns, ensure_ascii=False)

    bundle.change(describe, bundle, [info, card], api_visibility="private")
    info.change(None, info, js=DESCRIBE, api_visibility="private")
    event = button.click(
        compare_models,
        [text, bundle, other],
        data,
        js=WORKING,
        api_name="compare_models",
        concurrency_limit=2,
    )
    event.failure(None, js=FAILED, api_visibility="private")
    data.change(None, data, js="(data) => window.mujaz.compare('models', data)", api_visibility="private")
    return info


def _info(desk: Desk, name: str) -> str:
    tasks = desk.bundles.info(name).tasks
    return json.dumps(
        [
            {"task": task, "metrics": tasks[task].metrics, "labels": _labels(task, tasks[task].labels)}
            for task in TASKS
            if task in tasks
        ],
        ensure_ascii=False,
    )


def _labels(task: Task, ids: Sequence[str]) -> list[dict[str, str]]:
    if task == "summary":  # its classes are no label set: what a sentence is to a summary
        return [{"id": name, "ar": WORDS[name][0], "en": WORDS[name][1]} for name in ("key", "other")]
    return [{"id": label.id, "ar": label.ar, "en": label.en} for label in named_labels(task, ids).labels]

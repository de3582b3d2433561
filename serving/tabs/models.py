"""Models: what the bundles at hand are, and two of them side by side on one text."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from inference.display import one_line
from models.bundle import TASKS
from models.label_sets import load_labels
from serving.desk import Desk, language, readable_errors, refuse, translate
from serving.tabs.compare import WORDS

WORKING = "(...given) => { window.mujaz.working('models'); return given; }"
FAILED = "() => window.mujaz.failed('models')"


def add(desk: Desk) -> None:
    """Lay out the tab."""
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
    metrics = gr.Dataframe(
        _metrics(desk, names[0]), headers=["task", "metric", "value"], label=t("metrics"), datatype="str",
        interactive=False, elem_classes="ltr",
    )  # fmt: skip
    gr.Dataframe(
        _labels(),
        headers=["task", "id", "ar", "en"],
        label=t("labels"),
        datatype="str",
        elem_classes="ltr",
        interactive=False,
        max_height=320,
    )
    with gr.Accordion(t("card"), open=False):
        card = gr.Markdown(desk.bundles.card(names[0]), elem_classes="ltr", elem_id="card")

    def describe(bundle: str, request: gr.Request) -> tuple[list[list[str]], str]:
        with readable_errors(language(request)):
            return _metrics(desk, bundle), desk.bundles.card(bundle)

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
                analysis = await desk.analysis(text, targets, WORDS, await desk.bundles.service(name))
                targets = targets or list(dict.fromkeys(stance.target for stance in analysis.stances)) or None
                columns.append({"outlet": name, "date": "", "analysis": json.loads(analysis.to_json())})
            return json.dumps(columns, ensure_ascii=False)

    bundle.change(describe, bundle, [metrics, card], api_visibility="private")
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


def _metrics(desk: Desk, name: str) -> list[list[str]]:
    tasks = desk.bundles.info(name).tasks
    return [
        [task, one_line(metric), one_line(value)]
        for task in TASKS
        if task in tasks
        for metric, value in _flat(tasks[task].metrics)
    ]


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{value:.3f}" if isinstance(value, float) else str(value)


def _labels() -> list[list[str]]:
    return [
        [task, label.id, label.ar, label.en]
        for task in ("topic", "stance")
        for label in load_labels(task).labels
    ]

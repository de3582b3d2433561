"""Compare: articles or outlets beside each other on the same targets, and over time."""

import asyncio
import json
from typing import Any

import gradio as gr

from serving.desk import Desk, language, readable_errors, refuse, translate
from serving.records import Record, read_records
from serving.settings import MAX_TARGETS

WORKING = "(...given) => { window.mujaz.working('compare'); return given; }"
FAILED = "() => window.mujaz.failed('compare')"
SHOW = "(data) => window.mujaz.compare('compare', data)"
BUDGET = 30
"""Words of the summaries that stand beside each other."""


def add(desk: Desk) -> None:
    """Lay out the tab."""
    t = translate
    gr.Markdown(t("compare_intro"), elem_classes="intro")
    given: list[gr.Textbox] = []
    with gr.Row():
        for name, label in (("first", "first"), ("second", "second_article")):
            with gr.Column():
                given.append(gr.Textbox(label=t(label), lines=9, max_lines=9, rtl=True, elem_id=name))
                with gr.Row():
                    given.append(gr.Textbox(label=t("outlet"), max_length=100))
                    given.append(gr.Textbox(label=t("date"), max_length=30, placeholder="2026-01-31"))
    with gr.Row():
        targets = gr.Dropdown(
            [], multiselect=True, allow_custom_value=True, max_choices=MAX_TARGETS,
            label=t("targets"), info=t("targets_info"), scale=3,
        )  # fmt: skip
        upload = gr.File(label=t("records"), file_types=[".jsonl", ".csv"], height=180, scale=2)
    button = gr.Button(t("compare"), variant="primary", elem_id="compare-button")
    gr.HTML('<p id="compare-status" role="status"></p>', apply_default_css=False)
    data = gr.Textbox(visible="hidden", label="JSON")
    gr.HTML('<div id="compare" class="desk"></div>', apply_default_css=False)

    async def compare(
        first: str,
        first_outlet: str,
        first_date: str,
        second: str,
        second_outlet: str,
        second_date: str,
        targets: list[str] | None,
        records: str | None,
        request: gr.Request,
    ) -> str:
        """Analyse articles on the same targets.

        Args:
            first: an article.
            first_outlet: who published it.
            first_date: when, year first.
            second: another article.
            second_outlet: who published it.
            second_date: when, year first.
            targets: what stances are looked for on; empty: those of the first article.
            records: instead of the two: a JSONL or CSV file with text, outlet and date.
            request: filled in by Gradio.

        Returns:
            A JSON list of {outlet, date, analysis}.

        """
        spoken = language(request)
        with readable_errors(spoken):
            found = [Record(first, first_outlet, first_date), Record(second, second_outlet, second_date)]
            if records:
                found = await asyncio.to_thread(read_records, records)
            found = [record for record in found if record.text.strip()]
            if len(found) < 2:
                raise refuse(spoken, "few_articles")
            columns: list[dict[str, Any]] = []
            wanted = targets
            for record in found:
                analysis = await desk.analysis(record.text, wanted, BUDGET)
                wanted = wanted or list(dict.fromkeys(stance.target for stance in analysis.stances)) or None
                columns.append(
                    {"outlet": record.outlet, "date": record.date, "analysis": json.loads(analysis.to_json())}
                )
            return json.dumps(columns, ensure_ascii=False)

    inputs = [*given, targets, upload]
    event = button.click(compare, inputs, data, js=WORKING, api_name="compare", concurrency_limit=2)
    event.failure(None, js=FAILED, api_visibility="private")
    data.change(None, data, js=SHOW, api_visibility="private")

"""Batch: a file of records in, answers for all of them to download; the work is done in another process."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr

from models.bundle import TASKS
from serving.desk import Desk, in_own_task, language, readable_errors, refuse, translate
from serving.jobs import Order, results, work
from serving.settings import MAX_TARGETS
from serving.words import Language, word

SUFFIXES = (".csv", ".jsonl", ".parquet")


def add(desk: Desk) -> None:
    """Lay out the tab."""
    t = translate
    gr.Markdown(t("batch_intro"), elem_classes="intro")
    with gr.Row():
        with gr.Column():
            upload = gr.File(
                label=t("batch_file"), file_types=list(SUFFIXES), height=180, elem_id="batch-file"
            )
            column = gr.Textbox("text", label=t("text_column"), max_length=100)
        with gr.Column():
            tasks = gr.CheckboxGroup(
                [(t("topic"), "topic"), (t("stance"), "stance"), (t("summary"), "summary")],
                value=["topic", "summary"],
                label=t("tasks"),
            )
            targets = gr.Dropdown(
                [],
                multiselect=True,
                allow_custom_value=True,
                max_choices=MAX_TARGETS,
                label=t("targets"),
                info=t("targets_info"),
            )
            format = gr.Radio(["jsonl", "csv", "parquet"], value="csv", label=t("format"))
    with gr.Row():
        start = gr.Button(t("start"), variant="primary", elem_id="batch-start")
        stop = gr.Button(t("stop"), elem_id="batch-stop")
    progress = gr.Textbox(label=t("progress"), interactive=False, elem_id="batch-progress")
    gr.HTML('<p id="batch-status" role="status"></p>', apply_default_css=False)
    files = gr.File(label=t("results"), file_count="multiple", interactive=False, elem_id="batch-results")

    async def batch(
        file: str | None,
        text_column: str,
        tasks: list[str],
        targets: list[str] | None,
        format: str,
        request: gr.Request,
    ) -> AsyncIterator[tuple[str, list[str] | None]]:
        """Analyse a file of records.

        Args:
            file: CSV, JSON lines or Parquet.
            text_column: where a record has its text.
            tasks: some of topic, stance, summary.
            targets: what stances are looked for on; empty: some are proposed for each text.
            format: of the answers: jsonl, csv or parquet.
            request: filled in by Gradio.

        Yields:
            How far the work is, and at the end the files: answers and a report.

        """
        spoken = language(request)
        with readable_errors(spoken):
            if not file:
                raise refuse(spoken, "no_file")
            if not tasks or format not in ("jsonl", "csv", "parquet") or not set(tasks) <= set(TASKS):
                raise refuse(spoken, "no_tasks")
            order = _order(desk, file, text_column, tasks, targets or [])
            try:
                yield word("working", spoken), None
                async for event in in_own_task(work(order)):
                    yield _told(event, spoken), None
                made = await asyncio.to_thread(results, order, format)
            finally:  # the upload stays where it is for another start, until it is swept away
                order.input.unlink()
                shutil.rmtree(order.out, ignore_errors=True)
            yield word("done", spoken), [str(path) for path in made]

    inputs = [upload, column, tasks, targets, format]
    event = start.click(
        batch, inputs, [progress, files], api_name="batch", concurrency_limit=1, concurrency_id="batch"
    )

    progress.change(
        None, progress, js="(words) => window.mujaz.status('batch', words)", api_visibility="private"
    )

    def stopped(request: gr.Request) -> str:
        return word("stopped", language(request))

    stop.click(
        stopped,
        None,
        progress,
        cancels=[event],
        api_visibility="private",
    )


def _order(desk: Desk, file: str, column: str, tasks: list[str], targets: list[str]) -> Order:
    """Copy the upload into a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="batch-", dir=os.environ["GRADIO_TEMP_DIR"]))
    source = Path(file)
    target = folder / f"input{source.suffix.lower()}"
    shutil.copyfile(source, target)
    named = tuple(wanted for wanted in targets if wanted.strip())
    return Order(
        target, folder / "out", tuple(tasks), named, column.strip() or "text", desk.bundles.served_folder
    )


def _told(event: dict[str, Any], spoken: Language) -> str:
    rows, rate, left = event.get("rows", 0), event.get("rows_per_s"), event.get("seconds_left")
    if event["event"] == "shard":
        return word("rows_done", spoken, (event.get("index", 0) + 1) * rows)
    return word("rows_rate", spoken, rows, rate, left if left is not None else "…")

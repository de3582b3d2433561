"""The model card, `README.md` in a bundle: what `bundle.json` says, for people and for the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arabic.errors import InputError
from models.bundle import TASKS, BundleInfo, DataInfo, Task, TaskInfo, read_manifest
from training.report import HeadlineRow, headline_rows

CARD = "README.md"
_TEMPLATE = Path(__file__).parent / "card.md"
_DOES = {
    "topic": "the topic of a paragraph",
    "stance": "the stance of a paragraph on a target",
    "summary": "a summary of an article",
}
_LICENCES = frozenset(
    "mit apache-2.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc0-1.0 bsd-3-clause gpl-3.0 openrail".split()
)
_FEW_ROWS = 20
_WEAK = 0.6


@dataclass(frozen=True, slots=True)
class _TaskCard:
    name: str
    does: str
    method: str
    length: int
    base: str
    labels: str
    data: tuple[DataInfo, ...]
    split: str
    figures: list[HeadlineRow]
    note: str
    limits: list[str]


def write_card(folder: Path, evaluation: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write `README.md` into a finished bundle; it is not among the hashed files.

    `evaluation` holds for some tasks what `training.evaluate.evaluate` gave: the figures and their
    intervals. Where it holds none, the figures of the training run are taken from `bundle.json`.

    Raises `BundleError` for a folder that is no bundle, `InputError` where the card cannot be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    info = read_manifest(folder)
    tasks = [task for task in TASKS if task in info.tasks]
    results = {task: dict((evaluation or {}).get(task) or info.tasks[task].metrics) for task in tasks}
    environment = Environment(  # Markdown is escaped by nothing; these options keep tables in one piece
        loader=FileSystemLoader(_TEMPLATE.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    card = environment.get_template(_TEMPLATE.name).render(
        card_data=_metadata(info, results).to_yaml(),
        info=info,
        tasks=[_task_card(info, task, results[task], task in (evaluation or {})) for task in tasks],
        complete=len(tasks) == len(TASKS),
        written=any(task.kind == "abstractive" for task in info.tasks.values()),
    )
    path = folder / CARD
    try:
        path.write_text(_tidy(card), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})") from error
    return path


def _metadata(info: BundleInfo, results: Mapping[Task, Mapping[str, Any]]) -> Any:
    """The card's head, as the hub reads it."""
    from huggingface_hub import EvalResult, ModelCardData

    encoders = list(info.encoders.values())
    licences = {encoder.licence.lower() for encoder in encoders}
    licence = licences.pop() if len(licences) == 1 else "other"
    found = [
        EvalResult(
            task_type="summarization" if task == "summary" else "text-classification",
            dataset_type=f"mujaz-{task}",  # results are grouped by it
            dataset_name=_split(metrics),
            metric_type=kind,
            metric_name=f"{task} {name}",
            metric_value=round(float(metrics[name]), 4),
        )
        for task, metrics in results.items()
        for name, kind in (("accuracy", "accuracy"), ("macro_f1", "f1"), ("rougeL", "rouge"))
        if metrics.get(name) is not None
    ]
    return ModelCardData(
        language="ar",
        library_name="mujaz",
        license=licence if licence in _LICENCES else "other",
        base_model=[encoder.base for encoder in encoders if encoder.base.count("/") == 1] or None,
        pipeline_tag="summarization" if set(info.tasks) == {"summary"} else "text-classification",
        tags=["mujaz", "arabic", "news", *info.tasks],
        model_name=info.name,
        eval_results=found or None,
    )


def _task_card(info: BundleInfo, task: Task, metrics: Mapping[str, Any], evaluated: bool) -> _TaskCard:
    own = info.tasks[task]
    encoder = info.encoders[own.encoder]
    revision = f", {encoder.revision}" if encoder.revision else ""
    kind = f", {own.kind}" if task == "summary" else ""
    return _TaskCard(
        name=task,
        does=_DOES[task],
        method=("a LoRA adapter" if own.method == "lora" else "all weights fine-tuned") + kind,
        length=own.max_length,
        base=f"{encoder.base}{revision}; licence: {encoder.licence}",
        labels=", ".join(own.labels),
        data=own.data,
        split=_split(metrics),
        figures=headline_rows({"task": task, **metrics}),
        note=_note(own, evaluated),
        limits=_limits(metrics),
    )


def _note(info: TaskInfo, evaluated: bool) -> str:
    choice = (
        "The epoch, the temperature and the threshold were chosen on the dev rows: figures on these flatter."
    )
    intervals = " Intervals: 1,000 bootstrap resamples of documents." if evaluated else ""
    runs = f" Seed {info.config['seed']}." if "seed" in info.config else ""
    return choice + intervals + runs


def _split(metrics: Mapping[str, Any]) -> str:
    """What the figures were measured on."""
    data = metrics.get("data")
    name = data["file"] if isinstance(data, dict) else metrics.get("split", "dev")
    return f"{name} ({metrics['n']} rows)" if "n" in metrics else str(name)


def _limits(metrics: Mapping[str, Any]) -> list[str]:
    """The labels that the figures warn of."""
    table = metrics.get("per_class", {})
    weak = [
        f"{label} {row['f1']:.2f}" for label, row in table.items() if row["f1"] < _WEAK and row["support"]
    ]
    rare = [f"{label} {row['support']}" for label, row in table.items() if row["support"] < _FEW_ROWS]
    found = []
    if weak:
        found.append(f"Weak labels (F1 under {_WEAK}): {', '.join(weak)}.")
    if rare:
        found.append(f"Labels judged on fewer than {_FEW_ROWS} rows: {', '.join(rare)}.")
    return found


def _tidy(text: str) -> str:
    """At most one blank line in a row, as parts that are left out leave several."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"

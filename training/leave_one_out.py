"""Stance on targets that a model has not seen: trained again without each of them, judged on it alone."""

import dataclasses
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arabic.errors import InputError
from models.bundle import TaskInfo, read_manifest
from models.load import OpenBundle
from training.answers import pair_answers
from training.config import TrainConfig
from training.data import Columns, StanceLabel, StanceRow, read_stance
from training.duplicates import text_key
from training.metrics import classification
from training.pairs import related_pairs
from training.run import train

_DEV_SHARE = 10  # one document in ten chooses the epoch


def leave_one_target_out(
    bundle: Path, data: Path, *, targets: int, columns: Columns | None = None
) -> dict[str, Any]:
    """Train the bundle's stance model again on `data` without each of the most frequent targets.

    The bundle gives the encoder and the settings, `data` all rows: those on the target are the test, of the
    others a tenth of the documents chooses the epoch. As many trainings as `targets`: hours where one
    takes minutes. Only pairs of the data are judged; unrelated ones are not made.

    Raises `InputError` where there are too few targets, or the bundle's encoder has been fine-tuned on them.
    """
    manifest = read_manifest(bundle)
    info = manifest.tasks.get("stance")
    if info is None or info.method != "lora":
        raise InputError(
            f"{bundle}: leaving targets out needs a stance model with an adapter: an encoder that was "
            "fine-tuned in full has seen them; train with --method lora"
        )
    rows = read_stance(data, columns=columns, labels=info.labels).rows
    counts = Counter(text_key(label.target) for row in rows for label in row.stances)
    chosen = [target for target, _ in counts.most_common(targets)]
    if len(counts) < 2:
        raise InputError(f"{data}: leaving a target out needs at least two targets, found {len(counts)}")
    found = {}
    with tempfile.TemporaryDirectory(prefix="mujaz-") as folder:
        for number, target in enumerate(chosen):
            place = Path(folder) / str(number)
            name, figures = _without(target, rows, info, bundle / info.encoder, place)
            found[name] = figures
    means = {
        name: float(np.mean([figures[name] for figures in found.values()]))
        for name in ("accuracy", "macro_f1")
    }
    return {"targets": found, "mean": means, "judged_on": "pairs of the data, no made ones"}


def _without(
    target: str, rows: Sequence[StanceRow], info: TaskInfo, encoder: Path, folder: Path
) -> tuple[str, dict[str, Any]]:
    """Train without a target in `folder`; gives the target as it is written and the figures on it."""
    held = [row for row in (_part(row, target, wanted=True) for row in rows) if row.stances]
    rest = [row for row in (_part(row, target, wanted=False) for row in rows) if row.stances]
    held_documents = {row.document for row in held}
    rest = [row for row in rest if row.document not in held_documents]
    dev = [row for row in rest if _in_dev(row.document)]
    fit = [row for row in rest if not _in_dev(row.document)]
    folder.mkdir()
    files = {name: folder / f"{name}.jsonl" for name in ("train", "dev")}
    for name, part in (("train", fit), ("dev", dev)):
        files[name].write_text("".join(_lines(part)), encoding="utf-8", errors="backslashreplace")
    known = {field.name for field in dataclasses.fields(TrainConfig)}
    config = TrainConfig(**{name: value for name, value in info.config.items() if name in known})
    train("stance", files["train"], files["dev"], folder / "bundle", config, base=encoder)
    predictor = OpenBundle.open(folder / "bundle").stance()
    pairs = related_pairs(held)
    outputs = predictor.outputs(
        [predictor.ask(pair.target, pair.heading) for pair in pairs], [pair.text for pair in pairs]
    )
    answers = pair_answers(predictor, pairs, outputs, held)
    figures = classification(answers.gold, answers.predicted)
    return held[0].stances[0].target, {"n": len(answers.gold), **figures}


def _part(row: StanceRow, target: str, *, wanted: bool) -> StanceRow:
    """The row with its stances on the target, or with the others."""
    stances = tuple(s for s in row.stances if (text_key(s.target) == target) == wanted)
    return dataclasses.replace(row, stances=stances)


def _in_dev(document: str) -> bool:
    return int(hashlib.sha256(document.encode("utf-8", "replace")).hexdigest(), 16) % _DEV_SHARE == 0


def _lines(rows: Sequence[StanceRow]) -> Iterator[str]:
    for row in rows:
        stances = [_record(row.text, label) for label in row.stances]
        fields = {"id": row.id, "text": row.text, "stances": stances}
        yield json.dumps(fields, ensure_ascii=False) + "\n"


def _record(text: str, label: StanceLabel) -> dict[str, Any]:
    record: dict[str, Any] = {
        "target": label.target,
        "stance": label.stance,
        "opposite": label.opposite,
    }
    for name, span in (("holder", label.holder), ("evidence", label.evidence)):
        if span is not None:
            record |= {name: text[slice(*span)], f"{name}_start": span[0]}
    return record

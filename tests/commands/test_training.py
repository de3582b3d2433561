"""The commands of those who train, from labelled rows to a served answer, on a tiny model without network."""

import asyncio
import csv
import json
import sys
from pathlib import Path
from typing import Any, cast

import pytest

import cli
from inference.results import ModelInfo
from models.bundle import verify
from serving.corrections import Corrections
from tests.tiny import AGAINST, STANCE_ROWS, TOPIC_ROWS, write_rows

QUICK = ("--epochs", 1, "--set", "batch_size=8", "--set", "max_length=64", "--set", "dtype=fp32")


@pytest.fixture
def mujaz(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line in this process: exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mujaz", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def test_check_names_the_line_and_the_codes_and_exits_with_1(mujaz: Any, tmp_path: Path) -> None:
    rows = [*TOPIC_ROWS, {**TOPIC_ROWS[0], "text": AGAINST}, {**TOPIC_ROWS[0], "id": "new#0", "text": ""}]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    code, out, _ = mujaz("data", "check", path, "--task", "topic", "--json")
    report = json.loads(out)
    assert code == 1
    errors = [finding for finding in report["findings"] if finding["level"] == "error"]
    assert report["errors"] == len(errors)
    found = {error["code"]: error["examples"][0]["line"] for error in errors}
    assert found["empty_text"] == len(rows) and found["duplicate_id"] == len(rows) - 1
    code, out, _ = mujaz("data", "check", path, "--task", "topic")
    assert code == 1 and f"rows.jsonl:{len(rows)}" in out and "empty_text" in out


def test_fix_leaves_rows_that_train_and_those_that_were_rejected(mujaz: Any, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [*TOPIC_ROWS, {**TOPIC_ROWS[0], "id": "new#0", "text": " "}])
    code, out, _ = mujaz("data", "check", path, "--task", "topic", "--fix", tmp_path / "clean", "--json")
    assert code == 0
    (written,) = json.loads(out)["fixed"]
    assert (written["kept"], written["rejected"]) == (len(TOPIC_ROWS), 1)
    code, _, _ = mujaz("data", "check", written["file"], "--task", "topic")
    assert code == 0


def test_a_csv_with_columns_of_its_own_is_checked_under_their_names(mujaz: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["body", "class"])
        writer.writerows([[row["text"], row["label"]] for row in TOPIC_ROWS])
    asked = ("data", "check", path, "--task", "topic")
    code, out, _ = mujaz(*asked)
    assert code == 1 and "missing_column" in out
    code, out, _ = mujaz(*asked, "--column", "text=body", "--column", "label=class")
    assert code == 0 and f"{len(TOPIC_ROWS)}" in out


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_suggest_writes_rows_for_an_annotator(
    mujaz: Any, tiny_bundle: Path, tmp_path: Path, suffix: str
) -> None:
    pool = write_rows(tmp_path / "pool.jsonl", [{"id": r["id"], "text": r["text"]} for r in TOPIC_ROWS])
    out = tmp_path / f"label.{suffix}"
    code, _, err = mujaz(
        *("data", "suggest", "--pool", pool, "--task", "topic", "--out", out),
        *("--bundle", tiny_bundle, "-n", 4),
    )
    assert code == 0 and "wrote 4 rows" in err
    text = out.read_text(encoding="utf-8-sig")
    rows = (
        list(csv.DictReader(text.splitlines())) if suffix == "csv" else [*map(json.loads, text.splitlines())]
    )
    assert len(rows) == 4 == len({row["id"] for row in rows})
    assert {row["id"] for row in rows} <= {str(row["id"]) for row in TOPIC_ROWS}


@pytest.mark.parametrize("task", ["topic", "stance", "summary"])
def test_train_evaluate_and_serve(
    mujaz: Any, task: str, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Each command's output is the next one's input."""
    out, report = tmp_path / "bundle", tmp_path / "report"
    files = ("--train", tiny_rows[task], "--dev", tiny_rows[task])
    code, trained, _ = mujaz("train", task, *files, "--out", out, "--base", tiny_base, *QUICK)
    assert code == 0
    assert verify(out).tasks.keys() == {task}
    assert f"# {out.name}" in (out / "README.md").read_text(encoding="utf-8")
    asked = ("evaluate", task, "--bundle", out, "--data", tiny_rows[task], "--json", "--report", report)
    code, evaluated, _ = mujaz(*asked)
    assert code == 0 and list(report.glob("*.html"))
    figure = {"topic": "macro_f1", "stance": "macro_f1", "summary": "unit_overlap"}[task]
    assert json.loads(evaluated)[figure] == pytest.approx(json.loads(trained)[figure])


def test_what_was_corrected_at_the_desk_trains_as_it_was_saved(
    mujaz: Any, tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    """Labels changed and stances added, as the page writes them; both tasks in one file."""
    file = tmp_path / "corrections.jsonl"
    corrections = Corrections(file, ModelInfo(name="tiny", version="1", sha256="0" * 64))
    for number, row in enumerate(STANCE_ROWS):
        (record,) = cast(list[dict[str, object]], row["stances"])
        given = {"task": "stance", "text": f"{row['text']} {number}", "target": record["target"]}
        given |= {name: record[name] for name in ("holder", "evidence")}
        given |= {"predicted": "unrelated", "corrected": record["stance"], "annotator": "س"}
        asyncio.run(corrections.append(json.dumps(given, ensure_ascii=False)))
    topic = {"task": "topic", "text": AGAINST, "predicted": "sport", "corrected": "labour"}
    asyncio.run(corrections.append(json.dumps(topic, ensure_ascii=False)))
    out = tmp_path / "bundle"
    files = ("--train", file, "--dev", tiny_rows["stance"])
    code, trained, err = mujaz("train", "stance", *files, "--out", out, "--base", tiny_base, *QUICK)
    assert code == 0, err
    info = verify(out).tasks["stance"]
    assert info.data[0].rows == len(STANCE_ROWS) and json.loads(trained)["n"]


def test_a_run_goes_on_from_a_bundle_and_two_of_them_are_averaged(
    mujaz: Any, tiny_bundle: Path, tiny_rows: dict[str, Path], tmp_path: Path
) -> None:
    rows = tiny_rows["topic"]
    for seed in (1, 2):
        code, _, err = mujaz(
            *("train", "topic", "--train", rows, "--dev", rows, "--out", tmp_path / f"run{seed}"),
            *("--start", tiny_bundle, "--seed", seed, *QUICK),
        )
        assert code == 0, err
    parts = (tmp_path / "run1", tmp_path / "run2")
    asked = ("--task", "topic", "--dev", rows, "--out", tmp_path / "mean")
    code, out, _ = mujaz("bundle", "average", *parts, *asked)
    assert code == 0 and json.loads(out)["n"] == len(TOPIC_ROWS)
    code, out, _ = mujaz("bundle", "verify", tmp_path / "mean")
    assert code == 0 and "as they should be" in out
    code, out, _ = mujaz("compare", *parts, "--data", rows, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["n"] == len(TOPIC_ROWS) and "mcnemar" in found and len(found["rows"]) == 10


def test_compare_without_labels_says_what_changed(mujaz: Any, tiny_bundle: Path, tmp_path: Path) -> None:
    texts = [{"id": r["id"], "text": r["text"], "target": "مشروع الجسر"} for r in STANCE_ROWS]
    pool = write_rows(tmp_path / "pool.jsonl", texts)
    rows = tmp_path / "rows.jsonl"
    code, out, _ = mujaz(
        "compare", tiny_bundle, tiny_bundle, "--data", pool, "--task", "stance", "--out", rows
    )
    assert code == 0 and "agreement 1.000" in out
    assert len(rows.read_text(encoding="utf-8").splitlines()) == len(STANCE_ROWS)


def test_push_says_what_would_be_sent_and_sends_nothing(mujaz: Any, tiny_bundle: Path) -> None:
    code, out, _ = mujaz("bundle", "push", tiny_bundle, "somebody/tiny", "--dry-run")
    assert code == 0
    assert "bundle.json" in out and "would be sent to somebody/tiny" in out
    code, _, err = mujaz("bundle", "push", tiny_bundle, "no-owner", "--dry-run")
    assert code == 1 and "OWNER/NAME" in err


def test_merge_puts_tasks_together_with_a_card(
    mujaz: Any, tiny_base: Path, tiny_rows: dict[str, Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    run = tmp_path / "topic"
    files = ("--train", tiny_rows["topic"], "--dev", tiny_rows["topic"])
    assert mujaz("train", "topic", *files, "--out", run, "--base", tiny_base, *QUICK)[0] == 0
    merged = tmp_path / "merged"
    code, out, _ = mujaz(
        "bundle", "merge", tiny_bundle, run, "--out", merged, "--name", "new", "--version", 2
    )
    assert code == 0 and "topic" in out
    card = (merged / "README.md").read_text(encoding="utf-8")
    assert all(task in card for task in ("topic", "stance", "summary"))

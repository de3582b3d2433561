"""Every fault that `mujaz data check` names is found where it is, and no other."""

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from arabic.errors import InputError
from models.bundle import TASKS, Task
from tests.tiny import ROWS, write_rows
from training import check_file
from training.check import Report, check, check_files
from training.fix import fix

LABELS = ("sport", "health", "weather")


def topics(count: int, name: str = "doc") -> list[dict[str, Any]]:
    """Rows without a fault."""
    return [
        {"id": f"{name}{i}#0", "text": f"نص {name} عن أمر رقم {i}", "label": LABELS[i % 3]}
        for i in range(count)
    ]


def corrections() -> list[dict[str, Any]]:
    """Rows as the demo saves them: both tasks in one file, a label corrected twice."""
    common = {"annotator": "", "time": "2026-07-01T09:30:00+00:00", "bundle": "mine 1 3f0c"}
    topic = {"task": "topic", "predicted": "sport", **common}
    stance = {"task": "stance", "predicted": "favor", "target": "الجسر", **common}
    return [
        *({**topic, "id": f"a{i}#0", "text": f"كلام {i}", "corrected": LABELS[i % 2]} for i in range(6)),
        {**topic, "id": "a0#0", "text": "كلام 0", "corrected": "weather"},
        {**stance, "id": "a0#0", "text": "أيد الوالي الجسر", "corrected": "against", "holder": "الوالي"},
        {**stance, "id": "a0#0", "text": "أيد الوالي الجسر", "corrected": "favor", "holder": "الوالي"},
        *({**stance, "text": f"قول {i}", "corrected": ("neutral", "unrelated")[i % 2]} for i in range(4)),
    ]


def found(report: Report, level: str = "error") -> dict[str, list[int]]:
    """The lines of every kind of finding."""
    return {f.code: [e.line for e in f.examples] for f in report.findings if f.level == level}


def checked(tmp_path: Path, task: Task, *files: list[dict[str, Any]]) -> Report:
    """The report on files of these rows."""
    paths = [write_rows(tmp_path / f"{number}.jsonl", rows) for number, rows in enumerate(files)]
    return check(task, paths)


@pytest.mark.parametrize("task", TASKS)
def test_good_rows_have_no_errors(tmp_path: Path, task: Task) -> None:
    report = checked(tmp_path, task, ROWS[task])
    assert not report.errors and not report.own_labels and report.files[0].rows == len(ROWS[task])
    report.raise_for_errors()


FAULTS: list[tuple[Task, dict[str, Any], str]] = [
    ("topic", {"label": None}, "missing_label"),
    ("topic", {"label": "sports"}, "unknown_label"),
    ("topic", {"text": " "}, "empty_text"),
    ("topic", {"text": "plain English"}, "no_arabic"),
    ("topic", {"text": "طويل " * 50_000}, "too_long"),
    ("topic", {"text": 5}, "wrong_value"),
    ("topic", {"id": "sport0#0"}, "duplicate_id"),
    ("stance", {"stances": [{"target": "أ", "stance": "favor", "holder": "غائب"}]}, "holder_not_in_text"),
    ("stance", {"stances": [{"target": "أ", "stance": "favor", "evidence": "غائب"}]}, "evidence_not_in_text"),
    ("stance", {"stances": [{"target": "أ", "stance": "pro"}]}, "unknown_label"),
    ("summary", {"key": [9]}, "wrong_value"),
]


@pytest.mark.parametrize(("task", "change", "code"), FAULTS)
def test_a_bad_row_is_an_error_at_its_line(
    tmp_path: Path, task: Task, change: dict[str, Any], code: str
) -> None:
    rows = [dict(row) for row in ROWS[task]]
    rows[5] |= change
    report = checked(tmp_path, task, rows)
    assert found(report) == {code: [6]}
    with pytest.raises(InputError, match=r"0.jsonl:6: "):
        report.raise_for_errors()


def test_a_missing_column_and_a_broken_line_are_errors(tmp_path: Path) -> None:
    rows = topics(12)
    del rows[3]["text"]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    assert found(check("topic", [path])) == {"missing_column": [4], "broken_row": [13]}


def test_three_rows_and_one_label_are_errors(tmp_path: Path) -> None:
    assert found(checked(tmp_path, "topic", topics(3))) == {"few_rows": [0]}
    report = checked(tmp_path, "topic", [row | {"label": "sport"} for row in topics(300)])
    assert found(report) == {"one_label": [0]}
    assert "all rows have the label 'sport'; a classifier needs rows of two" in report.errors[0].message


def test_what_does_not_stop_training_is_a_warning(tmp_path: Path) -> None:
    train, dev = topics(300, "train"), topics(200, "dev")
    train[10] |= {"text": dev[7]["text"].replace("أ", "ا") + "!", "label": dev[7]["label"]}
    train[11]["id"] = "dev9#4"
    train[12]["text"] = train[9]["text"]
    train[13]["text"] = train[9]["text"]
    train[14]["text"] = "كلمة " * 171
    for row in dev:
        row["label"] = "sport" if row["id"] != "dev8#0" else "religion"
    report = checked(tmp_path, "topic", train, dev)
    assert found(report) == {}
    assert found(report, "warning") == {
        "text_in_two_splits": [11],
        "document_in_two_splits": [12],
        "duplicate_text": [13],
        "contrary_labels": [14],
        "long_text": [15],
        "imbalance": [0],
        "new_label": [0],
    }


def test_a_label_set_of_the_datas_own_is_taken_as_it_is(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"t{i}",
            "text": f"تغريدة {i}",
            "target": "الرسوم",
            "label": ("favor", "against", "none")[i % 3],
        }
        for i in range(120)
    ]
    report = checked(tmp_path, "stance", rows)
    assert report.own_labels and report.labels == ("against", "favor", "none") and not report.errors
    assert "none are not labels of ours" in report.warnings[0].message
    rows = [row | {"label": "agree" if row["label"] == "favor" else "other"} for row in rows]
    report = checked(tmp_path, "stance", rows)
    assert report.labels == ("agree", "other") and not report.findings


def test_a_slip_of_the_pen_is_no_label_set(tmp_path: Path) -> None:
    rows = topics(300)
    rows[3]["label"] = rows[4]["label"] = "wether"
    report = checked(tmp_path, "topic", rows)
    assert found(report) == {"unknown_label": [4]} and report.errors[0].count == 2
    assert "was 'weather' meant? known are: arts" in report.errors[0].message


def test_a_text_column_taken_for_labels_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_file, "_MAX_LABELS", 100)
    rows = [row | {"label": row["text"]} for row in topics(300)]
    with pytest.raises(InputError, match="more than 100 different labels.*which column holds the label"):
        checked(tmp_path, "topic", rows)


def test_corrections_of_the_demo_are_taken_as_they_are(tmp_path: Path) -> None:
    topic = checked(tmp_path, "topic", corrections())
    assert not topic.errors and topic.files[0].rows == 7 and topic.files[0].other_tasks == 6
    assert not {"duplicate_text", "contrary_labels"} & set(found(topic, "warning"))
    stance = checked(tmp_path, "stance", corrections())
    assert not stance.errors and stance.files[0].labels == {
        "against": 1,
        "favor": 1,
        "neutral": 2,
        "unrelated": 2,
    }


def test_flat_rows_of_one_paragraph_do_not_repeat_each_other(tmp_path: Path) -> None:
    record = {"id": "7", "text": "أيد الوالي الجسر ورفضه التاجر", "target": "الجسر"}
    rows = [
        {**record, "stance": "favor", "holder": "الوالي"},
        {**record, "stance": "against", "holder": "التاجر"},
        {**record, "target": "السوق", "stance": "neutral"},
        {**record, "stance": "against", "holder": "الوالي"},
        *({"id": f"n{i}", "text": f"كلام {i}", "target": "السوق", "stance": "favor"} for i in range(5)),
    ]
    report = checked(tmp_path, "stance", rows)
    assert found(report) == {} and found(report, "warning")["contrary_labels"] == [4]


def test_a_folder_of_several_data_sets_is_as_many_splits(tmp_path: Path) -> None:
    data = {name: Dataset.from_list(topics(120, name)) for name in ("train", "test")}
    DatasetDict(data).save_to_disk(tmp_path / "saved")
    report = check("topic", [tmp_path / "saved"])
    assert [Path(file.file).name for file in report.files] == ["train", "test"] and not report.findings


def test_the_report_is_json_with_the_documented_keys(tmp_path: Path) -> None:
    rows = topics(12)
    rows[2]["text"] = ""
    report = checked(tmp_path, "topic", rows).to_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == json.loads(json.dumps(report))
    assert set(report) == {"task", "files", "labels", "own_labels", "findings", "errors", "warnings"}
    assert set(report["files"][0]) == {"file", "rows", "other_tasks", "labels", "words_mean", "words_max"}
    assert set(report["findings"][0]) == {"level", "code", "file", "count", "examples"}
    assert report["errors"] == 1 and report["findings"][0]["examples"][0]["line"] == 3


def test_fixed_files_are_clean_and_nothing_is_lost(tmp_path: Path) -> None:
    train, dev = topics(30, "train"), topics(20, "dev")
    train[1]["text"] = ""
    train[2] |= {"label": "sprot"}
    train[3]["text"] = dev[3]["text"]
    train[5]["text"] = train[4]["text"]
    train[6]["id"] = train[7]["id"]
    dev[8]["text"] = "\ud800 بلا عربي سليم"
    paths = [write_rows(tmp_path / "dev.jsonl", dev[:8] + dev[9:])]
    with (tmp_path / "dev.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(dev[8]) + "\n")
    table = tmp_path / "train.csv"
    lines = ["id,content,label", *(f"{r['id']},{r['text']},{r['label']}" for r in train), '9,"open,sport']
    table.write_text("\n".join(lines), encoding="utf-8")
    columns = {"text": "content"}
    checked_files = check_files("topic", [table, *paths], columns=columns)
    written = fix(checked_files, tmp_path / "out", columns=columns)
    assert [(w.kept, w.rejected) for w in written] == [(25, 6), (20, 0)]
    report = check("topic", [tmp_path / "out" / "train.jsonl", tmp_path / "out" / "dev.jsonl"])
    assert not report.errors and set(found(report, "warning")) == {"few_rows", "imbalance"}
    lines = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    rejected = [json.loads(line) for line in lines]
    assert {(row["line"], row["code"]) for row in rejected} == {
        (3, "empty_text"),
        (4, "unknown_label"),
        (5, "text_in_two_splits"),
        (7, "contrary_labels"),
        (9, "duplicate_id"),
        (32, "broken_row"),
    }
    assert rejected[-1]["raw"] == '9,"open,sport' and rejected[1]["row"]["label"] == "sprot"


def test_fixed_files_go_into_a_new_folder_only(tmp_path: Path) -> None:
    checked_files = check_files("topic", [write_rows(tmp_path / "rows.jsonl", topics(10))])
    with pytest.raises(InputError, match="not empty; name a new folder"):
        fix(checked_files, tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        fix(checked_files, tmp_path / "rows.jsonl" / "out")


def test_files_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths.append(write_rows(tmp_path / name / "rows.jsonl", topics(10, name)))
    written = fix(check_files("topic", paths), tmp_path / "out")
    assert [Path(w.file).name for w in written] == ["1-rows.jsonl", "2-rows.jsonl"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("task", "files", "rows"),
    [
        ("topic", ["topic_iptc/train", "topic_iptc/dev"], [1866, 257]),
        ("stance", ["stance_news/train", "stance_news/dev"], [1536, 259]),
        ("stance", ["ans_stance/train", "ans_stance/dev", "ans_stance/test"], [2652, 755, 379]),
        ("stance", ["arabicstancex/test"], [2977]),
        ("summary", ["summary_news/train", "summary_news/dev"], [409, 61]),
    ],
)
def test_the_shared_data_loads_without_a_converter(
    shared: Path, task: Task, files: list[str], rows: list[int]
) -> None:
    report = check(task, [shared / "data" / f"{file}.jsonl" for file in files])
    assert not report.errors and [file.rows for file in report.files] == rows

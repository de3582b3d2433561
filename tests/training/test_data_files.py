"""Every format gives the same rows, in a stream, and what cannot be read is told by line."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arabic.errors import InputError
from tests.tiny import TOPIC_ROWS, write_rows
from training import data_files
from training.data import read_stance, read_summary, read_topic
from training.data_files import read_records, splits

TOPICS = [{name: row[name] for name in ("id", "text", "label")} for row in TOPIC_ROWS]


def write_csv(path: Path, rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """Write rows as a table, as a spreadsheet does."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows in the format that the path's ending names."""
    if path.suffix in (".csv", ".tsv"):
        return write_csv(path, rows, "\t" if path.suffix == ".tsv" else ",")
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix:
        return write_rows(path, rows)
    else:
        Dataset.from_list(rows).save_to_disk(path)
    return path


FORMATS = ["rows.jsonl", "rows.ndjson", "rows.csv", "rows.tsv", "rows.parquet", "rows"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    wanted = read_topic(write_rows(tmp_path / "wanted.jsonl", TOPICS))
    assert read_topic(write(tmp_path / name, TOPICS)) == wanted and len(wanted.rows) == 18


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "utf-8-sig")])
def test_tables_as_spreadsheets_save_them_are_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [{**row, "text": f'قال "نعم"{delimiter} ثم\nسكت'} for row in TOPICS[:6]]
    path = write_csv(tmp_path / "rows.csv", rows, delimiter, encoding)
    assert [row.text for row in read_topic(path).rows] == [row["text"] for row in rows]


def test_other_column_names_are_mapped(tmp_path: Path) -> None:
    rows = [{"رقم": row["id"], "content": row["text"], "category": row["label"]} for row in TOPICS]
    columns = {"text": "content", "label": "category", "id": "رقم"}
    for name in ("rows.csv", "rows.jsonl", "rows.parquet"):
        assert read_topic(write(tmp_path / name, rows), columns=columns).rows[0].id == TOPICS[0]["id"]
    with pytest.raises(InputError, match="'text' is missing; the row has: رقم, content, category"):
        read_topic(tmp_path / "rows.csv")


def test_flat_rows_of_one_paragraph_become_one_row(tmp_path: Path) -> None:
    text = "رحب الاتحاد بالقرار وانتقدته النقابة"
    records = [
        ("7", "القرار", "favor", "الاتحاد", "4"),
        ("8", "القرار", "neutral", "", ""),
        ("7", "القرار", "against", "النقابة", ""),
    ]
    names = ("id", "target", "stance", "holder", "holder_start")
    rows = [{**dict(zip(names, r, strict=True)), "text": text + r[0]} for r in records]
    first, second = read_stance(write_csv(tmp_path / "rows.csv", rows)).rows
    assert [s.stance for s in first.stances] == ["favor", "against"] and second.id == "8"
    assert [first.text[slice(*(s.holder or (0, 0)))] for s in first.stances] == ["الاتحاد", "النقابة"]


def test_flat_rows_without_an_id_are_one_row_where_the_text_is_the_same(tmp_path: Path) -> None:
    rows = [{"text": "نص واحد", "target": str(i), "stance": "favor"} for i in range(3)]
    (row,) = read_stance(write_csv(tmp_path / "my-rows.csv", rows)).rows
    assert len(row.stances) == 3 and row.id == "my-rows-2"


def test_one_id_for_two_texts_is_refused(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": f"نص {i}", "target": "هدف", "stance": "favor"} for i in range(2)]
    with pytest.raises(InputError, match=r"rows.csv:3: the id '1' stands before with another text"):
        read_stance(write_csv(tmp_path / "rows.csv", rows))


def test_summaries_in_a_table_have_their_lists_as_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    row = {"id": "a", "units": json.dumps(["أولى", "ثانية"]), "key": "[1]", "summary": "ثانية"}
    assert read_summary(write_csv(path, [row])).rows[0].key == (1,)
    with pytest.raises(InputError, match=r"rows.csv:2: key must be a JSON list such as \[0, 2\], was '1;2'"):
        read_summary(write_csv(path, [{**row, "key": "1;2"}]))


def test_an_article_with_a_written_summary_only_is_cut_into_units(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [{"text": "أولى هنا. ثانية هناك.", "summary": "أولى"}])
    (row,) = read_summary(path).rows
    assert row.units == ("أولى هنا.", "ثانية هناك.") and row.key == () and row.id == "rows-1"


def test_names_behind_numbers_are_read(tmp_path: Path) -> None:
    """Data sets of the hub keep labels as numbers and their names in the schema."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["sport", "health"])})
    data = Dataset.from_dict({"text": ["نص", "نص آخر"], "label": [1, 0]}, features=features)
    data.to_parquet(tmp_path / "hub.parquet")
    DatasetDict({"train": data, "test": data}).save_to_disk(tmp_path / "saved")
    for path in (tmp_path / "hub.parquet", tmp_path / "saved" / "train"):
        assert [row.label for row in read_topic(path).rows] == ["health", "sport"]
    assert splits(tmp_path / "saved") == [tmp_path / "saved" / "train", tmp_path / "saved" / "test"]
    with pytest.raises(InputError, match="several data sets; name one: .*train"):
        read_topic(tmp_path / "saved")


def test_a_quote_that_is_not_closed_costs_one_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [{**row, "text": f"قال: «{row['text']}», نعم"} for row in TOPICS])
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[7] = lines[7].replace('",', ",")
    path.write_text("\n".join(lines), encoding="utf-8")
    records = list(read_records(path))
    assert [r.line for r in records if r.problem] == [8] and len(records) == 18
    assert "double quote is not closed" in records[6].problem and "noticed on line 9" in records[6].problem
    assert [r.values["id"] for r in records[7:]] == [row["id"] for row in TOPICS[7:]]
    with pytest.raises(InputError, match=r"rows.csv:8: a double quote is not closed .* as \"\""):
        read_topic(path)


def test_a_quote_that_swallows_the_rest_is_told_where_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    rows = [f"{i},نص {i},sport" for i in range(500)]
    rows[3] = '3,"نص بلا نهاية,sport'
    path.write_text("\n".join(["id,text,label", *rows]), encoding="utf-8")
    broken = [record for record in read_records(path) if record.problem]
    assert [r.line for r in broken] == [5] and "end of data" in broken[0].problem
    monkeypatch.setattr(data_files, "MAX_ROW", 1000)
    broken = [record for record in read_records(path) if record.problem]
    assert [r.line for r in broken] == [5] and "never closed" in broken[0].problem
    assert len(list(read_records(path))) == 500


def test_rows_with_too_few_or_too_many_cells_are_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,text,label\n1,نص، آخر,sport\n2,نص, آخر,sport\n\n3,نص\n", encoding="utf-8")
    problems = {record.line: record.problem for record in read_records(path)}
    assert not problems[2] and "4 cells, the header 3" in problems[3] and "2 cells" in problems[5]


def test_a_file_that_is_no_table_at_all_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "_MAX_BROKEN", 20)
    path = tmp_path / "rows.csv"
    path.write_text("id,text\n" + '1,"a"b\n' * 30, encoding="utf-8")
    with pytest.raises(InputError, match="21th row that cannot be read"):
        list(read_records(path))


@pytest.mark.parametrize("encoding", ["utf-16", "cp1256"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_other_encodings_are_named(tmp_path: Path, name: str, encoding: str) -> None:
    text = "id,نص,label\n1,كلام,sport\n" if name == "rows.csv" else '{"text": "كلام"}\n'
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    with pytest.raises(InputError, match="UTF-8"):
        read_topic(path)


def test_a_few_bad_bytes_cost_their_rows_only(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\nكلام,sport\n".encode() + b"\xe3,sport\n" + "كلام,sport\n".encode())
    assert [bool(record.problem) for record in read_records(path)] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.xlsx", b"PK", "unknown format .xlsx; expected .csv"),
        ("rows", b"", "unknown format without an ending"),
        ("rows.parquet", b"PAR1 but not really", "not a readable Parquet file"),
        ("rows.csv", b"text,text\n", "'text' stands twice"),
        ("rows.json", b'[{"text": "a"},', "one JSON object a line"),
        ("rows.csv", b"", "no rows"),
        ("rows.csv", b"text,label\n", "no rows"),
    ],
)
def test_files_of_another_kind_are_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_topic(path)
    assert said in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_of_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not one saved by datasets"):
        read_topic(tmp_path)


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "MAX_ROW", 1000)
    path = tmp_path / "array.json"
    path.write_text("[" + '{"text": "نص"},' * 100, encoding="utf-8")
    with pytest.raises(InputError, match="array.json:1: a line of more than 1,000 bytes"):
        read_topic(path)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, cells: Any) -> None:
    """Whatever stands in the cells: quotes, separators, line breaks."""
    cells = [
        pair
        for pair in cells
        if any(pair) and not any("\ud800" <= c <= "\udfff" for cell in pair for c in cell)
    ]
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("text", "label"), *cells])
    found = [(r.values["text"] or "", r.values["label"] or "") for r in read_records(path)]
    assert found == cells

"""Our own annotations, put back beside the texts they were made on.

    python -m training.annotated topic|stance|summary|… --texts ARTICLES.jsonl … --out ROWS.jsonl
    python -m training.annotated targets|… --texts STANCE_ROWS.jsonl … --out ROWS.jsonl
    python -m training.annotated opposites|poles|… --texts STANCE_ROWS.jsonl … --out ROWS.jsonl
    python -m training.annotated written|written_articles|… --out ROWS.jsonl

`training/annotations/*.jsonl` hold ids, labels and offsets; the news texts are not ours to give away. Those
of `written*.jsonl` are: paragraphs written for the project, so that nothing else is needed.
`targets*` are other words for the targets of labelled stance rows, as somebody would type them who has
not read the paragraph, and for each a target that looks close but is not spoken of. `opposites` says of
labelled stance rows which records' words name the target's opposite; `poles*` are the other pole of targets.
"""

import argparse
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from arabic.errors import InputError
from arabic.sentences import clauses
from training.data import UNRELATED
from training.pairs import OPPOSITE
from training.pseudo_labels import paragraphs_of

ANNOTATIONS_DIR = Path(__file__).parent / "annotations"


def annotated_rows(task: str, articles: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Rows in the schema of `docs/data.md`, for every annotation whose article is in the files.

    Raises `InputError` where an article is there but its paragraph is not the one that was labelled.
    """
    lines = (ANNOTATIONS_DIR / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
    annotations = {row["id"]: row for row in map(json.loads, lines)}
    documents = {name.split("#")[0] for name in annotations}
    for path in articles:
        with path.open(encoding="utf-8") as file:
            for line in file:
                article = json.loads(line)
                if str(article["id"]) not in documents:
                    continue
                for paragraph in paragraphs_of(str(article["id"]), article["text"]):
                    if paragraph.id in annotations:
                        yield _row(annotations[paragraph.id], paragraph.text, article.get("title") or "")


def summary_rows(name: str, articles: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """An article cut into units with the numbers of its key and important ones; the summary is a headline.

    Raises `InputError` where an article's units are not those that were read.
    """
    lines = (ANNOTATIONS_DIR / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    annotations = {row["id"]: row for row in map(json.loads, lines)}
    for path in articles:
        with path.open(encoding="utf-8") as file:
            for article in map(json.loads, file):
                found = annotations.get(str(article["id"]))
                if found is None:
                    continue
                units = [clause.text for clause in clauses(article["text"]) if clause.text.strip()]
                _check_text(found, "\n".join(units))
                row = {name: found[name] for name in ("id", "key", "important")}
                row |= {"title": article.get("title") or "", "units": units, "summary": found["headline"]}
                yield row


def typed_rows(name: str, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """A further stance row for every labelled row that was annotated: its target as typed, and a near miss.

    The stances are the labelled row's own, on the target in other words; the near miss is unrelated.
    Raises `InputError` where a row is not the one that was annotated.
    """
    for row, found in _annotated(name, files):
        yield _typed(row, found)


def opposite_rows(name: str, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The labelled rows that were read; of each record whose words name the target's opposite, that they do.

    Raises `InputError` where a row is not the one that was read.
    """
    for row, found in _annotated(name, files):
        for number in found["opposite"]:
            row["stances"][number]["opposite"] = True
        yield row


def pole_rows(name: str, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """A further stance row for every labelled row that was annotated, on the other pole of its targets.

    Whoever is for a target is against its other pole, and words that name the one name the opposite of the
    other. Raises `InputError` where a row is not the one that was annotated.
    """
    for row, found in _annotated(name, files):
        stances = [
            {
                **record,
                "target": found["poles"][record["target"]],
                "stance": OPPOSITE.get(record["stance"], record["stance"]),
                "opposite": record["stance"] in OPPOSITE and not record.get("opposite", False),
            }
            for record in row["stances"]
            if record["target"] in found["poles"]
        ]
        if len({record["target"] for record in stances}) < len(found["poles"]):
            raise InputError(f"{row['id']}: a target of its poles has no stance; take the row as it was")
        yield {**row, "id": f"{row['id']}#pole", "stances": stances}


def _annotated(name: str, files: Sequence[Path]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The labelled rows that were annotated, each with its annotation."""
    lines = (ANNOTATIONS_DIR / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    annotations = {row["id"]: row for row in map(json.loads, lines)}
    for path in files:
        with path.open(encoding="utf-8") as file:
            for row in map(json.loads, file):
                found = annotations.get(row["id"])
                if found is not None:
                    _check_text(found, row["text"])
                    yield row, found


def written_rows(name: str, _: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Paragraphs of our own, each followed by the row of its target as typed where there is one."""
    for line in (ANNOTATIONS_DIR / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if "label" in found:
            yield found
            continue
        if "thing" in found:
            yield from _pole_rows(found)
            continue
        row = _stance_row(found, found["text"], found["title"])
        yield row
        if "typed" in found:
            yield _typed(row, found)


def _typed(row: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    records = [record for record in row["stances"] if record["target"] == found["target"]]
    if not records:
        raise InputError(f"{row['id']}: no stance on {found['target']!r}; take the row as it was")
    near = {"target": found["near"], "stance": UNRELATED, "holder": "", "evidence": ""}
    stances = [*({**record, "target": found["typed"]} for record in records), near]
    return {**row, "id": f"{row['id']}#typed", "stances": stances}


def _pole_rows(question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The texts of a question, each asked for a thing and the measure against it in two wordings each.

    Whoever is for the one is against the other; a near miss is unrelated to all of them.
    """
    for number, found in enumerate(question["texts"]):
        stances = []
        for pole, name in itertools.product(("thing", "measure"), ("", "2")):
            target = {"target": question[pole + name], "conditional": False}
            stances += [
                {
                    **target,
                    "stance": "favor" if record["side"] == pole else "against",
                    "opposite": record["names"] not in (pole, "both"),
                    "holder": record["holder"],
                    "evidence": record["evidence"],
                }
                for record in found["stances"]
            ] or [{**target, "stance": "neutral", "holder": "", "evidence": ""}]
        stances.append({"target": question["near"], "stance": UNRELATED, "holder": "", "evidence": ""})
        text = {"title": found["title"], "text": found["text"], "stances": stances}
        yield {"id": f"{question['id']}#{number}", **text}


def _check_text(annotation: dict[str, Any], text: str) -> None:
    found = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
    if found != annotation["text_sha256"]:
        raise InputError(
            f"{annotation['id']}: the paragraph is not the one that was labelled (hash {found}, expected "
            f"{annotation['text_sha256']}); take the article as the corpus has it"
        )


def _row(annotation: dict[str, Any], text: str, title: str) -> dict[str, Any]:
    _check_text(annotation, text)
    if "label" in annotation:
        return {
            "id": annotation["id"],
            "text": text,
            "label": annotation["label"],
            "second": annotation["second"],
        }
    return _stance_row(annotation, text, title)


def _stance_row(annotation: dict[str, Any], text: str, title: str) -> dict[str, Any]:
    stances = [
        {
            **{name: record[name] for name in ("target", "stance", "conditional")},
            **_piece(text, "holder", record["holder"]),
            **_piece(text, "evidence", record["evidence"]),
        }
        for record in annotation["stances"]
    ]
    return {"id": annotation["id"], "title": title, "text": text, "stances": stances}


def _piece(text: str, name: str, span: list[int] | None) -> dict[str, Any]:
    return {name: text[slice(*span)] if span else "", f"{name}_start": span[0] if span else -1}


def main() -> None:
    """Write the rows and say how many of the annotations found their text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=sorted(path.stem for path in ANNOTATIONS_DIR.glob("*.jsonl")))
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="where the texts are")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if not options.texts and not options.task.startswith("written"):
        parser.error(f"{options.task} needs --texts: its texts are not in the project")
    readers = {
        "targets": typed_rows,
        "opposites": opposite_rows,
        "poles": pole_rows,
        "summary": summary_rows,
        "written": written_rows,
    }
    read = readers.get(options.task.split("_")[0], annotated_rows)
    rows = list(read(options.task, options.texts))
    options.out.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    sys.stdout.write(f"{len(rows)} rows written to {options.out}\n")


if __name__ == "__main__":
    main()

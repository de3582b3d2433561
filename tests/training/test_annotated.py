"""Our annotations find their texts again, and never the wrong ones."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from arabic.errors import InputError
from benchmarks.parties import ARTICLES as BENCHMARK
from benchmarks.parties import read_gold
from models.label_sets import load_labels
from models.tags import POLARITIES
from training.annotated import (
    ANNOTATIONS_DIR,
    annotated_rows,
    summary_rows,
    typed_rows,
    written_rows,
)
from training.data import UNRELATED, StanceRow, read_rows, read_stance
from training.pairs import related_pairs

TOPICS = ("topic", "topic_random", "topic_random_2", "topic_rare", "topic_test")
STANCES = ("stance", "stance_random", "stance_random_2", "stance_test")
ARTICLES = ("stance_articles", "stance_articles_2")
PARTIES = "stance_parties"
SUMMARIES = ("summary_random", "summary_random_2")
TARGETS = ("targets", "targets_dev", "targets_random", "targets_random_2", "targets_test")


def _annotations(task: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ANNOTATIONS_DIR / f"{task}.jsonl").read_text().splitlines()]


def test_the_annotations_hold_labels_of_ours_and_no_text() -> None:
    topics = [row for name in TOPICS for row in _annotations(name)]
    stances = [row for name in STANCES for row in _annotations(name)]
    assert {row["label"] for row in topics} <= set(load_labels("topic").ids)
    assert {record["stance"] for row in stances for record in row["stances"]} <= set(POLARITIES)
    assert not any("text" in row for row in [*topics, *stances])
    for rows in (topics, stances):
        assert len({row["id"] for row in rows}) == len(rows)


def test_articles_are_judged_on_every_target_in_every_paragraph_and_are_in_no_test() -> None:
    rows = [row for name in ARTICLES for row in _annotations(name)]
    assert len({row["id"] for row in rows}) == len(rows)
    targets: dict[str, list[set[str]]] = {}
    for row in rows:
        assert "text" not in row
        assert {record["stance"] for record in row["stances"]} <= {*POLARITIES, UNRELATED}
        asked = {record["target"] for record in row["stances"]}
        targets.setdefault(row["id"].split("#")[0], []).append(asked)
    assert all(asked == paragraphs[0] for paragraphs in targets.values() for asked in paragraphs)
    tests = {
        row["id"].split("#")[0] for name in ("stance_test", "targets_test") for row in _annotations(name)
    }
    tests |= set(read_gold(BENCHMARK / "news.jsonl"))
    parties = {row["id"].split("#")[0] for row in _annotations(PARTIES) if "text" not in row}
    assert tests and parties and not tests & (set(targets) | parties)


def test_another_text_under_the_same_id_is_refused(tmp_path: Path) -> None:
    document = str(_annotations("topic")[0]["id"]).split("#")[0]
    sentence = "افتتح المعرض أبوابه صباح اليوم في قاعة البلدية بحضور جمع من الأهالي وتلاميذ المدارس. "
    articles = tmp_path / "articles.jsonl"
    articles.write_text(json.dumps({"id": document, "text": sentence * 40}), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that was labelled"):
        list(annotated_rows("topic", [articles]))


def _stance_row(annotation: dict[str, object]) -> dict[str, object]:
    """A row as the annotation knows it; its text is another one, so its hash does not fit."""
    record = {"target": annotation["target"], "stance": "favor", "holder": "", "evidence": ""}
    return {"id": annotation["id"], "title": "", "text": "أيد المجلس الخطة.", "stances": [record]}


def test_typed_targets_stand_beside_near_misses_and_hold_no_text() -> None:
    rows = [row for name in TARGETS for row in _annotations(name)]
    assert len({row["id"] for row in rows}) == len(rows)  # what is to judge by is in no other file
    for row in rows:
        assert set(row) == {"id", "text_sha256", "target", "typed", "near"}
        assert row["typed"] != row["near"] != row["target"]


def test_typed_targets_of_another_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(_stance_row(_annotations("targets")[0])), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that was labelled"):
        list(typed_rows("targets", [path]))


@pytest.mark.shared
@pytest.mark.parametrize(("name", "split"), [("targets", "train"), ("targets_dev", "dev")])
def test_every_typed_target_has_the_stance_of_the_annotators_own(
    name: str, split: str, shared: Path, tmp_path: Path
) -> None:
    source = shared / f"data/stance_news/{split}.jsonl"
    rows = list(typed_rows(name, [source]))
    assert len(rows) == len(_annotations(name))
    gold = {row.id: row for row in read_stance(source).rows}
    out = tmp_path / "rows.jsonl"
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    annotations = {f"{row['id']}#typed": row for row in _annotations(name)}
    for row in read_stance(out).rows:
        *typed, near = row.stances
        known = annotations[row.id]
        before = [
            s.stance for s in gold[row.id.removesuffix("#typed")].stances if s.target == known["target"]
        ]
        assert [record.stance for record in typed] == before and near.stance == "unrelated"


@pytest.mark.parametrize("name", ["written", "written_2"])
def test_paragraphs_of_our_own_need_no_other_file(name: str, tmp_path: Path) -> None:
    """Holder and evidence are words of the text, the typed target has the sides of the one it stands for."""
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows(name, []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_stance(out).rows
    assert len(read) == 2 * len(_annotations(name))
    for plain, typed in zip(read[::2], read[1::2], strict=True):
        assert typed.id == f"{plain.id}#typed" and typed.text == plain.text
        *records, near = typed.stances
        assert near.stance == "unrelated" and 0 < len(records) <= len(plain.stances)
        assert all(record.evidence is not None for record in plain.stances)
    opposed = [row for row in read[::2] if any(len(labels) > 1 for labels in _sides(row).values())]
    assert len(opposed) > 0.4 * len(read[::2])


def test_paragraphs_of_partners_and_bystanders(tmp_path: Path) -> None:
    """Most texts have two parties or more on one side of a target, others the same grammar and no side."""
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows("written_3", []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_stance(out).rows
    assert len(read) == 2 * len(_annotations("written_3"))
    assert all(record.evidence is not None for row in read[::2] for record in row.stances)
    together = sum(_most_on_one_side(row) > 1 for row in read[::2])
    neutral = sum({record.stance for record in row.stances} == {"neutral"} for row in read[::2])
    assert together > 0.5 * len(read[::2]) and neutral > 0.1 * len(read[::2])


@pytest.mark.parametrize("name", ["written_4", "written_4_test"])
def test_paragraphs_asked_for_both_poles(name: str, tmp_path: Path) -> None:
    """Whoever is for the one target is against the other; the test shares no paragraph with the rest."""
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows(name, []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_stance(out).rows[::2]
    assert len(read) == len(_annotations(name))
    opposite = {"favor": "against", "against": "favor", "neutral": "neutral"}
    for row in read:
        poles: dict[str, Counter[tuple[object, str]]] = {}
        for record in row.stances:
            poles.setdefault(record.target, Counter())[record.holder, record.stance] += 1
        first, second = poles.values()
        assert first == Counter({(holder, opposite[side]): n for (holder, side), n in second.items()}), row.id
    assert not {row["text"] for row in _annotations("written_4")} & {
        row["text"] for row in _annotations("written_4_test")
    }


POLES = ("written_poles", "written_poles_2", "written_poles_test")


@pytest.mark.parametrize("name", POLES)
def test_questions_ask_every_text_for_both_poles_in_two_wordings(name: str, tmp_path: Path) -> None:
    """Whoever is for the thing is against the measure; who is for what his words name, never changes."""
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows(name, []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_stance(out).rows
    assert len(read) == sum(len(question["texts"]) for question in _annotations(name))
    opposites = 0
    for row in read:
        *poles, near = related_pairs([row])
        assert len(poles) == 4 and near.labels == {UNRELATED}
        sides = [{(r.holder, r.stance) for r in pair.records} for pair in poles]
        assert sides[0] == sides[1] and sides[2] == sides[3]
        turned = {"favor": "against", "against": "favor", "neutral": "neutral"}
        assert sides[0] == {(holder, turned[side]) for holder, side in sides[2]}
        for record in (record for pair in poles for record in pair.records):
            opposites += record.opposite
    assert opposites > len(read)  # of the 2 to 3 holders a text on four targets half


def test_questions_to_judge_by_are_not_learnt_from() -> None:
    *learnt, judged = ({question["thing"] for question in _annotations(name)} for name in POLES)
    assert judged and not judged & set().union(*learnt)


@pytest.mark.parametrize("name", ["written_articles", "written_articles_2"])
def test_articles_of_our_own_say_of_every_paragraph_where_it_stands_on_every_target(
    name: str, tmp_path: Path
) -> None:
    """A target of the article is a record or "unrelated" in each of its paragraphs, which come once each."""
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows(name, []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_stance(out).rows
    assert len(read) == len(_annotations(name))
    articles: dict[str, list[StanceRow]] = {}
    for row in read:
        articles.setdefault(row.document, []).append(row)
    for paragraphs in articles.values():
        targets = {r.target for row in paragraphs for r in row.stances if r.stance != "unrelated"}
        assert len(targets) >= 2 and len(paragraphs) >= 4
        assert all(targets <= {record.target for record in row.stances} for row in paragraphs)
    sides = [record for row in read for record in row.stances if record.stance in ("favor", "against")]
    assert all(record.evidence is not None for record in sides)
    assert 0.7 < sum(record.holder is not None for record in sides) / len(sides) < 1


def test_topics_of_paragraphs_of_our_own(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    rows = list(written_rows("written_topic", []))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = read_rows("topic", out).rows
    assert len(read) == len({row.text for row in read}) == len(rows)
    assert {row.label for row in read} > {"lifestyle_leisure", "environment"}


def _most_on_one_side(row: StanceRow) -> int:
    """How many named parties share a target and a side, where most do."""
    named = Counter((r.target, r.stance) for r in row.stances if r.holder and r.stance != "neutral")
    return max(named.values(), default=0)


def _sides(row: StanceRow) -> dict[str, set[str]]:
    """Favor and against, as far as they are taken, of each target."""
    sides: dict[str, set[str]] = {}
    for record in row.stances:
        sides.setdefault(record.target, set()).update({record.stance} - {"neutral"})
    return sides


def test_a_summary_has_units_of_its_article_only(tmp_path: Path) -> None:
    name = str(_annotations("summary_random")[0]["id"])
    articles = tmp_path / "articles.jsonl"
    articles.write_text(json.dumps({"id": name, "text": "افتتح المعرض أبوابه صباح اليوم."}), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that was labelled"):
        list(summary_rows("summary_random", [articles]))


@pytest.mark.shared
@pytest.mark.parametrize("name", [*TOPICS, *STANCES, *ARTICLES, PARTIES, *SUMMARIES])
def test_every_annotation_finds_its_text(name: str, shared: Path, tmp_path: Path) -> None:
    corpora = [shared / "data/ant_topic/all.jsonl", *sorted((shared / "data/sanad_khaleej").glob("*.jsonl"))]
    rows = list((summary_rows if name.startswith("summary") else annotated_rows)(name, corpora))
    out = tmp_path / "rows.jsonl"
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    task = name.split("_")[0]
    assert len(read_rows(task, out).rows) == len(_annotations(name))  # type: ignore[arg-type]

"""Which words the list of spellings has, and in which spelling."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from training import spellings
from training.spellings import count_words, read_articles, spelling_list


def listed(**words: int) -> list[str]:
    return spelling_list(words, dict.fromkeys(words, 9))


def test_the_commonest_spelling_is_listed_once() -> None:
    assert listed(الحكومة=9, الحكومه=3) == ["الحكومة"]
    assert listed(كتابه=9, كتابة=3) == ["كتابه"]


def test_a_word_that_is_spelled_in_one_plain_way_is_not() -> None:
    assert listed(مدير=9) == []
    assert listed(مديرة=9) == ["مديرة"]


def test_a_word_that_follows_from_another_is_not() -> None:
    assert listed(الحكومة=9, والحكومة=9, للحكومة=9, بالحكومه=9) == ["الحكومة", "بالحكومه"]


def test_a_plain_word_is_listed_where_another_would_mislead() -> None:
    """«وجهه» is not «و» and «جهة»."""
    assert listed(جهة=9, وجهه=9) == ["جهة", "وجهه"]


def test_rare_words_are_left_out() -> None:
    assert spelling_list({"الحكومة": 2}, {"الحكومة": 2}) == []
    assert spelling_list({"الحكومة": 9}, {"الحكومة": 1}) == []


def test_words_are_counted_as_a_model_reads_them() -> None:
    words, spread = count_words(["قَالَت الحكـومة الحكومة ٢", "قالت أ"])
    assert words == Counter({"قالت": 2, "الحكومة": 2})
    assert spread == Counter({"قالت": 2, "الحكومة": 1})


def test_the_command_leaves_the_excluded_documents_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": f"a{i}", "title": "الوزارة", "text": "الحكومة قالت"} for i in range(3)]
    rows += [{"id": f"b{i}", "text": "القاهرة القاهرة"} for i in range(3)]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text('{"id": "b1#p0"}\n{"id": "b2#p4"}', encoding="utf-8")
    out = tmp_path / "words.txt"
    arguments = ["--texts", tmp_path / "all.jsonl", "--exclude", tmp_path / "dev.jsonl", "--out", out]
    monkeypatch.setattr(sys, "argv", ["spellings", *map(str, arguments)])
    spellings.main()
    assert out.read_text(encoding="utf-8").split() == ["الحكومة", "الوزارة"]
    assert "2 words written" in capsys.readouterr().out
    assert len(list(read_articles([tmp_path / "all.jsonl"]))) == 6

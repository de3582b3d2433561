"""The commonest spelling of every word that is written in several: makes `arabic/spellings.txt`.

    python -m training.spellings --texts ARTICLES.jsonl … --exclude dev.jsonl … --out arabic/spellings.txt

A word is listed if the texts have it often enough and its spelling does not follow from a listed one
(`arabic.spelling.common_spelling`). Articles of which the excluded files have a paragraph are left out.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from arabic.normalize import normalize
from arabic.spelling import WORD, common_spelling, level

MIN_COUNT, MIN_ARTICLES = 3, 2


def read_articles(paths: Sequence[Path], excluded: Iterable[Path] = ()) -> Iterator[str]:
    """Title and text of every article, a JSON object a line."""
    left_out = {document for path in excluded for document, _ in _read(path)}
    return (text for path in paths for document, text in _read(path) if document not in left_out)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            yield str(row["id"]).split("#")[0], f"{row.get('title') or ''}\n{row.get('text') or ''}"


def count_words(articles: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands in the articles, and in how many of them."""
    words: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for article in articles:
        found = WORD.findall(normalize(article).text)
        words.update(found)
        spread.update(set(found))
    return words, spread


def spelling_list(words: Mapping[str, int], spread: Mapping[str, int]) -> list[str]:
    """The commonest spellings, the shortest words first; of two equally common ones the first by letters."""
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        spellings[level(word)].append(word)
    common: dict[str, str] = {}
    for levelled in sorted(spellings, key=lambda word: (len(word), word)):
        best = max(spellings[levelled], key=lambda word: words[word])
        if words[best] < MIN_COUNT or spread[best] < MIN_ARTICLES:
            continue
        follows = common_spelling(levelled, common)
        only_plain = follows is None and spellings[levelled] == [levelled]
        if follows != best and not only_plain:
            common[levelled] = best
    return list(common.values())


def main() -> None:
    """Write the list and say how long it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--exclude", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    listed = spelling_list(*count_words(read_articles(options.texts, options.exclude)))
    options.out.write_text("\n".join(listed) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(listed)} words written to {options.out}\n")


if __name__ == "__main__":
    main()

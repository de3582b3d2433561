"""Who stands where in whole articles: `python -m benchmarks.parties [--bundle B] [--json] [--news FILE …]`.

`benchmarks/articles/` holds articles written for this project, with the parties that each reports for or
against some targets, by the names it gives them (`gold.jsonl`); and such parties in articles of the news
whose texts are not ours to give away (`news.jsonl`): `--news` names the files, one article a line, as
`{"id", "title"?, "text"}`. The articles are analysed as a user would, with the targets given. A party is
found where a reported holder has one of its names (half of the words, both ways); it is right where the side
is its own too. Every article is also asked for targets of the next ones, on which every side is false.
"""

import argparse
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from arabic.errors import InputError
from arabic.normalize import Normalization, normalize
from inference.analyzer import Analyzer
from inference.results import Stance
from models.units import stems

ARTICLES = Path(__file__).parent / "articles"
_LOOSE = Normalization(alef=True, ya=True, ta_marbuta=True)
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Party:
    """A party on one side of a target, by all the names that the article has for it."""

    names: tuple[str, ...]
    stance: str


@dataclass(frozen=True, slots=True)
class Question:
    """A target, the parties that take a side on it, and the names of bystanders."""

    target: str
    parties: tuple[Party, ...]
    neutral: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of an article's parties, and of the sides that were reported."""

    parties: int = 0
    right: int = 0
    """Parties found on their side."""
    wrong_side: int = 0
    """Parties found on the other side only."""
    reported: int = 0
    """Named holders reported for or against, each once a target and side."""
    reported_right: int = 0
    """Those that are a party on its side."""
    bystanders: int = 0
    """Those that are a bystander."""
    unnamed: int = 0
    """Sides reported without a name."""
    foreign_questions: int = 0
    """Targets of other articles that were asked for."""
    foreign_sides: int = 0
    """Sides reported on those."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))

    @property
    def recall(self) -> float:
        """The share of the parties that are found on their side."""
        return self.right / max(self.parties, 1)

    @property
    def precision(self) -> float:
        """The share of the named sides that are right."""
        return self.reported_right / max(self.reported, 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.recall * self.precision / max(self.recall + self.precision, 1e-9)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure which parties are found on their side.")
    parser.add_argument("--bundle", type=Path, default=None)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--news", type=Path, nargs="+", help="articles of the news instead of our own")
    options = parser.parse_args()
    gold = read_gold(ARTICLES / ("news.jsonl" if options.news else "gold.jsonl"))
    texts = news_texts(options.news, gold) if options.news else our_texts(gold)
    analyzer = Analyzer.load(options.bundle)
    results = {
        name: measure(analyzer, texts[name], questions) + ask_foreign(analyzer, texts[name], others)
        for (name, questions), others in zip(gold.items(), foreign_targets(gold), strict=True)
    }
    total = sum(results.values(), Counts())
    if options.json:
        shares = {name: getattr(total, name) for name in ("recall", "precision", "f1")}
        print(json.dumps({**asdict(total), **shares}))
    else:
        Console().print(_table(results, total))


def our_texts(names: Iterable[str]) -> dict[str, str]:
    """The articles written for this project, by their files' names without the ending."""
    return {name: (ARTICLES / f"{name}.txt").read_text(encoding="utf-8") for name in names}


def news_texts(files: Sequence[Path], names: Collection[str]) -> dict[str, str]:
    """The articles of that id in the files, titles first. Raises `InputError` where one is missing."""
    texts = {}
    for path in files:
        for article in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if article["id"] in names:
                texts[article["id"]] = f"{article.get('title') or ''}\n\n{article['text']}".strip()
    missing = sorted(set(names) - set(texts))
    if missing:
        raise InputError(f"{len(missing)} of {len(names)} articles are in no file, such as {missing[0]}")
    return texts


def read_gold(file: Path = ARTICLES / "gold.jsonl") -> dict[str, list[Question]]:
    """The questions on every article, by its name."""
    gold = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold[row["article"]] = [
            Question(
                question["target"],
                tuple(Party(tuple(p["names"]), p["stance"]) for p in question["parties"]),
                tuple(question["neutral"]),
            )
            for question in row["targets"]
        ]
    return gold


def measure(analyzer: Analyzer, text: str, questions: Sequence[Question]) -> Counts:
    """Analyse one article and compare."""
    stances = analyzer.analyze(text, targets=[question.target for question in questions]).stances
    return sum(
        (judge(question, [s for s in stances if s.target == question.target]) for question in questions),
        Counts(),
    )


def foreign_targets(gold: Mapping[str, Sequence[Question]]) -> list[list[str]]:
    """For every article the first two targets of each of the two articles after it."""
    first = [[question.target for question in questions[:2]] for questions in gold.values()]
    return [first[(i + 1) % len(first)] + first[(i + 2) % len(first)] for i in range(len(first))]


def ask_foreign(analyzer: Analyzer, text: str, targets: Sequence[str]) -> Counts:
    """Analyse one article for targets that it does not speak of."""
    stances = analyzer.analyze(text, targets=list(targets)).stances
    sides = sum(stance.stance in ("favor", "against") for stance in stances)
    return Counts(foreign_questions=len(targets), foreign_sides=sides)


def judge(question: Question, stances: Sequence[Stance]) -> Counts:
    """What was right in the stances reported on one target."""
    sides = [s for s in stances if s.stance in ("favor", "against")]
    named = {(" ".join(_words(s.holder.text)), s.stance) for s in sides if s.holder}

    def on(party: Party, stance: str) -> bool:
        return any(side == stance and called(holder, party.names) for holder, side in named)

    right = [on(party, party.stance) for party in question.parties]
    return Counts(
        parties=len(question.parties),
        right=sum(right),
        wrong_side=sum(
            not found and any(called(holder, party.names) for holder, _ in named)
            for found, party in zip(right, question.parties, strict=True)
        ),
        reported=len(named),
        reported_right=sum(
            any(party.stance == side and called(holder, party.names) for party in question.parties)
            for holder, side in named
        ),
        bystanders=sum(called(holder, question.neutral) for holder, _ in named),
        unnamed=sum(s.holder is None for s in sides),
    )


def called(holder: str, names: Sequence[str]) -> bool:
    """Whether a holder is one of the names: word F1 of at least a half."""
    words = set(_words(holder))
    for name in names:
        other = set(_words(name))
        if words and other and 2 * len(words & other) / (len(words) + len(other)) >= _ALIKE:
            return True
    return False


def _words(text: str) -> list[str]:
    return stems(normalize(text, _LOOSE).text)


def _table(results: dict[str, Counts], total: Counts) -> Table:
    table = Table("article", *(f.name.replace("_", " ") for f in fields(Counts)), "recall", "precision", "F1")
    for name, counts in [*results.items(), ("all", total)]:
        shares = (f"{value:.2f}" for value in (counts.recall, counts.precision, counts.f1))
        table.add_row(name, *map(str, asdict(counts).values()), *shares)
    return table


if __name__ == "__main__":
    main()

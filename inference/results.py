"""The results of an analysis: plain frozen data, and its JSON.

`Analysis` is what `mujaz analyze --json` prints and what `mujaz schema` describes.
All offsets are character offsets into `article.text`.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from arabic.article import Article
from arabic.spans import Span

StanceLabel = Literal["favor", "against", "neutral"]


@dataclass(frozen=True, slots=True)
class TopicLabel:
    """A topic with its names and its calibrated probability (0 to 1)."""

    id: str
    ar: str
    en: str
    probability: float


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of a paragraph; `abstained` where `probability` is below the bundle's threshold."""

    id: str
    ar: str
    en: str
    probability: float
    second: TopicLabel
    abstained: bool


@dataclass(frozen=True, slots=True)
class ParagraphResult:
    """A paragraph (or a list item) and its topic, None where topics were not asked for."""

    text: str
    start: int
    end: int
    topic: Topic | None


@dataclass(frozen=True, slots=True)
class TopicShare:
    """A topic's share of the article: paragraph probabilities weighted by words, summing to 1."""

    id: str
    ar: str
    en: str
    share: float


@dataclass(frozen=True, slots=True)
class Stance:
    """Who (`holder`, None where nobody is named) stands where on `target`, and on what words."""

    target: str
    proposed: bool
    holder: Span | None
    stance: StanceLabel
    conditional: bool
    probability: float
    paragraph: int
    evidence: Span | None


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence or clause of the summary, `article.text[start:end] == text`."""

    text: str
    start: int
    end: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class Headline:
    """The article's own title, or the words of the text that serve best as one."""

    text: str
    start: int
    end: int
    source: Literal["title", "extract"]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which bundle gave the result."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The whole analysis of one article."""

    article: Article
    topics: tuple[TopicShare, ...]
    paragraphs: tuple[ParagraphResult, ...]
    stances: tuple[Stance, ...]
    summary: tuple[SummarySentence, ...]
    headline: Headline | None
    model: ModelInfo

    def to_json(self, *, indent: int | None = None) -> str:
        """The analysis as one JSON object, Arabic as it is (no escapes)."""
        return _ADAPTER.dump_json(self, indent=indent).decode("utf-8")


_ADAPTER = TypeAdapter(Analysis)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `Analysis.to_json`."""
    return _ADAPTER.json_schema(mode="serialization")

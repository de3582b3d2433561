"""What the API takes and gives. Analyses, topics and stances are those of the command line's JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from inference.results import ModelInfo, Stance, SummarySentence, Topic
from models.selection import BASE_WORDS
from serving.settings import MAX_ITEMS, MAX_TARGETS, MAX_WORDS, MIN_WORDS

PARAGRAPH = "أعلنت الوزارة تأييدها لمشروع السد، فيما رفضته نقابة الصيادين."
ARTICLE = f"خلاف على السد\n\n{PARAGRAPH}\n\nويُنتظر أن يبت البرلمان في المشروع خلال أسبوعين."

Texts = str | Annotated[list[str], Field(min_length=1, max_length=MAX_ITEMS)]
Targets = Annotated[list[str], Field(max_length=MAX_TARGETS)] | None
Words = Annotated[int, Field(ge=MIN_WORDS, le=MAX_WORDS, description="Word budget of the summary.")]


def _example(**body: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [body]})


class AnalyzeRequest(BaseModel):
    """One article."""

    model_config = _example(text=ARTICLE, targets=["مشروع السد"], words=30)
    text: str = Field(description="Plain text, Markdown or HTML.")
    targets: Targets = Field(None, description="What stances are looked for on; left out, some are proposed.")
    words: Words = BASE_WORDS


class TopicsRequest(BaseModel):
    """One paragraph, or a list of them."""

    model_config = _example(text=[PARAGRAPH, "فاز الفريق بهدفين في المباراة النهائية."])
    text: Texts = Field(description="A paragraph as it stands, or a list of them.")


class StancesRequest(BaseModel):
    """One paragraph, or a list of them, and the targets."""

    model_config = _example(text=PARAGRAPH, targets=["مشروع السد"])
    text: Texts = Field(description="A paragraph as it stands, or a list of them.")
    targets: Targets = Field(None, description="What stances are looked for on; left out, some are proposed.")


class SummariesRequest(BaseModel):
    """One article, or a list of them."""

    model_config = _example(text=ARTICLE, words=20)
    text: Texts = Field(description="An article, or a list of them.")
    words: Words = BASE_WORDS


Code = Literal[
    "bad_input",
    "bad_request",
    "unauthorized",
    "not_found",
    "too_large",
    "busy",
    "rate",
    "too_slow",
    "internal",
]


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: Code
    message: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is not 200."""

    error: Problem


class Item(BaseModel):
    """What one text of a list was answered with; `error` where it could not be read."""

    warnings: tuple[str, ...] = ()
    error: Problem | None = None


class TopicItem(Item):
    """The topic of one paragraph."""

    topic: Topic | None = None


class StancesItem(Item):
    """The stances that one paragraph reports; offsets are into the paragraph."""

    stances: tuple[Stance, ...] = ()


class SummaryItem(Item):
    """The summary of one article; offsets are into its `article.text`, see docs/output.md."""

    summary: tuple[SummarySentence, ...] = ()


class TopicsAnswer(BaseModel):
    """One result for each text, in the texts' order."""

    results: tuple[TopicItem, ...]
    model: ModelInfo


class StancesAnswer(BaseModel):
    """One result for each text, in the texts' order."""

    results: tuple[StancesItem, ...]
    model: ModelInfo


class SummariesAnswer(BaseModel):
    """One result for each text, in the texts' order."""

    results: tuple[SummaryItem, ...]
    model: ModelInfo

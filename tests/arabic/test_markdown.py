"""Markdown: structure with true offsets into the text as given."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arabic.article import Article, List, Paragraph, Table
from arabic.parse import parse_article
from arabic.spans import Span

Pieces = Callable[[Article], list[Span]]
LONG = "أعلنت وزارة النقل يوم الأحد افتتاح خط جديد للقطارات، وقال مسؤول إن الرحلة تستغرق ثلاث ساعات."
SOURCE = f"""# خط جديد للقطارات #

{LONG}
سطر ثان **غليظ** و[رابط](https://example.org)

## خلفية

> اقتباس قصير

- بند
  تتمة البند
- بند **ثان**

1. أول

2. ثان

```python
x = "لا يقرأ"
```

| البند | القيمة |
|---|---:|
| المدة | ستة أشهر |
| | 20 |

عنوان سفلي
---------

![صورة](a.png)
***
{LONG}

**عنوان غليظ**

خاتمة.
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_document(ending: str, pieces: Pieces) -> None:
    """All constructs of an article, with both line endings."""
    source = SOURCE.replace("\n", ending)
    article = parse_article(source)
    pieces(article)
    assert (article.format, article.text) == ("markdown", source)
    assert article.title is not None
    assert article.title.text == "خط جديد للقطارات"
    assert [heading.text for heading in article.headings()] == ["خلفية", "عنوان سفلي", "عنوان غليظ"]
    lead, background, below, _ = article.sections
    assert lead.blocks[0].span.text == f"{LONG}{ending}سطر ثان **غليظ** و[رابط](https://example.org)"
    assert [type(block) for block in background.blocks] == [Paragraph, List, List, Table]
    quote, bullets, numbers, table = background.blocks
    assert quote.span.text == "اقتباس قصير"
    assert isinstance(bullets, List)
    assert [item.text for item in bullets.items] == [f"بند{ending}  تتمة البند", "بند **ثان**"]
    assert isinstance(numbers, List)
    assert [item.text for item in numbers.items] == ["أول", "ثان"]
    assert isinstance(table, Table)
    assert table.header is not None
    assert [(row.label.text, row.content.text) for row in table.rows] == [("المدة", "ستة أشهر"), ("", "20")]
    assert [block.span.text for block in below.blocks] == [LONG]
    assert not any("لا يقرأ" in piece.text for piece in pieces(article))


def test_front_matter() -> None:
    """Front matter is skipped, but its title is the article's."""
    article = parse_article(f'---\ntitle: "عنوان من الرأس"\ndate: 2024-01-01\n---\n## قسم\n\n{LONG}\n')
    assert article.title is not None
    assert article.title.text == "عنوان من الرأس"
    assert [span.text for span in article.paragraphs()] == [LONG]


def test_rule_is_no_front_matter() -> None:
    """A document that opens with a rule loses no text."""
    assert [
        span.text for span in parse_article(f"---\n\n{LONG}\n\n---\n\n{LONG}", "markdown").paragraphs()
    ] == [LONG] * 2


@pytest.mark.parametrize(
    ("source", "title", "headings"),
    [
        (f"# أ\n\n{LONG}\n\n# ب\n\n{LONG}", "أ", ["ب"]),
        (f"## أ\n\n{LONG}\n\n### ب\n\n{LONG}", "أ", ["ب"]),
        (f"## أ\n\n{LONG}\n\n## ب\n\n{LONG}", None, ["أ", "ب"]),
        (f"عنوان عادي\n\n{LONG}\n\n## ب\n\n{LONG}", "عنوان عادي", ["ب"]),
        (f"{LONG}\n\n## ب\n\n{LONG}", None, ["ب"]),
    ],
)
def test_title(source: str, title: str | None, headings: list[str]) -> None:
    """The title is the first heading of level 1, or what stands above all other headings."""
    article = parse_article(source, "markdown")
    assert (article.title.text if article.title else None) == title
    assert [heading.text for heading in article.headings()] == headings


_PARTS = [
    "# عنوان",
    "## قسم ##",
    "نص عادي.",
    "**غليظ**",
    "- بند",
    "* بند",
    "  تتمة",
    "1. بند",
    "> اقتباس",
    "```",
    "~~~",
]
_PARTS += [
    "---",
    "===",
    "| أ | ب |",
    "|---|---|",
    "",
    "",
    "\ufeff",
    "[x]: y",
    "![](a)",
    "#",
    "-",
    ">",
    "+ بند",
    "    شفرة",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(_PARTS), max_size=15), st.sampled_from(["\n", "\r\n"]))
@example(parts=["", "---", "# عنوان", "---"], ending="\n")  # no front matter: it does not open the file
def test_any_markdown(pieces: Pieces, parts: list[str], ending: str) -> None:
    """Whatever the mix of marks, offsets are true and no ordinary word is lost outside code."""
    source = ending.join(parts)
    article = parse_article(source, "markdown")
    found = pieces(article)
    assert article.text == source
    if not any(part.startswith(("`", "~")) for part in parts) and not source.startswith("---"):
        covered = {i for piece in found for i in range(piece.start, piece.end)}
        assert all(i in covered for i, char in enumerate(source) if "ا" <= char <= "ي")

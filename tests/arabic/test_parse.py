"""Plain text: nothing lost, offsets right, structure as a reader sees it."""

import dataclasses
import json
import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.article import Article, List, Paragraph, Table
from arabic.errors import InputError
from arabic.parse import parse_article
from arabic.spans import Span

Pieces = Callable[[Article], list[Span]]
ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted((ROOT / "samples").glob("*.txt"))
LONG = (
    "أعلنت وزارة النقل يوم الأحد افتتاح خط جديد للقطارات بين المدينتين، وقال مسؤول في الوزارة إن الرحلة "
    "تستغرق ثلاث ساعات، وإن التذاكر ستُطرح مطلع الشهر المقبل بأسعار مخفضة للطلاب وكبار السن."
)
INVISIBLE = re.compile(r"[\s\ufeff\u200b-\u200f\u061c\u202a-\u202e\u2060-\u2069\xad]")


def outline(article: Article) -> Any:
    """Give the structure with its words, whatever the whitespace and the offsets."""

    def words(span: Span | None) -> str | None:
        return " ".join(span.text.split()) if span else None

    def block(one: Paragraph | List | Table) -> Any:
        if isinstance(one, Paragraph):
            return words(one.span)
        if isinstance(one, List):
            return [words(item) for item in one.items]
        rows = [one.header, *one.rows]
        return [(words(row.label), words(row.content)) if row else None for row in rows]

    sections = [(words(s.heading), [block(one) for one in s.blocks]) for s in article.sections]
    return words(article.title), sections


def tables(text: str) -> list[Table]:
    article = parse_article(text, "text")
    return [block for section in article.sections for block in section.blocks if isinstance(block, Table)]


def rows(table: Table) -> list[tuple[str, str]]:
    return [(row.label.text, row.content.text) for row in table.rows]


def headings(text: str) -> list[str]:
    return [heading.text for heading in parse_article(text, "text").headings()]


# --- laws -------------------------------------------------------------------------------------

_BLOCK = st.sampled_from(
    [
        "خطة جديدة للنقل",
        "«مباحثات» في العاصمة؟",
        LONG,
        "جملة قصيرة.",
        textwrap.fill(LONG * 2, 70),
        "- بند أول\n- بند ثان",
        "١- بند\n٢) بند\n(3) بند",
        "أولاً: بند\nثانيًا: بند",
        "أ- بند\nب- بند",
        "-",
        "•",
        "1.",
        "-----",
        "| أ | ب |\n|---|---|\n| ج | |",
        "البند\tالقيمة\nالمدة\t3\n\t5",
        "البند    القيمة\nالمدة    3\nالكلفة    4",
        "الطرف الموقف\nالحكومة رفض الزيادة\nالنقابة: تأييد\nالحزب - قبول",
        "النمو 3.2%\nالبطالة -7%",
        "||||",
        "\u200f",
        "\ufeff",
        "\xa0",
        "\u200fالسطر\u200f",
        "القاهرة - رويترز",
        "كتب: سامي",
        "\0",
        "\ud800",
        "a | b",
        "\t",
    ]
)
_BREAK = st.sampled_from(
    ["\n", "\n\n", "\r\n", "\r\n\r\n", "\u2028", "\u2029", "\x0c", "\r", "\n\xa0\n", "  "]
)


def _check_laws(text: str, pieces: Pieces) -> None:
    article = parse_article(text, "text")
    assert article.text == text
    covered = set()
    for piece in pieces(article):
        covered.update(range(piece.start, piece.end))
    lost = [char for i, char in enumerate(text) if i not in covered and not INVISIBLE.match(char)]
    assert not lost
    tops = [block.span for section in article.sections for block in section.blocks]
    starts = [span.start for span in tops]
    assert starts == sorted(starts)
    assert all(a.end <= b.start for a, b in zip(tops, tops[1:], strict=False))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(_BLOCK, _BREAK), max_size=12))
def test_nothing_lost_in_mixed_blocks(pieces: Pieces, parts: list[tuple[str, str]]) -> None:
    """Every visible character is in a piece, pieces are in order, and offsets are true."""
    _check_laws("".join(block + end for block, end in parts), pieces)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ابة ال3.٣-–•|\t\n\r:،.()«»\u2028\x0c\xa0\ufeff\u200f\0#*", max_size=80))
def test_nothing_lost_in_noise(pieces: Pieces, text: str) -> None:
    _check_laws(text, pieces)


# --- samples ----------------------------------------------------------------------------------


def _without_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_text(one) for key, one in value.items() if key != "text"}
    return [_without_text(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    """The samples' structure is as it was read by eye; delete a golden file to write it anew."""
    made = _without_text(asdict(parse_article(path.read_text(encoding="utf-8"))))
    golden = GOLDEN / f"{path.stem}.json"
    if not golden.exists():
        golden.write_text(json.dumps(made, indent=1) + "\n")
        pytest.fail(f"{golden.name} was missing and has been written; look it through")
    assert made == json.loads(golden.read_text())


def test_samples_are_there() -> None:
    """The golden test is no test without its samples."""
    assert [path.stem for path in SAMPLES] == ["culture", "diplomacy", "economy"]


def test_economy_sample() -> None:
    """What the golden file says in numbers, here in words."""
    title, sections = outline(parse_article((ROOT / "samples/economy.txt").read_text(encoding="utf-8")))
    assert title.startswith("حكومة مرسانة تخفض دعم الوقود")
    assert [heading for heading, _ in sections][1:] == [
        "تفاصيل خطة خفض الدعم",
        "مواقف النقابات وأصحاب الأعمال",
        "أبرز المؤشرات الاقتصادية",
        "توقعات المرحلة المقبلة",
    ]
    assert sections[3][1][0] == [
        ("المؤشر", "القيمة"),
        ("النمو المتوقع", "3.2%"),
        ("معدل التضخم", "11.4%"),
        ("عجز الموازنة", "7.8%"),
        ("الدين العام", "74%"),
        ("الاحتياطي الأجنبي", "18.6 مليار دولار"),
    ]


VARIANTS: dict[str, Callable[[str], str]] = {
    "no blank lines": lambda text: re.sub(r"\n+", "\n", text),
    "double-spaced": lambda text: re.sub(r"\n+", "\n\n", text),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "line separators": lambda text: text.replace("\n", "\u2028"),
    "bom": lambda text: "\ufeff" + text,
    "nbsp lines": lambda text: text.replace("\n\n", "\n\xa0\n"),
    "form feeds": lambda text: text.replace("\n\n", "\n\x0c\n"),
    "wrapped at 60": lambda text: "\n".join(textwrap.fill(line, 60) for line in text.split("\n")),
    "wrapped at 72": lambda text: "\n".join(textwrap.fill(line, 72) for line in text.split("\n")),
    "wrapped at 100": lambda text: "\n".join(textwrap.fill(line, 100) for line in text.split("\n")),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_same_outline_in_every_layout(path: Path, variant: str, pieces: Pieces) -> None:
    """Line endings, blank lines and hard wraps change the offsets, not the structure."""
    text = path.read_text(encoding="utf-8")
    article = parse_article(VARIANTS[variant](text))
    pieces(article)
    assert outline(article) == outline(parse_article(text))


@pytest.mark.shared
@pytest.mark.parametrize("variant", [None, *VARIANTS])
def test_ceasefire(shared: Path, variant: str | None, pieces: Pieces) -> None:
    """The project's example: title, lead, three sections, a flattened table, an ending."""
    text = (shared / "samples/ceasefire.txt").read_text(encoding="utf-8")
    article = parse_article(VARIANTS[variant](text) if variant else text)
    pieces(article)
    title, sections = outline(article)
    assert title.startswith("«مباحثات سرية»")
    assert [heading.split()[0] if heading else None for heading, _ in sections] == [
        None,
        "جهود",
        "تقدم",
        "مواقف",
    ]
    assert [len(blocks) for _, blocks in sections] == [1, 1, 1, 3]
    header, *body = sections[3][1][1]
    assert header == ("العنوان", "المحتوى")
    assert [label for label, _ in body] == ["الوساطة المصرية", "معوقات المفاوضات", "الشركاء الدوليون"]
    assert [content.split()[0] for _, content in body] == ["مفاوضات", "عقبات", "أدوار"]


# --- tables -----------------------------------------------------------------------------------

FLAT = {
    "positions": (
        "الجهة الموقف\nالحكومة | رفض قاطع للزيادة\nحماس | القبول المشروط بالهدنة\n"
        "مجلس الأمن الدولي | دعوة إلى ضبط النفس\nوزارة المالية | تخفيض الدعم تدريجيًا"
    ),
    "details": (
        "البند التفاصيل\nمدة الاتفاق | ثلاث سنوات قابلة للتجديد\nالمرحلة الأولى | الإفراج عن المحتجزين\n"
        "الموقف من الهدنة | قبول مبدئي\nالمكان | في القاهرة"
    ),
    "years": "السنة القيمة\n2021 | 3.2%\n2022 | 4.1%\n2023 | -0.5%",
    "three columns": "الفريق النقاط الأهداف\nالنصر | 45 30\nالهلال | 40 28",
    "sentences": "الطرف الموقف\nالنقابة | ترفض خفض الدعم.\nالغرفة التجارية | تؤيد الخطة.",
    "indicators": "المؤشر القيمة\nمعدل البطالة بين الشباب | 18%\n"
    "سعر برميل خام برنت | 82 دولارًا\nالتضخم | نحو 7%",
    "dates": "التاريخ الحدث\n15 يناير | توقيع الاتفاق\n3 مارس 2025 | بدء التنفيذ\n2026 | انتهاء المرحلة",
    "people": "المعيار الشرح\nالمستفيدون | الأسر محدودة الدخل\nالهدف الرئيسي | توفير السكن",
    "colons": "العنصر الوصف\nالمدة: | ستة أشهر\nالمكان: | القاهرة",
}


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_flattened_table(name: str, gap: str) -> None:
    """The border between label and content is found by the language, with and without blank lines."""
    marked = FLAT[name]
    text = gap.join(["خبر اليوم", LONG, marked.replace(" | ", " "), "ردود الفعل", LONG])
    (table,) = tables(text)
    assert table.header is not None
    assert f"{table.header.label.text} {table.header.content.text}" == marked.split("\n")[0]
    expected = [tuple(line.split(" | ")) for line in marked.split("\n")[1:]]
    assert rows(table) == [(label.removesuffix(":"), content) for label, content in expected]
    assert headings(text) == ["ردود الفعل"]


def test_flattened_table_without_header() -> None:
    """Figures, or a block of labels of several words, are rows without column names too."""
    (figures,) = tables(f"خبر\n\n{LONG}\n\nالنمو 3.2%\nالبطالة 7%\n\n{LONG}")
    assert figures.header is None
    assert rows(figures) == [("النمو", "3.2%"), ("البطالة", "7%")]
    block = "الطاقة الشمسية استثمارات بقيمة مليار.\nمشاريع المياه محطات جديدة.\nالطرق السريعة صيانة شاملة."
    (nominal,) = tables(f"خبر\n\n{LONG}\n\n{block}\n\n{LONG}")
    assert [row.label.text for row in nominal.rows] == ["الطاقة الشمسية", "مشاريع المياه", "الطرق السريعة"]


@pytest.mark.parametrize(
    "lines",
    [
        "البند\tالقيمة\nالمدة\tستة أشهر\nالكلفة\t10",
        "البند | القيمة\nالمدة | ستة أشهر\nالكلفة | 10",
        "| البند | القيمة |\n|---|---|\n| المدة | ستة أشهر |\n| الكلفة | 10 |",
        "البند      القيمة\nالمدة      ستة أشهر\nالكلفة     10",
    ],
)
def test_delimited_table(lines: str) -> None:
    """Tabs, pipes and runs of spaces set columns apart."""
    (table,) = tables(f"خبر\n\n{LONG}\n\n{lines}\n\n{LONG}")
    assert table.header is not None
    assert (table.header.label.text, table.header.content.text) == ("البند", "القيمة")
    assert rows(table) == [("المدة", "ستة أشهر"), ("الكلفة", "10")]


@pytest.mark.parametrize(
    "lines",
    [
        "أتيتك والليل يطوي الدروب\nوقلبي على موعد للغروب\nأغني كما تفعل الأغنيات",
        "الليل طويل يا صاحبي\nالبحر بعيد عن قلبي\nالنجم وحيد في الدرب",
        "ألا ليت أيامي تعود كما مضت    فأخبر قلبي بالذي كان يجهل\n"
        "وأنت الذي علمتني أن أرى    وأنت الذي أنسيتني كيف أسأل\n"
        "فيا ليل لا تذهب فإني واقف    ويا صبح لا تأت فإني مؤجل",
        "القاهرة - رويترز\n12 مايو 2024",
        "الحكومة تعلن زيادة الأجور.\nالنقابة ترفض القرار.\nالبرلمان يناقش الموازنة.",
        "الجو معتدل في العاصمة.\nالطريق سالكة نحو الشمال.\nالبحر هادئ اليوم.",
        "الرئيس يستقبل وفدًا من رجال الأعمال\nالوزير يفتتح معرض الكتاب\nالمنتخب يفوز على ضيفه",
        "الدول الأطراف\n" + LONG,
        "الأطراف والمواقف",
        textwrap.fill(LONG, 70),
    ],
)
def test_ordinary_lines_are_no_table(lines: str) -> None:
    """Verses, datelines, one-line paragraphs, headlines, headings and wrapped prose stay text."""
    assert not tables(f"خبر اليوم\n\n{LONG}\n\n{lines}\n\n{LONG}")


# --- headings, lists, paragraphs --------------------------------------------------------------


def test_one_paragraph_alone() -> None:
    """A text without any structure is one section of one paragraph."""
    assert outline(parse_article(LONG)) == (None, [(None, [LONG])])


def test_one_short_line_alone() -> None:
    """A headline with nothing under it is text, not a title of nothing."""
    assert outline(parse_article("خبر قصير")) == (None, [(None, ["خبر قصير"])])


@pytest.mark.parametrize(
    "top", ["القاهرة - رويترز", "كتب: أحمد علي", "بقلم سامي ناصر", "12 مايو 2024", "بيروت (أ ف ب)"]
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_bylines_are_no_headings(top: str, gap: str) -> None:
    """Place, agency, author and date stand as paragraphs of their own, before or after the title."""
    text = gap.join(["افتتاح خط جديد للقطارات", top, LONG, "خلفية المشروع", LONG])
    assert headings(text) == ["خلفية المشروع"]
    assert parse_article(text).title == Span("افتتاح خط جديد للقطارات", 0, 23)
    swapped = parse_article(gap.join([top, "افتتاح خط جديد للقطارات", LONG]))
    assert swapped.title is not None
    assert swapped.title.text == "افتتاح خط جديد للقطارات"


def test_headings() -> None:
    """Questions and numbered lines head sections; sentences, lead-ins, verses and last lines do not."""
    assert headings(f"عنوان\n\n{LONG}\n\nماذا بعد القمة؟\n\n{LONG}") == ["ماذا بعد القمة؟"]
    assert headings(f"عنوان\n\n1- خلفية\n\n{LONG}\n\n2- مواقف\n\n{LONG}") == ["1- خلفية", "2- مواقف"]
    assert headings(f"عنوان\n\n{LONG}\n\nانتهى الاجتماع.\n\n{LONG}") == []
    assert headings(f"عنوان\n\n{LONG}\n\nأبرز البنود:\n- بند\n- بند\n\n{LONG}") == []
    assert headings(f"عنوان\n\n{LONG}\n\nسطر أول من قصيدة\nوسطر بعده ثان\n\n{LONG}") == []
    assert headings(f"عنوان\n\n{LONG}\n\nسطر أخير") == []
    assert headings(f"عنوان\n\n{LONG}\n\nقسم كبير\n\nقسم صغير\n\n{LONG}") == ["قسم كبير", "قسم صغير"]


def test_verses_stay_lines_of_their_own() -> None:
    """Verses, in a block or double-spaced, are neither joined like wrapped prose nor headings."""
    verses = [
        "سلام على الدار التي طال عهدها بأحباب قلبي والليالي الغوابر",
        "وقفت بها والشمس ترخي ستورها",
        "وما في الديار اليوم إلا حمامة تنوح على أطلال تلك المنازل",
        "فقلت لها يا دار هل من مخبر",
        "عن الراحلين السائرين بليلهم إلى حيث لا يدري بهم قلب شاعر",
    ]
    for gap in ("\n", "\n\n"):
        text = f"قصيدة\n\n{LONG}\n\n{gap.join(verses)}\n\n{LONG}"
        assert headings(text) == []
        assert [span.text for span in parse_article(text).paragraphs()] == [LONG, *verses, LONG]
    for some in (verses, verses[:2]):
        alone = "قصيدة جديدة\n\n" + "\n".join(some * 3)
        assert [span.text for span in parse_article(alone).paragraphs()] == some * 3


@pytest.mark.parametrize(
    "marks", ["--", "••", "––", "**", ("١-", "٢-"), ("1.", "2."), ("1)", "2)"), ("(1)", "(2)"), ("أ-", "ب-")]
)
def test_list_markers(marks: tuple[str, str]) -> None:
    """The items are without their markers, the list's span has them."""
    text = f"عنوان\n\n{LONG}\n\n{marks[0]} وقف القتال\n{marks[1]} فتح المعابر\n\n{LONG}"
    (block,) = [b for s in parse_article(text, "text").sections for b in s.blocks if isinstance(b, List)]
    assert [item.text for item in block.items] == ["وقف القتال", "فتح المعابر"]
    assert block.span.text.startswith(marks[0])


@pytest.mark.parametrize(
    "lines", ["د. أحمد علي\nد. سعيد عمر", "5-3 للفريق الضيف\n2-1 في الإياب", "2023. عام صعب\n2024. عام آخر"]
)
def test_no_list(lines: str) -> None:
    """Doctors, scores and years are no list markers."""
    article = parse_article(f"عنوان\n\n{LONG}\n\n{lines}\n\n{LONG}", "text")
    assert not any(isinstance(block, List) for section in article.sections for block in section.blocks)


def test_wrapped_list_items() -> None:
    """An item that goes on in the next line of hard-wrapped text is one item."""
    text = textwrap.fill(LONG * 2, 70) + "\n\n" + "\n".join(textwrap.fill(f"- {LONG}", 70) for _ in range(2))
    (block,) = [b for s in parse_article(text).sections for b in s.blocks if isinstance(b, List)]
    assert [" ".join(item.text.split()) for item in block.items] == [LONG, LONG]


# --- limits -----------------------------------------------------------------------------------


def test_too_many_paragraphs() -> None:
    """A thousand paragraphs are taken; more are no article, and the way out is told."""
    assert len(list(parse_article((LONG + "\n\n") * 1000).paragraphs())) == 1000
    with pytest.raises(InputError, match="1001 paragraphs.*split"):
        parse_article((LONG + "\n\n") * 1001)
    with pytest.raises(InputError, match="lines.*split"):
        parse_article("سطر\n" * 1_000_000)


@pytest.mark.parametrize(
    "unit",
    [
        "ا",
        "كلمة ",
        "|",
        "-",
        "1. ",
        "\t",
        "[",
        "**ا",
        "«",
        "ا|ب\n",
        "---\n",
        "العنوان المحتوى\n",
        "#",
        "<",
        "\n",
        "> ",
        "`",
    ],
)
@pytest.mark.parametrize("format", ["text", "markdown"])
def test_linear_time(unit: str, format: Literal["text", "markdown"]) -> None:
    """Two million characters of anything take seconds, not minutes."""
    start = time.perf_counter()
    try:
        parse_article(unit * (2_000_000 // len(unit)), format)
    except InputError:
        pass
    assert time.perf_counter() - start < 10


def test_every_paragraph_knows_what_stands_above_it() -> None:
    """The title, as in training; the nearest heading where there is none; nothing without either."""
    first, second = (
        f"فقرة طويلة بما يكفي لتكون فقرة، وفيها ما يكفي من الكلام عن {x}." for x in ("الجسر", "الميناء")
    )
    text = f"عنوان الخبر\n\n{first}\n\nعنوان القسم\n\n{second}\n\n- بند أول.\n- بند ثان.\n"
    article = parse_article(text)
    assert list(article.above()) == ["عنوان الخبر"] * 4
    untitled = dataclasses.replace(article, title=None)
    assert list(untitled.above()) == ["", "عنوان القسم", "عنوان القسم", "عنوان القسم"]
    assert len(list(article.above())) == len(list(article.paragraphs()))
    assert list(
        parse_article("فقرة واحدة طويلة بما يكفي لتكون فقرة، وفيها ما يكفي من الكلام عن الجسر.").above()
    ) == [""]

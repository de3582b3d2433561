"""Where sentences and clauses end, and that no character is lost."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.sentences import clauses, sentences
from arabic.spans import Span

PIECES = [
    *". ! ؟ … .. ، ؛ : « » “ ” \" ' ( ) [ ] 5 3.5 م د ـ \n \r\n \u2028 \t \u00a0 \u200f - / @ A b".split(" "),
    *" ,  ,   ,.,كلمة,وقال,حيث,مشيرًا,ق.م,Dr,http://x.y/?a=1,20 كلم,\n1. ,وتعمل".split(","),
]
messy = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=60)


def check_exact(text: str, spans: list[Span]) -> None:
    """Spans are slices, trimmed, in order, apart, and cover all that is not whitespace."""
    at = 0
    for span in spans:
        assert text[span.start : span.end] == span.text == span.text.strip() != ""
        assert span.start >= at and not text[at : span.start].strip()
        at = span.end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    "expected",
    [
        ["وصل الوفد اليوم.", "ثم غادر!", "هل يعود؟", "لا أحد يعلم"],
        ["قال د. سامي وأ.د. هدى إن م. كريم ود. ليلى حضروا.", "وانتهى اللقاء."],
        ["كتب ج. ب. مراد في ص. 25 عن القرن الرابع ق.م وعن ص.ب. 1234 فقط."],
        ["حدث ذلك قبل 300 سنة ق.م. تقريبا.", "وفي 1445 هـ.", "عاد."],
        ["تأسست الشركة عام 2020 م.", "ثم توسعت."],
        ["بلغت المسافة 20 كلم. تقريبا في الساعة 10.30 مساء.", "وانتهى السباق."],
        ["ارتفع المؤشر 3.5 في المئة يوم 12.5.2024 إلى ٤٫٢ و٣.٧.", "وتراجع النفط."],
        ["أغلق السوق مرتفعا.", "وتصدر سهم البنك القائمة."],
        ["أغلق السوق مرتفعا.", "في المقابل خسر سهم البنك."],
        ["عمل Dr. Smith في U.S. Steel وشركة Apple Inc. منذ عام.", "ثم تقاعد."],
        ["التفاصيل على http://example.com/?id=1.2&x=y وعلى site.com/a.html أو a.b@c.org.", "شكرا."],
        [
            "بلغت القيمة 7. 169 مليون درهم بحسب بي. بي. سي. وقناة إن. بي.سي العربية.",
            "وانتهى عام 2020.",
            "12 شركة خسرت.",
        ],
        ["قال: «لن نقبل. هذا مرفوض!» وأصر على موقفه.", "وغادر القاعة."],
        ['قال: «سمعت من يقول "انتهى الأمر. لا عودة" مرارا. لم أصدق» ثم صمت.', "انتهى."],
        ["«لن نتراجع.»", "هكذا ختم الوزير كلمته."],
        ["قال: «لن نتراجع.» مؤكدا أن الأمر محسوم.", "وغادر."],
        ["سأل: «من المسؤول؟» ثم انصرف.", "لم يجب أحد."],
        ["رأى (انظر الفصل 3. وما بعده) أن الأمر انتهى.", "ولم يزد."],
        ["قال إن الأمر... صعب جدا… وطويل.. لكنه ممكن.", "ثم سكت..."],
        ["انسحب الفريق...", "وأضاف المدرب أن القرار نهائي."],
        ["قال: «هذا نص لم يغلق.", "وهذه جملة أخرى.", "وهذه ثالثة."],
        ["انتهى كل شيء؛ ثم بدأ من جديد: بداية أخرى.", "حسنا."],
        ["أحقا؟!، سأل المذيع. . .", "ثم ابتسم."],
        ['قاس الشاشة 5" وسعرها 3.000 دينار.', 'وهي "ممتازة."', "انتهى."],
    ],
    ids=lambda expected: expected[0][:20],
)
def test_sentences_end_where_a_reader_would_end_them(expected: list[str]) -> None:
    """Abbreviations, numbers, addresses, quotations and ellipses do not break; glued periods do."""
    text = " ".join(expected).replace("مرتفعا. ", "مرتفعا.")
    assert [span.text for span in sentences(text)] == expected
    check_exact(text, sentences(text))


def test_line_breaks_end_sentences() -> None:
    """Headings have no period; numbers stay with their item; a quotation ends with its line."""
    text = "عنوان بلا نقطة\n\n1. البند الأول\r\n2. البند «الثاني\nنص. آخر» هنا"
    assert [span.text for span in sentences(text)] == [
        "عنوان بلا نقطة",
        "1. البند الأول",
        "2. البند «الثاني",
        "نص.",
        "آخر» هنا",
    ]


def test_a_very_long_quotation_is_cut() -> None:
    """A whole speech in quotation marks is more than one sentence."""
    sentence = "وهذه جملة من الخطاب تطول قليلا."
    assert len(sentences(f"قال: «{' '.join([sentence] * 30)}»")) == 30
    assert len(sentences(f"قال: «{' '.join([sentence] * 3)}» ثم انصرف")) == 1


def test_nothing_in_nothing_out() -> None:
    """Empty and blank texts have no sentences and no clauses."""
    assert sentences("") == clauses("") == sentences(" \n\u00a0") == clauses("\n\n") == []


def test_a_long_sentence_is_cut_before_linking_words() -> None:
    """The comma stays with the clause before; a comma in a list or before a preposition is passed over."""
    expected = [
        "أعلنت وزارة الزراعة في بيان لها اليوم أن موسم الحصاد هذا العام جاء أفضل من المتوقع في معظم "
        "المحافظات الشمالية والشرقية والساحلية،",
        "مشيرًا مسؤولوها إلى أن محصول القمح، والشعير، والعدس زاد على ما كان عليه في العام الماضي بنسبة كبيرة "
        "بفضل الأمطار الغزيرة،",
        "في حين قال مزارعون من الجنوب إن الآبار جفت هناك، على غير العادة، وإن الدولة لم تقدم لهم أي تعويض عن "
        "خسائرهم حتى الآن.",
    ]
    text = " ".join(expected)
    assert [span.text for span in clauses(text)] == expected
    check_exact(text, clauses(text))


def test_quotations_and_numbers_are_not_cut() -> None:
    """A comma inside quotation marks, parentheses or a number is no place for a cut."""
    quoted = "«لن نقبل، حيث لا ضمانات، بأي اتفاق جديد، ولن نوقع، كما قلنا مرارا، على نص كهذا، مهما طال الزمن»"
    text = f"قال رئيس الوفد في ختام الجولة الأخيرة {quoted} (حيث كان، كما يبدو، غاضبا) بعد 1,200 يوم"
    assert [span.text for span in clauses(text, max_words=20)] == [text]


def test_short_pieces_are_merged() -> None:
    """No clause of fewer than five words where a longer one can be had."""
    text = (
        "وقال، أمس، الوزير، في بيان، إن "
        + "، ".join(["الحكومة ستواصل العمل على هذا الملف"] * 12)
        + "، كما قال."
    )
    lengths = [len(span.text.split()) for span in clauses(text)]
    assert min(lengths) >= 5
    assert max(lengths) <= 32


@pytest.mark.parametrize(("words", "pieces"), [(32, 1), (50, 1), (64, 1), (70, 3), (200, 7)])
def test_without_commas_a_sentence_stays_whole_up_to_a_limit(words: int, pieces: int) -> None:
    """Twice `max_words` is the most a piece can have, whatever the text."""
    spans = clauses("كلمة " * words)
    assert len(spans) == pieces
    assert max(len(span.text.split()) for span in spans) <= 64


def test_without_commas_a_conjunction_is_the_place_to_cut() -> None:
    """A cut by count only happens where no conjunction is near."""
    first, second = "كلمة " * 36 + "أخيرة", "وبدأت " + "كلمة " * 36
    assert [span.text for span in clauses(f"{first} {second}")] == [first, second.strip()]


def test_a_limit_below_one_is_refused() -> None:
    """Zero words a clause is a mistake of the caller's."""
    with pytest.raises(ValueError, match="max_words of at least 1, got 0"):
        clauses("نص", max_words=0)


@settings(deadline=None, max_examples=300)
@given(messy, st.integers(1, 40))
def test_spans_are_exact_and_complete(text: str, max_words: int) -> None:
    """For any text, sentences and clauses lose nothing, and clauses divide sentences within the limit."""
    whole, parts = sentences(text), clauses(text, max_words)
    check_exact(text, whole)
    check_exact(text, parts)
    assert {span.start for span in whole} <= {span.start for span in parts}
    for span in parts:
        assert sum(any(map(str.isalnum, word)) for word in span.text.split()) <= 2 * max_words


@pytest.mark.parametrize(
    "unit",
    [
        "ا",
        "كلمة، ",
        "وكلمة ",
        "«",
        "\"' ",
        ".",
        "؟ ",
        ".«",
        "(كلمة. ",
        "كلمة.كلمة",
        "3.5",
        "،",
        "((a)",
        "\n",
        "!(((",
    ],
)
def test_long_hostile_lines_take_linear_time(unit: str) -> None:
    """Half a million characters of one pattern return complete; a quadratic search would take hours."""
    text = unit * (500_000 // len(unit))
    assert sum(len("".join(span.text.split())) for span in clauses(text)) == len("".join(text.split()))


def test_a_megabyte_has_as_many_sentences_as_it_should() -> None:
    """One line of 30,000 sentences is cut into 30,000."""
    assert len(sentences("وصل الوفد إلى «المدينة» عام 2024. " * 30_000)) == 30_000


@pytest.mark.shared
def test_real_paragraphs_become_clauses_of_summary_length(shared: Path) -> None:
    """The kind of article the service is made for: one sentence a paragraph, forty to eighty words each."""
    text = (shared / "samples" / "ceasefire.txt").read_text(encoding="utf-8")
    spans = clauses(text)
    check_exact(text, spans)
    assert max(len(span.text.split()) for span in spans) <= 32
    assert all(len(c.text.split()) >= 5 for c in spans if c.text.endswith(("،", ".")))

"""One spelling for all variants, and the way back to the source."""

import json
from dataclasses import asdict, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arabic.normalize import ARABERT_V02, DEFAULT, Normalization, normalize

CLEAN = 'قالت وزارة الخارجية إن المحادثات ستستمر حتى نهاية 2024، وأضافت: "لا جديد" (حتى الآن).'
PIECES = [
    *"ابتىةأآكیکهووو  \n\t\u00a0\u200c\u200f\u202e\u0640\u064e\u0651\u0653\u0654\u0655\ufefb\ufdfa\ufe70",
    *"٠٣۴59٫٬٪%.,…!؟،؛:«»“’'\"`*_~[]()@-+/#<>{}|\\aZwz\x00\x85\ufe0f\ud800😂ﷲپ",
    *("**", "__", "~~", "](", "[رابط]", "http://", "www.", "a@b.c", "@م", "![", "(u)", "***", "...", "ههه"),
]
messy = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40)
options = st.builds(Normalization, **{field.name: st.booleans() for field in fields(Normalization)})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ﻻ ﺷﻲﺀ", "لا شيء"),
        ("صلى الله عليه وسلم = ﷺ", "صلى الله عليه وسلم = صلى الله عليه وسلم"),
        ("﴿نص﴾", "﴿نص﴾"),
        ("قَالَ الرَّئيسُ", "قال الرئيس"),
        (
            "ا\u0654حمد وا\u0653خر وا\u0655ن مسؤ\u064eول شى\u0654 و\u0654 ي\u064e\u0654",
            "أحمد وآخر وإن مسؤول شئ ؤ ئ",
        ),
        ("هٰذا أَحمد مُؤتمر", "هذا أحمد مؤتمر"),
        ("رائـــع", "رائع"),
        ("کتاب علی ہم", "كتاب علي هم"),
        ("١٢٫٥٪ و١٬٠٠٠ و۳۴ ٫", "12.5% و1,000 و34 ٫"),
        ("«أ» “ب” „ج‟ ‹د› ه″ ‘و’ ‚ز‛ ح′", '"أ" "ب" "ج" "د" ه" \'و\' \'ز\' ح\''),
        ("م\u200cن\u200bهم\ufeff \u00adو\x00لا\ud800", "منهم ولا"),
        ("سطر\r\nسطر\rسطر\x85سطر", "سطر سطر سطر سطر"),
        ("\u202eنص\u202c \u2067آخر\u2069\u200f", "نص آخر"),
        ("انظر https://example.com/a_b?c=1, ثم www.x.org.", "انظر [رابط], ثم [رابط]."),
        ("راسل a.b+c@mail.example.com أو @الوزارة_1", "راسل [بريد] أو [مستخدم]"),
        ("مرحباااااا هههههه", "مرحباا هه"),
        ("لا!!!! حقا؟؟ نعم،، ثم.... و..", "لا! حقا؟ نعم، ثم… و…"),
        ("لويس III تصنيف AAA رقم 1000000", "لويس III تصنيف AAA رقم 1000000"),
        ("  نص\u00a0\u00a0آخر \n\n ثالث ", "نص آخر ثالث"),
        ("قال **الوزير** إن `القرار` __نهائي__ ~~قديم~~", "قال الوزير إن القرار نهائي قديم"),
        ("في [تقرير *مهم*](http://x.y/z) اليوم", "في تقرير *مهم* اليوم"),
        ("**[*مهم*](u)** و[[داخل](a) خارج](b)", "*مهم* وداخل خارج"),
        ("2 ** 3 و[قوس] (آخر)", "2 ** 3 و[قوس] (آخر)"),
        ("[دمشق](http://x.y/D_(Syria)) و[ناقص](http://x (y)", "دمشق و[ناقص]([رابط] (y)"),
        ("www.a.b\u00a0نص", "[رابط] نص"),
        ("سعر iPhone والـNATO", "سعر iPhone والNATO"),
        ("", ""),
        ("\u064e\u0640\u200f \n", ""),
    ],
)
def test_variants_get_one_spelling(source: str, expected: str) -> None:
    """Each step of the default profile does what its option says."""
    assert normalize(source).text == expected


def test_optional_letters_change_only_when_asked() -> None:
    """The letters that carry meaning stay by default."""
    text = "أإآٱ ى ة"
    assert normalize(text).text == text
    assert normalize(text, Normalization(alef=True, ya=True, ta_marbuta=True)).text == "اااا ي ه".replace(
        "اااا", "اا"
    )


@pytest.mark.parametrize("name", [field.name for field in fields(Normalization)])
def test_every_option_matters(name: str) -> None:
    """No switch is dead: turning it over changes the result on a text that has everything."""
    text = "ﻻ قَـال أﻹى ة کم ٥ « » \u200c \u200f **مهم** http://x.y ههههه a+b  ."
    turned = Normalization(**{**asdict(DEFAULT), name: not getattr(DEFAULT, name)})
    assert normalize(text, turned).text != normalize(text).text


def test_options_survive_json() -> None:
    """A bundle can save and load its options."""
    assert Normalization(**json.loads(json.dumps(asdict(ARABERT_V02)))) == ARABERT_V02


def test_arabert_profile_separates_symbols_and_numbers() -> None:
    """AraBERT's tokenizer was trained with spaces round symbols and between numbers and letters."""
    text = "«قال» بنسبة ٥٫٢٪، في 2024م: http://x.y (a_b) F16 باكستان/پاریس [هنا]!"
    expected = "« قال » بنسبة 5 . 2 % ، في 2024 م : [رابط] ( a _ b ) F16 باكستان / پاريس [هنا] !"
    assert normalize(text, ARABERT_V02).text == expected


def test_clean_text_is_left_alone() -> None:
    """Nothing changes where nothing has to, and offsets are the identity."""
    result = normalize(CLEAN)
    assert result.text == CLEAN
    assert result.to_source(3, 9) == result.from_source(3, 9) == (3, 9)


def test_spans_cover_what_was_dropped_inside_but_not_the_neighbours() -> None:
    """A word's piece of the source has its own vowel signs, and nothing of the words beside it."""
    source = "\u200fقَالَ  الرَّئـيسُ\u200c، «نعم»"
    result = normalize(source)
    for word, original in [("قال", "قَالَ"), ("الرئيس", "الرَّئـيسُ"), ("نعم", "نعم"), ('"نعم"', "«نعم»")]:
        start = result.text.index(word)
        low, high = result.to_source(start, start + len(word))
        assert source[low:high] == original
        assert result.from_source(low, high) == (start, start + len(word))


def test_replaced_pieces_point_to_the_whole_original() -> None:
    """A link and a ligature map as a whole; a source span inside one finds all of it."""
    source = "انظر https://example.com وﻻ"
    result = normalize(source)
    start = result.text.index("[رابط]")
    assert result.to_source(start + 1, start + 3) == (5, 24)
    assert result.from_source(10, 12) == (start, start + 6)
    assert result.text[slice(*result.from_source(len(source) - 1, len(source)))] == "لا"


def test_dropped_pieces_map_to_an_empty_span() -> None:
    """A source span of which nothing is left does not borrow a neighbour."""
    result = normalize("ab\u200c\u200ccd")
    assert result.from_source(2, 4) == (2, 2)
    assert result.to_source(0, 2) == (0, 2)
    assert result.to_source(1, 3) == (1, 5)


def test_spans_outside_the_text_are_refused() -> None:
    """A wrong offset is an error, not a wrong quotation."""
    result = normalize("نصّ")
    for start, end in [(-1, 1), (2, 1), (0, 3)]:
        with pytest.raises(ValueError, match="expected 0 <= start <= end"):
            result.to_source(start, end)
    with pytest.raises(ValueError, match="expected 0 <= start <= end"):
        result.from_source(2, 1)


@settings(deadline=None, max_examples=500)
@given(messy, options | st.sampled_from([DEFAULT, ARABERT_V02]))
def test_a_second_run_changes_nothing(text: str, chosen: Normalization) -> None:
    """Normalising is idempotent for any text and any options."""
    once = normalize(text, chosen).text
    assert normalize(once, chosen).text == once


@settings(deadline=None, max_examples=300)
@given(messy, options | st.just(ARABERT_V02), st.data())
def test_offsets_are_monotone_and_go_both_ways(text: str, chosen: Normalization, data: st.DataObject) -> None:
    """Every character knows its place, in order and inside the source; the way back finds it again."""
    result = normalize(text, chosen)
    places = [result.to_source(i, i + 1) for i in range(len(result.text))]
    assert places == sorted(places)
    assert [high for _, high in places] == sorted(high for _, high in places)
    assert all(0 <= low <= high <= len(text) for low, high in places)
    assert all(
        low < high for character, (low, high) in zip(result.text, places, strict=True) if character != " "
    )
    start = data.draw(st.integers(0, len(result.text)))
    end = data.draw(st.integers(start, len(result.text)))
    low, high = result.to_source(start, end)
    back = result.from_source(low, high)
    span = result.text[start:end]
    if span.strip(" "):
        assert back[0] <= start + len(span) - len(span.lstrip(" "))
        assert back[1] >= end - len(span) + len(span.rstrip(" "))
    low = data.draw(st.integers(0, len(text)))
    first, last = result.from_source(low, data.draw(st.integers(low, len(text))))
    assert 0 <= first <= last <= len(result.text)


@settings(deadline=None)
@given(messy)
def test_kept_characters_map_onto_themselves(text: str) -> None:
    """With every rewriting step off, what is left is the source's own characters."""
    chosen = Normalization(
        presentation_forms=False, lookalikes=False, digits=False, quotes=False, links=False, repeats=False
    )
    result = normalize(text, chosen)
    for i, character in enumerate(result.text):
        low, high = result.to_source(i, i + 1)
        piece = text[low:high]
        joined = character in "آأإؤئ" and piece[0] in "اويىی"
        assert (
            character in piece or character.isspace() and piece.strip("[]*_~`") or joined or character == " "
        )


@settings(deadline=None)
@given(st.data())
def test_harmless_noise_makes_no_difference(data: st.DataObject) -> None:
    """Vowel signs, tatweel, joiners, Eastern digits, other quotes and spaces do not change the result."""
    source = "رفض النائب «مشروع القانون» يوم 25 مارس 2024 وقال إن 3.5 لا تكفي"
    noisy = ""
    for character in source:
        if character == " ":
            noisy += data.draw(st.sampled_from([" ", "  ", "\u00a0", " \u200c", "\n"]))
        elif character.isdigit():
            noisy += data.draw(
                st.sampled_from([character, chr(0x660 + int(character)), chr(0x6F0 + int(character))])
            )
        elif character in "«»":
            noisy += data.draw(st.sampled_from('«»"“”'))
        elif character.isalpha():
            noisy += character + data.draw(
                st.sampled_from(["", "", "\u064e", "ـ", "\u200d", "\u0651\u064f", "\u200f"])
            )
        else:
            noisy += character
    assert normalize(noisy).text == normalize(source).text


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "[a](",
        "**a ",
        "@",
        "a@",
        ".",
        "www.",
        " ",
        "\u064e",
        "`*",
        "_.+-",
        "a.b@c.",
        "1٫",
        "[a](b)",
        "](x](y)",
        "ا",
        "http://",
    ],
)
@pytest.mark.parametrize("chosen", [DEFAULT, ARABERT_V02])
def test_long_hostile_lines_take_linear_time(unit: str, chosen: Normalization) -> None:
    """Half a million characters of one pattern return; a quadratic search would take hours."""
    text = unit * (500_000 // len(unit))
    assert len(normalize(text, chosen).text) <= 10 * len(text)

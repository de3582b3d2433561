"""Where a label ends and its content begins in a row of a flattened table, by Arabic syntax.

A label is a definite noun phrase («الوساطة المصرية», «معوقات المفاوضات», «حماس»), and content
begins with an indefinite word, a verb or a figure.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

MAX_LABEL = 5

# Nouns that name columns, without article.
_COLUMNS = frozenset(
    "عنوان محتوى طرف أطراف موقف مواقف بند بنود تفاصيل تفصيل مؤشر مؤشرات قيمة قيم سنة عام نسبة دولة دول بلد "
    "عدد جهة جهات دور أدوار محور محاور وصف توصيف موضوع ملف قضية قطاع نوع تاريخ موعد حدث مرحلة مدة فترة اسم "
    "منصب فريق منتخب لاعب نقطة نقاط هدف أهداف شركة سعر أسعار تغير تغيير مدينة محافظة منطقة حالة وضع معيار "
    "فئة سبب أسباب نتيجة نتائج ملاحظة ملاحظات مصدر عنصر عناصر شرح بيان بيانات معلومة معلومات مضمون تعريف "
    "جانب وجه أثر تأثير إجراء إجراءات حل حلول تحدي تحديات عقبة مطلب مطالب شرط شروط رقم كمية حجم مبلغ تكلفة "
    "كلفة ميزانية وحدة شهر ربع ترتيب مركز مرتبة مقعد مقاعد حزب صوت أصوات مرشح مجال برنامج مشروع سلعة "
    "عملة منتج صنف مادة خدمة مؤسسة هيئة وزارة منظمة مسؤول شخصية مكان توقيت خلاصة تعليق توضيح "
    "جنسية لقب بطولة ناد مباراة خصم نادي دوري أبرز رأي آراء حجة مقترح توصية توصيات خطوة مسار".split()
)
# Names that are definite without article.
_NAMES = frozenset(
    "مصر إسرائيل قطر حماس فلسطين غزة سوريا لبنان الأردن تركيا إيران روسيا أوكرانيا أمريكا أميركا فرنسا "
    "بريطانيا ألمانيا إيطاليا إسبانيا أوروبا آسيا أفريقيا إفريقيا اليابان الصين الهند باكستان أفغانستان "
    "تونس ليبيا موريتانيا ميانمار إثيوبيا تشاد مالي نيجيريا كينيا الكونغو فنزويلا كندا أستراليا البرازيل "
    "واشنطن موسكو بكين باريس لندن برلين أنقرة طهران دمشق بيروت بغداد عمان عمّان صنعاء عدن طرابلس بنغازي "
    "نيويورك جنيف فيينا بروكسل كييف دبي أبوظبي أبو ظبي مسقط مكة جدة القدس رفح كوريا أرامكو سابك أوبك "
    "فيفا يونيسف يونسكو ناتو فتح طالبان".split()
)
# Indefinite masdars that merely begin like the article.
_NOT_DEFINITE = re.compile(
    r"و?الت(?:زام|قاء|فاف|ماس|حاق|هاب|باس|حام|جاء|هام|قاط)(?:ات|ا|اً|ًا)?|الذي|التي|الذين|اللذا\w"
)
_PREPOSITIONS = frozenset(
    "في من على عن بين إلى مع لدى ضد حول خلال بعد قبل عبر نحو منذ حتى عند تجاه بشأن باسم لدعم".split()
)
NOT_LABELS = _PREPOSITIONS | frozenset(
    "لا لم لن قد ما هل إن أن كما حيث وقد ثم لكن ولكن هذا هذه ذلك تلك هناك وفي ومن كان كانت وكان وكانت إذا "
    "قال قالت أكد أكدت أعلن أعلنت أضاف أضافت دعا دعت شدد شددت رحب رحبت نفى نفت وصل وصلت عقد بدأ بدأت "
    "أشار أشارت أوضح أوضحت ذكر ذكرت كشف كشفت طالب طالبت اتهم اتهمت حذر حذرت بحث التقى التقت يا أيها لعل "
    "ليت كأن أين متى كيف لماذا قالوا وقال وقالت وأكد وأضاف".split()
)
VERB = re.compile(
    r"[يس]\w{3,}|ت(?!\w\wي\w)\w{2,4}(?<!ة)|أ\w{3}|\w{3,}(?<![اة])ت|ا(?:ست|نت|جت|عت)\w{2,3}(?<!ا\w)"
)
NUMBER = re.compile(r"[+\-−~≈<>$€£]*\d[\d.,٫٬:/%٪+\-–−]*\S{0,3}")
_APPROXIMATIONS = frozenset("نحو حوالي قرابة زهاء أكثر أقل من بنسبة إلى ناقص".split())
_WITH_YA = frozenset("يناير يونيو يوليو يوم".split())  # nouns; other words in ي- are verbs
_MONTHS = frozenset(
    "يناير فبراير مارس أبريل إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر جانفي فيفري أفريل ماي "
    "جوان جويلية أوت شباط آذار نيسان أيار حزيران تموز آب أيلول محرم صفر رجب شعبان رمضان شوال".split()
)
_YEAR = re.compile(r"(?:1[89]|20|١[٨٩]|٢٠)[\d]{2}م?")
_MASDAR = re.compile(r"ال(?:إ\w\wا\w|است\w\wا\w|ان\w\wا\w|ا\wت\wا\w|ت\w\wي\w|\w\wو\w)")
EDGES = "«»“”\"'()[]،؛.:؟!\u200e\u200f"


class Border(NamedTuple):
    """Where the content begins (in words), and whether syntax says so or it is a guess."""

    words: int
    sure: bool


def header_border(words: Sequence[str]) -> Border | None:
    """Find where the second column's name begins in a row of column names; None where it is no such row."""
    if not 2 <= len(words) <= MAX_LABEL or any(re.search(r"[\d،.؟!؛:]", word) for word in words):
        return None
    for i in range(1, len(words)):
        if is_definite(words[i - 1]) and _bare(words[i]) in _COLUMNS:
            known = any(_bare(word) in _COLUMNS for word in words[:i])
            if known or is_definite(words[0]):
                return Border(i, known)
    return None


def row_border(words: Sequence[str]) -> Border | None:
    """Find where the content of a row begins; None where the words cannot be a label with content."""
    first = words[0].strip(EDGES)
    if len(words) < 2 or first in NOT_LABELS or (first.startswith("ي") and first not in _WITH_YA):
        return None
    for i, word in enumerate(words[:MAX_LABEL], start=1):
        if i < len(words) and (word.endswith(":") or words[i] in ("-", "–", ":")):
            return Border(i, True)
    if NUMBER.fullmatch(words[0]):
        return Border(_after_date(words), True)
    start = 0
    while start < min(len(words), MAX_LABEL) and not is_definite(words[start]):
        if start and (NUMBER.fullmatch(words[start]) or words[start].startswith("ي")):
            return _before_approximation(words, _after_year(words, start))
        if words[start] in _PREPOSITIONS:
            return Border(1, False)
        start += 1
    if start >= min(len(words), MAX_LABEL):
        return Border(1, False)
    return _after_definite(words, start)


def _after_definite(words: Sequence[str], start: int) -> Border | None:
    """Find the border behind the definite words that begin at `start`."""
    i = start + 1
    while i < len(words) and is_definite(words[i]):
        if _is_new_phrase(words, i, start):
            return Border(i, True)
        i += 1
    if i == len(words):  # nothing but one phrase: a guess, from the shortest label
        return Border(start + 1, False) if start + 1 < len(words) else Border(1, False) if start else None
    if words[i] in _PREPOSITIONS and not (i + 1 < len(words) and NUMBER.fullmatch(words[i + 1])):
        j = i + 1
        while j < len(words) and is_definite(words[j]):
            j += 1
        content = j < len(words) and words[j] not in _PREPOSITIONS and not words[j].startswith("و")
        return Border(j, True) if i + 1 < j <= MAX_LABEL and content else Border(i, False)
    if NUMBER.fullmatch(words[i]):
        i = _after_year(words, i)
    return Border(i, i <= MAX_LABEL)


def _is_new_phrase(words: Sequence[str], i: int, start: int) -> bool:
    """Whether the definite word `i` is no adjective of the label but the content's first noun."""
    word, previous = words[i].strip(EDGES), words[i - 1].strip(EDGES)
    if not word.startswith("ال") or start:
        return False
    if previous in _NAMES and not word.endswith(("ي", "ية", "ان")):
        return True
    if previous.endswith("ون") and not word.endswith(("ون", "ين")):
        return True
    if previous.endswith(("ة", "ى")) and not word.endswith(("ة", "ى", "اء")):
        return True
    return bool(_MASDAR.fullmatch(word)) and i + 1 < len(words) and words[i + 1] in _PREPOSITIONS


def _after_year(words: Sequence[str], i: int) -> int:
    """Pass a year before another figure, which belongs to the label («الربع الأول 2024 3.1%»)."""
    year = _YEAR.fullmatch(words[i]) and (
        words[i - 1] in ("عام", "سنة", "العام", "السنة") or i + 1 < len(words)
    )
    follows = i + 1 < len(words) and (NUMBER.fullmatch(words[i + 1]) or words[i - 1] in ("عام", "سنة"))
    return i + 1 if year and follows else i


def _after_date(words: Sequence[str]) -> int:
    """Count the words of a label that begins with a figure: a year, or a day, month and year."""
    if len(words) < 3 or words[1] not in _MONTHS:
        return 1
    return 3 if len(words) > 3 and _YEAR.fullmatch(words[2]) else 2


def _before_approximation(words: Sequence[str], i: int) -> Border:
    """Give the words of approximation to the figure («نحو 5%», «أكثر من 20»)."""
    while i > 1 and words[i - 1] in _APPROXIMATIONS:
        i -= 1
    return Border(i, i <= MAX_LABEL)


def is_definite(word: str) -> bool:
    """Whether a word has the article, bare or after a particle, or is a well-known name."""
    word = word.strip(EDGES)
    if _NOT_DEFINITE.fullmatch(word):
        return False
    if word.startswith(("ال", "وال", "بال", "لل", "كال")):
        return len(word) > 4
    return word in _NAMES or (word.startswith("و") and word[1:] in _NAMES)


def _bare(word: str) -> str:
    return word.strip(EDGES).removeprefix("ال")

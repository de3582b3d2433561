"""Noun-phrase candidates by surface form: runs of words that a verb or a particle would break.

No tagger is light enough to ship, so this is a filter, not a parser: it offers too much rather than
too little, and whoever ranks the candidates decides.
"""

import re
from collections.abc import Iterator

MAX_WORDS = 5
_RUN = re.compile(r"[^\W\d_][\w\u0640-\u0652'’\-]*(?:[^\S\n]+[^\W_][\w\u0640-\u0652'’\-]*)*")

# Words that no target holds.
_BREAKS = frozenset(
    """
    أن إن أنّ إنّ ان لأن بأن وأن وإن كما حيث فيما بينما حين عندما لكن ولكن بل أو أم ثم حتى إذ إذا لو
    لولا قد لقد سوف لن لم لا ما ليس ليست كان كانت يكون تكون وكان وكانت الذي التي الذين اللذين اللتين
    اللاتي اللواتي هو هي هم هما نحن أنا أنت وهو وهي هذا هذه ذلك تلك هؤلاء هنا هناك هنالك مما ممن منذ
    خلال بعد قبل عقب إثر أثناء وسط رغم بسبب نتيجة نحو حوالي عبر دون سوى غير إلا كل جميع بعض كافة عدة عدد
    كلا كلتا أي أية مثل أمس اليوم غدا الآن أيضا ايضا فقط جدا أكثر أقل أول أمام خاصة لاسيما كذلك وذلك
    الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت يناير فبراير مارس أبريل مايو يونيو يوليو
    أغسطس سبتمبر أكتوبر نوفمبر ديسمبر جانفي فيفري أفريل ماي جوان جويلية أوت مشيرا مؤكدا موضحا مضيفا
    معتبرا داعيا مطالبا محذرا لافتا مبينا قائلا معربا مشددا متهما وفق وفقا بحسب حسب لدى عند ضمن حول تجاه
    ضد بشأن جاء وجاء تم يتم وتم ويتم أنه أنها إنه إنها بأنه بأنها لأنه لأنها منها منه فيها فيه عنه عنها
    عليه عليها إليه إليها به بها له لها لهم الأولى الثانية الثالثة الأول الثاني الثالث الماضي الماضية
    المقبل المقبلة الجاري الجارية الحالي الحالية
    """.split()
)
# Words that a target may hold inside, not at its ends.
_LINKS = frozenset("في على من إلى الى مع عن بين و".split())
# A word of these shapes is a verb far more often than a noun.
_PAST_FEMININE = re.compile(
    r"^(?!ال|لل|بال|بيت|وقت|بنت|أخت|صوت|موت|زيت|كويت|بيروت|إنترنت|انترنت)\w{3,}[^اوي]ت$"
)
_PRESENT = re.compile(r"^[وفس]?ي(?!وم|د$|من|مين|هود|ورو|ونس|ونا|ابان|اس|اف|سار)\w{3,}$")
_VERBS = frozenset(
    """
    قال أكد أعلن أضاف أوضح ذكر أشار دعا طالب حذر نفى رفض أيد رحب اعتبر شدد كشف أفاد صرح أعرب اتهم انتقد
    وصف بحث التقى استقبل شارك وقع افتتح أطلق قرر وافق طلب قدم عقد شهد بلغ سجل حقق فاز تعرض توفي قتل أصيب
    أصدر نشر أجرى تلقى تناول استنكر أدان ندد تعهد هدد جدد نوه تواصل تستضيف تبحث تطالب تدعو ترفض تؤكد
    تعلن تشهد تسعى تعمل تقدم تنظم تشارك تستعد تعتزم تتجه تحذر تنفي تتهم تشير تضع تظهر تعتبر تنتقد تدين
    تعقد تفتح تطلق تقرر تحقق تجاوز تصدر تراجع ارتفع انخفض تضمن شملت باتت أصبح أصبحت باتَ بات ظل مازال
    يزال زال صار
    """.split()
)


_PRONOUN = re.compile(r"^\w{3,}(?:ها|هم|هما|هن|ته|اته|نا)$")
_PURPOSE = re.compile(r"^ل(?!ل|ي|ا|ب|ج|غ|ق|ح|و|ند)\w{4,}$")  # لتخفيف, لمنح: "in order to …"


def noun_phrases(text: str) -> Iterator[str]:
    """Every run of one to `MAX_WORDS` words that may be a noun phrase, as often as it stands in the text.

    The text should be normalised. Within a run the article decides what belongs together: nothing
    indefinite follows a definite word but by a preposition, and no phrase ends before a definite word
    that completes it («وقف إطلاق» is not cut from «وقف إطلاق النار»). A conjunction or preposition
    written together with the first word is taken off where the article makes it plain
    («وبالحكومة» gives «الحكومة»).
    """
    for match in _RUN.finditer(text):
        run: list[str] = []
        for word in [*match.group().split(), ""]:
            if not word or _breaks(word):
                yield from _phrases(run)
                run = []
            else:
                run.append(word)


def _breaks(word: str) -> bool:
    bare = word[1:] if len(word) > 3 and word[0] in "وف" else word
    if word in _LINKS:
        return False
    return any(w in _BREAKS or w in _VERBS for w in (word, bare)) or any(
        shape.match(word) for shape in (_PAST_FEMININE, _PRESENT, _PRONOUN, _PURPOSE)
    )


def _phrases(run: list[str]) -> Iterator[str]:
    definite = [_strip(word).startswith("ال") for word in run]
    for first in range(len(run)):
        head = _strip(run[first])
        if run[first] in _LINKS or len(head) < 3:
            continue
        for last in range(first, min(first + MAX_WORDS, len(run))):
            before, word = run[last - 1], run[last]
            if last > first and before not in _LINKS and definite[last - 1] and not definite[last]:
                if word not in _LINKS and not word[0].isdigit():
                    break
            cut_short = last + 1 < len(run) and not definite[last] and run[last + 1] not in _LINKS
            if word in _LINKS or len(word) < 2 or cut_short:
                continue
            yield " ".join([head, *run[first + 1 : last + 1]])


def _strip(word: str) -> str:
    """Take a proclitic off: والحكومة, بالحكومة → الحكومة, للحكومة → الحكومة."""
    if word[:2] in ("وب", "ول", "فب", "فل") and word[2:4] in ("ال", "لل"):
        word = word[1:]
    if word.startswith("لل") and len(word) > 4:
        return "ال" + word[2:]
    if word[:1] in ("و", "ف", "ب", "ك") and word[1:3] == "ال" and len(word) > 5:
        return word[1:]
    return word

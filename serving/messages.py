"""Error messages in Arabic: those that a visitor of the page can meet. The code's own are English."""

import re

MESSAGES: tuple[tuple[str, str], ...] = (
    # the text
    ("{} is empty; give the text of an article", "لا نص هنا: أعطِ نص مقال."),
    (
        "{} has {} characters, at most {} are taken; split it into articles, one input each",
        "في النص {1} حرفًا، والحد {2}: قسّمه إلى مقالات، كلٌّ على حدة.",
    ),
    (
        "{} has no Arabic letters; give an Arabic article, saved as UTF-8",
        "ليس في النص حرف عربي: أعطِ مقالًا عربيًّا محفوظًا بترميز UTF-8.",
    ),
    (
        "the input has {} {}, at most {} are taken; split it into articles, one input each",
        "النص أطول من المسموح: {0} من الأسطر أو الفقرات، والحد {2}. قسّمه إلى مقالات، كلٌّ على حدة.",
    ),
    (
        "the article has no paragraph of running text, only headings or tables",
        "ليس في المقال فقرة من نص متصل، بل عناوين أو جداول فقط.",
    ),
    (
        "the HTML page has no readable text; give the page of an article, or its text",
        "لا نص مقروءًا في صفحة HTML: أعطِ صفحة مقال أو نصه.",
    ),
    (
        "the HTML page is nested too deeply to be read; give the article's text instead",
        "صفحة HTML متداخلة إلى حدّ تتعذّر معه قراءتها: أعطِ نص المقال بدلًا منها.",
    ),
    (
        "the HTML page has {} tags, at most {} are taken; give the article alone",
        "في صفحة HTML {0} وسمًا، والحد {1}: أعطِ المقال وحده.",
    ),
    # targets
    (
        "a target is empty; give a short noun phrase such as «وقف إطلاق النار»",
        "إحدى القضايا فارغة: اكتب عبارة اسمية قصيرة مثل «وقف إطلاق النار».",
    ),
    (
        "a target has {} words ({}…); give a noun phrase of at most {} words and {} characters",
        "إحدى القضايا طويلة ({0} كلمة: {1}…): اكتب عبارة اسمية لا تتجاوز {2} كلمة و{3} حرف.",
    ),
    # files
    ("{} is no file of these kinds: {}", "الملف «{0}» ليس من هذه الأنواع: {1}"),
    ("{} is larger than {} MB; give a smaller file", "الملف «{0}» أكبر من {1} ميغابايت: ارفع ملفًّا أصغر."),
    (
        "{} is larger than {} MB; give one article at a time",
        "الملف «{0}» أكبر من {1} ميغابايت: ارفع مقالًا واحدًا.",
    ),
    (
        "{} is no {} file inside; save it again and give that file",
        "الملف «{0}» ليس في حقيقته ملف {1}: احفظه من جديد ثم ارفعه.",
    ),
    (
        "{} is {}, not text; save it as plain text, HTML or Markdown",
        "الملف «{0}» ليس نصًّا: احفظه نصًّا عاديًّا أو HTML أو Markdown.",
    ),
    (
        "{} looks like a binary file; save it as plain text, HTML or Markdown",
        "الملف «{0}» لا يبدو نصًّا: احفظه نصًّا عاديًّا أو HTML أو Markdown.",
    ),
    ("{} is in no encoding known here; save it as UTF-8", "ترميز الملف «{0}» غير معروف: احفظه بترميز UTF-8."),
    (
        "{} is damaged UTF-8 ({} bad bytes); give an undamaged copy",
        "الملف «{0}» تالف (بايتات غير صالحة: {1}): ارفع نسخة سليمة.",
    ),
    (
        "{} has no text; a scanned page must be read by OCR first",
        "لا نص في الملف «{0}»: الصفحات المصوّرة تحتاج أولًا إلى التعرف الضوئي على الحروف (OCR).",
    ),
    ("{} has no text", "لا نص في الملف «{0}»."),
    (
        "{} has {} characters, at most {} are taken; split it",
        "في الملف «{0}» {1} حرفًا، والحد {2}: قسّمه.",
    ),
    (
        "{} took longer than {} s to open; give it as plain text",
        "استغرق فتح الملف «{0}» أكثر من {1} ثانية: أعطه نصًّا عاديًّا.",
    ),
    (
        "{} needs more memory or time than a file may; give it as plain text",
        "يحتاج الملف «{0}» إلى ذاكرة أو وقت فوق المسموح: أعطه نصًّا عاديًّا.",
    ),
    ("{} is encrypted; give a copy without a password", "الملف «{0}» مشفّر: ارفع نسخة بلا كلمة مرور."),
    ("{} has {} pages, at most {} are taken; split it", "في الملف «{0}» {1} صفحة، والحد {2}: قسّمه."),
    (
        "{} unpacks to more than a document of words would; save its text as .txt",
        "الملف «{0}» يتضخم عند فكّه فوق ما يبلغه مستند من كلمات: احفظ نصه بصيغة txt.",
    ),
    ("{} has more text than an article; split it", "في الملف «{0}» نص أطول من مقال: قسّمه."),
    (
        "{} is damaged or no {} file; save it again or give plain text",
        "الملف «{0}» تالف أو ليس ملف {1}: احفظه من جديد أو أعطه نصًّا عاديًّا.",
    ),
    # records
    ("the file is larger than {} MB", "الملف أكبر من {0} ميغابايت."),
    ("the file has {} records; give 2 to {}", "في الملف {0} من السجلات: أعطِ من 2 إلى {1}."),
    (
        "the file is no CSV ({}); save it again with quoted fields",
        "الملف ليس CSV سليمًا: احفظه من جديد وحقوله بين علامات اقتباس.",
    ),
    (
        "line {} is no JSON object; give one object a line",
        "السطر {0} ليس كائن JSON: اجعل في كل سطر كائنًا واحدًا.",
    ),
    (
        "record {} has no text; every record needs the field text",
        "السجل {0} بلا نص: لكل سجل حقل اسمه text.",
    ),
    # batch
    (
        "{}: no column {}; it has {}; see --text-column",
        "لا عمود اسمه «{1}» في الملف؛ أعمدته: {2}. صحّح خانة «عمود النص».",
    ),
    (
        "{}: two columns are called {}; it has {}; rename one",
        "في الملف عمودان باسم «{1}»: غيّر اسم أحدهما.",
    ),
    # corrections
    ("the correction does not fit: {}: {}", "التصحيح غير مقبول: راجع الحقل {0}."),
    ("{} is no topic; give one of: {}", "«{0}» ليس من المواضيع."),
    ("the {} {} does not stand in the paragraph", "«{1}» لا يرد في الفقرة بهذه الكلمات."),
    (
        "the file of corrections is full; the operator must move it away",
        "امتلأ ملف التصحيحات: أبلغ من يشغّل الخدمة.",
    ),
    # models
    ("there is no bundle {}; choose one of the list", "لا حزمة باسم «{0}»: اختر من القائمة."),
)
"""Each entry is (English, Arabic); what stands for the first `{}` is the Arabic's `{0}`, and so on."""


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, english.split("{}"))), re.DOTALL)


_PATTERNS = [(_pattern(english), arabic) for english, arabic in MESSAGES]


def in_arabic(message: str) -> str | None:
    """Give the Arabic of an English message, None where there is none."""
    for pattern, arabic in _PATTERNS:
        if found := pattern.fullmatch(message):
            return arabic.format(*(value.strip("'\"") for value in found.groups()))
    return None

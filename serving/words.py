"""The interface's words, Arabic and English: for Gradio (`gr.I18n`), the desk's scripts and errors."""

from typing import Literal

from arabic.checks import MESSAGES
from inference import display

Language = Literal["ar", "en"]

WORDS: dict[str, tuple[str, str]] = {
    # the page
    "title": ("موجز", "Mujaz"),
    "title_markdown": ("# موجز", "# Mujaz"),
    "intro": (
        "من يقف أين، وعلى أي كلمات: المواضيع والمواقف والخلاصة، وكلٌّ في مكانه من النص.",
        "Who stands where, on which words: topics, stances and summary, each at its place in the text.",
    ),
    "other_language": ("English", "العربية"),
    "theme": ("فاتح / داكن", "Light / dark"),
    "tab_analyse": ("تحليل", "Analyse"),
    "tab_compare": ("مقارنة", "Compare"),
    "tab_batch": ("دفعات", "Batch"),
    "tab_models": ("النماذج", "Models"),
    "text": ("النص", "Text"),
    "text_hint": ("ألصق مقالًا عربيًّا هنا", "Paste an Arabic article here"),
    "upload": (
        "أو ارفع ملفًّا (txt, html, md, docx, pdf)",
        "Or upload a file (txt, html, md, docx, pdf)",
    ),
    "sample": ("أو اختر مثالًا", "Or choose a sample"),
    "targets": ("القضايا", "Targets"),
    "targets_info": (
        "اكتب القضية ثم اضغط Enter، أو اتركها فارغة لتُقترح من النص",
        "Type a target and press Enter, or leave empty to have some proposed",
    ),
    "words": ("كلمات الخلاصة", "Words of the summary"),
    "analyse": ("حلّل", "Analyse"),
    "stop": ("أوقف", "Stop"),
    "download_json": ("نزّل JSON", "Download JSON"),
    "download_html": ("نزّل التقرير", "Download report"),
    # results
    "working": ("يجري التحليل…", "Analysing…"),
    "done": ("اكتمل التحليل.", "Analysis complete."),
    "pending": ("قيد الإعداد…", "In preparation…"),
    "warnings": ("تنبيهات", "Warnings"),
    "summary": ("الخلاصة", "Summary"),
    "no_summary": ("لا خلاصة لهذا النص.", "There is no summary of this text."),
    "topics": ("المواضيع", "Topics"),
    "who": ("من يقف أين؟", "Who stands where?"),
    "no_stances": ("لم يُعثر على مواقف في هذا النص.", "No stances were found in this text."),
    "article": ("النص", "Article"),
    "no_title": ("مقال بلا عنوان", "Untitled article"),
    "stances": ("المواقف وشواهدها", "Stances and their evidence"),
    "number": ("الرقم", "No."),
    "holder": ("صاحب الموقف", "Holder"),
    "stance": ("الموقف", "Stance"),
    "target": ("القضية", "Target"),
    "evidence": ("الشاهد", "Evidence"),
    "probability": ("الاحتمال", "Probability"),
    "paragraph": ("الفقرة", "Paragraph"),
    "second": ("والثاني", "second"),
    "favor": (display.STANCES["favor"], "favor"),
    "against": (display.STANCES["against"], "against"),
    "neutral": (display.STANCES["neutral"], "neutral"),
    "unrelated": ("لا موقف هنا", "no stance here"),
    "question": ("؟", "?"),
    "conditional": (display.CONDITIONAL, "conditional"),
    "proposed": (display.PROPOSED, "proposed"),
    "unnamed": (display.UNNAMED, "the writer or unnamed"),
    "abstained": (display.ABSTAINED, "undecided"),
    "machine": (
        "حلّله «موجز» آليًّا، وقد يخطئ: ارجع إلى النص قبل أن تستشهد به.",
        "Analysed by machine, and it may err: go back to the text before you quote it.",
    ),
    # correcting
    "correct": ("صحّح", "Correct"),
    "correct_topic": ("صحّح موضوع الفقرة", "Correct the topic of paragraph"),
    "correct_stance": ("صحّح الموقف", "Correct stance"),
    "save": ("احفظ", "Save"),
    "cancel": ("ألغِ", "Cancel"),
    "your_name": ("اسمك (اختياري)", "Your name (optional)"),
    "saved": ("حُفظ التصحيح.", "The correction is saved."),
    "holder_hint": ("كما ورد في الفقرة، أو فارغ", "as it stands in the paragraph, or empty"),
    "export": ("نزّل التصحيحات", "Download corrections"),
    # comparing
    "compare_intro": (
        "ألصق مقالين، أو ارفع سجلات حقولها text وoutlet وdate، واكتب القضايا المشتركة.",
        "Paste two articles, or upload records with text, outlet and date; name the shared targets.",
    ),
    "first": ("المقال الأول", "First article"),
    "second_article": ("المقال الثاني", "Second article"),
    "outlet": ("المصدر", "Outlet"),
    "date": ("التاريخ", "Date"),
    "records": ("أو ارفع سجلات: JSONL أو CSV", "Or upload records: JSONL or CSV"),
    "compare": ("قارن", "Compare"),
    "differ": ("يختلفون", "they differ"),
    "timeline": ("على خط الزمن", "Over time"),
    "source": ("المصدر {}", "Source {}"),
    # batch
    "batch_intro": (
        "ارفع ملفًّا من السجلات، وحمّل النتائج حين تكتمل. العمل يجري في عملية منفصلة.",
        "Upload a file of records and download the results when done. The work runs in its own process.",
    ),
    "batch_file": ("ملف CSV أو JSONL أو Parquet", "A CSV, JSONL or Parquet file"),
    "text_column": ("عمود النص", "Text column"),
    "tasks": ("المهام", "Tasks"),
    "topic": ("الموضوع", "Topic"),
    "format": ("صيغة النتائج", "Format of results"),
    "start": ("ابدأ", "Start"),
    "progress": ("سير العمل", "Progress"),
    "results": ("النتائج", "Results"),
    "rows_done": ("أُنجز من السجلات: {}", "Records done: {}"),
    "rows_rate": ("السجلات: {}، {} في الثانية، بقي نحو {} ث", "Records: {}, {} a second, about {} s left"),
    "no_tasks": ("اختر مهمة واحدة على الأقل.", "Choose at least one task."),
    "stopped": ("أُوقف العمل.", "The work was stopped."),
    # models
    "models_intro": (
        "النماذج المتاحة: بطاقتها ومقاييسها وتصنيفاتها، ونموذجان جنبًا إلى جنب على نص واحد.",
        "The bundles at hand: card, metrics and labels; and two of them side by side on one text.",
    ),
    "bundle": ("الحزمة", "Bundle"),
    "other_bundle": ("حزمة أخرى", "Another bundle"),
    "card": ("البطاقة", "Card"),
    "metrics": ("المقاييس", "Metrics"),
    "labels": ("التصنيفات", "Labels"),
    "metric": ("المقياس", "Metric"),
    "value": ("القيمة", "Value"),
    "task": ("المهمة", "Task"),
    "label": ("التصنيف", "Label"),
    "meaning": ("معناه", "Meaning"),
    # errors
    "cannot": ("تعذّر ذلك", "This cannot be done"),
    "empty": ("لا نص هنا: ألصق مقالًا أو ارفع ملفًّا.", "There is no text: paste an article or upload a file."),
    "many_targets": ("القضايا كثيرة: الحد {}.", "Too many targets: at most {}."),
    "few_articles": ("المقارنة تحتاج إلى نصّين على الأقل.", "A comparison needs at least two texts."),
    "busy": (
        "الخدمة مشغولة الآن؛ أعد المحاولة بعد {} ثانية.",
        "The service is busy; try again in {} seconds.",
    ),
    "slow": ("طال التحليل أكثر من المسموح؛ اختصر النص.", "This took too long; give a shorter text."),
    "failed": ("حدث خطأ غير متوقع وسُجّل.", "Something went wrong; it was logged."),
    "no_file": ("ارفع ملفًّا أولًا.", "Upload a file first."),
    **{f"warning_{code}": (message["ar"], message["en"]) for code, message in MESSAGES.items()},
}
"""Each entry is (Arabic, English)."""


def word(key: str, language: Language, *values: object) -> str:
    """Give a word in a language, its `{}` filled in."""
    return WORDS[key][language == "en"].format(*values)


def dictionary(language: Language) -> dict[str, str]:
    """Give all words of a language."""
    return {key: pair[language == "en"] for key, pair in WORDS.items()}

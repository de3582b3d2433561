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
    "unrelated": ("لا موقف من القضية هنا", "no stance here"),
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
    "corrected": ("صُحّح", "Corrected"),
    "add_stance": ("أضف موقفًا", "Add a stance"),
    "add_stance_to": ("أضف موقفًا فات النموذجَ في الفقرة", "Add a stance that was missed in paragraph"),
    "holder_words": (
        "كلمات صاحب الموقف: اضغط أولاها ثم آخرها",
        "Words of the holder: press the first, then the last",
    ),
    "evidence_words": (
        "كلمات الشاهد: اضغط أولاها ثم آخرها",
        "Words of the evidence: press the first, then the last",
    ),
    "nothing_chosen": ("لم يُختر شيء", "nothing chosen"),
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
    "card": ("البطاقة (بالإنجليزية)", "Card"),
    "metrics": ("المقاييس", "Metrics"),
    "labels": ("التصنيفات", "Labels"),
    "metric": ("المقياس", "Metric"),
    "value": ("القيمة", "Value"),
    "class": ("الصنف", "Class"),
    "precision": ("الدقة الإيجابية (precision)", "precision"),
    "recall": ("الاستدعاء (recall)", "recall"),
    "f1": ("F1", "F1"),
    "support": ("العدد", "number"),
    "measured_on": ("قيست على", "Measured on"),
    "no_metrics": ("لا مقاييس مسجّلة لهذه المهمة.", "No metrics are recorded for this task."),
    "key": ("جملة مفتاحية", "key sentence"),
    "other": ("جملة أخرى", "other sentence"),
    "label_id": ("المعرّف", "Id"),
    "label_ar": ("بالعربية", "Arabic"),
    "label_en": ("بالإنجليزية", "English"),
    "metric_n": ("عدد الأمثلة", "examples"),
    "metric_n_mixed": ("أمثلة فيها موقفان متقابلان", "examples with both polarities"),
    "metric_accuracy": ("الصحة (accuracy)", "accuracy"),
    "metric_macro_f1": ("متوسط F1 على الأصناف (macro-F1)", "macro-F1"),
    "metric_first_or_second_accuracy": (
        "الصحة باحتساب الموضوع الثاني (accuracy)",
        "accuracy, a second label also right",
    ),
    "metric_answered": ("نسبة ما حُسم (coverage)", "share answered (coverage)"),
    "metric_answered_accuracy": ("الصحة في ما حُسم (accuracy)", "accuracy of what is answered"),
    "metric_precision_wanted": ("الصحة المطلوبة في ما حُسم", "accuracy wanted of what is answered"),
    "metric_ece": ("خطأ المعايرة (ECE)", "calibration error (ECE)"),
    "metric_ece_before": ("خطأ المعايرة قبل ضبطها (ECE)", "calibration error before fitting (ECE)"),
    "metric_ece_cross_fitted": (
        "خطأ المعايرة بتقدير متقاطع (ECE)",
        "calibration error, cross-fitted (ECE)",
    ),
    "metric_favor_against_f1": ("متوسط F1 للمؤيد والمعارض", "F1 of favor and against, mean"),
    "metric_holder_exact_f1": ("F1 لصاحب الموقف، مطابقة تامة", "holder F1, exact"),
    "metric_holder_token_f1": ("F1 لصاحب الموقف، بالكلمات", "holder F1, words"),
    "metric_holder_polarity_accuracy": (
        "صحة الموقف حيث عُرف صاحبه (accuracy)",
        "polarity accuracy where the holder is found",
    ),
    "metric_holder_with_polarity_token_f1": (
        "F1 لصاحب الموقف مع موقفه، بالكلمات",
        "holder and polarity F1, words",
    ),
    "metric_evidence_exact_f1": ("F1 للشاهد، مطابقة تامة", "evidence F1, exact"),
    "metric_evidence_token_f1": ("F1 للشاهد، بالكلمات", "evidence F1, words"),
    "metric_average_precision": ("متوسط الدقة (average precision)", "average precision"),
    "metric_unit_overlap": ("التطابق مع الجمل المفتاحية", "overlap with the key sentences"),
    "metric_rouge1": ("ROUGE-1", "ROUGE-1"),
    "metric_rouge2": ("ROUGE-2", "ROUGE-2"),
    "metric_rougeL": ("ROUGE-L", "ROUGE-L"),
    "metric_lead60_unit_overlap": (
        "التطابق مع الجمل المفتاحية لأول 60 كلمة (lead)",
        "overlap with the key sentences of the first 60 words (lead)",
    ),
    "metric_lead60_rouge1": ("ROUGE-1 لأول 60 كلمة (lead)", "ROUGE-1 of the first 60 words (lead)"),
    "metric_lead60_rouge2": ("ROUGE-2 لأول 60 كلمة (lead)", "ROUGE-2 of the first 60 words (lead)"),
    "metric_lead60_rougeL": ("ROUGE-L لأول 60 كلمة (lead)", "ROUGE-L of the first 60 words (lead)"),
    "metric_words": ("حد كلمات الخلاصة", "words of the summary"),
    "metric_selection": ("معيار اختيار أفضل دورة", "criterion of the best epoch"),
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
    "refused": ("تعذّر ذلك، وسُجّل السبب لمن يشغّل الخدمة.", "This cannot be done; the reason was logged."),
    "wrong_words": (
        "كلمات الخلاصة عدد صحيح من {} إلى {}.",
        "The words of the summary are a whole number from {} to {}.",
    ),
    # what Gradio says, by itself in English only
    "close": ("أغلق", "Close"),
    "more_tabs": ("ألسنة أخرى", "More tabs"),
    "wrong_kind": ("هذا النوع من الملفات لا يُقبل هنا.", "Files of this kind are not taken here."),
    "large_file": ("الملف أكبر من المسموح.", "The file is larger than allowed."),
    "full": ("الخدمة مشغولة الآن؛ أعد المحاولة بعد قليل.", "The service is busy; try again in a moment."),
    "connection": ("انقطع الاتصال بالخدمة؛ أعد المحاولة.", "The connection was lost; try again."),
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
